package web

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"taskwire/adapter/web/browsertest"
)

// openWidgets opens a page with nothing on it but what testdata/widgets.mjs is
// told to show.
func openWidgets(t *testing.T, lang string, before ...func(*browsertest.Tab)) *browsertest.Tab {
	t.Helper()
	return openPiece(t, "widgets", lang, `<div id="log"></div>`, before...)
}

// show shows a widget: JSON, or a JavaScript expression.
func show(tab *browsertest.Tab, widget string) { tab.Eval("show("+widget+")", nil) }

// builtWidgets are those of the builders' golden file, and what the recordings
// of the reference show.
func builtWidgets(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("../chatkit/testdata/widgets.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	widgets := strings.Split(strings.TrimSpace(string(data)), "\n")
	for _, name := range []string{"14_widget_static_all_components", "15_widget_listview", "16_widget_template"} {
		var recording struct {
			Steps []struct {
				Response struct {
					Events []struct {
						Item struct{ Widget json.RawMessage }
					}
				}
			}
		}
		data, err := os.ReadFile("../chatkit/testdata/golden/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &recording); err != nil {
			t.Fatal(err)
		}
		for _, e := range recording.Steps[0].Response.Events {
			if e.Item.Widget != nil {
				widgets = append(widgets, string(e.Item.Widget))
			}
		}
	}
	return widgets
}

// textsOf gives what people should be able to read in a widget.
func textsOf(node any) (texts []string) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			texts = append(texts, textsOf(child)...)
		}
	case map[string]any:
		for prop, value := range node {
			said, ok := value.(string)
			switch prop {
			case "value", "label", "text", "placeholder", "alt", "description", "ariaLabel":
				if ok && node["type"] != "DatePicker" {
					texts = append(texts, said)
				}
			default:
				texts = append(texts, textsOf(value)...)
			}
		}
	}
	return texts
}

func TestWidgetsShowWhatTheySay(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	widgets := builtWidgets(t)
	if len(widgets) < 55 {
		t.Fatalf("there are only %d widgets", len(widgets))
	}
	for _, widget := range widgets {
		show(tab, widget)
		var shown string
		tab.Eval(`[view.el.textContent, ...[...view.el.querySelectorAll("*")].flatMap(el => [el.value, el.placeholder, el.alt, el.ariaLabel])].join("\n")`, &shown)
		var tree any
		if err := json.Unmarshal([]byte(widget), &tree); err != nil {
			t.Fatal(err)
		}
		for _, text := range textsOf(tree) {
			if text != "**md**" && !strings.Contains(shown, text) {
				t.Errorf("%s\nshows %q without %q", widget, shown, text)
			}
		}
		tab.Axe(t)
	}
	show(tab, `{"type":"Card","children":[{"type":"Markdown","value":"**md**"}]}`)
	tab.WaitEval(`view.el.querySelector("strong").textContent === "md"`)
}

// What our own tools show is a list of tasks with the names of the contract.
func TestWidgetOfTasks(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en", browsertest.As(browsertest.Person{Locale: "en-US", Timezone: "America/New_York"}))
	show(tab, `tasks(task("1", "Buy milk", {high: true, due: "2026-12-01"}), task("2", "Read \u202e<b>this</b>", {done: true, due: "2026-12-01T01:30:00Z"}))`)
	list := tab.Find("list", "")
	if n := list.Find("listitem", "").Count(); n != 2 {
		t.Errorf("the list has %d items, want 2", n)
	}
	list.Checkbox("Buy milk").WaitState("checked", "false")
	list.Checkbox("Read \ufffd<b>this</b>").WaitState("checked", "true")
	list.Button("Delete Buy milk").Wait()
	tab.WaitText("high", "done", "Dec 1, 2026", "Nov 30, 2026, 8:30")
	tab.WaitEval(`document.querySelectorAll("time")[1].dateTime === "2026-12-01T01:30:00Z"`)
	tab.Axe(t)

	show(tab, `tasks(...Array.from({length: 90}, (_, i) => task("t" + i, "Task " + i)))`)
	tab.Button("Show 50 more").Click()
	if got := tab.Focus(); !strings.HasPrefix(got, "listitem Task 20") {
		t.Errorf("after the press the focus is on %q, want the first row that is new", got)
	}
	tab.Eval(`view.set(tasks(...Array.from({length: 90}, (_, i) => task("t" + i, "Task " + i))))`, nil)
	if n := tab.Checkbox("").Count(); n != 70 {
		t.Errorf("%d rows are shown, want 70", n)
	}
	tab.Button("Show 20 more").Click()
	tab.Button("Show …").Gone()
	tab.Checkbox("Task 89").Wait()
}

// In Urdu the words that our server says are Urdu too; those of the user stay.
func TestWidgetInUrdu(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "ur", browsertest.As(browsertest.Person{Locale: "ur", Dark: true}))
	show(tab, `tasks(task("1", "Buy milk", {high: true, due: "2026-12-01"}), task("2", "بجلی کا بل", {done: true}), task("3", "high"))`)
	tab.WaitText("اہم", "مکمل", "حذف کریں", "دسمبر")
	tab.Checkbox("high").Wait()
	tab.Button("حذف کریں بجلی کا بل").Wait()
	tab.WaitEval(`document.querySelector("bdi").lang === "en"`)
	tab.Axe(t)
}

// A row is as high after it was ticked as before, also where it is narrow.
func TestWidgetDoesNotJump(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	for _, width := range []int64{1280, 360} {
		tab.Viewport(width, 740, width < 500)
		where := func(done bool) (top float64) {
			show(tab, fmt.Sprintf(`tasks(task("1", "Buy milk for the cake that we want to make", {done: %t, due: "2026-12-01"}), task("2", "Next"))`, done))
			tab.Eval(`document.querySelectorAll("li")[1].getBoundingClientRect().top`, &top)
			return top
		}
		if before, after := where(false), where(true); before != after {
			t.Errorf("%d px wide: what is below moves from %v to %v", width, before, after)
		}
		var wide int
		if tab.Eval("document.documentElement.scrollWidth - innerWidth", &wide); wide > 0 {
			t.Errorf("%d px wide: the page is %d px too wide", width, wide)
		}
	}
}

// A new state of the widget leaves alone what is the same: focus, what was
// typed, what was opened.
func TestWidgetKeepsItsState(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	const form = `(first, placeholder) => ({type: "Card", asForm: true, children: [
		...first, {type: "Input", name: "title", placeholder, defaultValue: "old"}, {type: "Select", name: "prio", options: [{value: "l", label: "Low"}, {value: "h", label: "High"}]},
		{type: "Row", key: "r", children: [{type: "Checkbox", name: "a", label: "Alone"}]}]})`
	tab.Eval("window.form = "+form+"; show(form([], 'Title'))", nil)
	tab.Textbox("Title").Fill("typed")
	tab.Checkbox("Alone").Click()
	tab.Eval(`document.querySelector("select").value = "h"; document.querySelector("input").focus(); document.querySelector("input").setSelectionRange(1, 3); window.input = document.activeElement`, nil)
	tab.Eval(`view.set(form([{type: "Text", value: "More room"}], "Name"))`, nil)
	tab.WaitText("More room")
	tab.WaitEval(`document.activeElement === input && input.isConnected && input.placeholder === "Name"`)
	tab.WaitEval(`input.value === "typed" && input.selectionStart === 1 && input.selectionEnd === 3 && document.querySelector("select").value === "h"`)
	tab.Checkbox("Alone").WaitState("checked", "true")

	// Rows that move take the focus along; a row that is emptied keeps it.
	show(tab, `tasks(task("1", "One"), task("2", "Two"), task("3", "Three"))`)
	tab.Eval(`document.querySelectorAll("button")[1].focus()`, nil)
	tab.Eval(`view.set(tasks(task("2", "Two"), task("3", "Three"), task("0", "None")))`, nil)
	if got := tab.Focus(); got != "button Delete Two" {
		t.Errorf("the focus is on %q, want the button of the row that moved", got)
	}
	tab.Eval(`view.set(tasks({type: "ListViewItem", key: "2", children: [{type: "Text", value: "Two", lineThrough: true}]}, task("3", "Three")))`, nil)
	tab.WaitEval(`document.activeElement.matches("li") && document.activeElement.textContent === "Two"`)
	tab.Eval(`view.set(tasks(task("3", "Three")))`, nil)
	tab.WaitEval(`view.el.contains(document.activeElement)`)
	tab.Eval(`view.set({type: "Text", value: "gone"})`, nil)
	tab.WaitEval(`document.activeElement === view.el`)

	show(tab, `{type: "Card", collapsed: true, status: {text: "Saved"}, children: [{type: "Text", value: "Inside"}]}`)
	tab.WaitNoText("Inside")
	tab.Eval(`document.querySelector("summary").click(); view.set({type: "Card", collapsed: true, status: {text: "Saved"}, children: [{type: "Text", value: "Inside still"}]})`, nil)
	tab.WaitText("Inside still")
}

func TestWidgetStreams(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	show(tab, `{type: "Card", children: [{type: "Text", id: "t", value: "", streaming: true}, {type: "Markdown", id: "m", value: "**bo", streaming: true}, {type: "Badge", id: "b", label: "x"}]}`)
	tab.Eval(`view.delta("t", "He", false); view.delta("t", "llo \u202e", false); view.delta("m", "ld** an", false); view.delta("nobody", "x", false); view.delta("b", "x", true)`, nil)
	tab.WaitText("Hello", "bold an")
	tab.Eval(`view.delta("m", "d more", false); view.component("b", {type: "Badge", id: "b", label: "late"}); view.component("nobody", null)`, nil)
	tab.WaitText("Hello", "bold and more", "late")
	tab.Eval(`view.delta("m", " text", false); view.delta("m", ".", true); view.delta("t", "!", true)`, nil)
	tab.WaitText("Hello \ufffd!", "bold and more text.")
	tab.WaitEval(`view.el.querySelectorAll("strong").length === 1 && !view.el.textContent.includes("\u202e")`)
	tab.Eval(`view.set({type: "Card", children: [{type: "Text", id: "t", value: "Bye"}, {type: "Markdown", id: "m", value: "*new*"}]})`, nil)
	tab.WaitText("Bye", "new")
	tab.WaitNoText("bold")
	tab.Eval(`view.component("t", {type: "Title", value: "Title"})`, nil)
	tab.Find("heading", "Title").Wait()
}

// No tree, however wrong, throws, hangs, styles what it should not or fetches
// from elsewhere.
func TestHostileWidgets(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	tab.Allow("failed request: .*(ERR_INVALID_URL|ERR_UNKNOWN_URL_SCHEME)")
	for _, tree := range []string{
		`null`, `undefined`, `7`, `"text"`, `[]`, `[[{type: "Text", value: "in lists"}]]`, `{}`, `{type: null}`, `{type: "constructor"}`, `{type: "__proto__", value: "proto"}`,
		`Array(600).fill().reduce(inner => ({type: "Box", padding: 8, children: [inner]}), {type: "Text", value: "deep"})`,
		`Array(5000).fill().reduce(inner => ({type: "Card", children: inner}), "deeper")`,
		`{type: "ListView", limit: 1000, children: Array(12000).fill({type: "ListViewItem", children: [{type: "Checkbox", name: "x", label: "many"}]})}`,
		`{type: "Col", children: Array(12000).fill({type: "Text", value: "many"})}`,
		`{type: "Text", value: "x".repeat(1e6)}`, `{type: "Checkbox", name: "x".repeat(1e5), label: "y".repeat(1e5)}`,
		`{type: "Input", name: "x", pattern: "(", inputType: "file", defaultValue: {}}`,
		`JSON.parse('{"type": "Row", "gap": {"toString": 1}, "key": {"valueOf": {}}, "children": {"__proto__": {"type": "Text"}}, "align": "constructor"}')`,
	} {
		started := time.Now()
		show(tab, tree)
		tab.Eval(`view.delta("x", "y", false), view.component("x", {})`, nil)
		if took := time.Since(started); took > 4*time.Second {
			t.Errorf("%s took %v", tree, took)
		}
	}
	tab.Eval(hostileStyles, nil)
	var bad []string
	tab.Eval(`[...view.el.querySelectorAll("*")].filter(el => el.style.length && /url|expression|import|var\(--evil|position|9{5}|content|javascript/i.test(el.style.cssText)).map(el => el.style.cssText)`, &bad)
	if len(bad) > 0 {
		t.Errorf("these styles came through: %q", bad)
	}
	tab.Eval(wrongTypes, nil)
	tab.WaitEval("wrongTypesDone")
	if len(tab.Problems()) > 0 {
		t.Logf("problems: %q", tab.Problems())
	}
}

// hostileStyles puts what is no plain length or colour into every prop that
// becomes CSS.
const hostileStyles = `{
  const values = ["url(https://tracker.example/x.png)", "red;position:fixed", "var(--evil)", "expression(alert(1))", "99999999px", "-50px", "calc(100vh*99)", "image-set('https://tracker.example/y.png')",
    "rgb(0 0 0);background:url(//tracker.example)", "javascript:alert(1)", "</style>", "inherit", {light: "url(x)", dark: "#fff"}, {toString: 1}, [], ["5px"], 1e308, -1, NaN, true];
  const props = ["gap", "padding", "margin", "width", "height", "size", "minHeight", "maxWidth", "flex", "background", "color", "border", "radius", "aspectRatio", "align", "justify", "wrap", "spacing", "minSize", "weight", "textAlign", "maxLines", "minLines", "fit", "position", "direction"];
  const types = ["Card", "Box", "Row", "Col", "Form", "Basic", "Text", "Title", "Caption", "Label", "Icon", "Image", "Divider", "Spacer", "ListViewItem", "Table.Cell"];
  show({type: "Col", children: types.flatMap(type => values.map(value => ({type, value: "x", src: "data:,", ...Object.fromEntries(props.map(p => [p, value])), border: {size: 2, color: value, style: value, top: value}, padding: {top: value, x: value}})))});
}`

// wrongTypes shows thousands of trees in which anything stands anywhere.
const wrongTypes = `{
  let seed = 42;
  const pick = list => list[(seed = (seed * 48271) % 2147483647) % list.length];
  const types = ["Badge", "Basic", "Box", "Button", "Caption", "Card", "Chart", "Checkbox", "Col", "DatePicker", "Divider", "Form", "Icon", "Image", "Input", "Label", "ListView", "ListViewItem",
    "Markdown", "RadioGroup", "Row", "Select", "Spacer", "Table", "Table.Cell", "Table.Row", "Text", "Textarea", "Title", "Transition", "Unknown", "toString", 7, null];
  const props = ["children", "value", "label", "title", "status", "confirm", "cancel", "collapsed", "asForm", "options", "defaultValue", "defaultChecked", "limit", "onClickAction", "onChangeAction", "onSubmitAction",
    "name", "fieldName", "src", "alt", "data", "series", "xAxis", "editable", "iconStart", "submit", "placeholder", "pattern", "min", "max", "rows", "colSpan", "header", "key", "id", "size", "color", "background", "border",
    "padding", "gap", "align", "truncate", "maxLines", "streaming", "variant", "style", "direction", "disabled", "required", "inputType"];
  const leaf = () => pick([null, undefined, true, false, 0, -1, 3.5, "", "text", "constructor", "id1", "2026-13-99", "2026-02-30", "__proto__.x", "a.b.c", {}, [], [null], [[]], {toString: 1, valueOf: null}, {type: 3}, {text: {}}, {label: [], action: 7}, {size: "x"}, {type: "go", payload: null}]);
  const tree = depth => {
    if (depth === 0 || pick([0, 0, 0, 1])) return leaf();
    const node = {type: pick(types)};
    for (let i = pick([1, 3, 6, 9]); i > 0; i--) node[pick(props)] = pick([0, 1]) ? leaf() : tree(depth - 1);
    if (pick([0, 1])) node.children = Array.from({length: pick([1, 2, 5])}, () => tree(depth - 1));
    return node;
  };
  show(null);
  for (let i = 0; i < 3000; i++) {
    view.set(tree(5));
    view.delta("id1", pick(["more", "", 7, null]), pick([true, false]));
    if (i % 50 === 0) view.component("id1", tree(2));
    for (const el of view.el.querySelectorAll("button, input, select")) if (pick([0, 0, 1])) el.click();
  }
  if ({}.x !== undefined) throw new Error("the prototype of all objects was changed");
  window.wrongTypesDone = true;
}`

// Pictures of others are links: nobody learns who reads a widget.
func TestWidgetPictures(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	show(tab, `{type: "Card", status: {text: "Status", favicon: "https://tracker.example/f.ico"}, children: [
		{type: "Image", src: "https://tracker.example/x.png", alt: "A cat"}, {type: "Image", src: "//tracker.example/y.png"}, {type: "Image", src: "javascript:alert(1)", alt: "No cat"},
		{type: "Image", src: "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==", alt: "A dot", size: 40}, {type: "Image", src: "/picture.svg", alt: "Ours"}]}`)
	tab.Link("A cat").Wait()
	if n := tab.Find("link", "").Count(); n != 2 {
		t.Errorf("there are %d links, want 2", n)
	}
	tab.WaitText("No cat")
	tab.WaitEval(`[...document.images].map(i => i.alt).join() === "A dot,Ours"`)
	tab.WaitEval(`document.querySelector("a").rel.includes("noopener") && document.querySelector("a").target === "_blank"`)
	tab.Axe(t)
}
