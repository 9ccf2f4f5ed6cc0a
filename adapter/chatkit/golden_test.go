package chatkit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"taskwire/adapter/chatkit"
)

// A step of a recording: see testdata/golden/README.md.
type step struct {
	Label   string
	Request struct {
		Method, Path string
		Headers      map[string]string
		Body         any
		BodyRaw      *string `json:"body_raw"`
	}
	Response struct {
		Status int
		Events []object
		Body   any
		Cut    string `json:"transport_error"`
		Closed int    `json:"client_closed_after_events"`
	}
}

// A player holds our server against one recording.
type player struct {
	*rig
	t     *testing.T
	c     *comparison
	steps []*step
	done  map[string]bool // recorded ids that were done in an earlier step

	mu        sync.Mutex
	script    *script
	announced map[string]*chatkit.Turn // recorded ids -> the turn that used them last
	changes   int
	cancel    bool     // stream_options of the step
	answer    object   // recorded body of the step
	feedback  []object // what the hook was told
}

// overlaps are the recordings in which one step runs while another does.
var overlaps = map[string]struct{ long, meanwhile int }{
	"52_lost_update_rename_during_stream": {2, 1},
	"54_two_turns_at_once":                {2, 1},
}

func TestReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(files) < 42 {
		t.Fatalf("%d recordings (%v)", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) { newPlayer(t, file, name).playAll() })
	}
	for _, d := range differences {
		if !d.used {
			t.Errorf("%s: the difference at %s is gone: %q, %q", d.recording, d.path, d.theirs, d.ours)
		}
	}
}

func newPlayer(t *testing.T, file, name string) *player {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct{ Steps []*step }
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	p := &player{
		t: t, c: newComparison(name), steps: recorded.Steps,
		done: map[string]bool{}, announced: map[string]*chatkit.Turn{},
	}
	p.rig = newRig(t, chatkit.Handlers{
		Respond: func(ctx context.Context, t *chatkit.Turn, _ *chatkit.UserMessage) error { return p.play(ctx, t) },
		Action: func(ctx context.Context, t *chatkit.Turn, _ chatkit.Action, _ *chatkit.WidgetItem) error {
			return p.play(ctx, t)
		},
		SyncAction: func(context.Context, string, *chatkit.Thread, chatkit.Action, *chatkit.WidgetItem) (chatkit.Item, error) {
			return nil, nil
		},
		AllowCancel:      func(string, *chatkit.Thread) bool { return p.cancel },
		CreateAttachment: p.createAttachment,
		Transcribe: func(context.Context, string, []byte, string) (string, error) {
			return p.answer["text"].(string), nil
		},
		Feedback: func(_ context.Context, user, thread string, ids []string, kind chatkit.FeedbackKind) error {
			items := make([]any, len(ids))
			for i := range ids {
				items[i] = ids[i]
			}
			p.feedback = append(p.feedback, object{"thread_id": thread, "item_ids": items, "kind": string(kind), "user": user})
			return nil
		},
	}, func(o *chatkit.Options) {
		o.User = func(r *http.Request) (string, error) {
			if user := r.Header.Get("X-User"); user != "" {
				return user, nil
			}
			return "alice", nil
		}
	})
	return p
}

// createAttachment makes the recorded attachment under an id of our own.
func (p *player) createAttachment(context.Context, string, *chatkit.CreateAttachment) (*chatkit.Attachment, error) {
	id := chatkit.NewID(chatkit.KindAttachment)
	p.c.bind(p.answer["id"].(string), id)
	a, err := chatkit.UnmarshalAttachment([]byte(p.c.translate(plainJSON(p.answer))))
	if err != nil {
		return nil, err
	}
	a.Metadata = map[string]any{"secret": "kept here"}
	return a, nil
}

func (p *player) playAll() {
	overlap, overlapping := overlaps[p.c.recording]
	for i := 0; i < len(p.steps); i++ {
		if overlapping && i == overlap.meanwhile {
			p.playBoth(overlap.long, overlap.meanwhile)
			i = max(overlap.long, overlap.meanwhile)
			continue
		}
		p.playStep(i)
		if p.c.recording == "32_get_by_id_over_20_items" && i == 0 {
			p.seed(p.steps[1:])
		}
	}
	for _, problem := range p.c.problems {
		p.t.Error(problem)
	}
	if log := p.log.String(); strings.Contains(log, "act ") || strings.Contains(log, "panic") {
		p.t.Errorf("log: %s", log)
	}
}

// seed stores the items that the answers of steps list and that no recorded step
// made.
func (p *player) seed(steps []*step) {
	for _, step := range steps {
		page := step.Response.Body.(object)
		if items, ok := page["items"].(object); ok {
			page = items
		}
		for _, recorded := range page["data"].([]any) {
			o := recorded.(object)
			if id := o["id"].(string); p.c.ours[id] == "" {
				event, err := decodeEvent(object{"type": "thread.item.done", "item": o})
				if err != nil {
					p.t.Fatal(err)
				}
				p.add(id, event.(*chatkit.ItemDone).Item)
			}
		}
	}
}

func (p *player) add(recorded string, item chatkit.Item) {
	head := item.Head()
	head.ID, head.ThreadID = chatkit.NewID(item.Kind()), p.c.translate(head.ThreadID)
	p.c.bind(recorded, head.ID)
	if err := p.store.AddThreadItem(p.t.Context(), "alice", head.ThreadID, item); err != nil {
		p.t.Fatal(err)
	}
}

// playBoth holds the long step before its last event while the other runs.
func (p *player) playBoth(long, meanwhile int) {
	s, err := p.scriptOf(p.steps[long], p.ownEvents(p.steps[long]))
	if err != nil {
		p.t.Fatal(err)
	}
	s.started, s.release = make(chan struct{}), make(chan struct{})
	p.script, p.cancel = s, s.allowCancel
	var response object
	var wg sync.WaitGroup
	wg.Go(func() { response = p.exchange(p.steps[long]) })
	<-s.started
	p.playStep(meanwhile)
	close(s.release)
	wg.Wait()
	p.idle()
	p.compare(long, response)
}

func (p *player) playStep(i int) {
	step := p.steps[i]
	switch path := step.Request.Path; {
	case path == "/chatkit":
		s, err := p.scriptOf(step, p.ownEvents(step))
		if err != nil {
			p.t.Fatal(err)
		}
		p.script, p.cancel = s, s == nil || s.allowCancel
		p.answer, _ = step.Response.Body.(object)
		p.compare(i, p.exchange(step))
	case strings.HasPrefix(path, "/__items/"):
		p.compare(i, object{"status": "200", "body": p.stored(strings.TrimPrefix(path, "/__items/"))})
	case path == "/__feedback":
		told := make([]any, len(p.feedback))
		for i := range told {
			told[i] = p.feedback[i]
		}
		p.compare(i, object{"status": "200", "body": told})
	case strings.HasPrefix(path, "/upload/"):
		p.upload(strings.TrimPrefix(path, "/upload/"))
	default:
		p.t.Fatalf("step %d asks %s", i, path)
	}
}

// ownEvents tells how many events of the server's own follow the options.
func (p *player) ownEvents(step *step) int {
	if body, ok := step.Request.Body.(object); ok && body["type"] == "threads.add_structured_input" {
		return 1
	}
	return 0
}

// upload is what the program around the server does with the bytes.
func (p *player) upload(recorded string) {
	a, err := p.store.LoadAttachment(p.t.Context(), "alice", p.c.translate(recorded))
	if err != nil {
		p.t.Fatal(err)
	}
	a.Upload = nil
	if err := p.store.SaveAttachment(p.t.Context(), "alice", a); err != nil {
		p.t.Fatal(err)
	}
}

func (p *player) stored(recorded string) object {
	page, err := p.store.LoadThreadItems(p.t.Context(), "alice", p.c.translate(recorded), chatkit.PageParams{Limit: 100, Ascending: true, Hidden: true})
	if err != nil {
		p.t.Fatal(err)
	}
	items := []any{}
	for _, item := range page.Data {
		text, err := chatkit.AppendItem(nil, item)
		if item.Hidden() {
			text, err = chatkit.MarshalItem(item)
		}
		if err != nil {
			p.t.Fatal(err)
		}
		var o object
		if err := json.Unmarshal(text, &o); err != nil {
			p.t.Fatal(err)
		}
		items = append(items, o)
	}
	return object{"data": items, "has_more": page.HasMore}
}

// exchange sends a step's request and gives what came back: the status in a
// word, with the code of a refusal, and events or a body.
func (p *player) exchange(step *step) object {
	ctx, leave := context.WithCancel(p.t.Context())
	defer leave()
	req, err := http.NewRequestWithContext(ctx, step.Request.Method, p.url, strings.NewReader(p.requestBody(step)))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range step.Request.Headers {
		req.Header.Set(name, value)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Type") == "text/event-stream" {
		events := p.readEvents(resp.Body, step.Response.Closed)
		leave()
		p.idle()
		return object{"status": "200", "events": events}
	}
	var body object
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		p.t.Fatalf("%s: %v", step.Label, err)
	}
	if code, refused := body["code"].(string); refused {
		return object{"status": fmt.Sprintf("%d %s", resp.StatusCode, code)}
	}
	return object{"status": fmt.Sprint(resp.StatusCode), "body": body}
}

func (p *player) requestBody(step *step) string {
	if step.Request.BodyRaw != nil {
		return *step.Request.BodyRaw
	}
	if step.Request.Body == nil {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return plainJSON(p.c.translateAll(step.Request.Body))
}

// readEvents reads to the end, or only so many events.
func (p *player) readEvents(body io.Reader, limit int) []any {
	events := []any{}
	decoder := newBlocks(body)
	for limit == 0 || len(events) < limit {
		event, err := decoder.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			p.t.Fatal(err)
		}
		events = append(events, event)
	}
	return events
}

// compare holds our response against the recorded one. Of a request that one
// side refuses, only the status is compared.
func (p *player) compare(i int, ours object) {
	step := p.steps[i]
	theirs := object{"status": fmt.Sprint(step.Response.Status)}
	if step.Response.Cut != "" {
		theirs["status"] = "cut"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	path := fmt.Sprintf("steps[%d]", i)
	p.c.same(path+".status", theirs["status"], ours["status"])
	if theirs["status"] == "200" && ours["status"] == "200" {
		if step.Response.Body == nil {
			events := []any{}
			for _, e := range step.Response.Events {
				events = append(events, e)
			}
			p.c.same(path+".events", events, ours["events"])
		} else {
			p.c.same(path+".body", step.Response.Body, ours["body"])
		}
	}
	for _, e := range step.Response.Events {
		if e["type"] == "thread.item.done" {
			p.done[idOf(e)] = true
		}
	}
}
