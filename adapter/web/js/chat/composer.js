// Where one writes.
import { h, icon } from "../dom.js";
import { keep, recall } from "../preferences.js";
import { t } from "../strings.js";
import { Attachments } from "./attachments.js";

const longest = 32_000; // characters of a message
const draftKey = (threadId) => `chatkit-draft:${threadId ?? "new"}`;

export class Composer {
  #thread = null;
  #tool = "";
  #blocked = "";

  /**
   * @param {object} parts
   * @param {any} parts.options  ChatKit's `composer` option: placeholder, tools, attachments
   * @param {import("../api.js").Api} parts.api
   * @param {(message: {text: string, attachments: string[], files: any[], tool: string}) => void} parts.onSend
   * @param {() => void} parts.onStop
   * @param {(text: string) => void} parts.onProblem
   * @param {{error: Function}} parts.beacon
   */
  constructor({ options, api, onSend, onStop, onProblem, beacon }) {
    Object.assign(this, { options, onSend });
    this.files = new Attachments({ api, limits: options.attachments, onChange: () => this.#refresh(), onProblem, beacon });
    this.box = h("textarea", { "aria-label": t("message"), placeholder: options.placeholder, rows: 1, maxlength: longest, enterkeyhint: "send", onInput: () => this.#typed(), onKeydown: (event) => this.#key(event), onPaste: (event) => this.#pasted(event) });
    this.send = h("button", { class: "action primary", type: "submit", "aria-label": t("send"), title: t("send") }, icon("send"));
    this.stop = h("button", { class: "action outlined", type: "button", hidden: true, onClick: onStop }, icon("stop"), t("stop"));
    this.attach = h("button", { class: "action", type: "button", "aria-label": t("attach"), title: t("attach"), onClick: () => this.files.choose() }, icon("attach"));
    this.tools = (options.tools ?? []).map((tool) => h("button", { class: "action small", type: "button", "aria-pressed": "false", dataset: { tool: tool.id }, onClick: () => this.#pick(tool.id) }, icon(tool.id === "list_tasks" ? "list" : "plus"), tool.shortLabel ?? tool.label));
    this.el = h(
      "form",
      { class: "composer", onSubmit: (event) => (event.preventDefault(), this.submit()) },
      h("div", { class: "box" }, this.files.el, this.box, h("div", { class: "row" }, this.attach, this.files.input, h("div", { class: "picks", role: "group", "aria-label": t("tools") }, this.tools), this.stop, this.send)),
    );
    this.#acceptDrops();
    this.#refresh();
  }

  #acceptDrops() {
    this.el.addEventListener("dragover", (event) => event.preventDefault());
    this.el.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!this.#blocked) this.files.add([...event.dataTransfer.files]);
    });
  }

  #pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.files.add(files);
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  #typed() {
    keep(draftKey(this.#thread), this.box.value || null);
    this.#refresh();
  }

  #pick(id) {
    this.#tool = this.#tool === id ? "" : id;
    for (const button of this.tools) button.setAttribute("aria-pressed", String(button.dataset.tool === this.#tool));
    const picked = this.options.tools.find((tool) => tool.id === this.#tool);
    this.box.placeholder = picked?.placeholderOverride ?? this.options.placeholder;
    this.box.focus();
  }

  /** Hands over what was written; restore gives it back if it is not accepted. */
  submit() {
    const text = this.box.value;
    if (this.send.disabled) return;
    if (document.activeElement === this.send) this.focus();
    const attachments = this.files.ids;
    const message = { text, attachments, files: this.files.take(), tool: this.#tool };
    this.box.value = "";
    keep(draftKey(this.#thread), null);
    if (this.#tool) this.#pick(this.#tool);
    this.#refresh();
    this.onSend(message);
  }

  restore({ text, files = [], tool }) {
    this.box.value = this.box.value ? `${text}\n${this.box.value}` : text;
    this.files.giveBack(files);
    if (tool && tool !== this.#tool) this.#pick(tool);
    this.#typed();
  }

  #refresh() {
    this.box.dir = this.box.value ? "auto" : ""; // what invites to write is in the language of the page
    const empty = !this.box.value.trim() && this.files.ids.length === 0;
    this.send.disabled = Boolean(this.#blocked) || this.#busy || this.files.busy || empty;
    this.#fit();
  }

  /** Grows with what is written, for browsers whose style does not do so. */
  #fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
  }

  #busy = false;

  /** @param {"idle" | "opening" | "answering" | "stopping"} state */
  show(state) {
    const hadFocus = document.activeElement === this.stop;
    this.#busy = state !== "idle";
    this.stop.hidden = state === "idle" || state === "opening";
    this.stop.disabled = state === "stopping";
    if (hadFocus && this.stop.hidden) this.box.focus();
    this.#refresh();
  }

  /** Closes the composer with a reason in its place, or opens it with "". */
  block(reason) {
    this.#blocked = reason;
    for (const control of [this.box, this.attach, ...this.tools]) control.disabled = Boolean(reason);
    this.box.placeholder = reason || this.options.placeholder;
    this.#refresh();
  }

  /** Takes up the draft of a thread. */
  open(threadId) {
    this.#thread = threadId;
    this.box.value = recall(draftKey(threadId)) ?? "";
    this.#refresh();
  }

  /** The thread has a name now: what is being written goes with it. */
  moveTo(threadId) {
    keep(draftKey(this.#thread), null);
    this.#thread = threadId;
    this.#typed();
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }
}
