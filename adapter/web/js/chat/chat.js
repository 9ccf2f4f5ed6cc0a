// The built-in chat: everything that ChatKit's page has, in plain HTML, on the
// same endpoint. This file puts the parts of the page together; what is said in
// a conversation is its exchange's.
import { Api, ApiError } from "../api.js";
import { h, icon } from "../dom.js";
import { t } from "../strings.js";
import { plain } from "../text.js";
import { Composer } from "./composer.js";
import { Exchange } from "./exchange.js";
import { itemActions } from "./item-actions.js";
import { setSpeech } from "./message.js";
import { alert, explain } from "./notices.js";
import { signedOut, startScreen } from "./start.js";
import { ThreadView } from "./thread-view.js";

const mostSaid = 500; // characters of an answer that are read aloud by themselves
const narrow = "(max-width: 48rem)"; // where the history lies over the conversation

export class Chat {
  #opening = false; // a thread is being opened, or could not be
  signedOut = false;

  /**
   * @param {object} parts
   * @param {ReturnType<typeof import("../chatkit-config.js").createClient>} parts.client
   * @param {any} parts.options  ChatKit's options: what is offered, and in which words
   * @param {{get(): string | null, set(id: string): void, forget(): void}} parts.memory  of the thread that was open
   * @param {{time: Function, error: Function, face: Function}} parts.beacon
   * @param {string} parts.user  whose chat it is: drafts are kept by person
   * @param {() => void} parts.onSignedOut  forgets what the browser keeps of the user's
   * @param {string} parts.signInUrl
   */
  constructor({ client, options, memory, beacon, user, onSignedOut, signInUrl }) {
    Object.assign(this, { options, memory, beacon, onSignedOut, signInUrl });
    this.api = new Api(client);
    this.view = new ThreadView({ actions: itemActions(this), onOlder: () => this.#older(), onFault: (err) => this.fault(err) });
    this.composer = new Composer({
      options: options.composer, api: this.api, beacon, user,
      onSend: (message) => this.exchange.say(message), onStop: () => this.exchange.stop(), onProblem: (text) => this.view.tell(alert(text)),
    });
    this.#layOut();
    this.#fresh();
    matchMedia(narrow).addEventListener("change", () => this.#cover());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.exchange.lookAgain());
    addEventListener("offline", () => this.view.tell(alert(t("error.offline"))));
    addEventListener("online", () => (this.view.hush(), this.setStatus(t("online"))));
  }

  #layOut() {
    this.status = h("p", { class: "status", role: "status" });
    this.spoken = h("p", { class: "unseen", role: "status" });
    this.start = h("div", { class: "start" });
    this.view.column.prepend(this.start);
    const foot = h("div", { class: "foot" }, this.view.jump, this.status, this.spoken, this.composer.el);
    this.main = h("main", {}, h("h2", { class: "unseen" }, t("conversation")), this.view.el, foot);
    this.el = h("div", { class: "columns" }, this.main);
    this.toggle = h("button", { class: "action", type: "button", "aria-expanded": "false", "aria-controls": "history", onClick: () => this.showHistory(!this.history?.open) }, icon("history"), h("span", { class: "words" }, t("history")));
    this.fresh = h("button", { class: "action", type: "button", onClick: () => this.startNew() }, icon("plus"), h("span", { class: "words" }, t("new")));
    this.el.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#uncover();
    });
  }

  /** Buttons of the bar that belong to this chat. */
  controls() {
    return [this.toggle, this.fresh];
  }

  /** Shows the earlier conversations, or hides them. What shows them is loaded when it is first asked for. */
  async showHistory(open) {
    if (!open) return this.#hideHistory();
    try {
      this.making ??= this.#makeHistory();
      this.history = await this.making;
    } catch {
      this.making = null; // offline, or of a release that is gone
      return this.view.tell(alert(t("error.load"), { label: t("reload"), run: () => location.reload() }));
    }
    this.history.toggle(true);
    this.toggle.setAttribute("aria-expanded", "true");
    this.#cover();
  }

  #hideHistory() {
    this.history?.toggle(false);
    this.toggle.setAttribute("aria-expanded", "false");
    this.#cover();
    this.toggle.focus();
  }

  /** What lies under the history cannot be reached. */
  #cover() {
    this.main.inert = Boolean(this.history?.open) && matchMedia(narrow).matches;
  }

  #uncover() {
    if (this.main.inert) this.#hideHistory();
  }

  async #makeHistory() {
    const { History } = await import("./history.js");
    const history = new History({
      api: this.api, onOpen: (id) => this.#openFromHistory(id), onDeleted: (id) => this.#deleted(id),
      onError: (err) => this.tellError(err),
    });
    history.current(this.exchange.id);
    this.el.prepend(history.el);
    return history;
  }

  #deleted(id) {
    this.composer.forget(id);
    if (id === this.exchange.id) this.startNew();
  }

  // --- Threads ---

  /** Begins with nothing: a thread is made by the first message. */
  #fresh() {
    this.exchange?.leave();
    this.view.clear();
    this.exchange = new Exchange(this);
    this.setStatus("");
    this.composer.show("idle");
    this.composer.block("");
    this.showStart();
  }

  showStart() {
    const wanted = this.exchange.empty && !this.#opening;
    if (wanted === Boolean(this.start.firstChild)) return;
    if (this.start.contains(document.activeElement)) this.view.el.focus();
    const say = (text) => this.exchange.say({ text, attachments: [], tool: "" });
    this.start.replaceChildren(...(wanted ? [startScreen(this.options.startScreen, say)] : []));
  }

  startNew() {
    if (this.signedOut) return;
    this.#opening = false;
    this.memory.forget();
    this.#fresh();
    this.composer.open(null);
    this.history?.current(null);
    this.#uncover();
    this.composer.focus();
  }

  #openFromHistory(id) {
    this.#uncover();
    this.open(id);
  }

  /** Opens a thread; one that is gone, or another's, gives way to a new one. */
  async open(id) {
    if (this.signedOut) return;
    this.#opening = true;
    this.memory.set(id);
    this.#fresh();
    this.composer.show("opening"); // a message now would begin another thread
    const { exchange, view } = this;
    view.el.setAttribute("aria-busy", "true");
    try {
      if (!(await exchange.open(id))) return;
      this.#opening = false;
      if (!exchange.turns.answering) this.composer.show("idle");
      this.composer.open(id);
      this.history?.current(id);
      this.showThreadStatus(exchange.conversation.thread);
      view.toEnd();
      this.showStart();
    } catch (err) {
      if (exchange.left) return;
      if (err.status === 404) this.startNew();
      this.tellError(err, explain(err).again && { label: t("retry"), run: () => this.open(id) });
    } finally {
      view.el.removeAttribute("aria-busy");
    }
  }

  async #older() {
    if (await this.exchange.older()) this.view.lookAgain();
  }

  /** The thread that was new has its id now. */
  nameThread(id) {
    this.memory.set(id);
    this.composer.moveTo(id);
    this.history?.current(id);
    this.history?.refresh();
  }

  /** A thread may be closed to messages, for a reason. */
  showThreadStatus({ status }) {
    const closed = status && status.type !== "active";
    this.composer.block(closed ? plain(status.reason) || t("thread.closed") : "");
  }

  // --- What is said about it ---

  /** @param {string} text of the line above the composer */
  setStatus(text) {
    this.status.textContent = plain(text);
  }

  /** Says something to who listens and does not look: once it is whole, and not letter by letter. */
  announce(who, text) {
    const whole = plain(text);
    const said = h("span", {}, whole.length > mostSaid ? `${whole.slice(0, mostSaid)}…` : whole);
    setSpeech(said, text);
    this.spoken.replaceChildren(`${who}: `, said);
  }

  /** Tells an error, with what can be done about it. */
  tellError(err, cure) {
    const { kind, text } = explain(err);
    if (kind === "signed-out") return this.signOut();
    this.#uncover();
    this.view.hush();
    this.view.tell(alert(text, cure));
  }

  /** Nobody is signed in: nothing of anybody's is shown. */
  signOut() {
    if (this.signedOut) return;
    this.onSignedOut();
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    if (this.history?.open) this.#hideHistory();
    this.history?.clear();
    this.#fresh();
    this.signedOut = true;
    this.spoken.replaceChildren();
    this.composer.clear();
    this.composer.block(t("error.signedOut"));
    this.toggle.disabled = this.fresh.disabled = true;
    this.start.replaceChildren(signedOut(this.signInUrl));
  }

  /** A fault of the page itself. */
  fault(err) {
    this.beacon.error("render_failed");
    console.error(err);
  }
}
