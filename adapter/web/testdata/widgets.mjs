// What tests of widgets say to the page: show(tree) shows a widget, actions are
// those that it asked for, and answer(…) ends the one that runs.
import { WidgetView } from "/js/widgets.js";

let running;

Object.assign(window, {
  actions: [],
  show(tree) {
    const onAction = (action, { source }) => {
      actions.push({ ...action, source: source.localName });
      return new Promise((resolve, reject) => (running = { resolve, reject }));
    };
    window.view = new WidgetView({ onAction });
    view.set(tree);
    document.querySelector("#log").replaceChildren(view.el);
  },
  async answer(ok, tree) {
    if (tree) view.set(tree);
    running[ok ? "resolve" : "reject"](ok ? undefined : new Error("refused"));
    await new Promise((done) => setTimeout(done));
  },
  /** A task as the adapter shows it. */
  task: (id, title, { done = false, high = false, due } = {}) => ({
    type: "ListViewItem",
    key: id,
    children: [
      {
        type: "Checkbox", name: `done-${id}`, label: title, defaultChecked: done,
        onChangeAction: { type: "task.toggle", handler: "server", loadingBehavior: "auto", streaming: false, payload: { task_id: id, completed: !done } },
      },
      ...(done ? [{ type: "Badge", label: "done", color: "success", variant: "soft" }] : []),
      ...(high ? [{ type: "Badge", label: "high", color: "danger", variant: "soft" }] : []),
      ...(due ? [{ type: "Caption", value: due }] : []),
      { type: "Spacer" },
      {
        type: "Button", label: "Delete", variant: "ghost", size: "sm", color: "secondary",
        onClickAction: { type: "task.delete", handler: "server", loadingBehavior: "self", streaming: false, payload: { task_id: id } },
      },
    ],
  }),
  tasks: (...rows) => ({ type: "ListView", children: rows }),
});
