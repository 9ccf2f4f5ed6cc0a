// The built-in chat: everything that ChatKit's page has, in plain HTML, on the
// same endpoint. This file puts the parts together.
import { ApiError, Api } from "../api.js";
import { SignedOutError } from "../auth.js";
import { h, icon } from "../dom.js";
import { t } from "../strings.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { History } from "./history.js";
import { alert, explain, notice } from "./notices.js";
import { startScreen } from "./start.js";
import { ThreadView } from "./thread-view.js";
import { Turns, openThread, readOlder } from "./turns.js";
import { textOf } from "./message.js";

export class Chat {
  #speaker = "";
  #loadingOlder = false;

  /**
   * @param {object} parts
   * @param {ReturnType<typeof import("../chatkit-config.js").createClient>} parts.client
   * @param {any} parts.options  ChatKit's options: what is offered, and in which words
   * @param {{get(): string | null, set(id: string): void, forget(): void}} parts.memory  of the thread that was open
   * @param {{time: Function, error: Function, face: Function}} parts.beacon
   * @param {string} parts.signInUrl
   */
  constructor({ client, options, memory, beacon, signInUrl }) {
    Object.assign(this, { options, memory, beacon, signInUrl });
    this.api = new Api(client);
    this.view = new ThreadView({ actions: this.#actions(), onOlder: () => this.#older(), onFault: (err) => this.#fault(err) });
    this.composer = new Composer({ options: options.composer, api: this.api, beacon, onSend: (message) => this.#say(message), onStop: () => this.#stop(), onProblem: (text) => this.view.tell(alert(text)) });
    this.history = new History({ api: this.api, onOpen: (id) => this.#openFromHistory(id), onDeleted: (id) => id === this.conversation.id && this.startNew(), onRenamed: (thread) => this.#renamed(thread), onError: (err) => this.tellError(err) });
    this.status = h("p", { class: "status", role: "status" });
    this.spoken = h("p", { class: "unseen", role: "status" });
    this.start = h("div", {});
    this.main = h("main", {}, this.view.el, this.view.jump, h("div", { class: "foot" }, this.status, this.spoken, this.composer.el));
    this.el = h("div", { class: "columns" }, this.history.el, this.main);
    this.view.el.firstChild.prepend(this.start);
    this.#fresh();
    this.#watchConnection();
  }

  /** Buttons of the bar that belong to this chat. */
  controls() {
    this.toggle = h("button", { class: "action", type: "button", "aria-expanded": String(this.history.open), "aria-controls": "history", onClick: () => this.showHistory(!this.history.open) }, icon("history"), h("span", { class: "words" }, t("history")));
    const fresh = h("button", { class: "action", type: "button", onClick: () => this.startNew() }, icon("plus"), h("span", { class: "words" }, t("new")));
    return [this.toggle, fresh];
  }

  showHistory(open) {
    this.history.toggle(open);
    this.toggle?.setAttribute("aria-expanded", String(open));
    if (!open) this.composer.focus();
  }

  // --- Threads ---

  /** Begins with nothing: a thread is made by the first message. */
  #fresh() {
    this.turns?.leave();
    this.view.clear();
    this.conversation = new Conversation(this.#listener());
    this.turns = new Turns({ api: this.api, conversation: this.conversation, tools: this.options.clientTools, beacon: this.beacon, onEvent: (event) => this.#event(event), onState: (state) => this.#state(state) });
    this.#speaker = "";
    this.#setStatus("");
    this.composer.show("idle");
    this.composer.block("");
    this.#showStart();
  }

  #listener() {
    return {
      added: (item, before) => {
        if (item.type === "assistant_message") item.speaking ??= this.#speaker;
        this.view.added(item, before);
        this.#showStart();
      },
      changed: (item, update) => this.view.changed(item, update),
      removed: (id) => this.view.removed(id),
    };
  }

  #showStart() {
    const empty = this.conversation.items.length === 0 && !this.loading;
    if (empty === Boolean(this.start.firstChild)) return;
    this.start.replaceChildren(...(empty ? [startScreen(this.options.startScreen, (prompt) => this.#say({ text: prompt, attachments: [], tool: "" }))] : []));
  }

  startNew() {
    this.memory.forget();
    this.#fresh();
    this.composer.open(null);
    this.history.current(null);
    this.composer.focus();
  }

  #openFromHistory(id) {
    if (matchMedia("(max-width: 48rem)").matches) this.showHistory(false);
    this.open(id);
  }

  /** Opens a thread; one that is gone, or another's, gives way to a new one. */
  async open(id) {
    this.loading = true;
    this.#fresh();
    const { conversation, turns } = this;
    this.view.el.setAttribute("aria-busy", "true");
    try {
      const found = await openThread(this.api, id);
      if (turns.ended) return;
      conversation.thread = found.thread;
      conversation.prepend(found.items);
      this.memory.set(id);
      this.composer.open(id);
      this.history.current(id);
      this.#showStatus(found.thread);
      this.view.toEnd();
      if (found.answering) this.#run(() => turns.resume());
    } catch (err) {
      if (turns.ended) return;
      if (err.status === 404) this.startNew();
      this.tellError(err, explain(err).again ? { label: t("retry"), run: () => this.open(id) } : undefined);
    } finally {
      this.loading = false;
      this.view.el.removeAttribute("aria-busy");
      this.#showStart();
    }
  }

  async #older() {
    const { conversation, turns } = this;
    if (!conversation.older || this.#loadingOlder) return;
    this.#loadingOlder = true;
    try {
      const { items } = await readOlder(this.api, conversation.id, conversation.older);
      if (!turns.ended) conversation.prepend(items);
    } catch (err) {
      this.tellError(err);
    } finally {
      this.#loadingOlder = false;
      if (!turns.ended && conversation.older) this.view.lookAgain();
    }
  }

  /** A thread may be closed to messages, for a reason. */
  #showStatus(thread) {
    const closed = thread.status && thread.status.type !== "active";
    this.composer.block(closed ? thread.status.reason || t("thread.closed") : "");
  }

  #renamed(thread) {
    if (thread.id === this.conversation.id) this.conversation.thread = thread;
  }

  // --- Turns ---

  /** Sends a message: on the open thread, or as the first of a new one. */
  #say({ text, attachments, tool }) {
    if (this.turns.answering) return;
    const input = { content: text.trim() ? [{ type: "input_text", text }] : [], attachments, inference_options: tool ? { tool_choice: { id: tool } } : {} };
    const thread = this.conversation.id;
    const [type, params] = thread ? ["threads.add_user_message", { thread_id: thread, input }] : ["threads.create", { input }];
    const shown = { id: `local-${Date.now()}`, type: "user_message", local: true, content: input.content, attachments: [] };
    const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this.view.hush();
    this.conversation.put(shown);
    this.view.toEnd();
    const { conversation } = this;
    const send = () => this.#run(() => this.turns.run(type, params, { key }), (err) => {
      if (explain(err).again) return { label: t("retry"), run: send }; // the same key: it cannot take effect twice
      conversation.remove(shown.id);
      this.composer.restore(text);
      return undefined;
    });
    send();
  }

  /** Has the last question answered anew. */
  #again() {
    const question = this.conversation.question();
    if (!question || this.turns.answering) return;
    this.conversation.cutAfter(question.id);
    this.#run(() => this.turns.run("threads.retry_after_item", { thread_id: this.conversation.id, item_id: question.id }), () => ({ label: t("retry"), run: () => this.#again() }));
  }

  /**
   * Runs a turn and tells how it failed, with what cureOf gives to press.
   * @param {() => Promise<void>} turn
   * @param {(err: any) => ({label: string, run: () => void} | undefined)} [cureOf]
   */
  async #run(turn, cureOf = () => undefined) {
    const { turns } = this;
    this.view.hush();
    try {
      await turn();
    } catch (err) {
      if (turns.ended) return;
      if (!(err instanceof ApiError) && !(err instanceof SignedOutError)) this.#fault(err);
      this.beacon.error("stream_failed");
      this.tellError(err, cureOf(err));
    }
  }

  async #stop() {
    try {
      await this.turns.stop();
    } catch (err) {
      this.turns.stopping = false;
      this.tellError(err);
      this.composer.show("answering");
    }
  }

  #state(state) {
    switch (state) {
      case "start":
        this.composer.show("answering");
        this.#setStatus(t("answering"));
        break;
      case "stop":
        this.composer.show("stopping");
        this.#setStatus(t("stopping"));
        break;
      case "lost":
        this.#setStatus(t("reconnecting"));
        break;
      case "end":
        this.composer.show("idle");
        this.#setStatus("");
        this.#announceAnswer();
        this.history.refresh();
    }
  }

  /** Events that are about no item. */
  #event(event) {
    switch (event.type) {
      case "thread.created":
        this.memory.set(event.thread.id);
        this.composer.moveTo(event.thread.id);
        this.history.current(event.thread.id);
        this.history.refresh();
        break;
      case "thread.updated":
        this.#showStatus(event.thread);
        this.history.refresh();
        break;
      case "stream_options":
        this.composer.stop.hidden = event.stream_options?.allow_cancel === false;
        break;
      case "progress_update":
        if (event.icon === "agent") this.#speaker = event.text;
        this.#setStatus(event.text);
        break;
      case "notice":
        this.view.tell(notice(event));
        break;
      case "error":
        this.view.tell(alert(event.message || t("error.answer"), event.allow_retry ? { label: t("retry"), run: () => this.#again() } : undefined));
        break;
      case "client_effect":
        document.dispatchEvent(new CustomEvent("chatkit.effect", { detail: { name: event.name, data: event.data } }));
    }
  }

  // --- What items can do ---

  #actions() {
    return {
      speaker: (item) => translatedSpeaker(item),
      retry: () => this.#again(),
      copy: (text, button) => this.#copy(text, button),
      feedback: (item, kind) => this.#feedback(item, kind),
      answer: (item, input) => this.#run(() => this.turns.run("threads.add_structured_input", { thread_id: this.conversation.id, item_id: item.id, input })),
      act: (item, action) => this.#act(item, action),
    };
  }

  async #copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      this.#setStatus(t("copied"));
      button.classList.add("done");
      setTimeout(() => button.classList.remove("done"), 1500);
    } catch {
      this.#setStatus(t("copy.failed"));
    }
  }

  async #feedback(item, kind) {
    const before = item.feedback;
    item.feedback = kind;
    this.view.changed(item, null);
    try {
      await this.api.call("items.feedback", { thread_id: this.conversation.id, item_ids: [item.id], kind });
    } catch (err) {
      item.feedback = before;
      this.view.changed(item, null);
      this.tellError(err);
    }
  }

  /** An action of a widget: of the page, at once, or with an answer. */
  async #act(item, { type, payload, handler, streaming }) {
    if (handler === "client") {
      document.dispatchEvent(new CustomEvent("taskwire.action", { detail: { type, payload, item } }));
      return;
    }
    const params = { thread_id: this.conversation.id, item_id: item.id, action: { type, payload: payload ?? null } };
    try {
      if (streaming === false) {
        const { updated_item: changed } = await this.api.call("threads.sync_custom_action", params);
        if (changed) this.conversation.apply({ type: "thread.item.replaced", item: changed });
      } else {
        await this.turns.run("threads.custom_action", params);
      }
    } catch (err) {
      this.tellError(err);
      throw err; // the control goes back to what it was
    }
  }

  // --- What is said ---

  #setStatus(text) {
    this.status.textContent = text;
  }

  /** Reads the answer aloud once it is whole, and not letter by letter. */
  #announceAnswer() {
    const last = this.conversation.last();
    if (last?.type === "assistant_message") this.spoken.textContent = `${translatedSpeaker(last)}: ${textOf(last).slice(0, 500)}`;
  }

  /** Tells an error, with what can be done about it. */
  tellError(err, cure) {
    const { kind, text } = explain(err);
    if (kind === "signed-out") return this.signOut();
    this.view.hush();
    this.view.tell(alert(text, cure));
  }

  /** Nobody is signed in: nothing of anybody's is shown. */
  signOut() {
    this.memory.forget();
    this.#fresh();
    this.composer.block(t("error.signedOut"));
    this.start.replaceChildren(signedOut(this.signInUrl));
  }

  #fault(err) {
    this.beacon.error("render_failed");
    console.error(err);
  }

  #watchConnection() {
    addEventListener("offline", () => this.view.tell(alert(t("error.offline"))));
    addEventListener("online", () => (this.view.hush(), this.#setStatus(t("online"))));
  }
}

/** Who speaks, in the words of the page. */
function translatedSpeaker(item) {
  const known = { orchestrator: t("speaker.orchestrator"), urdu: t("speaker.urdu"), Orchestrator: t("speaker.orchestrator"), "Urdu Specialist": t("speaker.urdu") };
  const name = item.sender ?? item.speaking ?? "";
  return known[name] ?? (name || t("assistant"));
}

/** What stands in place of a conversation when nobody is signed in. */
export function signedOut(signInUrl) {
  return h(
    "section",
    { class: "welcome" },
    h("h2", {}, t("signedOut.title")),
    h("p", {}, signInUrl ? t("signedOut.text") : t("signedOut.noLink")),
    signInUrl && h("a", { class: "action primary", href: signInUrl }, t("signIn")),
  );
}
