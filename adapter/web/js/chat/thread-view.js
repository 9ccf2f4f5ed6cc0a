// The conversation on the screen: items in their order, older ones as one
// scrolls up, and the newest in sight while one reads along. The log is a
// reversed column, so the browser itself keeps its end in place: 0 is the end,
// and whoever has gone up has a negative scrollTop.
import { h, icon } from "../dom.js";
import { t } from "../strings.js";
import { viewOf } from "./items.js";

const near = 80; // px from the end within which one reads along

export class ThreadView {
  #views = new Map();

  /**
   * @param {object} parts
   * @param {any} parts.actions  what buttons of items do
   * @param {() => Promise<void>} parts.onOlder  loads older items
   * @param {(err: any) => void} parts.onFault
   */
  constructor({ actions, onOlder, onFault }) {
    Object.assign(this, { actions, onOlder, onFault });
    this.top = h("div", { class: "top" });
    this.list = h("div", { class: "items" });
    this.end = h("div", { class: "end" }); // errors and notices
    this.column = h("div", { class: "column" }, this.top, this.list, this.end);
    // The log does not speak while it is written: what is to be said aloud goes
    // to the status line, once.
    this.el = h("div", { class: "log", role: "log", "aria-label": t("conversation"), "aria-live": "off", tabindex: "0" }, this.column);
    this.jump = h("button", { class: "action outlined jump", type: "button", hidden: true, onClick: () => this.toEnd() }, icon("latest"), t("latest"));
    this.el.addEventListener("scroll", () => (this.jump.hidden = this.el.scrollTop > -near), { passive: true });
    this.#watchTop();
  }

  #watchTop() {
    const seen = new IntersectionObserver(([entry]) => entry.isIntersecting && this.onOlder(), { root: this.el, rootMargin: "400px 0px 0px" });
    seen.observe(this.top);
    this.lookAgain = () => (seen.unobserve(this.top), seen.observe(this.top));
  }

  toEnd() {
    this.el.scrollTop = 0;
  }

  added(item, before) {
    const view = viewOf(item, this.actions, this.onFault);
    if (!view) return;
    view.el.dataset.item = item.id;
    this.#views.set(item.id, view);
    const next = before && this.#views.get(before)?.el;
    if (next) {
      next.before(view.el);
      return;
    }
    this.list.append(view.el);
    this.#markLast();
  }

  changed(item, update) {
    const view = this.#views.get(item.id);
    if (view) view.update(item, update);
    else this.added(item, null);
  }

  /** What an answer says as it is read: without the signs of Markdown. */
  said(id) {
    return this.#views.get(id)?.el.querySelector(".speech")?.innerText ?? "";
  }

  removed(id) {
    const el = this.#views.get(id)?.el;
    this.#keepFocus(el);
    el?.remove();
    this.#views.delete(id);
    this.#markLast();
  }

  /** Who was in what goes away is in the conversation then, and not at the beginning of the page. */
  #keepFocus(el) {
    if (el?.contains(document.activeElement)) this.el.focus({ preventScroll: true });
  }

  /** The newest answer alone can be asked for anew. */
  #markLast() {
    this.newest?.classList.remove("last");
    this.newest = this.list.lastElementChild;
    while (this.newest && !this.newest.classList.contains("assistant")) this.newest = this.newest.previousElementSibling;
    this.newest?.classList.add("last");
  }

  /** Says something at the end: an error with what can be done, or a notice. */
  tell(el) {
    const reads = this.el.scrollTop < -near; // who reads what was said before is not taken away from it
    this.end.append(el);
    if (!reads) this.toEnd();
  }

  /** Whether something is told at the end. */
  get tells() {
    return this.end.childElementCount > 0;
  }

  hush() {
    this.#keepFocus(this.end);
    this.end.replaceChildren();
  }

  clear() {
    this.#views.clear();
    this.list.replaceChildren();
    this.hush();
    this.toEnd();
  }
}
