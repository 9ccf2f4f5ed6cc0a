package chatkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// ServeHTTP answers one request of the protocol. Only POST with a body of type
// application/json is one. Two headers matter to requests that are answered
// with a stream. With Idempotency-Key (1 to 255 printable ASCII characters) the
// same body gets what the first such request of the user stored, for 24 hours.
// With X-Stream-Detach: 1 the answer goes on when the connection is closed, and
// only Cancel stops it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		w.Header().Set("Retry-After", "5")
		s.opts.Fail(w, r, &RequestError{http.StatusServiceUnavailable, "draining", "The server is being restarted. Please try again."})
		return
	}
	defer s.leave()
	c := &call{server: s, w: w, r: r}
	defer c.recover()
	if err := c.serve(); err != nil {
		s.refuse(w, r, c.user, err)
	}
}

// A call is a request on its way to an answer.
type call struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	user   string
	body   []byte
	begun  bool // the answer's head is out
}

// recover turns a panic into an answer, while there is none yet. Turns look
// after their own.
func (c *call) recover() {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	c.server.logPanic(c.r.Context(), c.user, "", p)
	if c.begun {
		panic(http.ErrAbortHandler) // never a clean end
	}
	c.server.opts.Fail(c.w, c.r, &RequestError{http.StatusInternalServerError, "internal", "internal error"})
}

// serve answers the request, or returns why not.
func (c *call) serve() error {
	if c.r.Method != http.MethodPost {
		c.w.Header().Set("Allow", http.MethodPost)
		return &RequestError{http.StatusMethodNotAllowed, "method_not_allowed", "Use POST."}
	}
	if !isJSON(c.r.Header) {
		return &RequestError{http.StatusUnsupportedMediaType, "unsupported_media_type", "The body must be application/json in UTF-8."}
	}
	if err := c.identify(); err != nil {
		return err
	}
	req, err := c.read()
	if err != nil {
		return err
	}
	if req.Type.Streams() {
		return c.stream(req)
	}
	body, err := c.answer(req)
	if err != nil {
		return err
	}
	c.writeJSON(body)
	return nil
}

// isJSON reports whether a body is JSON in UTF-8, and not packed: nothing is
// unpacked here that may be huge.
func isJSON(h http.Header) bool {
	types, codings := h.Values("Content-Type"), h.Values("Content-Encoding")
	if len(types) != 1 || slices.ContainsFunc(codings, func(c string) bool { return !strings.EqualFold(c, "identity") }) {
		return false
	}
	kind, params, err := mime.ParseMediaType(types[0])
	charset, given := params["charset"]
	return err == nil && kind == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}

func (c *call) identify() (err error) {
	c.user, err = c.server.opts.User(c.r)
	_, told := errors.AsType[*RequestError](err)
	switch {
	case told:
		return err
	case err != nil, c.user == "":
		return &RequestError{http.StatusUnauthorized, "unauthorized", "Sign in first."}
	}
	return nil
}

// read reads the body and what it asks for.
func (c *call) read() (*Request, error) {
	opts := &c.server.opts
	if err := c.readBody(opts.MaxBody); err != nil {
		return nil, err
	}
	if int64(len(c.body)) > opts.MaxBody && !isRecording(c.body) {
		return nil, tooLarge(opts.MaxBody) // whatever else may be wrong with it
	}
	if opts.CheckJSON != nil {
		if err := opts.CheckJSON(c.body); err != nil {
			if _, told := errors.AsType[*RequestError](err); !told {
				err = &RequestError{http.StatusBadRequest, "invalid_json", err.Error()}
			}
			return nil, err
		}
	}
	return DecodeRequest(c.body)
}

// isRecording reports whether a body, read leniently, is a request for
// transcription: the one that may be large.
func isRecording(body []byte) bool {
	var r map[string]json.RawMessage // unlike a struct, it knows letter case
	return json.Unmarshal(body, &r) == nil && string(r["type"]) == strconv.Quote(string(TypeTranscribe))
}

// readBody reads the body as far as a recording may go, if recordings are taken:
// what kind of request it is shows only when it is read.
func (c *call) readBody(limit int64) error {
	audio := limit
	if c.server.handlers.Transcribe != nil {
		audio = c.server.opts.MaxAudio
	}
	if c.r.ContentLength > audio {
		return tooLarge(audio)
	}
	var read bytes.Buffer
	if n := c.r.ContentLength; n > 0 {
		read.Grow(int(min(n, limit)) + bytes.MinRead)
	}
	_, err := read.ReadFrom(http.MaxBytesReader(c.w, c.r.Body, audio))
	c.body = read.Bytes()
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return tooLarge(audio)
	}
	if err != nil {
		return &RequestError{http.StatusBadRequest, "unreadable_body", "The body could not be read to its end."}
	}
	return nil
}

func tooLarge(limit int64) error {
	return &RequestError{http.StatusRequestEntityTooLarge, "too_large", "The request is larger than " + strconv.FormatInt(limit, 10) + " bytes."}
}

func (c *call) writeJSON(body []byte) {
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	c.begun = true
	_, _ = c.w.Write(body) // a client that is gone needs no answer
}
