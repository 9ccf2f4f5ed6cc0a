package agent

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/openai/openai-go/v3/option"

	"taskwire/faultpoint"
)

// A refusal is an answer with a status of 400 or above.
type refusal struct {
	status int
	code   string
}

// post sends a body. What comes back has a status below 300; the error is an
// *Error. The SDK's own errors stay here: they may hold credentials and quote
// the provider.
func (m *Model) post(ctx context.Context, dog *watchdog, path string, b body) (*http.Response, error) {
	s := sending{transport: m.transport, header: m.header, body: b, dog: dog}
	var res *http.Response
	err := m.client.Post(ctx, path, nil, &res, option.WithHTTPClient(&s))
	switch {
	case s.last.status != 0:
		return nil, statusError(KindStatus, s.last.status, s.last.code)
	case err != nil:
		return nil, connectionError(err)
	case res.StatusCode >= 300:
		res.Body.Close()
		return nil, failure(KindReply, nil)
	}
	// net/http keeps a response for as long as it takes, and with it these.
	res.Header, res.Request = nil, nil
	return res, nil
}

// A sending sends one body for the SDK, which tells it to once for each attempt.
// It follows no redirect: a conversation goes to the provider that was set up and
// nowhere else.
type sending struct {
	transport http.RoundTripper
	header    http.Header
	body      body
	dog       *watchdog
	last      refusal // of the last attempt
}

// Do makes one attempt. The headers are the same for all requests, and not those
// of the SDK, which tell the provider what machine this is.
func (s *sending) Do(req *http.Request) (*http.Response, error) {
	s.last = refusal{}
	sent := &sentBody{parts: s.body, dog: s.dog}
	req.Header, req.ContentLength = s.header, s.body.size()
	req.Body, req.GetBody = sent.reader(), func() (io.ReadCloser, error) { return sent.reader(), nil }
	wait := faultpoint.At(req.Context(), "model.send")
	if err := wait.Before(); err != nil {
		return nil, err
	}
	res, err := s.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if err := wait.After(nil); err != nil {
		res.Body.Close()
		return nil, err
	}
	sent.drop()
	if res.StatusCode >= 400 {
		s.last = readRefusal(res)
	}
	return res, nil
}

// readRefusal takes the code out of a refusal and leaves an empty body, for the
// SDK would read all of it, however long.
func readRefusal(res *http.Response) refusal {
	const enough = 16 << 10
	body, _ := io.ReadAll(io.LimitReader(res.Body, enough))
	res.Body.Close()
	res.Body = http.NoBody
	r := refusal{status: res.StatusCode}
	body = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("data:")))
	if !validJSON(body) {
		return r
	}
	value := member(body, "error")
	for _, name := range []string{"code", "type"} {
		if r.code == "" {
			r.code = codeWord(stringOf(member(value, name)))
		}
	}
	return r
}

// lastWords is how long a reply may take to end after it has said why it did:
// the token counts come then. connectionEnd is how long a finished reply may
// take to close, so that the connection can be used again.
const (
	lastWords     = 2 * time.Second
	connectionEnd = 50 * time.Millisecond
)

// readReply reads a reply into acc. The error is an *Error or the error of the
// listener.
func readReply(res *http.Response, dog *watchdog, acc accumulator) error {
	dog.heard()
	events := &eventReader{src: watchedBody{res.Body, dog}}
	first, err := events.firstByte()
	switch {
	case err != nil:
		return readFailure(err)
	case first == 0 || first == '<':
		return failure(KindReply, nil)
	case first == '{':
		return readWhole(events, acc)
	}
	ended, err := readEvents(events, dog, acc)
	if err != nil {
		return err
	}
	if !ended && !acc.finished() {
		return failure(KindCut, nil)
	}
	return nil
}

// readWhole reads a reply that is no stream although one was asked for.
func readWhole(events *eventReader, acc accumulator) error {
	body, err := events.all()
	if err != nil {
		return readFailure(err)
	}
	if !validJSON(body) {
		return failure(KindCut, nil)
	}
	if err := acc.whole(body); err != nil {
		return err
	}
	if err := acc.end(); err != nil {
		return err
	}
	if !acc.finished() {
		return failure(KindReply, nil)
	}
	return nil
}

// readEvents reads to the end of the stream; ended says that the provider
// marked it as such.
func readEvents(events *eventReader, dog *watchdog, acc accumulator) (ended bool, err error) {
	for {
		if !events.ready() {
			if err := acc.pause(); err != nil {
				return false, err
			}
		}
		data, err := events.next()
		if err == nil && !isDone(data) && !validJSON(data) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			if endErr := acc.end(); endErr != nil || err == io.EOF || acc.finished() {
				return false, endErr
			}
			return false, readFailure(err)
		}
		if isDone(data) {
			if err := acc.pause(); err != nil {
				return false, err
			}
			dog.hurry(connectionEnd)
			io.CopyN(io.Discard, events.src, readSize)
			return true, acc.end()
		}
		if err := acc.add(data); err != nil {
			return false, err
		}
		if acc.finished() {
			dog.hurry(lastWords)
		}
	}
}

func isDone(data []byte) bool { return string(bytes.TrimSpace(data)) == "[DONE]" }

// readFailure says what a failed read means.
func readFailure(err error) error {
	if errors.Is(err, errReplyTooLarge) {
		return failure(KindTooLong, nil)
	}
	return failure(KindCut, nil)
}
