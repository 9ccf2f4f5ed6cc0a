package edge

import (
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadBody(t *testing.T) {
	timeout := iotest.ErrReader(os.ErrDeadlineExceeded)
	for _, c := range []struct {
		name   string
		body   io.Reader
		length int64 // announced, -1 for chunks
		status int   // 0 for good
	}{
		{"empty", strings.NewReader(""), 0, 0},
		{"at the limit", strings.NewReader(strings.Repeat("x", 100_000)), 100_000, 0},
		{"at the limit in chunks", strings.NewReader(strings.Repeat("x", 100_000)), -1, 0},
		{"byte by byte", iotest.OneByteReader(strings.NewReader("hello")), 5, 0},
		{"end with the last byte", iotest.DataErrReader(strings.NewReader("hello")), -1, 0},
		{"announces too much", iotest.ErrReader(errors.New("not to be read")), 100_001, 413},
		{"too much in chunks", strings.NewReader(strings.Repeat("x", 100_001)), -1, 413},
		{"ends early", io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(io.ErrUnexpectedEOF)), 5, 400},
		{"too slow", io.MultiReader(strings.NewReader("hel"), timeout), 5, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/", c.body)
			r.ContentLength = c.length
			rec := httptest.NewRecorder()
			body, err := ReadBody(rec, r, 100_000)
			refusal, _ := errors.AsType[*Refusal](err)
			switch {
			case c.status == 0 && err != nil:
				t.Errorf("ReadBody = %v", err)
			case c.status == 0 && c.length >= 0 && int64(len(body)) != c.length:
				t.Errorf("read %d bytes, want %d", len(body), c.length)
			case c.status != 0 && (refusal == nil || refusal.Status != c.status || rec.Header().Get("Connection") != "close"):
				t.Errorf("ReadBody = %v, Connection %q, want %d and close", err, rec.Header().Get("Connection"), c.status)
			}
		})
	}
}

func TestCheckContentType(t *testing.T) {
	for _, c := range []struct {
		given []string
		want  bool
	}{
		{[]string{"application/json"}, true},
		{[]string{"Application/JSON; charset=UTF-8"}, true},
		{[]string{`application/json;charset="utf-8"`}, true},
		{nil, false},
		{[]string{""}, false},
		{[]string{"text/plain"}, false},
		{[]string{"application/jsonx"}, false},
		{[]string{"application/json; charset=utf-16"}, false}, // M13
		{[]string{"application/json; charset=utf-8; charset=utf-16"}, false},
		{[]string{"application/json", "application/json"}, false},
		{[]string{"application/json, text/plain"}, false},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header["Content-Type"] = c.given
		if got := CheckContentType(r, "application/json"); got != c.want {
			t.Errorf("CheckContentType(%q) = %v, want %v", c.given, got, c.want)
		}
	}
}

// What is packed is not unpacked, however small it looks.
func TestCheckContentEncoding(t *testing.T) {
	for _, c := range []struct {
		codings []string
		want    bool
	}{
		{nil, true},
		{[]string{"Identity"}, true},
		{[]string{""}, false},
		{[]string{"gzip"}, false},
		{[]string{"identity, gzip"}, false},
		{[]string{"identity", "br"}, false},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header["Content-Type"], r.Header["Content-Encoding"] = []string{"application/json"}, c.codings
		if got := CheckContentType(r, "application/json"); got != c.want {
			t.Errorf("Content-Encoding %q: %v, want %v", c.codings, got, c.want)
		}
	}
}
