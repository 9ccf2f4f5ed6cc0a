package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"taskwire/identity"
	"taskwire/store"
)

// clientSession is what a front end gets: a secret for ChatKit that a browser
// may hold, and the session to renew it by.
type clientSession struct {
	Secret    string    `json:"client_secret"`
	ID        string    `json:"session_id"`
	ExpiresAt time.Time `json:"expires_at"` // of the secret
}

// sessionMaker makes client sessions for whoever it is told has signed in.
type sessionMaker interface {
	create(ctx context.Context, user string) (clientSession, error)
	// refresh renews a session of the user's: store.ErrNotFound when it is
	// unknown, another's or over.
	refresh(ctx context.Context, user, session string) (clientSession, error)
}

// maxSessionBody holds a session id or a secret, and what front ends add.
const maxSessionBody = 32 << 10

// createSession takes no name from the body: the session is the token's user's.
func (s *server) createSession(c *gin.Context, user string) error {
	var ignored map[string]any
	if err := readJSON(c, maxSessionBody, &ignored); err != nil {
		return err
	}
	session, err := s.sessions.create(c.Request.Context(), user)
	if err != nil {
		return err
	}
	writeJSON(c, http.StatusOK, session)
	return nil
}

func (s *server) refreshSession(c *gin.Context, user string) error {
	var body struct {
		SessionID string `json:"session_id"`
		Secret    string `json:"client_secret"`
	}
	if err := readJSON(c, maxSessionBody, &body, "session_id", "client_secret"); err != nil {
		return err
	}
	id, err := s.sessionOf(c.Request.Context(), user, body.SessionID, body.Secret)
	if err != nil {
		return err
	}
	session, err := s.sessions.refresh(c.Request.Context(), user, id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
		return errNoSession
	}
	if err != nil {
		return err
	}
	writeJSON(c, http.StatusOK, session)
	return nil
}

var errNoSession = refuse(http.StatusNotFound, "not_found", "There is no such session, it is over, or it is not yours. Ask for a new one: POST /api/chatkit/session.")

// sessionOf says which session to renew. A secret names one even when it has
// run out; a secret that we did not sign names none.
func (s *server) sessionOf(ctx context.Context, user, id, secret string) (string, error) {
	if secret == "" {
		if id == "" {
			return "", refuse(http.StatusBadRequest, "invalid", "session_id: is missing; give it, or client_secret.")
		}
		return id, nil
	}
	p, err := s.exchange.Verify(ctx, secret)
	if err != nil || p.User != user || p.Session == "" || id != "" && id != p.Session {
		return "", errNoSession
	}
	return p.Session, nil
}

// ownSessions are those of self mode.
type ownSessions struct {
	chats  *store.Chats
	signer *identity.Signer
}

func (o *ownSessions) create(ctx context.Context, user string) (clientSession, error) {
	made, err := o.chats.CreateClientSession(ctx, user, o.chats.NewClientSessionID(), identity.SecretLife)
	return o.sign(user, made, err)
}

func (o *ownSessions) refresh(ctx context.Context, user, id string) (clientSession, error) {
	renewed, err := o.chats.RefreshClientSession(ctx, user, id, identity.SecretLife)
	return o.sign(user, renewed, err)
}

// sign gives a secret that does not outlive its session.
func (o *ownSessions) sign(user string, session store.ClientSession, err error) (clientSession, error) {
	if err != nil {
		return clientSession{}, err
	}
	life := max(time.Until(session.ExpiresAt), time.Second).Round(time.Second)
	secret, expires, err := o.signer.ClientSecret(user, session.ID, life)
	return clientSession{Secret: secret, ID: session.ID, ExpiresAt: expires.UTC()}, err
}
