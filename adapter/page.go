package main

import (
	"github.com/gin-gonic/gin"

	"taskwire/adapter/web"
	"taskwire/identity"
)

// newPage makes the chat page for the settings.
func newPage(cfg config) (*web.Page, error) {
	page := web.Config{
		TokenURL: cfg.page.tokenURL, SignInURL: cfg.page.signInURL, SessionMode: cfg.sessions.mode,
		Dictation: cfg.model.transcribe != "",
		ChatKit:   web.ChatKit{Enabled: cfg.page.chatkit, Script: cfg.page.script, DomainKey: cfg.page.domainKey},
	}
	if cfg.identity.Mode == identity.ModeDev {
		page.User, page.TokenURL = cfg.user, ""
	}
	return web.New(page)
}

func (s *server) showPage(c *gin.Context) { s.page.ServeDocument(c.Writer, c.Request) }

func (s *server) pageFile(c *gin.Context) {
	switch {
	case c.Param("file") == "/":
		s.showPage(c)
	case !s.page.ServeFile(c.Writer, c.Request):
		nothingHere(c)
	}
}
