package main

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"taskwire/adapter/chatkit"
)

const (
	pageSize    = 20
	maxPageSize = 100
	maxCursor   = 200 // characters
	maxSearch   = 200 // characters
)

// searchThreads gives the threads that have q in their title or a message, in
// the page shape of threads.list. Without q it gives all.
func (s *server) searchThreads(c *gin.Context, user string) error {
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return errQuery
	}
	if err := checkSearch(query); err != nil {
		return err
	}
	limit, err := pageLimit(query.Get("limit"))
	if err != nil {
		return err
	}
	page, err := s.threads.search(c.Request.Context(), user, query.Get("q"), chatkit.PageParams{Limit: limit, After: query.Get("after")})
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

var errQuery = refuse(http.StatusBadRequest, "invalid", "The query cannot be read.")

func checkSearch(query url.Values) error {
	longest := map[string]int{"q": maxSearch, "after": maxCursor, "limit": maxCursor}
	for name, values := range query {
		most, known := longest[name]
		switch {
		case !known:
			return invalidField(name, "no such parameter; there are q, limit and after")
		case len(values) > 1:
			return invalidField(name, "given more than once")
		case !utf8.ValidString(values[0]) || strings.Contains(values[0], "\x00"):
			return invalidField(name, "must be text in UTF-8")
		case utf8.RuneCountInString(values[0]) > most:
			return invalidField(name, "must have at most "+strconv.Itoa(most)+" characters")
		}
	}
	return nil
}

// pageLimit reads a limit as ChatKit's lists do: none and 0 are 20, what is
// above 100 is 100.
func pageLimit(text string) (int, error) {
	if strings.Trim(text, "0123456789") != "" {
		return 0, invalidField("limit", "must be a whole number and not negative")
	}
	n, err := strconv.Atoi(text)
	switch {
	case text == "" || err == nil && n == 0:
		return pageSize, nil
	case err != nil: // too many digits
		return maxPageSize, nil
	}
	return min(n, maxPageSize), nil
}
