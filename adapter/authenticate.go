package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"taskwire/edge"
	"taskwire/identity"
	"taskwire/store"
)

// A handler serves one user, who has been verified. Its error is answered by
// fail.
type handler func(c *gin.Context, user string) error

// forUser serves whoever bears an access token.
func (s *server) forUser(h handler) gin.HandlerFunc { return s.as(s.byToken, h) }

// forChat also serves whoever bears a client secret.
func (s *server) forChat(h handler) gin.HandlerFunc { return s.as(s.byTokenOrSecret, h) }

func (s *server) as(who func(*http.Request) (string, error), h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request = c.Request.WithContext(waits(c.Request.Context()))
		user, err := who(c.Request)
		if err == nil {
			edge.AddLogAttrs(c.Request.Context(), slog.String("user", user))
			err = h(c, user)
		}
		if err != nil {
			s.fail(c.Writer, c.Request, s.challenged(c.Writer, err))
		}
	}
}

// answerWithin is how long a request may wait for the database and the tools,
// with room to say so within 5 s.
const answerWithin = 4800 * time.Millisecond

type cameKey struct{}

// waits marks a request that somebody waits for.
func waits(ctx context.Context) context.Context {
	return context.WithValue(store.Impatient(ctx), cameKey{}, time.Now())
}

// inTime bounds what a request asks of others by when it came.
func inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	came, ok := ctx.Value(cameKey{}).(time.Time)
	if !ok {
		came = time.Now()
	}
	return context.WithDeadline(ctx, came.Add(answerWithin))
}

// A tokenError refuses who calls: 401, with a challenge (RFC 6750 section 3).
type tokenError struct{ *edge.Refusal }

func (e *tokenError) Unwrap() error { return e.Refusal }

var (
	errTokenMissing = &tokenError{refuse(http.StatusUnauthorized, "token_missing", "This needs a token: Authorization: Bearer …")}
	errTokenInvalid = &tokenError{refuse(http.StatusUnauthorized, "token_invalid", "The token is not valid here, or no longer; get a new one.")}
)

func (s *server) challenged(w http.ResponseWriter, err error) error {
	switch {
	case errors.Is(err, errTokenMissing):
		w.Header().Set("WWW-Authenticate", "Bearer")
	case errors.Is(err, errTokenInvalid), errors.Is(err, errLink):
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	return err
}

// byToken returns whose access token the request bears. Dev mode takes a
// request without one for the user of this machine; a token that is given is
// verified there too.
func (s *server) byToken(r *http.Request) (string, error) {
	return s.byVerifiers(r, s.users)
}

// byTokenOrSecret also takes a client secret, in the same header.
func (s *server) byTokenOrSecret(r *http.Request) (string, error) {
	return s.byVerifiers(r, s.users, s.secrets)
}

func (s *server) byVerifiers(r *http.Request, verifiers ...*identity.Verifier) (string, error) {
	token, given, err := edge.Bearer(r.Header)
	switch {
	case err != nil:
		edge.AddLogAttrs(r.Context(), slog.String("reason", "malformed_header"))
		return "", errTokenInvalid
	case !given && s.cfg.identity.Mode == identity.ModeDev:
		return s.cfg.user, nil
	case !given:
		return "", errTokenMissing
	}
	var p identity.Principal
	for _, v := range verifiers {
		if p, err = s.verify(r.Context(), v, token); !errors.Is(err, errTokenInvalid) {
			break
		}
	}
	return p.User, err
}

// verify puts what a verifier says into words for the caller, and the reason
// into the log.
func (s *server) verify(ctx context.Context, v *identity.Verifier, token string) (identity.Principal, error) {
	p, err := v.Verify(ctx, token)
	var invalid *identity.InvalidError
	switch {
	case err == nil && p.User != "":
		return p, nil
	case errors.Is(err, identity.ErrUnavailable):
		return identity.Principal{}, later(5*time.Second, &edge.Refusal{
			Status: http.StatusServiceUnavailable, Code: "keys_unavailable", Err: err,
			Detail: "The keys of the identity provider are out of reach. Try again in a moment.",
		})
	case errors.As(err, &invalid):
		edge.AddLogAttrs(ctx, slog.String("reason", string(invalid.Reason)))
	}
	return identity.Principal{}, errTokenInvalid
}
