package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// A clientsTask is what so many clients ask, each with a token and a connection
// of its own.
type clientsTask struct {
	Addr   string
	Tokens []string
	Body   string
	Read   bool // to the end of the answer, which then is not held open
}

// A clientsState tells how it went.
type clientsState struct {
	Open int
	Err  string
}

// actClients opens the answers and holds them open until there is no more
// input.
func actClients(in io.Reader, out io.Writer) error {
	tasks := json.NewDecoder(in)
	var task clientsTask
	if err := tasks.Decode(&task); err != nil {
		return err
	}
	conns, err := task.open()
	state := clientsState{Open: len(conns)}
	if err != nil {
		state.Err = err.Error()
	}
	if err := json.NewEncoder(out).Encode(state); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, tasks.Buffered())
	if err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	for _, conn := range conns {
		conn.Close()
	}
	return err
}

func (task *clientsTask) open() (open []net.Conn, err error) {
	const workers = 32
	conns, errs := make([]net.Conn, len(task.Tokens)), make([]error, workers)
	var running sync.WaitGroup
	for w := range workers {
		running.Go(func() {
			for i := w; i < len(conns) && errs[w] == nil; i += workers {
				conns[i], errs[w] = task.ask(task.Tokens[i])
			}
		})
	}
	running.Wait()
	for _, conn := range conns {
		if conn != nil {
			open = append(open, conn)
		}
	}
	return open, errors.Join(errs...)
}

// ask sends the message and reads how the answer begins, or all of it.
func (task *clientsTask) ask(token string) (net.Conn, error) {
	conn, err := net.Dial("tcp", task.Addr)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(2 * time.Minute))
	if _, err := io.WriteString(conn, chatRequest(task.Addr, token, task.Body, task.Read)); err != nil {
		return conn, err
	}
	head := make([]byte, len("HTTP/1.1 200"))
	if _, err := io.ReadFull(conn, head); err != nil || string(head) != "HTTP/1.1 200" {
		return conn, fmt.Errorf("an answer that begins with %q: %v", head, err)
	}
	if task.Read {
		_, err = io.Copy(io.Discard, conn)
		return conn, err
	}
	return conn, conn.SetDeadline(time.Time{})
}

// chatRequest is a ChatKit request; once: the connection is for it alone.
func chatRequest(addr, token, body string, once bool) string {
	connection := "keep-alive"
	if once {
		connection = "close"
	}
	return fmt.Sprintf("POST /api/chatkit HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		addr, connection, token, len(body), body)
}

// clients are that process as the test sees it.
type clients struct{ *actor }

// openAnswers lets as many clients as there are tokens ask.
func openAnswers(t testing.TB, task clientsTask) clients {
	t.Helper()
	c := clients{act(t, "clients", 0, task)}
	var state clientsState
	c.hear(t, &state)
	if state.Err != "" || state.Open != len(task.Tokens) {
		t.Fatalf("%d answers are open of %d: %s", state.Open, len(task.Tokens), state.Err)
	}
	return c
}

// leave closes all connections.
func (c clients) leave() { c.in.Close() }
