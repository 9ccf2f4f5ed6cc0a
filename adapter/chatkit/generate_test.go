package chatkit_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"time"

	"taskwire/adapter/chatkit"
)

// A generator makes values at random, such as come back unchanged when they
// are written and read: nil instead of empty, {} instead of nil, every field
// that a kind has and none that it has not.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 7))} }

var allKinds = []chatkit.ItemKind{
	chatkit.KindUserMessage, chatkit.KindAssistantMessage, chatkit.KindClientToolCall, chatkit.KindWidget,
	chatkit.KindGeneratedImage, chatkit.KindStructuredInput, chatkit.KindWorkflow, chatkit.KindTask,
	chatkit.KindEndOfTurn, chatkit.KindHiddenContext, chatkit.KindSDKHiddenContext,
}

// alphabet has what is hard to write: quotes, controls, HTML, line separators,
// letters of several bytes, parts of emoji, letters that encoding/json folds.
var alphabet = []rune("ab \"\\/\n\r\t\x00\x1f\x7f<>&\u2028\u2029\u202eٹںے👩\u200d💻é\uFFFDſK{}[],:")

func (g generator) text() string {
	var b strings.Builder
	for range g.IntN(12) {
		b.WriteRune(alphabet[g.IntN(len(alphabet))])
	}
	return b.String()
}

func (g generator) word() string { return "x" + g.text() }

func (g generator) yes() bool { return g.IntN(2) == 0 }

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func some[T any](g generator, one func() T) []T {
	var list []T
	for range g.IntN(4) {
		list = append(list, one())
	}
	return list
}

// free is free-form JSON in its shortest form.
func (g generator) free(depth int) any {
	kinds := 6
	if depth == 0 {
		kinds = 4
	}
	switch g.IntN(kinds) {
	case 0:
		return nil
	case 1:
		return g.text()
	case 2:
		return g.yes()
	case 3:
		return pick(g, json.Number("0"), json.Number("-1.50"), json.Number("1e3"), json.Number("123456789012345678901234567890"), json.Number("0.1"))
	case 4:
		return some2(g, func() any { return g.free(depth - 1) })
	}
	return g.object(depth - 1)
}

func some2(g generator, one func() any) []any {
	list := []any{}
	return append(list, some(g, one)...)
}

func (g generator) object(depth int) map[string]any {
	m := map[string]any{}
	for range g.IntN(4) {
		m[g.text()] = g.free(depth)
	}
	return m
}

func (g generator) raw() json.RawMessage {
	return chatkit.MustJSON(g.free(3))
}

func (g generator) rawObject() json.RawMessage { return chatkit.MustJSON(g.object(3)) }

// notNull is for fields that are left out when null.
func (g generator) notNull() json.RawMessage {
	if raw := g.raw(); string(raw) != "null" {
		return raw
	}
	return nil
}

func (g generator) metadata() map[string]any {
	if m := g.object(3); len(m) > 0 {
		return m
	}
	return nil
}

func (g generator) time() time.Time {
	return time.Unix(g.Int64N(4e9), g.Int64N(1e9)).UTC()
}

func (g generator) base() chatkit.Base {
	return chatkit.Base{ID: g.word(), ThreadID: g.text(), CreatedAt: g.time()}
}

func (g generator) item(kind chatkit.ItemKind) chatkit.Item {
	switch kind {
	case chatkit.KindUserMessage:
		return &chatkit.UserMessage{
			Base: g.base(), Content: some(g, g.userContent), Attachments: some(g, g.attachment), QuotedText: g.text(),
			InferenceOptions: chatkit.InferenceOptions{ToolChoice: g.text(), Model: g.text()},
		}
	case chatkit.KindAssistantMessage:
		return &chatkit.AssistantMessage{Base: g.base(), Content: some(g, g.assistantContent)}
	case chatkit.KindClientToolCall:
		return &chatkit.ClientToolCall{
			Base: g.base(), Status: pick(g, chatkit.ToolPending, chatkit.ToolCompleted), CallID: g.text(), Name: g.text(),
			Arguments: g.rawObject(), Output: g.notNull(),
		}
	case chatkit.KindWidget:
		return &chatkit.WidgetItem{Base: g.base(), Widget: g.widget(3), CopyText: g.text()}
	case chatkit.KindGeneratedImage:
		return &chatkit.GeneratedImage{Base: g.base(), Image: pick(g, nil, &chatkit.ImageRef{ID: g.text(), URL: g.text()})}
	case chatkit.KindStructuredInput:
		return &chatkit.StructuredInput{
			Base: g.base(), Status: pick(g, chatkit.InputPending, chatkit.InputAnswered, chatkit.InputSkipped), Inputs: some(g, g.question),
		}
	case chatkit.KindWorkflow:
		return &chatkit.WorkflowItem{Base: g.base(), Workflow: g.workflow()}
	case chatkit.KindTask:
		return &chatkit.TaskItem{Base: g.base(), Task: g.task()}
	case chatkit.KindEndOfTurn:
		return &chatkit.EndOfTurn{Base: g.base()}
	case chatkit.KindHiddenContext:
		return &chatkit.HiddenContext{Base: g.base(), Content: g.notNull()}
	}
	return &chatkit.SDKHiddenContext{Base: g.base(), Content: g.text()}
}

func (g generator) userContent() chatkit.UserContent {
	if g.yes() {
		return chatkit.UserContent{Type: chatkit.InputText, Text: g.text()}
	}
	return chatkit.UserContent{
		Type: chatkit.InputTag, Text: g.text(), ID: g.text(), Data: g.rawObject(), Group: g.text(), Interactive: g.yes(),
	}
}

func (g generator) attachment() chatkit.Attachment {
	a := chatkit.Attachment{
		ID: g.text(), Name: g.text(), MimeType: g.text(), ThreadID: g.text(), PreviewURL: g.text(), Metadata: g.metadata(),
	}
	if g.yes() {
		a.Upload = &chatkit.UploadDescriptor{URL: g.text(), Method: g.text(), Headers: map[string]string{"X-" + g.text(): g.text()}}
	}
	return a
}

func (g generator) assistantContent() chatkit.AssistantContent {
	return chatkit.AssistantContent{Text: g.text(), Annotations: some(g, g.annotation)}
}

func (g generator) annotation() chatkit.Annotation {
	index := g.IntN(1000)
	return chatkit.Annotation{
		Source: g.source(pick(g, chatkit.SourceURL, chatkit.SourceFile, chatkit.SourceEntity)), Index: pick(g, nil, &index),
	}
}

func (g generator) source(kind chatkit.SourceType) chatkit.Source {
	s := chatkit.Source{Type: kind, Title: g.text(), Description: g.text(), Timestamp: g.text(), Group: g.text()}
	switch kind {
	case chatkit.SourceURL:
		s.URL, s.Attribution = g.text(), g.text()
	case chatkit.SourceFile:
		s.Filename = g.text()
	case chatkit.SourceEntity:
		s.ID, s.Icon, s.Label, s.InlineLabel = g.text(), g.text(), g.text(), g.text()
		s.Interactive, s.Data = g.yes(), g.rawObject()
	}
	return s
}

func (g generator) question() chatkit.Question {
	q := chatkit.Question{Type: chatkit.Freeform, ID: g.text(), Text: g.text(), Description: g.text()}
	if g.yes() {
		q = chatkit.Question{
			Type: chatkit.MultipleChoice, ID: g.text(), Text: g.text(), Multiple: g.yes(),
			Options: some(g, func() chatkit.Option { return chatkit.Option{Value: g.text()} }),
		}
	}
	if g.yes() {
		q.Answer = &chatkit.Answer{Values: some(g, g.text), Skipped: g.yes()}
	}
	return q
}

func (g generator) workflow() chatkit.Workflow {
	return chatkit.Workflow{
		Type: pick(g, chatkit.WorkflowCustom, chatkit.WorkflowReasoning), Tasks: some(g, g.task), Expanded: g.yes(),
		Summary: pick(g, nil, &chatkit.Summary{Title: g.word(), Icon: g.text()}, &chatkit.Summary{Seconds: g.IntN(100)}),
	}
}

func (g generator) task() chatkit.Task {
	t := chatkit.Task{
		Type:   pick(g, chatkit.TaskCustom, chatkit.TaskWebSearch, chatkit.TaskThought, chatkit.TaskFile, chatkit.TaskImage),
		Status: pick(g, chatkit.TaskNone, chatkit.TaskLoading, chatkit.TaskComplete), Title: g.text(),
	}
	switch t.Type {
	case chatkit.TaskCustom:
		t.Icon, t.Content = g.text(), g.text()
	case chatkit.TaskWebSearch:
		t.TitleQuery, t.Queries = g.text(), some(g, g.text)
		t.Sources = some(g, func() chatkit.Source { return g.source(chatkit.SourceURL) })
	case chatkit.TaskThought:
		t.Content = g.text()
	case chatkit.TaskFile:
		t.Sources = some(g, func() chatkit.Source { return g.source(chatkit.SourceFile) })
	}
	return t
}

func (g generator) widget(depth int) chatkit.Widget {
	w := chatkit.Widget(g.object(2))
	w["type"] = g.word()
	if depth > 0 {
		w["children"] = some2(g, func() any { return map[string]any(g.widget(depth - 1)) })
	}
	return w
}

func (g generator) thread() *chatkit.Thread {
	t := &chatkit.Thread{
		ID: g.word(), Title: g.text(), CreatedAt: g.time(), Metadata: g.metadata(),
		Status:              chatkit.Status{Type: chatkit.StatusActive},
		AllowedImageDomains: pick(g, nil, []string{}, []string{g.text()}),
	}
	if g.yes() {
		t.Status = chatkit.Status{Type: pick(g, chatkit.StatusLocked, chatkit.StatusClosed), Reason: g.text()}
	}
	return t
}

func (g generator) visibleItem() chatkit.Item {
	for {
		if it := g.item(pick(g, allKinds...)); !it.Hidden() {
			return it
		}
	}
}

func (g generator) event() chatkit.Event {
	events := []chatkit.Event{
		&chatkit.ThreadCreated{Thread: g.thread()},
		&chatkit.ThreadUpdated{Thread: g.thread()},
		&chatkit.ItemAdded{Item: g.visibleItem()},
		&chatkit.ItemUpdated{ItemID: g.text(), Update: g.update()},
		&chatkit.ItemDone{Item: g.visibleItem()},
		&chatkit.ItemRemoved{ItemID: g.text()},
		&chatkit.ItemReplaced{Item: g.visibleItem()},
		&chatkit.StreamOptions{AllowCancel: g.yes()},
		&chatkit.ProgressUpdate{Text: g.text(), Icon: g.text()},
		&chatkit.ClientEffect{Name: g.text(), Data: g.rawObject()},
		&chatkit.Notice{Level: pick(g, chatkit.NoticeInfo, chatkit.NoticeWarning, chatkit.NoticeDanger), Message: g.text(), Title: g.text()},
		&chatkit.ErrorEvent{Code: pick(g, chatkit.ErrorCustom, chatkit.ErrorStream), Message: g.text(), AllowRetry: g.yes()},
	}
	return pick(g, events...)
}

func (g generator) update() chatkit.Update {
	progress := g.Float64()
	return pick[chatkit.Update](g,
		&chatkit.ContentAdded{Index: g.IntN(9), Content: g.assistantContent()},
		&chatkit.TextDelta{Index: g.IntN(9), Delta: g.text()},
		&chatkit.AnnotationAdded{Index: g.IntN(9), AnnotationIndex: g.IntN(9), Annotation: g.annotation()},
		&chatkit.ContentDone{Index: g.IntN(9), Content: g.assistantContent()},
		&chatkit.WidgetTextDelta{ComponentID: g.text(), Delta: g.text(), Done: g.yes()},
		&chatkit.WidgetRoot{Widget: g.widget(2)},
		&chatkit.WidgetComponent{ComponentID: g.text(), Component: g.widget(2)},
		&chatkit.TaskAdded{Index: g.IntN(9), Task: g.task()},
		&chatkit.TaskUpdated{Index: g.IntN(9), Task: g.task()},
		&chatkit.ImageUpdated{Image: chatkit.ImageRef{ID: g.text(), URL: g.text()}, Progress: pick(g, nil, &progress)},
	)
}
