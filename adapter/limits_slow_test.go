package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// Requests whose bodies come slowly take none of the user's places: other devices
// of theirs are served meanwhile.
func TestSlowBodiesKeepNobodyOut(t *testing.T) {
	t.Parallel()
	h := start(t, setup{})
	alice := h.as(t, "alice")
	for i := range 8 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.Base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		path := []string{"/api/chatkit/cancel", "/api/alice/tasks"}[i%2]
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
			path, h.token(t, "alice"))
	}
	for range 20 { // the slow ones have come at one of them
		h.send(t, "GET", "/api/chatkit/threads", "", alice).ok(t, 200)
		h.send(t, "GET", "/api/alice/tasks", "", alice).ok(t, 200)
		time.Sleep(50 * time.Millisecond)
	}
}
