package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
)

// scripted starts a provider that does as it is told.
func scripted(t testing.TB) *agenttest.Provider {
	t.Helper()
	p, err := agenttest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

const dictationKey = "sk-canary-of-the-model-0123"

// dictating is the environment in which a provider also writes down recordings.
func dictating(p *agenttest.Provider) map[string]string {
	return map[string]string{"LLM_BASE_URL": p.URL(), "LLM_MODEL": "m", "LLM_API_KEY": dictationKey, "TRANSCRIBE_MODEL": "whisper-9"}
}

func recordingOf(mimeType, audioBase64 string) string {
	return fmt.Sprintf(`{"type":"input.transcribe","params":{"audio_base64":%q,"mime_type":%q}}`, audioBase64, mimeType)
}

func (h *harness) dictate(t testing.TB, body string) answer {
	t.Helper()
	return h.send(t, http.MethodPost, "/api/chatkit", body, h.as(t, "alice"))
}

// A sound is what reached the provider.
type sound struct{ model, name, mimeType, content string }

func heard(t testing.TB, req agenttest.Request) (s sound) {
	t.Helper()
	_, params, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	form, err := multipart.NewReader(bytes.NewReader(req.Body), params["boundary"]).ReadForm(20 << 20)
	if err != nil {
		t.Fatal(err)
	}
	if len(form.Value["model"]) != 1 || len(form.File["file"]) != 1 {
		t.Fatalf("the form has %v and %v", form.Value, form.File)
	}
	head := form.File["file"][0]
	file, err := head.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return sound{form.Value["model"][0], head.Filename, head.Header.Get("Content-Type"), string(data)}
}

func TestTranscribe(t *testing.T) {
	t.Parallel()
	p := scripted(t)
	h := start(t, setup{noTools: true, env: dictating(p)})
	before := h.hash(t)
	const audio = "\x1aE\xdf\xa3 not much of a sound \x00\xff"
	for mimeType, name := range map[string]string{
		"audio/webm;codecs=opus": "recording.webm", "audio/mp4": "recording.m4a", "audio/ogg; codecs=opus": "recording.ogg",
		"audio/mpeg": "recording.mp3", "audio/wav": "recording.wav", "AUDIO/FLAC": "recording.flac",
	} {
		p.Forget()
		p.Queue(agenttest.Body(200, "application/json", `{"text":" میرے کام دکھاؤ\n","usage":{"type":"tokens","total_tokens":9}}`))
		a := h.dictate(t, recordingOf(mimeType, base64.StdEncoding.EncodeToString([]byte(audio))))
		if a.Status != 200 || a.Header.Get("Content-Type") != "application/json" || a.Body != `{"text":" میرے کام دکھاؤ\n"}` {
			t.Errorf("%s: HTTP %d, %s", mimeType, a.Status, a.Body)
		}
		asked := p.Requests()
		if len(asked) != 1 || asked[0].Path != "/v1/audio/transcriptions" || asked[0].Header.Get("Authorization") != "Bearer "+dictationKey {
			t.Fatalf("%s: the provider was asked %+v", mimeType, asked)
		}
		if got, want := heard(t, asked[0]), (sound{"whisper-9", name, mimeType, audio}); got != want {
			t.Errorf("the provider got %+v, want %+v", got, want)
		}
	}
	p.Queue(agenttest.Body(200, "application/json", `{"text":""}`))
	if a := h.dictate(t, recordingOf("audio/webm", "AAAA")); a.Status != 200 || a.Body != `{"text":""}` {
		t.Errorf("of silence: HTTP %d, %s", a.Status, a.Body)
	}
	if h.hash(t) != before {
		t.Error("something was stored")
	}
}

// What fails at the provider has a status of its own here and none of its words.
func TestTranscribeFaults(t *testing.T) {
	t.Parallel()
	p := scripted(t)
	h := start(t, setup{noTools: true, env: dictating(p)})
	leaky := `{"error":{"message":"Incorrect API key provided: ` + dictationKey + ` at 10.1.2.3","code":"invalid_api_key"}}`
	said := func(status int) agenttest.Reply { return agenttest.Body(status, "application/json", leaky) }
	json200 := func(body string) agenttest.Reply { return agenttest.Body(200, "application/json", body) }
	redirect := func(w *agenttest.Writer, _ agenttest.Request) {
		w.Header().Set("Location", p.URL()+"/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
	for name, c := range map[string]struct {
		reply  agenttest.Reply
		status int
		code   string
		asked  int // how many times
	}{
		"400":                      {said(400), 400, "invalid", 1},
		"401":                      {said(401), 502, "model_failed", 1},
		"403 as a text":            {agenttest.Body(403, "application/json", `{"error":"`+dictationKey+`"}`), 502, "model_failed", 1},
		"404 as HTML":              {agenttest.Body(404, "text/html", "<html>"+dictationKey), 502, "model_failed", 1},
		"413":                      {said(413), 400, "invalid", 1},
		"429 for a moment":         {agenttest.Body(429, "application/json", leaky), 429, "model_rate_limited", 2},
		"429 for long":             {agenttest.Refuse(429, 50), 429, "model_rate_limited", 1},
		"500":                      {said(500), 502, "model_failed", 2},
		"502 as HTML":              {agenttest.Body(502, "text/html", "<html><h1>nginx</h1>"), 502, "model_failed", 2},
		"529":                      {said(529), 502, "model_failed", 2},
		"a reset":                  {agenttest.Reset(), 503, "model_unavailable", 2},
		"a redirect":               {redirect, 502, "model_failed", 1},
		"HTML":                     {agenttest.Body(200, "text/html", "<html>Sign in"), 502, "model_failed", 1},
		"nothing":                  {json200(""), 502, "model_failed", 1},
		"a list":                   {json200(`["text"]`), 502, "model_failed", 1},
		"half of it":               {json200(`{"text":"half`), 502, "model_failed", 1},
		"another shape":            {json200(`{"transcript":"hello"}`), 502, "model_failed", 1},
		"null":                     {json200(`{"text":null}`), 502, "model_failed", 1},
		"a number":                 {json200(`{"text":5}`), 502, "model_failed", 1},
		"an error with status 200": {json200(leaky), 502, "model_failed", 1},
		"no end":                   {json200(`{"text":"` + strings.Repeat("a", maxTranscript) + `"}`), 502, "model_failed", 1},
	} {
		p.Forget()
		p.Otherwise(c.reply)
		a := h.dictate(t, recordingOf("audio/webm", "AAAA"))
		if a.Status != c.status || a.problem().Code != c.code {
			t.Errorf("%s: HTTP %d, %s, want %d %s", name, a.Status, a.Body, c.status, c.code)
		}
		if wait := a.Header.Get("Retry-After"); (wait != "") != (c.status == 429 || c.status == 503) {
			t.Errorf("%s: Retry-After %q", name, wait)
		}
		if asked := len(p.Requests()); asked != c.asked {
			t.Errorf("%s: asked %d times, want %d", name, asked, c.asked)
		}
		for _, word := range []string{dictationKey, "10.1.2.3", "nginx", "Incorrect"} {
			if strings.Contains(a.Body, word) {
				t.Errorf("%s: %q is told: %s", name, word, a.Body)
			}
		}
	}
	if log := h.Log.String(); strings.Contains(log, dictationKey) || !strings.Contains(log, `"msg":"transcription failed"`) {
		t.Errorf("the log: %s", log)
	}
}

// A provider has a time to answer in, whole.
func TestTranscribeSilence(t *testing.T) {
	t.Parallel()
	p := scripted(t)
	h := start(t, setup{noTools: true, env: dictating(p)})
	h.Server.dictation.patience = 100 * time.Millisecond
	for name, reply := range map[string]agenttest.Reply{
		"at once":       agenttest.Stall(),
		"in the middle": func(w *agenttest.Writer, _ agenttest.Request) { w.Begin(); w.Send(`{"text":`); w.Hold() },
	} {
		t.Run(name, func(t *testing.T) {
			p.Otherwise(reply)
			h.dictate(t, recordingOf("audio/webm", "AAAA")).refused(t, 503, "model_unavailable")
		})
	}
}

func TestTranscribeWithoutProvider(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	h := start(t, setup{noTools: true, env: map[string]string{
		"LLM_BASE_URL": "http://" + ln.Addr().String(), "LLM_MODEL": "m", "TRANSCRIBE_MODEL": "whisper-9",
	}})
	a := h.dictate(t, recordingOf("audio/webm", "AAAA"))
	if a.refused(t, 503, "model_unavailable"); strings.Contains(a.Body, "127.0.0.1") {
		t.Errorf("the address is told: %s", a.Body)
	}
}

func TestTranscribeRefuses(t *testing.T) {
	t.Parallel()
	p := scripted(t)
	p.Otherwise(agenttest.Body(200, "application/json", `{"text":"x"}`))
	h := start(t, setup{noTools: true, env: dictating(p)})
	before := h.hash(t)
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"not Base64":           {recordingOf("audio/webm", "!!"), 400},
		"cut Base64":           {recordingOf("audio/webm", "AAA"), 400},
		"Base64 for addresses": {recordingOf("audio/webm", "-_-_"), 400},
		"a data URL":           {recordingOf("audio/webm", "data:audio/webm;base64,AAAA"), 400},
		"no sound":             {recordingOf("audio/webm", ""), 400},
		"no type":              {recordingOf("", "AAAA"), 400},
		"no type of sound":     {recordingOf("video/mp4", "AAAA"), 400},
		"a header in the type": {recordingOf("audio/webm\r\nX: y", "AAAA"), 400},
		"nothing":              {`{"type":"input.transcribe","params":{}}`, 400},
		"a number":             {`{"type":"input.transcribe","params":{"audio_base64":5,"mime_type":"audio/webm"}}`, 400},
		"a type nobody takes":  {recordingOf("audio/x-dance", "AAAA"), 415},
		"a path as a type":     {recordingOf("audio/../x", "AAAA"), 400},
	} {
		a := h.dictate(t, c.body)
		if a.Status != c.status || a.problem().Status != c.status || a.problem().RequestID == "" {
			t.Errorf("%s: HTTP %d, %s, want %d", name, a.Status, a.Body, c.status)
		}
	}
	h.send(t, "POST", "/api/chatkit", recordingOf("audio/webm", "AAAA"), nil).refused(t, 401, "token_missing")
	if asked := p.Requests(); len(asked) != 0 {
		t.Errorf("the provider was asked %d times", len(asked))
	}
	if h.hash(t) != before {
		t.Error("something was stored")
	}
}

// Recordings may be larger than other requests, up to 10 MiB with all around them.
func TestTranscribeSizes(t *testing.T) {
	t.Parallel()
	p := scripted(t)
	p.Otherwise(agenttest.Body(200, "application/json", `{"text":"x"}`))
	h := start(t, setup{noTools: true, env: dictating(p)})
	padded := func(body string, size int) string { return body + strings.Repeat(" ", size-len(body)) }
	long := recordingOf("audio/webm", strings.Repeat("AAAA", (10<<20)/4-30))
	h.dictate(t, padded(long, 10<<20)).ok(t, 200)
	if got := len(heard(t, p.Requests()[0]).content); got != 3*((10<<20)/4-30) {
		t.Errorf("the provider got %d bytes", got)
	}
	h.dictate(t, padded(long, 10<<20+1)).refused(t, 413, "too_large")
	list := `{"type":"threads.list","params":{}}`
	h.dictate(t, padded(list, 256<<10)).ok(t, 200)
	h.dictate(t, padded(list, 256<<10+1)).refused(t, 413, "too_large")
}

func TestTranscribeIsNotSetUp(t *testing.T) {
	t.Parallel()
	p := scripted(t)
	without := dictating(p)
	delete(without, "TRANSCRIBE_MODEL")
	for name, env := range map[string]map[string]string{
		"no model for it": without, "the demo model": {"TRANSCRIBE_MODEL": "whisper-9"},
	} {
		h := start(t, setup{noTools: true, env: env})
		a := h.dictate(t, recordingOf("audio/webm", "AAAA"))
		if a.refused(t, 501, "not_configured"); !strings.Contains(a.Body, "TRANSCRIBE_MODEL") {
			t.Errorf("%s: %s does not say what to set", name, a.Body)
		}
	}
}

// Dictation asks a model, so it counts as a turn. The same key asks once.
func TestTranscribeCounts(t *testing.T) {
	t.Parallel()
	p := scripted(t)
	p.Otherwise(agenttest.Body(200, "application/json", `{"text":"once"}`))
	env := dictating(p)
	env["RATE_TURNS_PER_MINUTE"] = "2"
	h := start(t, setup{noTools: true, env: env})
	keyed := h.as(t, "alice").with("Idempotency-Key", "k")
	for range 2 {
		a := h.send(t, "POST", "/api/chatkit", recordingOf("audio/webm", "AAAA"), keyed).ok(t, 200)
		var said struct{ Text string }
		if err := json.Unmarshal([]byte(a.Body), &said); err != nil || said.Text != "once" {
			t.Errorf("%s, %v", a.Body, err)
		}
	}
	h.dictate(t, recordingOf("audio/webm", "AAAA")).refused(t, 429, "rate_limited")
	if asked := len(p.Requests()); asked != 1 {
		t.Errorf("the provider was asked %d times, want once", asked)
	}
}
