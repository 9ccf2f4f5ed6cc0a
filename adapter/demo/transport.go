package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// Transport returns a RoundTripper that hands every request to the model in
// this process, whatever host its URL names: with it as the transport of a
// provider's client there is no port to open. Answers stream as over a
// connection: the model waits for the reader, and ends when the request's
// context does or the body is closed.
func Transport() http.RoundTripper { return transport{Handler()} }

type transport struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	served := req.Clone(req.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	reader, writer := io.Pipe()
	w := &pipeWriter{header: http.Header{}, body: writer, started: make(chan struct{})}
	forget := context.AfterFunc(req.Context(), func() { reader.CloseWithError(req.Context().Err()) })
	go func() {
		defer forget()
		defer served.Body.Close()
		writer.CloseWithError(t.serve(w, served))
	}()
	select {
	case <-w.started:
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: body{reader, req.Context().Err}, ContentLength: -1, Request: req,
	}, nil
}

// serve runs the handler; a panic in it breaks this one answer, as an HTTP
// server would have it.
func (t transport) serve(w http.ResponseWriter, req *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.WriteHeader(http.StatusInternalServerError)
			err = fmt.Errorf("demo model: %v", p)
		}
	}()
	t.handler.ServeHTTP(w, req)
	w.WriteHeader(http.StatusOK)
	return nil
}

// A body is the reader's end of an answer. It ends at once when the request
// does, as that of a connection would.
type body struct {
	*io.PipeReader
	ended func() error // of the request
}

func (b body) Read(p []byte) (int, error) {
	if err := b.ended(); err != nil {
		return 0, err
	}
	return b.PipeReader.Read(p)
}

// A pipeWriter is the handler's end of an answer. Status and headers count from
// the first write on.
type pipeWriter struct {
	header  http.Header
	body    *io.PipeWriter
	started chan struct{} // closed when status and sent are set
	status  int
	sent    http.Header
}

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	w.status, w.sent = status, w.header.Clone()
	close(w.started)
}

func (w *pipeWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush does nothing: what is written is with the reader already.
func (w *pipeWriter) Flush() {}
