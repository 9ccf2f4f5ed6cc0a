package chatkit_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
)

// recordedWidget gives the first widget of a recording.
func recordedWidget(t *testing.T, name string) []byte {
	t.Helper()
	for _, r := range readRecordings(t) {
		for _, step := range r.Steps {
			for _, data := range step.Response.Events {
				e, err := chatkit.UnmarshalEvent(data)
				if err != nil {
					t.Fatal(err)
				}
				if done, ok := e.(*chatkit.ItemDone); ok && r.Name == name {
					if w, ok := done.Item.(*chatkit.WidgetItem); ok {
						return chatkit.MustJSON(w.Widget)
					}
				}
			}
		}
	}
	t.Fatalf("no widget in %s", name)
	return nil
}

// sentWidget is a widget as it goes over the wire.
func sentWidget(t *testing.T, c chatkit.Component) []byte {
	t.Helper()
	sent, err := chatkit.AppendEvent(nil, update(&chatkit.WidgetRoot{Widget: c.Widget()}))
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Update struct{ Widget json.RawMessage }
	}
	if err := json.Unmarshal(sent, &e); err != nil {
		t.Fatal(err)
	}
	return e.Update.Widget
}

func TestBuildersMakeTheRecordedWidgets(t *testing.T) {
	t.Parallel()
	row := func(n, title string, id int) chatkit.ListViewItem {
		return chatkit.ListViewItem{
			Named: chatkit.Named{ID: "row" + n, Key: "k" + n}, Children: []chatkit.Component{chatkit.Text{Value: title}},
			OnClick: &chatkit.ActionConfig{Type: "task.open", Payload: map[string]any{"id": id}},
		}
	}
	for name, c := range map[string]chatkit.Component{
		"14_widget_static_all_components": chatkit.Card{
			Named: chatkit.Named{Key: "root"}, AsForm: true, Size: "md", Status: &chatkit.WidgetStatus{Text: "Draft", Icon: "notebook"},
			Confirm: &chatkit.CardButton{Label: "OK", Action: chatkit.ActionConfig{Type: "ok"}},
			Children: []chatkit.Component{
				chatkit.Title{Value: "New task"},
				chatkit.Text{Value: "body", Color: map[string]any{"light": "#000", "dark": "#fff"}},
				chatkit.Input{Name: "title", Required: true, Placeholder: "Title"},
				chatkit.Row{Layout: chatkit.Layout{Gap: 2}, Children: []chatkit.Component{
					chatkit.Badge{Label: "high", Color: "danger"},
					chatkit.Spacer{},
					chatkit.Button{Submit: true, Label: "Save", Style: "primary", OnClick: &chatkit.ActionConfig{Type: "task.save", Payload: map[string]any{"id": 7}}},
				}},
				chatkit.Checkbox{Name: "done", Label: "Done", OnChange: &chatkit.ActionConfig{
					Type: "task.toggle", Handler: chatkit.HandlerClient, Loading: chatkit.LoadingNone, Sync: true,
				}},
				chatkit.Select{Name: "prio", Options: []chatkit.Choice{{Value: "h", Label: "High"}}},
				chatkit.Divider{Flush: true},
				chatkit.Image{Src: "https://x/y.png"},
				chatkit.Icon{Name: "check"},
				chatkit.DatePicker{Name: "due", DefaultValue: "2026-11-23T04:18:04.973234Z"},
				chatkit.Widget{
					"type": "Chart", "data": []any{map[string]any{"d": "Mon", "n": 1}}, "xAxis": "d", "showLegend": nil,
					"series": []any{map[string]any{"type": "bar", "dataKey": "n"}},
				},
				chatkit.Markdown{Value: "**md**"},
				chatkit.Caption{Value: "c"},
				chatkit.Label{Value: "l", FieldName: "title"},
				chatkit.Widget{"type": "RadioGroup", "name": "r", "options": nil},
				chatkit.Textarea{Name: "ta"},
				chatkit.Transition{},
				chatkit.Widget{"type": "Box", "children": nil},
				chatkit.Col{},
				chatkit.Widget{"type": "Form", "onSubmitAction": chatkit.ActionConfig{Type: "f"}},
			},
		},
		"15_widget_listview": chatkit.ListView{
			Limit: 5, Status: &chatkit.WidgetStatus{Text: "Tasks", Icon: "check"},
			Children: []chatkit.ListViewItem{row("0", "کام 0", 0), row("1", "کام 1", 1)},
		},
	} {
		if got, want := sentWidget(t, c), recordedWidget(t, name); !sameMeaning(t, got, want) {
			t.Errorf("%s: sent %s\nwant %s", name, got, want)
		}
	}
}

// Every field that is set becomes a prop of its own, on the wire as the
// builders' golden file says.
func TestEveryFieldBecomesAProp(t *testing.T) {
	t.Parallel()
	var got []json.RawMessage
	for _, c := range []chatkit.Component{
		chatkit.Card{}, chatkit.ListView{}, chatkit.ListViewItem{}, chatkit.Basic{}, chatkit.Box{}, chatkit.Row{}, chatkit.Col{},
		chatkit.Form{}, chatkit.Transition{}, chatkit.Divider{}, chatkit.Spacer{}, chatkit.Text{}, chatkit.Title{}, chatkit.Caption{},
		chatkit.Markdown{}, chatkit.Label{}, chatkit.Badge{}, chatkit.Icon{}, chatkit.Image{}, chatkit.Button{}, chatkit.Checkbox{},
		chatkit.Input{}, chatkit.Textarea{}, chatkit.Select{}, chatkit.RadioGroup{}, chatkit.DatePicker{},
	} {
		filled := reflect.New(reflect.TypeOf(c)).Elem()
		fields := fill(filled, "")
		full := filled.Interface().(chatkit.Component)
		if props := len(full.Widget()) - 1; props != fields {
			t.Errorf("%T has %d fields and makes %d props", c, fields, props)
		}
		got = append(got, sentWidget(t, c), sentWidget(t, full))
	}
	lines := make([]string, len(got))
	for i, data := range got {
		lines[i] = string(data)
	}
	text := strings.Join(lines, "\n") + "\n"
	const golden = "testdata/widgets.jsonl"
	if *rewrite {
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || text != string(want) {
		t.Errorf("%s differs (%v); go test -update writes\n%s", golden, err, text)
	}
}

// fill sets every field to something that tells where it came from, and
// returns how many there are.
func fill(v reflect.Value, name string) (fields int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			n := fill(v.Field(i), f.Name)
			if f.Anonymous {
				fields += n
			} else {
				fields++
			}
		}
		return fields
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.Interface:
		if v.NumMethod() > 0 {
			v.Set(reflect.ValueOf(chatkit.Spacer{}))
		} else {
			v.Set(reflect.ValueOf("any " + name))
		}
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	}
	return 1
}

func TestWidgetDiff(t *testing.T) {
	t.Parallel()
	text := func(id, value string, streaming bool) chatkit.Widget {
		return chatkit.Card{Children: []chatkit.Component{
			chatkit.Title{Value: "T"},
			chatkit.Col{Children: []chatkit.Component{chatkit.Text{Named: chatkit.Named{ID: id}, Value: value, Streaming: streaming}}},
		}}.Widget()
	}
	delta := func(id, rest string, done bool) chatkit.Update {
		return &chatkit.WidgetTextDelta{ComponentID: id, Delta: rest, Done: done}
	}
	two := func(a, b string) chatkit.Widget {
		return chatkit.Widget{"type": "Card", "children": []chatkit.Component{
			chatkit.Markdown{Named: chatkit.Named{ID: "a"}, Value: a, Streaming: true},
			chatkit.Text{Named: chatkit.Named{ID: "b"}, Value: b},
		}}
	}
	card := func(props string) chatkit.Widget {
		w := chatkit.Widget{"type": "Card"}
		if err := json.Unmarshal([]byte(props), &w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	for name, c := range map[string]struct {
		before, after chatkit.Widget
		want          []chatkit.Update // nil with root: the whole widget
		root          bool
	}{
		"nothing changed":                  {before: text("t", "a", true), after: text("t", "a", true)},
		"a text grows":                     {before: text("t", "کام", true), after: text("t", "کام ہو گیا", true), want: []chatkit.Update{delta("t", " ہو گیا", false)}},
		"a text grows that does not flow":  {before: text("t", "a", false), after: text("t", "ab", false), want: []chatkit.Update{delta("t", "b", true)}},
		"from nothing":                     {before: text("t", "", true), after: text("t", "a", true), want: []chatkit.Update{delta("t", "a", false)}},
		"two texts grow":                   {before: two("a", "b"), after: two("ax", "by"), want: []chatkit.Update{delta("a", "x", false), delta("b", "y", true)}},
		"a text without an id grows":       {before: text("", "a", true), after: text("", "ab", true)},
		"a text is another":                {before: text("t", "Hello", true), after: text("t", "Bye", true), root: true},
		"a text shrinks":                   {before: text("t", "ab", true), after: text("t", "a", true), root: true},
		"a text ends":                      {before: text("t", "a", true), after: text("t", "ab", false), root: true},
		"another id":                       {before: text("t", "a", true), after: text("u", "ab", true), root: true},
		"a title grows":                    {before: chatkit.Title{Value: "a"}.Widget(), after: chatkit.Title{Value: "ab"}.Widget(), root: true},
		"a text grows and a prop changes":  {before: card(`{"size":"sm","children":[{"type":"Text","id":"t","value":"a"}]}`), after: card(`{"size":"md","children":[{"type":"Text","id":"t","value":"ab"}]}`), root: true},
		"a text becomes Markdown":          {before: card(`{"children":[{"type":"Text","id":"t","value":"a"}]}`), after: card(`{"children":[{"type":"Markdown","id":"t","value":"ab"}]}`), root: true},
		"a value that is no text":          {before: card(`{"children":[{"type":"Text","id":"t","value":1}]}`), after: card(`{"children":[{"type":"Text","id":"t","value":12}]}`), root: true},
		"a child more":                     {before: card(`{"children":[]}`), after: card(`{"children":[{"type":"Spacer"}]}`), root: true},
		"children come":                    {before: card(`{}`), after: card(`{"children":[]}`), root: true},
		"a prop that is null, and one not": {before: card(`{"size":null}`), after: card(`{}`)},
		"another kind of number":           {before: chatkit.Widget{"type": "Card", "gap": 2}, after: chatkit.Widget{"type": "Card", "gap": 2.0}},
		"another number":                   {before: chatkit.Widget{"type": "Card", "gap": 2}, after: chatkit.Widget{"type": "Card", "gap": 3}, root: true},
		"an object for a list":             {before: card(`{"x":{}}`), after: card(`{"x":[]}`), root: true},
		"another root":                     {before: chatkit.ListView{}.Widget(), after: chatkit.Card{}.Widget(), root: true},
		"the first state":                  {before: nil, after: text("t", "a", true), root: true},
	} {
		got, err := chatkit.WidgetDiff(c.before, c.after)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := c.want
		if c.root {
			want = []chatkit.Update{&chatkit.WidgetRoot{Widget: c.after}}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s, want %s", name, chatkit.MustJSON(got), chatkit.MustJSON(want))
		}
	}
	if got, err := chatkit.WidgetDiff(chatkit.Widget{"f": func() {}}, chatkit.Widget{"f": func() {}}); err == nil {
		t.Errorf("a function is no prop: %v", got)
	}
	cyclic := chatkit.Widget{"type": "Card"}
	cyclic["self"] = cyclic
	other := chatkit.Widget{"type": "Card"}
	other["self"] = other
	if got, err := chatkit.WidgetDiff(cyclic, other); err == nil {
		t.Errorf("a widget within itself has no difference: %v", got)
	}
}

// What the reference sent while a widget streamed.
func TestRecordedWidgetStream(t *testing.T) {
	t.Parallel()
	card := func(value string) chatkit.Widget {
		return chatkit.Card{Children: []chatkit.Component{chatkit.Text{Named: chatkit.Named{ID: "t1"}, Value: value}}}.Widget()
	}
	updates, err := chatkit.WidgetDiff(card("Hello"), card("Bye"))
	if err != nil || len(updates) != 1 {
		t.Fatalf("%v, %v", updates, err)
	}
	for _, r := range readRecordings(t) {
		if r.Name != "18_widget_streaming_bad_prefix" {
			continue
		}
		for _, data := range r.Steps[0].Response.Events {
			e, err := chatkit.UnmarshalEvent(data)
			if err != nil {
				t.Fatal(err)
			}
			recorded, ok := e.(*chatkit.ItemUpdated)
			if !ok {
				continue
			}
			sent, err := chatkit.AppendEvent(nil, &chatkit.ItemUpdated{ItemID: recorded.ItemID, Update: updates[0]})
			if err != nil || !sameMeaning(t, sent, data) {
				t.Errorf("sent %s (%v)\nrecorded %s", sent, err, data)
			}
		}
	}
}
