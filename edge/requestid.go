package edge

import (
	"context"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
)

const requestIDHeader = "X-Request-Id"

type requestKey struct{}

// request is what the middlewares know of a request while it runs.
type request struct {
	id string

	mu    sync.Mutex
	attrs []slog.Attr
}

// RequestID gives the id of the request that ctx belongs to, "" outside one.
func RequestID(ctx context.Context) string {
	if req := requestOf(ctx); req != nil {
		return req.id
	}
	return ""
}

// AddLogAttrs adds facts (user, tool, …) to the line that LogRequests writes
// when the request of ctx ends. Elsewhere it does nothing.
func AddLogAttrs(ctx context.Context, attrs ...slog.Attr) {
	req := requestOf(ctx)
	if req == nil {
		return
	}
	req.mu.Lock()
	defer req.mu.Unlock()
	req.attrs = append(req.attrs, attrs...)
}

func requestOf(ctx context.Context) *request {
	req, _ := ctx.Value(requestKey{}).(*request)
	return req
}

// WithRequestID gives every request an id and every answer the header
// X-Request-Id. An id that comes in is kept if it is 1 to 64 characters of
// letters, digits, dot, underscore and hyphen; anything else could be used to
// forge log lines, and is replaced.
func WithRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := ""
		if given := r.Header[requestIDHeader]; len(given) == 1 && validRequestID(given[0]) {
			id = given[0]
		} else {
			id = newRequestID()
		}
		w.Header().Set(requestIDHeader, id)
		ctx := context.WithValue(r.Context(), requestKey{}, &request{id: id})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func validRequestID(id string) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		b := id[i]
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9',
			b == '.', b == '_', b == '-':
		default:
			return false
		}
	}
	return true
}

// newRequestID draws 128 bits. They are unique and no secret, so the cheaper
// generator will do.
func newRequestID() string {
	var raw [16]byte
	for i := 0; i < len(raw); i += 8 {
		n := rand.Uint64()
		for j := range 8 {
			raw[i+j] = byte(n >> (8 * j))
		}
	}
	return hex.EncodeToString(raw[:])
}
