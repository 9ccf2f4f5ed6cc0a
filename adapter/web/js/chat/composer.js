// Where one writes.
import { h, icon } from "../dom.js";
import { keep, recall } from "../preferences.js";
import { t } from "../strings.js";
import { Attachments } from "./attachments.js";

const longest = 32_000; // characters of a message

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
   * @param {string} parts.user
   */
  constructor({ options, api, onSend, onStop, onProblem, beacon, user }) {
    Object.assign(this, { options, onSend, onProblem, user });
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

  /** A file may be dropped anywhere: else the browser would leave the page for it. */
  #acceptDrops() {
    const isFile = (event) => event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragover", (event) => isFile(event) && event.preventDefault());
    document.addEventListener("drop", (event) => {
      if (!isFile(event)) return;
      event.preventDefault();
      if (!this.#blocked) this.files.add([...event.dataTransfer.files]);
    });
  }

  /** A picture may stand beside the text that is meant, as office programs put it. */
  #pasted(event) {
    const { files, types } = event.clipboardData;
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    this.files.add([...files]);
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  #typed() {
    if (this.box.value.length >= longest) this.onProblem(t("message.longest", { count: longest }));
    keep(this.#draft(this.#thread), this.box.value || null);
    this.#refresh();
  }

  #draft(threadId) {
    return `chatkit-draft:${this.user}:${threadId ?? "new"}`;
  }

  #pick(id) {
    this.#choose(this.#tool === id ? "" : id);
    this.box.focus();
  }

  #choose(id) {
    this.#tool = id;
    for (const button of this.tools) button.setAttribute("aria-pressed", String(button.dataset.tool === id));
    const picked = this.options.tools?.find((tool) => tool.id === id);
    this.box.placeholder = picked?.placeholderOverride ?? this.options.placeholder;
  }

  /** Hands over what was written; restore gives it back if it is not accepted. */
  submit() {
    const text = this.box.value;
    if (this.send.disabled) return;
    if (document.activeElement === this.send) this.focus();
    const attachments = this.files.ids;
    const message = { text, attachments, files: this.files.take(), tool: this.#tool };
    this.clear();
    keep(this.#draft(this.#thread), null);
    this.onSend(message);
  }

  restore({ text, files = [], tool }) {
    this.box.value = this.box.value ? `${text}\n${this.box.value}` : text;
    this.files.giveBack(files);
    if (tool) this.#choose(tool);
    this.#typed();
  }

  /** Gives back a message whose thread is not open any more: as its draft. */
  keepFor(threadId, message) {
    if (threadId === this.#thread) return this.restore(message);
    const draft = recall(this.#draft(threadId));
    keep(this.#draft(threadId), draft ? `${message.text}\n${draft}` : message.text);
    this.onProblem(t("message.kept"));
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
    this.clear();
    this.#thread = threadId;
    this.box.value = recall(this.#draft(threadId)) ?? "";
    this.#refresh();
  }

  /** Empties it. Files that went into no message are swept by the server. */
  clear() {
    this.box.value = "";
    this.files.take();
    this.#choose("");
    this.#refresh();
  }

  /** A thread is no more, and with it what was being written there. */
  forget(threadId) {
    keep(this.#draft(threadId), null);
  }

  /** The thread has a name now: what is being written goes with it. */
  moveTo(threadId) {
    keep(this.#draft(this.#thread), null);
    this.#thread = threadId;
    this.#typed();
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }
}
