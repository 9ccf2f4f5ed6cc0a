package chatkit_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
)

// A recording is a conversation with the reference server; testdata/golden
// says more.
type recording struct {
	Name  string
	Steps []struct {
		Label   string
		Request struct {
			Path    string
			Body    json.RawMessage
			BodyRaw *string `json:"body_raw"`
		}
		Response struct {
			Status int
			Events []json.RawMessage
			Body   json.RawMessage
		}
	}
}

// readRecordings gives all recordings, a time in the place of <time>.
func readRecordings(t testing.TB) []recording {
	t.Helper()
	files, err := fs.Glob(os.DirFS("testdata/golden"), "*.json")
	if err != nil || len(files) < 40 {
		t.Fatalf("found %d recordings (%v)", len(files), err)
	}
	var all []recording
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join("testdata/golden", file))
		if err != nil {
			t.Fatal(err)
		}
		var r recording
		if err := json.Unmarshal([]byte(strings.ReplaceAll(string(data), "<time>", "2026-11-23T04:18:04.973234Z")), &r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, r)
	}
	return all
}

// sameMeaning reports whether two JSON texts mean the same.
func sameMeaning(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatalf("%v in %s", err, a)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return reflect.DeepEqual(x, y)
}

func TestRecordedEvents(t *testing.T) {
	t.Parallel()
	count := 0
	for _, r := range readRecordings(t) {
		for _, step := range r.Steps {
			for _, recorded := range step.Response.Events {
				count++
				e, err := chatkit.UnmarshalEvent(recorded)
				if err != nil {
					t.Errorf("%s: %v in %s", r.Name, err, recorded)
					continue
				}
				sent, err := chatkit.AppendEvent(nil, e)
				if isLeak(e) {
					if !errors.Is(err, chatkit.ErrHidden) {
						t.Errorf("%s: a hidden item is sent: %s (%v)", r.Name, sent, err)
					}
					continue
				}
				if err != nil || !sameMeaning(t, sent, recorded) {
					t.Errorf("%s: sent %s (%v)\nrecorded %s", r.Name, sent, err, recorded)
				}
			}
		}
	}
	if count < 300 {
		t.Errorf("only %d events", count)
	}
}

// isLeak knows the one event of the reference that must not be sent.
func isLeak(e chatkit.Event) bool {
	added, ok := e.(*chatkit.ItemAdded)
	return ok && added.Item.Hidden()
}

// A recordedBody is what the JSON answers of the reference are made of.
type recordedBody struct {
	Data        []json.RawMessage
	HasMore     bool `json:"has_more"`
	After       string
	Status      json.RawMessage
	Items       *recordedBody
	MimeType    string          `json:"mime_type"`
	UpdatedItem json.RawMessage `json:"updated_item"`
}

func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	kinds := map[chatkit.ItemKind]int{}
	for _, r := range readRecordings(t) {
		for _, step := range r.Steps {
			isProtocol, isStored := step.Request.Path == "/chatkit", strings.HasPrefix(step.Request.Path, "/__items")
			if step.Response.Status != 200 || len(step.Response.Body) == 0 || !isProtocol && !isStored {
				continue
			}
			answer, err := encodeAgain(step.Response.Body, isStored, kinds)
			// An empty title is none, for us.
			want := []byte(strings.Replace(string(step.Response.Body), `"title": "",`, "", 1))
			if err != nil || !sameMeaning(t, answer, want) {
				t.Errorf("%s, %s: sent %s (%v)\nrecorded %s", r.Name, step.Label, answer, err, step.Response.Body)
			}
		}
	}
	if len(kinds) < 8 {
		t.Errorf("only items of the kinds %v", kinds)
	}
}

// encodeAgain decodes an answer into our types and encodes it.
func encodeAgain(body []byte, stored bool, kinds map[chatkit.ItemKind]int) ([]byte, error) {
	var b recordedBody
	if err := json.Unmarshal(body, &b); err != nil {
		return nil, err
	}
	switch {
	case stored:
		return encodeStored(b.Data, kinds)
	case b.Items != nil:
		thread, err := chatkit.UnmarshalThread(body)
		if err != nil {
			return nil, err
		}
		items, err := decodePage(b.Items, chatkit.UnmarshalItem)
		if err != nil {
			return nil, err
		}
		return chatkit.AppendThread(nil, thread, items)
	case b.MimeType != "":
		a, err := chatkit.UnmarshalAttachment(body)
		if err != nil {
			return nil, err
		}
		return a.AppendJSON(nil)
	case b.UpdatedItem != nil:
		item, err := chatkit.UnmarshalItem(b.UpdatedItem)
		if err != nil {
			return nil, err
		}
		out, err := chatkit.AppendItem([]byte(`{"updated_item":`), item)
		return append(out, '}'), err
	case len(b.Data) > 0 && strings.Contains(string(b.Data[0]), `"items"`):
		threads, err := decodePage(&b, chatkit.UnmarshalThread)
		if err != nil {
			return nil, err
		}
		return chatkit.AppendThreads(nil, threads)
	case b.Data != nil:
		items, err := decodePage(&b, chatkit.UnmarshalItem)
		if err != nil {
			return nil, err
		}
		return chatkit.AppendItems(nil, items)
	}
	return body, nil // {}, {"text": …}, and what only the recording's app answers
}

func decodePage[T any](b *recordedBody, one func([]byte) (T, error)) (p chatkit.Page[T], err error) {
	p.HasMore, p.After = b.HasMore, b.After
	for _, data := range b.Data {
		v, err := one(data)
		if err != nil {
			return p, err
		}
		p.Data = append(p.Data, v)
	}
	return p, nil
}

func encodeStored(items []json.RawMessage, kinds map[chatkit.ItemKind]int) ([]byte, error) {
	out := make([]json.RawMessage, 0, len(items))
	for _, data := range items {
		item, err := chatkit.UnmarshalItem(data)
		if err != nil {
			return nil, err
		}
		kinds[item.Kind()]++
		stored, err := chatkit.MarshalItem(item)
		if err != nil {
			return nil, err
		}
		out = append(out, stored)
	}
	return json.Marshal(map[string]any{"data": out, "has_more": false})
}

// refused names the recorded requests that we refuse. The reference does so too
// but for the one with empty content.
var refused = map[string]string{
	"27_bad_requests, not json":                    "invalid_json",
	"27_bad_requests, empty body":                  "invalid_json",
	"27_bad_requests, unknown type":                "invalid_request",
	"27_bad_requests, no type":                     "invalid_request",
	"27_bad_requests, missing params":              "invalid_request",
	"27_bad_requests, missing inference_options":   "invalid_request", // for its empty content
	"27_bad_requests, missing attachments":         "invalid_request", // for its empty content
	"27_bad_requests, empty content":               "invalid_request", // the reference takes it
	"27_bad_requests, threads.list without params": "invalid_request",
	"27_bad_requests, bad order":                   "invalid_request",
	"33_update_delete, no title":                   "invalid_request",
	"34_feedback, meh":                             "invalid_request",
	"35_transcribe, bad base64":                    "invalid_request",
}

func TestRecordedRequests(t *testing.T) {
	t.Parallel()
	types := map[chatkit.RequestType]bool{}
	for _, r := range readRecordings(t) {
		for _, step := range r.Steps {
			if step.Request.Path != "/chatkit" || step.Label == "GET" {
				continue
			}
			body := []byte(step.Request.Body)
			if step.Request.BodyRaw != nil {
				body = []byte(*step.Request.BodyRaw)
			}
			name := r.Name + ", " + step.Label
			request, err := chatkit.DecodeRequest(body)
			if code := refused[name]; code != "" {
				if bad, ok := errors.AsType[*chatkit.RequestError](err); !ok || bad.Status != 400 || bad.Code != code {
					t.Errorf("%s: %v, want 400 %s", name, err, code)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v in %s", name, err, body)
				continue
			}
			types[request.Type] = true
		}
	}
	if len(types) != 16 {
		t.Errorf("%d of 16 types are recorded: %v", len(types), types)
	}
}
