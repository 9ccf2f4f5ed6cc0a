package main

import (
	_ "embed"
	"net/http"

	"github.com/gin-gonic/gin"
)

// openAPI describes our endpoints. It is written by hand and held against the
// routes, and against real answers, by a test.
//
//go:embed openapi.json
var openAPI []byte

func (s *server) describe(c *gin.Context) {
	c.Writer.Header().Set("Cache-Control", "public, max-age=300")
	writeBody(c, http.StatusOK, "application/json", openAPI)
}
