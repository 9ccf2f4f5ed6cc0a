package edge

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
)

// ReadBody reads the whole body of r, at most limit bytes. The error is a
// *Refusal, for WriteError: 413 when the body is larger (at once, when
// Content-Length says so), 400 when it ends early, is malformed or does not
// arrive before the read deadline (Serve: 10 s). After an error the connection
// is not used again.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, refuseBody(w, errTooLarge)
	}
	// What a client announces is believed up to 64 KiB; beyond, memory grows
	// with what really comes.
	size := int64(512)
	if r.ContentLength >= 0 {
		size = min(r.ContentLength, 64<<10)
	}
	body := make([]byte, 0, size+1) // one more: the read that meets the end
	for {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return nil, refuseBody(w, errTooLarge)
		case err == io.EOF:
			return body, nil
		case err != nil:
			return nil, refuseBody(w, err)
		case len(body) == cap(body):
			body = append(body, 0)[:len(body)]
		}
	}
}

var errTooLarge = errors.New("body too large")

// BodyError is for handlers that read a body by themselves: it makes the error
// of a read the *Refusal that ReadBody would give.
func BodyError(w http.ResponseWriter, err error) *Refusal { return refuseBody(w, err) }

// refuseBody words a failed read. The rest of the body must not be taken for
// the next request, hence Connection: close.
func refuseBody(w http.ResponseWriter, err error) *Refusal {
	w.Header().Set("Connection", "close")
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || errors.Is(err, errTooLarge) {
		return &Refusal{Status: http.StatusRequestEntityTooLarge, Code: "too_large",
			Detail: "The request body is too large.", Err: err}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &Refusal{Status: http.StatusBadRequest, Code: "body_timeout",
			Detail: "The request body did not arrive in time.", Err: err}
	}
	return &Refusal{Status: http.StatusBadRequest, Code: "body_incomplete",
		Detail: "The request body is incomplete or malformed.", Err: err}
}

// CheckContentType reports whether r has exactly one Content-Type, the media
// type want, in UTF-8 where it names a charset (JSON knows no other: RFC 8259
// section 8.1), and is not compressed: we unpack nothing that may be huge.
func CheckContentType(r *http.Request, want string) bool {
	given := r.Header["Content-Type"]
	if len(given) != 1 {
		return false
	}
	for _, coding := range r.Header["Content-Encoding"] {
		if !strings.EqualFold(coding, "identity") {
			return false
		}
	}
	if given[0] == want {
		return true
	}
	kind, params, err := mime.ParseMediaType(given[0])
	if err != nil || kind != want {
		return false
	}
	charset, named := params["charset"]
	return !named || strings.EqualFold(charset, "utf-8")
}
