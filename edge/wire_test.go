package edge

import (
	"fmt"
	"strings"
	"testing"
)

func TestWire(t *testing.T) {
	get := "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	post := func(headers, body string) string {
		return "POST / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body
	}
	chunked := post("Transfer-Encoding: chunked\r\n", "5;x=y\r\nhello\r\na\r\n\r\n\n0123456\r\n0\r\nX: y\r\n\r\n")
	for _, c := range []struct {
		name, text string
		good       bool
	}{
		{"a request without a body", get, true},
		{"several on one connection", get + get + get, true},
		{"a body", post("Content-Length: 5\r\n", "a\nb\n\n") + get, true},
		{"an empty body", post("content-length:0\r\n", "") + get, true},
		{"chunks that hold line feeds", chunked + get, true},
		{"a long header", post("X: "+strings.Repeat("x", 9000)+"\r\n", "") + get, true},
		{"a header that ends like another", post("X-Content-Length: 9\r\nContent-Length-X: 9\r\n", "") + get, true},
		{"both lengths", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), false},
		{"both lengths, the other way round", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), false},
		{"both lengths, the second request", get + post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", ""), false},
		{"both lengths after a body", post("Content-Length: 1\r\n", "x") + post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", ""), false},
		{"both lengths after chunks", chunked + post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", ""), false},
		{"two encodings", post("Transfer-Encoding: chunked, identity\r\n", ""), false},
		{"two encoding headers", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""), false},
		{"another encoding", post("Transfer-Encoding: gzip\r\n", ""), false},
		{"chunks in HTTP/1.0", strings.Replace(chunked, "1.1", "1.0", 1), false},
		{"two lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), false},
		{"a list of lengths", post("Content-Length: 5, 5\r\n", "hello"), false},
		{"a signed length", post("Content-Length: +5\r\n", "hello"), false},
		{"a length beyond int64", post("Content-Length: 99999999999999999999\r\n", ""), false},
		{"a length in a long line", post("Content-Length: "+strings.Repeat(" ", 100)+"5\r\n", "hello"), false},
		{"a line feed alone", "GET / HTTP/1.1\nHost: a\n\n", false},
		{"a line feed alone after a header", "GET / HTTP/1.1\r\nHost: a\n\r\n", false},
		{"a line feed alone at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", false},
		{"a folded header", post("X: a\r\n b\r\n", ""), false},
		{"a folded length", post("Content-Length:\r\n\t5\r\n", "hello"), false},
		{"a chunk without a size", post("Transfer-Encoding: chunked\r\n", "\r\n"), false},
		{"a chunk of odd size", post("Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n"), false},
		{"a chunk that is longer than it says", post("Transfer-Encoding: chunked\r\n", "4\r\nhello\r\n0\r\n\r\n"), false},
		{"a chunk line without CR", post("Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, size := range []int{1, 2, 3, 7, 64, len(c.text)} {
				if got := scanIn(c.text, size); got != c.good {
					t.Errorf("in pieces of %d: good = %v, want %v", size, got, c.good)
				}
			}
		})
	}
}

func scanIn(text string, size int) bool {
	var w wire
	for len(text) > 0 {
		n := min(size, len(text))
		if !w.scan([]byte(text[:n])) {
			return false
		}
		text = text[n:]
	}
	return w.phase == requestLine
}

func BenchmarkWire(b *testing.B) {
	body := benchBodies["call"]
	request := fmt.Appendf(nil, "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:8081\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n%s",
		strings.Repeat("x", 600), len(body), body)
	b.ReportAllocs()
	var w wire
	for b.Loop() {
		if !w.scan(request) {
			b.Fatal("refused")
		}
	}
}
