package main

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"taskwire/adapter/chatkit"
)

// searchThreads gives the threads that have q in their title or a message, in
// the page shape of threads.list. Without q it gives all.
func (s *server) searchThreads(c *gin.Context, user string) error {
	query, err := readQuery(c.Request, "q", "limit", "after")
	if err != nil {
		return err
	}
	wanted, err := readPage(query)
	if err != nil {
		return err
	}
	page, err := s.threads.search(c.Request.Context(), user, query.Get("q"), wanted)
	if err != nil {
		return err
	}
	body, err := chatkit.AppendThreads(nil, page)
	if err != nil {
		return err
	}
	writeBody(c, http.StatusOK, "application/json", body)
	return nil
}
