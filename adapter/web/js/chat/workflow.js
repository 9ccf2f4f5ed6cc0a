// The steps that led to an answer: calls of tools, searches, thoughts.
import { h, icon } from "../dom.js";
import { renderMarkdown } from "../markdown.js";
import { t, tongue, translated } from "../strings.js";
import { plain } from "../text.js";
import { sourceLink } from "./message.js";

const many = 4; // steps from which on they are folded away once done

export class Workflow {
  constructor(item) {
    this.list = h("ul", { class: "steps", role: "list" });
    this.summary = h("summary", {});
    this.el = h("article", { class: "item workflow", "aria-label": t("steps") });
    this.update(item);
  }

  update(item) {
    const workflow = item.workflow ?? { tasks: [] };
    const tasks = (workflow.tasks ?? []).filter(Boolean);
    this.list.replaceChildren(...tasks.map(step));
    const folded = !item.unfinished && (workflow.type === "reasoning" || tasks.length >= many);
    if (!folded) {
      this.el.replaceChildren(this.list);
      return;
    }
    const said = title(workflow, tasks);
    this.summary.replaceChildren(h("bdi", { lang: tongue(said) }, said));
    this.el.replaceChildren(h("details", { open: Boolean(workflow.expanded) }, this.summary, this.list));
  }
}

/** A step that stands alone. */
export class Task {
  constructor(item) {
    this.el = h("article", { class: "item workflow", "aria-label": t("steps") });
    this.update(item);
  }

  update(item) {
    this.el.replaceChildren(h("ul", { class: "steps", role: "list" }, step(item.task ?? {})));
  }
}

function title(workflow, tasks) {
  const { summary } = workflow;
  if (summary?.title) return plain(summary.title);
  if (summary?.duration !== undefined) return t("thought.for", { seconds: summary.duration });
  return t("steps.count", { count: tasks.length });
}

const states = { loading: "step.loading", complete: "step.complete" };

function step(task) {
  const state = states[task.status_indicator];
  const name = translated(plain(task.title || task.title_query || (task.type === "web_search" ? t("step.search") : task.type === "thought" ? t("step.thought") : "")));
  const queries = (task.queries ?? []).map((query) => h("li", { dir: "auto", lang: tongue(String(query)) }, plain(query)));
  const sources = (task.sources ?? []).map((source) => h("li", {}, sourceLink(source)));
  return h(
    "li",
    { class: `step ${task.status_indicator ?? "none"}` },
    h("span", { class: "mark" }, task.status_indicator === "complete" && icon("check")),
    h(
      "div",
      {},
      name && h("span", { class: "name", dir: "auto", lang: tongue(name) }, name),
      state && h("span", { class: "unseen" }, ` (${t(state)})`),
      task.content && h("div", { class: "md detail", lang: tongue(String(task.content)) }, renderMarkdown(String(task.content))),
      (queries.length > 0 || sources.length > 0) && h("ul", { class: "found" }, queries, sources),
    ),
  );
}
