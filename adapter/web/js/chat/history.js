// Earlier conversations: found, opened, renamed, deleted.
import { h, icon } from "../dom.js";
import { ordered } from "../markdown-nodes.js";
import { t, tongue } from "../strings.js";
import { plain } from "../text.js";
import { confirmed } from "./dialog.js";

const pageSize = 20;
const pause = 250; // ms without a key before a search is made

export class History {
  #query = "";
  #after = "";
  #asked = 0; // tells the answer to the newest question from late ones
  #current = null;

  /**
   * @param {object} parts
   * @param {import("../api.js").Api} parts.api
   * @param {(threadId: string) => void} parts.onOpen
   * @param {(threadId: string) => void} parts.onDeleted
   * @param {(err: any) => void} parts.onError
   */
  constructor({ api, onOpen, onDeleted, onError }) {
    Object.assign(this, { api, onOpen, onDeleted, onError });
    let timer = 0;
    this.search = h("input", { type: "search", "aria-label": t("history.search"), placeholder: t("history.search"), maxlength: 200, onInput: () => {
      this.search.dir = this.search.value ? "auto" : "";
      clearTimeout(timer);
      timer = setTimeout(() => this.refresh(), pause);
    } });
    this.list = h("ul", { role: "list" });
    this.none = h("p", { class: "none", role: "status" });
    this.more = h("button", { class: "action outlined", type: "button", hidden: true, onClick: () => this.#load(this.#after) }, t("more"));
    this.el = h("aside", { class: "history", id: "history", "aria-label": t("history"), hidden: true }, h("div", { class: "search" }, icon("search"), this.search), this.list, this.none, this.more);
  }

  get open() {
    return !this.el.hidden;
  }

  toggle(open = !this.open) {
    this.el.hidden = !open;
    if (open) {
      this.refresh();
      this.search.focus();
    }
  }

  /** Forgets all that is shown. */
  clear() {
    this.#asked += 1;
    this.search.value = "";
    this.list.replaceChildren();
    this.more.hidden = true;
  }

  /** Marks the thread that is being read. */
  current(threadId) {
    this.#current = threadId;
    for (const row of this.list.children) this.#mark(row);
  }

  #mark(row) {
    const here = row.dataset.thread === this.#current;
    row.querySelector(".title")?.setAttribute("aria-current", String(here));
  }

  /** Shows what the list is now, if it is shown at all. */
  async refresh() {
    if (!this.open) return;
    this.#query = this.search.value.trim();
    await this.#load("");
  }

  async #load(after) {
    const asked = ++this.#asked;
    try {
      const limit = after ? pageSize : Math.min(Math.max(this.list.childElementCount, pageSize), 100); // as many as are shown
      const page = await (this.#query ? this.api.search(this.#query, { after, limit }) : this.api.call("threads.list", { order: "desc", limit, ...(after && { after }) }));
      if (asked !== this.#asked) return;
      const rows = page.data.map((thread) => this.#row(thread));
      const asking = document.activeElement === this.more;
      if (after) this.list.append(...rows);
      else this.#replace(rows);
      this.#after = page.after ?? "";
      this.more.hidden = !page.has_more;
      if (asking) rows[0]?.querySelector(".title").focus();
      this.none.textContent = this.list.children.length ? "" : t(this.#query ? "history.notFound" : "history.none");
    } catch (err) {
      if (asked === this.#asked) this.onError(err);
    }
  }

  /** A list that comes anew takes no focus away: not from a title that is being written either. */
  #replace(rows) {
    if (this.list.querySelector("form")) return;
    const focused = document.activeElement?.closest?.("[data-thread]")?.dataset.thread;
    const control = document.activeElement?.dataset?.control;
    this.list.replaceChildren(...rows);
    if (focused) rows.find((row) => row.dataset.thread === focused)?.querySelector(`[data-control="${control}"]`)?.focus();
  }

  #row(thread) {
    const title = plain(thread.title) || t("thread.untitled");
    const when = new Date(thread.created_at);
    const row = h(
      "li",
      { class: "thread", dataset: { thread: thread.id } },
      h("button", { class: "title", type: "button", dataset: { control: "open" }, onClick: () => this.onOpen(thread.id) }, h("bdi", { class: "name", lang: tongue(title) }, ordered(title)), " ", h("time", { datetime: thread.created_at }, h("bdi", {}, day(when)))),
      h("button", { class: "action small", type: "button", dataset: { control: "rename" }, "aria-label": t("rename.thread", { title }), title: t("rename"), onClick: () => this.#rename(row, thread) }, icon("pencil")),
      h("button", { class: "action small", type: "button", dataset: { control: "delete" }, "aria-label": t("delete.thread", { title }), title: t("delete"), onClick: () => this.#delete(row, thread) }, icon("trash")),
    );
    this.#mark(row);
    return row;
  }

  #rename(row, thread) {
    const box = h("input", { type: "text", "aria-label": t("thread.title"), value: thread.title ?? "", maxlength: 255, dir: "auto", required: true });
    let over = false;
    const back = (known) => {
      if (over) return;
      over = true;
      const fresh = this.#row(known);
      form.replaceWith(fresh);
      fresh.querySelector('[data-control="rename"]').focus();
      this.refresh(); // what came meanwhile was put off
    };
    const save = async () => {
      const title = box.value.trim();
      if (!title || title === thread.title) return back(thread);
      try {
        const renamed = await this.api.call("threads.update", { thread_id: thread.id, title });
        back(renamed);
      } catch (err) {
        this.onError(err);
        back(thread);
      }
    };
    const form = h("li", { class: "thread", dataset: { thread: thread.id } }, h("form", { onSubmit: (event) => (event.preventDefault(), save()), onKeydown: (event) => event.key === "Escape" && (event.stopPropagation(), back(thread)) }, box, h("button", { class: "action small", type: "submit", "aria-label": t("save"), title: t("save") }, icon("check"))));
    row.replaceWith(form);
    box.select();
    box.focus();
  }

  async #delete(row, thread) {
    const title = plain(thread.title) || t("thread.untitled");
    if (!(await confirmed({ title: t("delete.question"), text: t("delete.text", { title }), confirm: t("delete") }))) return;
    try {
      await this.api.call("threads.delete", { thread_id: thread.id });
    } catch (err) {
      this.onError(err);
      return;
    }
    const shown = [...this.list.children].find((one) => one.dataset.thread === thread.id) ?? row; // the list may have come anew
    const next = shown.nextElementSibling ?? shown.previousElementSibling;
    shown.remove();
    (next?.querySelector(".title") ?? this.search).focus();
    this.onDeleted(thread.id);
  }
}

function day(when) {
  return Number.isNaN(when.getTime()) ? "" : when.toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "short", year: "numeric" });
}
