package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"

	"taskwire/edge"
	"taskwire/identity"
)

// Scopes of an access token. Who may write may read.
const (
	scopeRead  = "tasks:read"
	scopeWrite = "tasks:write"
)

// authenticate returns who calls, or answers 401 or 503 and returns false.
// Dev mode takes a call without a token for the user of this machine; a token
// that is given is verified there too.
func (h *httpServer) authenticate(w http.ResponseWriter, r *http.Request) (identity.Principal, bool) {
	token, given, err := edge.Bearer(r.Header)
	switch {
	case err != nil:
		h.unauthorized(w, r, "malformed_header")
		return identity.Principal{}, false
	case !given && h.cfg.identity.Mode == identity.ModeDev:
		return identity.Principal{User: h.cfg.user, Scopes: []string{scopeRead, scopeWrite}, Expires: time.Now().Add(time.Hour)}, true
	case !given:
		h.challenge(w)
		edge.WriteProblem(w, r, http.StatusUnauthorized, "token_missing", "This needs an access token: Authorization: Bearer …")
		return identity.Principal{}, false
	}
	principal, err := h.verifier.Verify(r.Context(), token)
	var invalid *identity.InvalidError
	switch {
	case err == nil && principal.User != "":
		return principal, true
	case errors.Is(err, identity.ErrUnavailable):
		h.logger.WarnContext(r.Context(), "token not verified", "request_id", edge.RequestID(r.Context()), "err", err)
		edge.SetRetryAfter(w.Header(), 5*time.Second)
		edge.WriteProblem(w, r, http.StatusServiceUnavailable, "keys_unavailable", "The keys of the authorization server are out of reach; try again in a moment.")
	case errors.As(err, &invalid):
		h.unauthorized(w, r, string(invalid.Reason))
	default:
		h.unauthorized(w, r, "other")
	}
	return identity.Principal{}, false
}

// challenge tells a host where to get a token, and for what (RFC 9728 section
// 5.1, MCP authorization).
func (h *httpServer) challenge(w http.ResponseWriter, params ...string) {
	if h.cfg.identity.Mode != identity.ModeDev {
		params = append([]string{fmt.Sprintf("resource_metadata=%q", h.metadataURL())}, params...)
	}
	if !slices.ContainsFunc(params, func(p string) bool { return strings.HasPrefix(p, "scope=") }) {
		params = append(params, fmt.Sprintf("scope=%q", scopeRead+" "+scopeWrite))
	}
	w.Header().Set("WWW-Authenticate", "Bearer "+strings.Join(params, ", "))
}

func (h *httpServer) unauthorized(w http.ResponseWriter, r *http.Request, reason string) {
	edge.AddLogAttrs(r.Context(), slog.String("reason", reason))
	h.challenge(w, `error="invalid_token"`, `error_description="The access token is not valid here or no longer"`)
	edge.WriteProblem(w, r, http.StatusUnauthorized, "token_invalid", "The access token is not valid here, or no longer; get a new one.")
}

// forbidden answers a call for which the token has no scope. The challenge
// names what it has too, so that a host does not lose it when it asks anew.
func (h *httpServer) forbidden(w http.ResponseWriter, r *http.Request, held []string, need string) {
	scopes := slices.Clone(held)
	if !slices.Contains(scopes, need) {
		scopes = append(scopes, need)
	}
	h.challenge(w, `error="insufficient_scope"`, fmt.Sprintf("scope=%q", strings.Join(scopes, " ")),
		fmt.Sprintf("error_description=%q", "This needs the scope "+need))
	edge.WriteProblem(w, r, http.StatusForbidden, "insufficient_scope", "The access token lacks the scope "+need+".")
}

// scopeFor returns the scope that a message needs, empty for none. Saying
// hello and looking at the lists needs none; what is not known needs reading.
func scopeFor(e *envelope) string {
	if !e.isCall() {
		return ""
	}
	switch e.method {
	case "initialize", "ping", "server/discover",
		"tools/list", "prompts/list", "resources/list", "resources/templates/list":
		return ""
	case "tools/call":
		i := slices.IndexFunc(allTools(), func(t *tool) bool { return t.name == e.name })
		if i >= 0 && !allTools()[i].readOnly() {
			return scopeWrite
		}
	}
	return scopeRead
}

// hasScope reports whether the scopes held grant the one needed.
func hasScope(held []string, need string) bool {
	return need == "" || slices.Contains(held, need) || need == scopeRead && slices.Contains(held, scopeWrite)
}

// withPrincipal hands the request on with who calls, in the one way the SDK
// reads it. The token itself stays behind: nothing further in needs it, so
// nothing further in can leak it.
func withPrincipal(p identity.Principal, next http.Handler) http.Handler {
	info := &auth.TokenInfo{UserID: p.User, Scopes: p.Scopes, Expiration: p.Expires}
	carry := auth.RequireBearerToken(func(context.Context, string, *http.Request) (*auth.TokenInfo, error) {
		return info, nil
	}, nil)(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer verified")
		carry.ServeHTTP(w, r)
	})
}

// metadataPaths are where RFC 9728 lets hosts look: at the root, and with the
// path of the resource appended.
func (h *httpServer) metadataPaths() []string {
	const root = "/.well-known/oauth-protected-resource"
	paths := []string{root, root + "/mcp"}
	if path := strings.TrimSuffix(h.cfg.publicURL.Path, "/"); path != "" && path != "/mcp" {
		paths = append(paths, root+path)
	}
	return paths
}

// metadataURL is the absolute URL of the metadata. It comes from the setting
// and never from the Host header, which anybody can write.
func (h *httpServer) metadataURL() string {
	u := h.cfg.publicURL
	return u.Scheme + "://" + u.Host + "/.well-known/oauth-protected-resource" + strings.TrimSuffix(u.Path, "/")
}

// resourceMetadata says whose tokens are taken (RFC 9728 section 2).
func (h *httpServer) resourceMetadata(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"resource":                 h.cfg.publicURL.String(),
		"resource_name":            "Taskwire",
		"authorization_servers":    []string{h.cfg.authority},
		"scopes_supported":         []string{scopeRead, scopeWrite},
		"bearer_methods_supported": []string{"header"},
	})
}
