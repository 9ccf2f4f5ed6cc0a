package load

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// R14: streams of the tools on which nothing happens cost little, and do not
// slow down who writes.
func TestIdleStreams(t *testing.T) {
	f := fleet.New(t, storetest.Config(t, storetest.Postgres))
	n := tally.Rounds(200, 10_000)
	allowDescriptors(t, uint64(n+200))
	tools := f.ToolServer(t, nil)
	writer := f.ToolToken(t, "writer")
	writes := func() (all []time.Duration) {
		for range tally.Rounds(50, 500) {
			begun := time.Now()
			if r, err := fleet.Call(t.Context(), tools.Base, writer, "create_task", "", map[string]any{"title": "tea"}); err != nil || r.IsError {
				t.Fatalf("%v, %s", err, r.Text)
			}
			all = append(all, time.Since(begun))
		}
		return all
	}
	writes() // what is new is not measured
	alone := p99(writes())
	task := clientsTask{Addr: tools.Base[len("http://"):]}
	for i := range n {
		task.Tokens = append(task.Tokens, f.ToolToken(t, fmt.Sprintf("idle-%d", i)))
	}
	listeners := act(t, "listeners", 0, task)
	var state clientsState
	if listeners.hear(t, &state); state.Open != n || state.Err != "" {
		t.Fatalf("%d streams are open of %d: %s", state.Open, n, state.Err)
	}
	time.Sleep(time.Duration(tally.Rounds(0, 3)) * time.Second) // nothing happens on them; it is not their opening that is measured
	beside := p99(writes())
	_, peak := memory(t, tools)
	listeners.in.Close()
	note := fmt.Sprintf("p99 of a write %s alone, %s beside", alone.Round(100*time.Microsecond), beside.Round(100*time.Microsecond))
	tally.Counted(t, tally.Entry{Promise: "P13", What: "idle streams of mcpserver", Runs: n, Value: peak, Unit: "MiB"})
	tally.Counted(t, tally.Entry{Promise: "P13", What: "writes beside idle streams", Runs: 1, Value: beside.Seconds() / alone.Seconds(), Unit: "×", Note: note})
}

// actListeners opens a session and its stream for each token, and holds them
// until there is no more input.
func actListeners(in io.Reader, out io.Writer) error {
	tasks := json.NewDecoder(in)
	var task clientsTask
	if err := tasks.Decode(&task); err != nil {
		return err
	}
	const workers = 16
	conns, errs := make([]net.Conn, len(task.Tokens)), make([]error, workers)
	var running sync.WaitGroup
	for w := range workers {
		running.Go(func() {
			for i := w; i < len(conns) && errs[w] == nil; i += workers {
				conns[i], errs[w] = task.listen(task.Tokens[i])
			}
		})
	}
	running.Wait()
	state := clientsState{}
	for _, conn := range conns {
		if conn != nil {
			state.Open++
			defer conn.Close()
		}
	}
	if err := errors.Join(errs...); err != nil {
		state.Err = err.Error()
	}
	if err := json.NewEncoder(out).Encode(state); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, in)
	return err
}

func (task *clientsTask) listen(token string) (net.Conn, error) {
	conn, err := net.Dial("tcp", task.Addr)
	if err != nil {
		return nil, err
	}
	const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	read := bufio.NewReader(conn)
	fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n%s",
		task.Addr, token, len(initialize), initialize)
	resp, err := http.ReadResponse(read, nil)
	if err != nil {
		return conn, err
	}
	_, _ = io.Copy(io.Discard, resp.Body) // the header has the session
	resp.Body.Close()
	fmt.Fprintf(conn, "GET /mcp HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: text/event-stream\r\nMcp-Session-Id: %s\r\nMcp-Protocol-Version: 2025-11-25\r\n\r\n",
		task.Addr, token, resp.Header.Get("Mcp-Session-Id"))
	if resp, err = http.ReadResponse(read, nil); err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("stream: HTTP %d", resp.StatusCode)
	}
	return conn, err
}
