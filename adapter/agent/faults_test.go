package agent

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
)

// impatient makes silence short, but longer than a busy machine takes for a
// word.
func impatient(mc *ModelConfig, _ *Config) { mc.Idle = 2 * time.Second }

// L02: what may pass is tried again, twice at the most, and shows once.
func TestRetries(t *testing.T) {
	t.Parallel()
	html := agenttest.Body(502, "text/html", "<html>Bad gateway</html>")
	for _, c := range []struct {
		name   string
		faults []agenttest.Reply
		status int // that the run ends with, 0: it answers
	}{
		{"500 once", []agenttest.Reply{agenttest.Refuse(500, 0)}, 0},
		{"502 with HTML, then 503", []agenttest.Reply{html, agenttest.Refuse(503, 0)}, 0},
		{"529", []agenttest.Reply{agenttest.Refuse(529, 0)}, 0},
		{"408 and 409", []agenttest.Reply{agenttest.Refuse(408, 0), agenttest.Refuse(409, 0)}, 0},
		{"429 that says when", []agenttest.Reply{agenttest.Refuse(429, 1)}, 0},
		{"a broken connection", []agenttest.Reply{agenttest.Reset()}, 0},
		{"500 three times", []agenttest.Reply{agenttest.Refuse(500, 0), agenttest.Refuse(500, 0), agenttest.Refuse(500, 0)}, 500},
		{"429 that asks for long", []agenttest.Reply{agenttest.Refuse(429, 60)}, 429},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			h.provider.Queue(c.faults...)
			h.provider.Queue(agenttest.Text("Here I am."))
			o := h.run("hi")
			if c.status != 0 {
				if e := o.wantError(t, KindStatus, true); e.Status != c.status || e.Code != "refused" {
					t.Errorf("error %v, want status %d", e, c.status)
				}
				if len(h.provider.Requests()) != len(c.faults) {
					t.Errorf("%d requests, want %d", len(h.provider.Requests()), len(c.faults))
				}
				return
			}
			o.wantText(t, "Here I am.")
			if len(h.provider.Requests()) != len(c.faults)+1 || len(eventsOf[TextDone](o)) != 1 {
				t.Errorf("%d requests, events %v", len(h.provider.Requests()), o.events)
			}
		})
	}
}

// What will not pass is not tried again, and the user is told no more than that.
func TestRefusals(t *testing.T) {
	t.Parallel()
	quoting := `{"error":{"message":"Incorrect API key provided: ` + secretKey + `","type":"invalid_request_error","code":"invalid_api_key"}}`
	for _, c := range []struct {
		name   string
		status int
		body   string
		code   string
		asked  int
	}{
		{"key", 401, quoting, "invalid_api_key", 1},
		{"no rights", 403, `{"error":"` + secretKey + `"}`, "", 1},
		{"no such model", 404, `{"error":{"type":"not_found"}}`, "not_found", 1},
		{"data: before the body", 400, "data: " + `{"error":{"code":"400","message":"reasoning_content"}}`, "400", 2},
		{"a code that is a text", 400, `{"error":{"code":"the key ` + secretKey + ` is bad"}}`, "", 2},
		{"a code that is a key", 400, `{"error":{"code":"` + secretKey + `"}}`, "", 2},
		{"HTML", 403, "<html>" + secretKey, "", 1},
		{"long", 404, strings.Repeat("x", 1<<20), "", 1},
		{"nothing", 404, "", "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			h.provider.Otherwise(agenttest.Body(c.status, "application/json", c.body))
			e := h.run("hi").wantError(t, KindStatus, false)
			if e.Status != c.status || e.Code != c.code || len(h.provider.Requests()) != c.asked {
				t.Errorf("error %v after %d requests, want %d (%s) after %d", e, len(h.provider.Requests()), c.status, c.code, c.asked)
			}
		})
	}
}

// A refusal need not come to an end.
func TestEndlessRefusal(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.provider.Queue(func(w *agenttest.Writer, _ agenttest.Request) {
		w.WriteHeader(http.StatusNotFound)
		w.Send(strings.Repeat("x", 64<<10))
		w.Hold()
	})
	h.run("hi").wantError(t, KindStatus, false)
}

// L06, L08, L12 and their kin: in the middle of an answer its text so far is
// kept and marked, and an error follows.
func TestFaultsInTheMiddle(t *testing.T) {
	t.Parallel()
	half := func(w *agenttest.Writer, _ agenttest.Request) {
		w.Begin()
		w.Delta("So far")
		w.Send(`data: {"choices":[{"index":0,"delta":{"content":" and`)
	}
	withError := func(data string) agenttest.Reply {
		return func(w *agenttest.Writer, _ agenttest.Request) {
			w.Begin()
			w.Delta("So far")
			w.Data(data)
			w.Delta("never shown")
			w.Finish("stop")
		}
	}
	for _, c := range []struct {
		name      string
		reply     agenttest.Reply
		kind      Kind
		retryable bool
		status    int
	}{
		{"silence", agenttest.Stall("So far"), KindTimeout, true, 0},
		{"a clean end", agenttest.Cut("So far"), KindCut, true, 0},
		{"half an event", half, KindCut, true, 0},
		{"a broken connection", agenttest.Reset("So far"), KindCut, true, 0},
		{"junk", withError("{]"), KindCut, true, 0},
		{"an error object", withError(`{"error":{"message":"` + secretKey + `","code":429}}`), KindProvider, true, 429},
		{"an error object of a bad request", withError(`{"error":{"code":"400"}}`), KindProvider, false, 400},
		{"an error text", withError(`{"error":"` + secretKey + `"}`), KindProvider, true, 0},
		{"an error in the choice", withError(`{"choices":[{"index":0,"error":{"code":502},"delta":{"content":""}}]}`), KindProvider, true, 502},
		{"the finish_reason error", withError(`{"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}`), KindProvider, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, impatient)
			h.provider.Queue(c.reply)
			o := h.run("hi")
			if e := o.wantError(t, c.kind, c.retryable); e.Status != c.status {
				t.Errorf("status %d, want %d", e.Status, c.status)
			}
			unfinished := eventsOf[TextUnfinished](o)
			if len(unfinished) != 1 || unfinished[0].Text != "So far …" || o.Text != "So far …" {
				t.Errorf("events %v, text %q", o.events, o.Text)
			}
			if len(o.Messages) != 2 || o.Messages[0].Text != "So far …" || o.Messages[1].Text != NoteUnfinished {
				t.Errorf("messages = %+v", o.Messages)
			}
			if len(h.provider.Requests()) != 1 {
				t.Errorf("asked %d times although text was shown", len(h.provider.Requests()))
			}
		})
	}
}

// L10, L14: what is no answer, or an empty one, is an error and leaves nothing.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	chunk := `{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}]}`
	for _, c := range []struct {
		name  string
		reply agenttest.Reply
		kind  Kind
	}{
		{"HTML", agenttest.Body(200, "text/html", "<!doctype html><p>Sign in"), KindReply},
		{"an empty body", agenttest.Body(200, "text/event-stream", ""), KindReply},
		{"blanks", agenttest.Body(200, "application/json", " \r\n\n "), KindReply},
		{"white space", agenttest.Body(200, "text/event-stream", strings.Repeat("\n", 1<<20)), KindReply},
		{"plain words", agenttest.Body(200, "text/plain", "upstream connect error"), KindCut},
		{"JSON without an answer", agenttest.Body(200, "application/json", `{"status":"ok"}`), KindReply},
		{"half a JSON answer", agenttest.Body(200, "application/json", `{"choices":[{"message":{"content":"hi"`), KindCut},
		{"a JSON error", agenttest.Body(200, "application/json", `{"error":{"message":"x","type":"overloaded_error"}}`), KindProvider},
		{"no content", agenttest.Body(204, "", ""), KindReply},
		{"an error at once", agenttest.Events(`{"error":"no"}`), KindProvider},
		{"an empty answer", agenttest.Text(), KindEmpty},
		{"empty pieces", agenttest.Events(chunk, "[DONE]"), KindEmpty},
		{"thoughts alone", agenttest.Text("<think>hm, hm"), KindEmpty},
		{"[DONE] alone", agenttest.Events("[DONE]"), KindEmpty},
		{"usage alone", agenttest.Events(`{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}`, "[DONE]"), KindEmpty},
		{"null delta", agenttest.Events(`{"choices":[{"index":0,"delta":null,"finish_reason":null}]}`, `{"choices":[null,3]}`, `[]`, `7`, `null`, `{"choices":{}}`, "[DONE]"), KindEmpty},
		{"cut by length before a word", agenttest.Ending("length"), KindEmpty},
		{"withheld", agenttest.Ending("content_filter"), KindEmpty},
		{"silence after the head", func(w *agenttest.Writer, _ agenttest.Request) { w.Begin(); w.Hold() }, KindTimeout},
		{"silence before the head", agenttest.Stall(), KindTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, impatient)
			h.provider.Queue(c.reply)
			o := h.run("hi")
			o.wantError(t, c.kind, true)
			if o.Text != "" || len(o.Messages) != 0 || len(o.events) != 1 {
				t.Errorf("text %q, messages %v, events %v", o.Text, o.Messages, o.events)
			}
		})
	}
}

// An answer that the provider ended early is shown with a word about it, and
// calls in it are not run.
func TestCutByTheProvider(t *testing.T) {
	t.Parallel()
	for reason, which := range map[string]Limit{"length": LimitLength, "content_filter": LimitFilter} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			h.provider.Queue(func(w *agenttest.Writer, _ agenttest.Request) {
				w.Begin()
				w.Delta("As far as this")
				w.Data(`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"create_task","arguments":"{\"title\":\"x\"}"}}]}}]}`)
				w.Finish(reason)
			})
			o := h.run("hi")
			o.wantText(t, "As far as this")
			reached := eventsOf[LimitReached](o)
			if len(reached) != 1 || reached[0].Which != which || o.FinishReason != reason || len(h.tools.calls) != 0 {
				t.Errorf("limits %v, finish %s, calls %v", reached, o.FinishReason, h.tools.noted())
			}
		})
	}
}

// What comes after the finish_reason is not waited for long, and its lack is no
// fault.
func TestNothingIsOwedAfterTheEnd(t *testing.T) {
	t.Parallel()
	finish := `{"choices":[{"index":0,"delta":{"content":"all"},"finish_reason":"stop"}]}`
	for name, reply := range map[string]agenttest.Reply{
		"the stream ends":              agenttest.Events(finish),
		"the stream stays open":        func(w *agenttest.Writer, _ agenttest.Request) { w.Begin(); w.Data(finish); w.Hold() },
		"it stays open after [DONE]":   func(w *agenttest.Writer, _ agenttest.Request) { w.Begin(); w.Data(finish); w.Data("[DONE]"); w.Hold() },
		"the connection breaks":        func(w *agenttest.Writer, _ agenttest.Request) { w.Begin(); w.Data(finish); w.Reset() },
		"half an event follows":        func(w *agenttest.Writer, _ agenttest.Request) { w.Begin(); w.Data(finish); w.Send(`data: {"usa`) },
		"[DONE] without finish_reason": agenttest.Events(`{"choices":[{"index":0,"delta":{"content":"all"},"finish_reason":null}]}`, "[DONE]"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			h.provider.Queue(reply)
			h.run("hi").wantText(t, "all")
		})
	}
}

// L04: no connection is an error within five seconds.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	closed := listen(t)
	closed.Close()
	silent := listen(t) // takes connections and says nothing: no TLS handshake ends
	plain, err := agenttest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plain.Close)
	for _, c := range []struct{ name, url, code string }{
		{"refused", "http://" + closed.Addr().String(), "refused"},
		{"no such host", "http://no-such-host.invalid", "dns"},
		{"no TLS", strings.Replace(plain.URL(), "http://", "https://", 1), ""},
		{"a TLS handshake that never ends", "https://" + silent.Addr().String(), "timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, func(mc *ModelConfig, _ *Config) { mc.BaseURL = c.url })
			if most := h.model.cfg.Connect; most >= 5*time.Second {
				t.Errorf("a connection may take %s", most)
			}
			o := h.run("hi")
			if e := o.wantError(t, KindConnection, true); c.code != "" && e.Code != c.code {
				t.Errorf("code %q, want %q", e.Code, c.code)
			}
		})
	}
}

func TestBadCertificate(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(mc *ModelConfig, _ *Config) {
		mc.HTTPClient = &http.Client{Transport: refusing{&tls.CertificateVerificationError{Err: errors.New(secretKey)}}}
	})
	if e := h.run("hi").wantError(t, KindConnection, true); e.Code != "tls" {
		t.Errorf("code %q", e.Code)
	}
}

type refusing struct{ err error }

func (r refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, r.err }

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// A provider that sends one byte at a time is slow, and whole.
func TestByteByByte(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	stream := ": hello\r\n\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"دودھ\"}}]}\r\n\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" ok\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
	h.provider.Queue(agenttest.Slowly(0, stream))
	h.run("hi").wantText(t, "دودھ ok")
}

// Comments and other signs of life keep an answer alive.
func TestSignsOfLife(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(mc *ModelConfig, _ *Config) { mc.Idle = time.Second })
	h.provider.Queue(func(w *agenttest.Writer, _ agenttest.Request) {
		w.Begin()
		for range 20 {
			w.Send(": PROCESSING\n\n")
			time.Sleep(100 * time.Millisecond)
		}
		w.Delta("there")
		w.Finish("stop")
	})
	h.run("hi").wantText(t, "there")
}

// An answer may be long, but not longer than a reader can take.
func TestLongAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		pieces []string
		whole  bool
	}{
		{"as long as it may be", []string{strings.Repeat("ڈ", MaxAnswer-1), "x"}, true},
		{"one character more", []string{strings.Repeat("ڈ", MaxAnswer), "x"}, false},
		{"far longer in one piece", []string{strings.Repeat("ڈ", 2*MaxAnswer)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			h.provider.Queue(agenttest.Text(c.pieces...))
			o := h.run("hi")
			if c.whole {
				o.wantText(t, strings.Join(c.pieces, ""))
				return
			}
			o.wantError(t, KindTooLong, true)
			if o.Text != strings.Repeat("ڈ", MaxAnswer)+mark {
				t.Errorf("text has %d bytes", len(o.Text))
			}
		})
	}
}

func TestEndlessReply(t *testing.T) {
	t.Parallel()
	endless := func(piece string) agenttest.Reply {
		return func(w *agenttest.Writer, _ agenttest.Request) {
			w.Begin()
			for i := 0; i < 200; i++ { // 200 MiB, unless somebody hangs up
				if _, err := fmt.Fprint(w.ResponseWriter, piece); err != nil {
					return
				}
			}
		}
	}
	large := strings.Repeat("x", 1<<20)
	for name, reply := range map[string]agenttest.Reply{
		"one line":    func(w *agenttest.Writer, r agenttest.Request) { w.Send("data: \""); endless(large)(w, r) },
		"one comment": func(w *agenttest.Writer, r agenttest.Request) { w.Send(":"); endless(large)(w, r) },
		"many lines":  endless("data: \"" + large + "\"\n"),
		"many events": endless("data: \"" + large + "\"\n\n"),
		"JSON":        func(w *agenttest.Writer, r agenttest.Request) { w.Send(`{"x":"`); endless(large)(w, r) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, nil)
			h.provider.Queue(reply)
			h.run("hi").wantError(t, KindTooLong, true)
		})
	}
}
