package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"taskwire/edge"
	"taskwire/promises/tally"
)

// Lines are read on a goroutine of their own. A bug there costs the line: it is
// answered, and the next one is taken.
func TestPanicInALine(t *testing.T) {
	out, logged := &bytes.Buffer{}, &syncBuffer{}
	c := &stdioConn{
		out: out, logger: edge.NewLogger(logged, edge.Settings{}, false),
		messages: make(chan jsonrpc.Message, 1), closed: make(chan struct{}),
	} // no map of calls: to note one is a panic
	in, stdin := io.Pipe()
	go c.readLines(in)
	if _, err := io.WriteString(stdin, ask(1, "ping", "")+"\n"+`{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n"); err != nil {
		t.Fatal(err)
	}
	if msg, ok := (<-c.messages).(*jsonrpc.Request); !ok || msg.Method != "notifications/initialized" {
		t.Errorf("the line behind is taken as %+v", msg)
	}
	var answer rpcMessage
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil || answer.Error == nil || answer.Error.Code != jsonrpc.CodeInternalError || answer.Error.Message != "internal error" {
		t.Errorf("answered with %s, want -32603", out)
	}
	if log := logged.String(); !strings.Contains(log, "nil map") || !strings.Contains(log, "stdio.go") {
		t.Errorf("the log does not say where the panic was: %s", log)
	}
	stdin.Close()
	for range c.messages {
	}
	tally.Counted(t, tally.Entry{Promise: "P7", What: "panics in goroutines", Runs: 1})
}
