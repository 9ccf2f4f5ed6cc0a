package chatkit_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"taskwire/adapter/chatkit"
)

// A rig is a server on loopback with a client and a log.
type rig struct {
	*testing.T
	store  chatkit.TurnStore
	server *chatkit.Server
	url    string
	client *http.Client
	log    *logged
}

// newRig serves a memory store. The user is what X-User says, else ann.
func newRig(t *testing.T, h chatkit.Handlers, change ...func(*chatkit.Options)) *rig {
	return newRigOn(t, chatkit.KeepTurns(new(chatkit.Memory)), h, change...)
}

func newRigOn(t *testing.T, store chatkit.TurnStore, h chatkit.Handlers, change ...func(*chatkit.Options)) *rig {
	t.Helper()
	r := &rig{T: t, store: store, log: new(logged), client: &http.Client{Transport: new(http.Transport)}}
	opts := chatkit.Options{
		User:   func(r *http.Request) (string, error) { return cmp.Or(r.Header.Get("X-User"), ann), nil },
		Logger: r.log.logger(),
	}
	for _, c := range change {
		c(&opts)
	}
	if h.Respond == nil {
		h.Respond = func(_ context.Context, t *chatkit.Turn, in *chatkit.UserMessage) error { return t.Say("ok") }
	}
	r.server = chatkit.NewServer(store, h, opts)
	listener := httptest.NewServer(r.server)
	r.url = listener.URL
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		listener.Close()
		r.idle()
	})
	return r
}

const (
	ann = "ann"
	bob = "bob"
)

// logged keeps a log for tests to look at.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// idle waits until no turn runs.
func (r *rig) idle() {
	r.Helper()
	r.until("no turn runs", func() bool { return r.server.Active() == 0 })
}

// until polls with a deadline.
func (r *rig) until(what string, is func() bool) {
	r.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.Fatalf("not in time: %s", what)
		}
	}
}

// send posts a body. Headers are given as name, value.
func (r *rig) send(body string, headers ...string) *http.Response {
	r.Helper()
	return r.sendWith(r.Context(), body, headers...)
}

func (r *rig) sendWith(ctx context.Context, body string, headers ...string) *http.Response {
	r.Helper()
	req, err := http.NewRequestWithContext(ctx, "POST", r.url, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	return resp
}

// object is a JSON object.
type object = map[string]any

// get posts a body and reads one JSON object.
func (r *rig) get(body string, headers ...string) (status int, answer object) {
	r.Helper()
	resp := r.send(body, headers...)
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		r.Fatalf("answer to %s: %v", body, err)
	}
	return resp.StatusCode, answer
}

// refused posts a body that must not be served.
func (r *rig) refused(status int, code, body string, headers ...string) {
	r.Helper()
	got, problem := r.get(body, headers...)
	if got != status || problem["code"] != code {
		r.Errorf("answer to %s = %d %v, want %d %s", body, got, problem, status, code)
	}
}

// blocks reads the events of a stream.
type blocks struct {
	lines *bufio.Reader
	pings int
}

func newBlocks(r io.Reader) *blocks { return &blocks{lines: bufio.NewReader(r)} }

// next reads an event, io.EOF at a clean end.
func (b *blocks) next() (event object, err error) {
	for {
		block, err := b.block()
		if err != nil {
			if block != "" {
				err = fmt.Errorf("%w after %q", err, block)
			}
			return nil, err
		}
		if block == ": ping\n\n" {
			b.pings++
			continue
		}
		data, ok := strings.CutPrefix(block, "data: ")
		if !ok {
			return nil, fmt.Errorf("block %q", block)
		}
		return event, json.Unmarshal([]byte(data), &event)
	}
}

// block reads up to a blank line.
func (b *blocks) block() (string, error) {
	var block strings.Builder
	for {
		line, err := b.lines.ReadString('\n')
		block.WriteString(line)
		if err != nil || line == "\n" {
			return block.String(), err
		}
	}
}

// A live stream is read event by event.
type live struct {
	*rig
	*blocks
	resp *http.Response
	stop context.CancelFunc
}

// open posts a body and expects a stream.
func (r *rig) open(body string, headers ...string) *live {
	r.Helper()
	ctx, stop := context.WithCancel(r.Context())
	resp := r.sendWith(ctx, body, headers...)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		text, _ := io.ReadAll(resp.Body)
		stop()
		r.Fatalf("answer to %s = %d %s, want a stream", body, resp.StatusCode, text)
	}
	l := &live{r, newBlocks(resp.Body), resp, stop}
	r.Cleanup(l.close)
	return l
}

// close is what a client does that leaves.
func (l *live) close() {
	l.stop()
	l.resp.Body.Close()
}

// next reads an event; false at a clean end.
func (l *live) next() (event object, ok bool) {
	l.Helper()
	event, err := l.blocks.next()
	if err == io.EOF {
		return nil, false
	}
	if err != nil {
		l.Fatalf("stream: %v", err)
	}
	return event, true
}

// read reads up to the first event of this kind; see kind.
func (l *live) read(want string) object {
	l.Helper()
	for {
		event, ok := l.next()
		if !ok {
			l.Fatalf("the stream ended before %q", want)
		}
		if kind(event) == want {
			return event
		}
	}
}

// rest reads to the end.
func (l *live) rest() (events []object) {
	l.Helper()
	for {
		event, ok := l.next()
		if !ok {
			l.close()
			return events
		}
		events = append(events, event)
	}
}

// kind says in words what an event or item is.
func kind(v any) string {
	o, _ := v.(object)
	words := []string{}
	if t, ok := o["type"].(string); ok {
		words = append(words, t)
	}
	for _, inner := range []string{"item", "update"} {
		if i, ok := o[inner].(object); ok {
			words = append(words, i["type"].(string))
		}
	}
	if code, ok := o["code"].(string); ok {
		words = append(words, code)
	}
	return strings.Join(words, " ")
}

func kinds(events []object) (all []string) {
	for _, e := range events {
		all = append(all, kind(e))
	}
	return all
}

// stream posts a body and reads the whole stream.
func (r *rig) stream(body string, headers ...string) []object {
	r.Helper()
	return r.open(body, headers...).rest()
}

// create begins a thread and reads to the end of its first turn.
func (r *rig) create(s string, headers ...string) (threadID string, events []object) {
	r.Helper()
	events = r.stream(createBody(s), headers...)
	if len(events) == 0 || events[0]["type"] != "thread.created" {
		r.Fatalf("events of a new thread: %v", kinds(events))
	}
	r.idle()
	return events[0]["thread"].(object)["id"].(string), events
}

func createBody(s string) string { return message(`{"content":[` + quotedText(s) + `]}`) }

func quotedText(s string) string {
	return `{"type":"input_text","text":` + quote(s) + `}`
}

func quote(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

func addBody(threadID, s string) string {
	return request("threads.add_user_message", `{"thread_id":`+quote(threadID)+`,"input":{"content":[`+quotedText(s)+`]}}`)
}

// about is a request whose params are ids, given as name, value.
func about(kind string, params ...string) string {
	var fields []string
	for i := 0; i < len(params); i += 2 {
		fields = append(fields, quote(params[i])+":"+quote(params[i+1]))
	}
	return request(kind, "{"+strings.Join(fields, ",")+"}")
}

// items lists what is stored of ann's thread, hidden items too.
func (r *rig) items(threadID string) []chatkit.Item {
	r.Helper()
	page, err := r.store.LoadThreadItems(r.Context(), ann, threadID, chatkit.PageParams{Limit: 100, Ascending: true, Hidden: true})
	if err != nil {
		r.Fatal(err)
	}
	return page.Data
}

// holds compares the stored items with a word for each: the text of messages,
// the kind of others.
func (r *rig) holds(threadID string, want ...string) {
	r.Helper()
	got := texts(r.items(threadID))
	if strings.Join(got, "|") != strings.Join(want, "|") {
		r.Errorf("stored %q, want %q", got, want)
	}
}

// texts gives what messages say, and of other items the kind.
func texts(items []chatkit.Item) (all []string) {
	for _, item := range items {
		switch item := item.(type) {
		case *chatkit.UserMessage:
			all = append(all, item.Content[0].Text)
		case *chatkit.AssistantMessage:
			all = append(all, item.Content[0].Text)
		default:
			all = append(all, string(item.Kind()))
		}
	}
	return all
}
