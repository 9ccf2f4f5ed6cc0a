// Which view shows which kind of item.
import { h } from "../dom.js";
import { t } from "../strings.js";
import { WidgetView } from "../widgets.js";
import { plain } from "../text.js";
import { GeneratedImage } from "./image.js";
import { AssistantMessage, UserMessage, textOf } from "./message.js";
import { Task, Workflow } from "./workflow.js";

class Widget {
  constructor(item, actions) {
    this.view = new WidgetView({ onAction: (action, how) => actions.act(this.item, action, how) });
    this.el = h("article", { class: "item widget", "aria-label": t("tasks") }, this.view.el);
    this.update(item, null);
  }

  update(item, update) {
    this.item = item;
    if (update?.type === "widget.streaming_text.value_delta") this.view.delta(update.component_id, update.delta, update.done);
    else if (update?.type === "widget.component.updated") this.view.component(update.component_id, update.component);
    else this.view.set(item.widget);
  }
}

/** Questions are rare: what shows them is loaded with the first. */
class Questions {
  constructor(item, actions) {
    this.el = h("article", { class: "item questions", "aria-label": t("questions") });
    this.view = import("./structured-input.js").then(({ StructuredInput }) => new StructuredInput(this.el, item, actions));
    this.view.catch(() => (this.el.textContent = t("error.load")));
  }

  update(item) {
    this.view.then((view) => view.update(item), () => {});
  }
}

/** What stands in for a view that failed: the text of the item, if it has one. */
class PlainItem {
  constructor(item) {
    this.el = h("article", { class: "item assistant", dir: "auto" });
    this.update(item);
  }

  update(item) {
    this.el.textContent = plain(textOf(item) || item.copy_text || t("item.broken"));
  }
}

const views = {
  user_message: UserMessage,
  assistant_message: AssistantMessage,
  widget: Widget,
  workflow: Workflow,
  task: Task,
  generated_image: GeneratedImage,
  structured_input: Questions,
};

/**
 * Makes the view of an item: {el, update(item, update)}. Null for kinds that
 * are not to be seen, such as calls of the page's own tools, and for kinds of a
 * later protocol.
 */
export function viewOf(item, actions, onFault) {
  const View = views[item.type];
  if (!View) return null;
  try {
    return guarded(new View(item, actions), item, onFault);
  } catch (err) {
    onFault(err);
    return new PlainItem(item);
  }
}

/** One broken item must not take the conversation with it. */
function guarded(view, first, onFault) {
  return {
    el: view.el,
    update(item, update) {
      try {
        view.update(item, update);
      } catch (err) {
        onFault(err);
        if (!update) view.el.replaceChildren(new PlainItem(item ?? first).el);
      }
    },
  };
}
