package web

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"taskwire/adapter/web/browsertest"
)

// asked waits until a widget has asked for n actions, and gives the last one.
func asked(t *testing.T, tab *browsertest.Tab, n int) (action map[string]any) {
	t.Helper()
	var actions []map[string]any
	tab.Eval("actions", &actions)
	if len(actions) != n {
		t.Fatalf("%d actions were asked for, want %d: %v", len(actions), n, actions)
	}
	if n == 0 {
		return nil
	}
	return actions[n-1]
}

// same compares what was asked for with JSON.
func same(t *testing.T, got any, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
}

// Ticking a task off: the action as the server takes it, once however often one
// presses, and undone when it is refused.
func TestWidgetToggle(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	show(tab, `tasks(task("1", "Buy milk"), task("2", "Read"))`)
	box, other := tab.Checkbox("Buy milk"), tab.Checkbox("Read")
	box.Click()
	tab.Press("Space", "Space", "Space")
	same(t, any(asked(t, tab, 1)), `{"type": "task.toggle", "payload": {"task_id": "1", "completed": true}, "handler": "server", "loadingBehavior": "auto", "streaming": false, "source": "input"}`)
	box.WaitState("checked", "true").WaitState("disabled", "true")
	if !box.Focused() {
		t.Error("the box loses the focus while it waits")
	}
	tab.Eval("answer(false)", nil)
	box.WaitState("checked", "false").WaitState("disabled", "false")

	// The answer brings the widget as it is now.
	tab.Press("Space")
	asked(t, tab, 2)
	tab.Eval(`answer(true, tasks(task("1", "Buy milk", {done: true}), task("2", "Read")))`, nil)
	box.WaitState("checked", "true").WaitState("disabled", "false")
	tab.WaitText("done")
	if !box.Focused() {
		t.Error("the box loses the focus to the answer")
	}
	tab.Press("Space")
	same(t, asked(t, tab, 3)["payload"], `{"task_id": "1", "completed": false}`)

	// What the server says meanwhile of another row does not turn this one back;
	// what it says of this one does.
	tab.Eval(`view.set(tasks(task("1", "Buy milk", {done: true}), task("2", "Read", {done: true})))`, nil)
	other.WaitState("checked", "true")
	box.WaitState("checked", "false")
	tab.Eval(`answer(true, tasks(task("1", "Buy milk", {done: true}), task("2", "Read", {done: true})))`, nil)
	box.WaitState("checked", "true")

	// Without a new widget what was ticked stays ticked, and is what a refusal goes back to.
	show(tab, `{type: "Card", children: [{type: "Checkbox", name: "c", label: "Client", onChangeAction: {type: "t", handler: "client", loadingBehavior: "none"}}]}`)
	client := tab.Checkbox("Client")
	client.Click()
	same(t, any(asked(t, tab, 4)), `{"type": "t", "handler": "client", "loadingBehavior": "none", "streaming": true, "source": "input"}`)
	tab.Eval("answer(true)", nil)
	client.WaitState("checked", "true").WaitState("disabled", "false").Click()
	client.WaitState("checked", "false")
	tab.Eval("answer(false)", nil)
	client.WaitState("checked", "true")
}

// Deleting: the button shows that it waits, and the row keeps the focus when the
// button is gone with the task.
func TestWidgetDelete(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	show(tab, `tasks(task("1", "Buy milk"), task("2", "Read"))`)
	button := tab.Button("Delete Buy milk")
	button.Click()
	tab.Press("Enter", "Space")
	same(t, asked(t, tab, 1)["payload"], `{"task_id": "1"}`)
	tab.WaitEval(`document.activeElement.matches("button[aria-busy=true][aria-disabled=true]")`)
	tab.Eval("answer(false)", nil)
	button.WaitState("disabled", "false")
	tab.WaitEval(`!document.querySelector("[aria-busy]")`)
	tab.Press("Enter")
	asked(t, tab, 2)
	tab.Eval(`answer(true, tasks({type: "ListViewItem", key: "1", children: [{type: "Text", value: "Buy milk", lineThrough: true}]}, task("2", "Read")))`, nil)
	button.Gone()
	tab.WaitEval(`document.activeElement.matches("li") && document.activeElement.innerText === "Buy milk"`)
	tab.Press("Tab")
	if got := tab.Focus(); got != "checkbox Read" {
		t.Errorf("Tab goes on to %q, want the next task", got)
	}
}

// While the whole widget waits nothing in it can be used.
func TestWidgetContainerWaits(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	show(tab, `{type: "Card", confirm: {label: "Send", action: {type: "send", payload: {id: 7}}}, cancel: {label: "Drop", action: {type: "drop", loadingBehavior: "none"}},
		children: [{type: "Checkbox", name: "c", label: "Copy me", onChangeAction: {type: "copy"}}, {type: "Button", label: "Look", onClickAction: {type: "look", loadingBehavior: "container"}}]}`)
	tab.Button("Send").Click()
	same(t, any(asked(t, tab, 1)), `{"type": "send", "payload": {"id": 7}, "handler": "server", "loadingBehavior": "auto", "streaming": true, "source": "button"}`)
	tab.WaitEval(`view.el.ariaBusy === "true"`)
	tab.Eval(`for (const el of view.el.querySelectorAll("button, input")) el.click()`, nil)
	asked(t, tab, 1)
	tab.Checkbox("Copy me").WaitState("checked", "false")
	tab.Eval("answer(true)", nil)
	tab.WaitEval(`!view.el.ariaBusy`)
	tab.Button("Drop").Click()
	tab.WaitEval(`!view.el.ariaBusy`)
	tab.Button("Look").Click()
	asked(t, tab, 3)
	tab.WaitEval(`view.el.ariaBusy === "true"`)
}

// A row that can be pressed is a button beside the other controls in it.
func TestWidgetRowIsPressed(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	show(tab, `tasks({type: "ListViewItem", key: "1", onClickAction: {type: "open", payload: {id: 0}}, children: [{type: "Text", value: "کام 0"}, {type: "Button", label: "Other", onClickAction: {type: "other"}}]})`)
	tab.Eval(`document.elementFromPoint(document.querySelector("bdi").getBoundingClientRect().x + 5, document.querySelector("bdi").getBoundingClientRect().y + 5).click()`, nil)
	same(t, asked(t, tab, 1)["payload"], `{"id": 0}`)
	tab.Eval("answer(true)", nil)
	tab.Button("Other کام 0").Click()
	if got := asked(t, tab, 2)["type"]; got != "other" {
		t.Errorf("the button in the row asks for %v", got)
	}
	tab.Button("کام 0").Wait()
	tab.Axe(t)
}

const formWidget = `{type: "Form", onSubmitAction: {type: "save", payload: {id: 7, prio: "mine", todo: {id: 1}}}, children: [
	{type: "Label", value: "The title", fieldName: "todo.title"}, {type: "Input", name: "todo.title", required: true, pattern: "[a-z ]+"},
	{type: "Textarea", name: "note", defaultValue: "as it was"},
	{type: "Select", name: "prio", placeholder: "Priority", options: [{value: "l", label: "Low"}]},
	{type: "Select", name: "size", defaultValue: "m", options: [{value: "s", label: "S"}, {value: "m", label: "M"}], onChangeAction: {type: "sized"}},
	{type: "RadioGroup", name: "kind", ariaLabel: "Kind", options: [{value: "a", label: "One"}, {value: "b", label: "Two"}]},
	{type: "Checkbox", name: "__proto__.polluted", label: "Odd"}, {type: "Checkbox", name: "ready", label: "Ready", defaultChecked: true},
	{type: "DatePicker", name: "due", defaultValue: "2026-12-01T00:00:00Z"}, {type: "Input", name: "off", disabled: true, defaultValue: "x"}, {type: "Text", value: "edited", editable: {name: "text"}},
	{type: "Button", label: "Save", submit: true}, {type: "Button", label: "Save and go", submit: true, onClickAction: {type: "go"}}, {type: "Button", label: "Not yet", onClickAction: {type: "later", payload: "no object"}}]}`

// Every action from within a form takes along what was filled in.
func TestWidgetForm(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	show(tab, formWidget)
	tab.Axe(t)
	tab.Button("Save").Click()
	tab.Textbox("The title").Fill("No CAPITALS")
	tab.Press("Enter")
	asked(t, tab, 0)
	tab.Textbox("The title").Fill("buy milk")
	tab.Find("radio", "Two").Click()
	tab.Press("Tab", "Space")
	tab.Textbox("The title").Type("")
	tab.Press("Enter")
	same(t, any(asked(t, tab, 1)), `{"type": "save", "handler": "server", "loadingBehavior": "auto", "streaming": true, "source": "button", "payload":
		{"id": 7, "prio": "mine", "todo": {"id": 1, "title": "buy milk"}, "note": "as it was", "size": "m", "kind": "b", "ready": true, "due": "2026-12-01", "text": "edited"}}`)
	tab.WaitEval(`view.el.ariaBusy === "true" && {}.polluted === undefined`)
	tab.Press("Enter")
	asked(t, tab, 1)
	tab.Eval("answer(false)", nil)
	tab.WaitEval(`document.querySelector("input").value === "buy milk"`)

	// Once the server has shown what came of it, what was sent gives way to what it says.
	tab.Button("Save").Click()
	tab.Eval(`document.querySelector("textarea").value = "typed meanwhile"`, nil)
	tab.Eval("answer(true, "+formWidget+")", nil)
	tab.WaitEval(`document.querySelector("input").value === "" && document.querySelector("textarea").value === "typed meanwhile"`)

	tab.Textbox("The title").Fill("again")
	tab.Button("Save and go").Click()
	same(t, asked(t, tab, 3)["type"], `"go"`)
	tab.Eval("answer(true)", nil)
	tab.Button("Not yet").Click()
	same(t, asked(t, tab, 4)["payload"], `"no object"`)
	tab.Eval("answer(true)", nil)

	tab.Eval(`{ const size = document.querySelectorAll("select")[1]; const choose = value => { size.value = value; size.dispatchEvent(new Event("change", {bubbles: true})); }; choose("s"); choose("m"); }`, nil)
	if payload, _ := asked(t, tab, 5)["payload"].(map[string]any); payload["size"] != "s" || payload["note"] != "typed meanwhile" {
		t.Errorf("choosing sends %v", payload)
	}
	tab.WaitEval(`document.querySelectorAll("select")[1].value === "s"`)
	tab.Eval("answer(false)", nil)
	tab.WaitEval(`document.querySelectorAll("select")[1].value === "m"`)
}

// A card may be the form, with its own button to send it. Alone, a field sends
// its value.
func TestWidgetCardAsForm(t *testing.T) {
	t.Parallel()
	tab := openWidgets(t, "en")
	show(tab, `{type: "Card", asForm: true, confirm: {label: "OK", action: {type: "ok"}}, children: [{type: "Input", name: "title", placeholder: "Title", required: true}]}`)
	tab.Button("OK").Click()
	asked(t, tab, 0)
	tab.Textbox("Title").Fill("milk")
	tab.Button("OK").Click()
	same(t, any(asked(t, tab, 1)), `{"type": "ok", "payload": {"title": "milk"}, "handler": "server", "loadingBehavior": "auto", "streaming": true, "source": "button"}`)

	show(tab, `{type: "Card", children: [{type: "RadioGroup", name: "kind", ariaLabel: "Kind", defaultValue: "a", options: [{value: "a", label: "One"}, {value: "b", label: "Two"}], onChangeAction: {type: "kind", payload: {id: 1}}}]}`)
	tab.Find("radio", "Two").Click()
	same(t, any(asked(t, tab, 2)), `{"type": "kind", "payload": {"id": 1, "kind": "b"}, "handler": "server", "loadingBehavior": "auto", "streaming": true, "source": "fieldset"}`)
	tab.Press("ArrowUp")
	tab.Eval("answer(false)", nil)
	tab.Find("radio", "One").WaitState("checked", "true")
	asked(t, tab, 2)
}
