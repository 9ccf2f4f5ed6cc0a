package agenttest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// A Reply answers one request.
type Reply func(w *Writer, req Request)

// A Writer is where a Reply goes.
type Writer struct {
	http.ResponseWriter
	request *http.Request
	closed  chan struct{}
}

// Send writes a text and sends it at once.
func (w *Writer) Send(text string) {
	fmt.Fprint(w.ResponseWriter, text)
	http.NewResponseController(w.ResponseWriter).Flush()
}

// Data sends an event.
func (w *Writer) Data(data string) { w.Send("data: " + data + "\n\n") }

// Delta sends a piece of text.
func (w *Writer) Delta(text string) {
	w.Data(`{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":` + quote(text) + `}}]}`)
}

// Finish sends the reason why the reply ends, the tokens used, and the end.
func (w *Writer) Finish(reason string) {
	w.Data(`{"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":` + quote(reason) + `}]}`)
	w.Data(`{"id":"c1","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}`)
	w.Data("[DONE]")
}

// Begin sends the head of a stream.
func (w *Writer) Begin() {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	http.NewResponseController(w.ResponseWriter).Flush()
}

// Hold waits until the client or the Provider is gone.
func (w *Writer) Hold() {
	select {
	case <-w.request.Context().Done():
	case <-w.closed:
	}
}

// Wait waits for d, and reports whether the client and the Provider are still
// there.
func (w *Writer) Wait(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-w.request.Context().Done():
	case <-w.closed:
	}
	return false
}

// Reset breaks the connection, without the end that a clean close sends.
func (w *Writer) Reset() {
	conn, _, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

func (w *Writer) deltas(pieces []string) {
	w.Begin()
	for _, piece := range pieces {
		w.Delta(piece)
	}
}

// Text says something, in pieces, and ends.
func Text(pieces ...string) Reply { return Ending("stop", pieces...) }

// Ending is a Text with another finish_reason.
func Ending(reason string, pieces ...string) Reply {
	return func(w *Writer, _ Request) {
		w.deltas(pieces)
		w.Finish(reason)
	}
}

// A Call is a call that the model makes.
type Call struct{ ID, Name, Arguments string }

// Calls calls tools. A call without an ID gets one.
func Calls(calls ...Call) Reply {
	return func(w *Writer, _ Request) {
		w.Begin()
		for i, c := range calls {
			if c.ID == "" {
				c.ID = fmt.Sprintf("id-%d", i)
			}
			w.Data(fmt.Sprintf(`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":%d,"id":%s,"type":"function","function":{"name":%s,"arguments":%s}}]}}]}`,
				i, quote(c.ID), quote(c.Name), quote(c.Arguments)))
		}
		w.Finish("tool_calls")
	}
}

// Events sends events with the given data and closes the stream.
func Events(data ...string) Reply {
	return func(w *Writer, _ Request) {
		w.Begin()
		for _, d := range data {
			w.Data(d)
		}
	}
}

// Body sends a whole answer.
func Body(status int, contentType, body string) Reply {
	return func(w *Writer, _ Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		w.Send(body)
	}
}

// Refuse answers with a status and how long to wait, in seconds; 0: no word of it.
func Refuse(status, retryAfter int) Reply {
	return func(w *Writer, req Request) {
		if retryAfter > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(retryAfter))
		}
		Body(status, "application/json", `{"error":{"message":"refused","code":"refused"}}`)(w, req)
	}
}

// Cut says something and ends the stream cleanly, as if that were all.
func Cut(pieces ...string) Reply {
	return func(w *Writer, _ Request) { w.deltas(pieces) }
}

// Reset says something and breaks the connection; without pieces it does so
// before the head.
func Reset(pieces ...string) Reply {
	return func(w *Writer, _ Request) {
		if len(pieces) > 0 {
			w.deltas(pieces)
		}
		w.Reset()
	}
}

// Stall says something and then nothing more; without pieces it never sends
// even the head.
func Stall(pieces ...string) Reply {
	return func(w *Writer, _ Request) {
		if len(pieces) > 0 {
			w.deltas(pieces)
		}
		w.Hold()
	}
}

// Slowly sends a stream byte by byte, pausing behind each.
func Slowly(pause time.Duration, stream string) Reply {
	return func(w *Writer, _ Request) {
		w.Begin()
		for _, b := range []byte(stream) {
			w.Send(string([]byte{b}))
			time.Sleep(pause)
		}
	}
}

// By chooses the reply by the request.
func By(choose func(Request) Reply) Reply {
	return func(w *Writer, req Request) { choose(req)(w, req) }
}

func quote(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.Encode(s) // a string cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}
