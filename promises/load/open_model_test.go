package load

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// A modelTask says how the model is reached.
type modelTask struct{ Cert, Key []byte } // PEM; without them plain HTTP/1.1, a connection for each answer

// A modelState is what the model tells of itself.
type modelState struct {
	Addr  string
	Held  int64     // answers it is silent in
	Heard time.Time // when the last listener left in the middle of an answer
}

// What messages ask of the model; anything else has a short answer at once.
const (
	askFlood   = "flood"
	floodWords = 60_000 // of three letters, as much as an answer may be
)

// A silentModel is the provider in a process of its own.
type silentModel struct {
	held   atomic.Int64
	left   atomic.Int64 // when, in nanoseconds
	ending chan struct{}
}

// actModel serves until there is no more input; each line that comes asks how
// things are.
func actModel(in io.Reader, out io.Writer) error {
	tasks := json.NewDecoder(in)
	var task modelTask
	if err := tasks.Decode(&task); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	m := &silentModel{ending: make(chan struct{})}
	srv := &http.Server{Handler: m, ReadHeaderTimeout: time.Minute}
	if task.Cert != nil {
		cert, err := tls.X509KeyPair(task.Cert, task.Key)
		if err != nil {
			return err
		}
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
		srv.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 100} // as many as providers allow
		go func() { _ = srv.ServeTLS(ln, "", "") }()
	} else {
		go func() { _ = srv.Serve(ln) }()
	}
	defer srv.Close()
	defer close(m.ending)
	for say := json.NewEncoder(out); ; {
		state := modelState{Addr: ln.Addr().String(), Held: m.held.Load(), Heard: time.Unix(0, m.left.Load())}
		if err := say.Encode(state); err != nil {
			return err
		}
		var next any
		if err := tasks.Decode(&next); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (m *silentModel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	switch {
	case !bytes.Contains(body, []byte(`"tools":`)): // it is asked for a title
		fmt.Fprint(w, modelDelta("A title"), modelEnd)
	case bytes.Contains(body, []byte(askSilence)):
		m.hold(w, r)
	case bytes.Contains(body, []byte(askFlood)):
		m.flood(w)
	default:
		fmt.Fprint(w, modelDelta("Fine."), modelEnd)
	}
}

// hold says nothing that would be an answer. The comment that providers send
// while they think keeps the line open.
func (m *silentModel) hold(w http.ResponseWriter, r *http.Request) {
	m.held.Add(1)
	defer m.held.Add(-1)
	rc := http.NewResponseController(w)
	tick := time.NewTicker(12 * time.Second)
	defer tick.Stop()
	for {
		fmt.Fprint(w, ": thinking\n\n")
		if rc.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		case <-m.ending:
			return
		}
	}
}

// flood talks as fast as it is heard.
func (m *silentModel) flood(w http.ResponseWriter) {
	word := []byte(modelDelta("abc"))
	for range floodWords {
		if _, err := w.Write(word); err != nil {
			m.left.Store(time.Now().UnixNano())
			return
		}
	}
	fmt.Fprint(w, modelEnd)
}

func modelDelta(text string) string {
	return fmt.Sprintf("data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", text)
}

const modelEnd = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"

// A model is that process as the test sees it.
type model struct {
	*actor
	Addr string
}

func startModel(t testing.TB, task modelTask) *model {
	t.Helper()
	m := &model{actor: act(t, "model", 0, task)}
	var state modelState
	m.hear(t, &state)
	m.Addr = state.Addr
	return m
}

func (m *model) state(t testing.TB) (state modelState) {
	t.Helper()
	m.tell(t, "state")
	m.hear(t, &state)
	return state
}
