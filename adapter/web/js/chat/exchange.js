// One conversation that is open: what is said in it, and how the page follows the
// answers. Opening another one makes another exchange; what still arrives for
// the one that was left is not shown any more.
import { ApiError } from "../api.js";
import { SignedOutError } from "../auth.js";
import { keep, recall } from "../preferences.js";
import { t } from "../strings.js";
import { Conversation } from "./conversation.js";
import { speakerOf } from "./message.js";
import { alert, explain, notice } from "./notices.js";
import { Turns, openThread, readOlder } from "./turns.js";

const refusedKey = "chatkit-draft:refused"; // holds the Idempotency-Key of the message that was not accepted last, and the message

export class Exchange {
  #speaker = "";
  #loadingOlder = false;

  /** @param {import("./chat.js").Chat} chat  the parts of the page */
  constructor(chat) {
    this.chat = chat;
    this.conversation = new Conversation({
      added: (item, before) => {
        if (item.type === "assistant_message") item.speaking ??= this.#speaker;
        this.#shown(() => chat.view.added(item, before));
        this.#shown(() => chat.showStart());
      },
      changed: (item, update) => this.#shown(() => chat.view.changed(item, update)),
      removed: (id) => this.#shown(() => chat.view.removed(id)),
    });
    this.turns = new Turns({
      api: chat.api, conversation: this.conversation, tools: chat.options.clientTools, beacon: chat.beacon,
      onEvent: (event) => this.#event(event), onState: (state) => this.#state(state), onUnstopped: (err) => this.#unstopped(err),
    });
  }

  get id() {
    return this.conversation.id;
  }

  get empty() {
    return this.conversation.items.length === 0;
  }

  get left() {
    return this.turns.ended;
  }

  leave() {
    this.turns.leave();
  }

  #shown(show) {
    if (!this.left) show();
  }

  /** Reads the thread and its newest items; false when it was left meanwhile. */
  async open(id) {
    const { thread, items, answering } = await openThread(this.chat.api, id);
    if (this.left) return false;
    this.conversation.thread = thread;
    this.conversation.prepend(items);
    // An answer may have ended between the two looks: then its items are missing.
    if (answering || this.conversation.last()?.type !== "assistant_message") this.#during(() => this.turns.resume());
    return true;
  }

  /** Reads older items, if there are any; true when there are still more. */
  async older() {
    const { conversation } = this;
    if (!conversation.older || this.#loadingOlder) return false;
    this.#loadingOlder = true;
    try {
      const { items } = await readOlder(this.chat.api, conversation.id, conversation.older);
      this.#shown(() => conversation.prepend(items));
    } catch (err) {
      this.#shown(() => this.chat.tellError(err));
    } finally {
      this.#loadingOlder = false;
    }
    return Boolean(conversation.older);
  }

  /** Sends a message: on this thread, or as the first of a new one. */
  say(message) {
    const { conversation, turns } = this;
    if (turns.answering) return;
    const { text, attachments, tool } = message;
    const input = { content: text.trim() ? [{ type: "input_text", text }] : [], attachments, inference_options: tool ? { tool_choice: { id: tool } } : {} };
    const [type, params] = conversation.id ? ["threads.add_user_message", { thread_id: conversation.id, input }] : ["threads.create", { input }];
    const shown = { id: "local", type: "user_message", local: true, content: input.content };
    const content = JSON.stringify(params);
    const key = this.#keyFor(content);
    this.#during(
      async () => {
        keep(refusedKey, null);
        conversation.put(shown);
        this.chat.view.toEnd();
        await turns.run(type, params, { key });
      },
      () => {
        const accepted = !conversation.items.includes(shown);
        if (accepted) return { label: t("retry"), run: () => this.again() };
        // While the server has not confirmed it, it is still the writer's.
        keep(refusedKey, `${key} ${content}`);
        conversation.remove(shown.id);
        if (this.left) return this.chat.composer.keepFor(conversation.id, message);
        this.chat.composer.restore(message);
        return { label: t("retry"), run: () => this.chat.composer.submit() };
      },
    );
  }

  /** What is sent again, word by word, bears the same key, after a reload too: it takes effect once. */
  #keyFor(content) {
    const [key, ...rest] = (recall(refusedKey) ?? "").split(" ");
    if (key && rest.join(" ") === content) return key;
    return crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  }

  /**
   * Has the last question answered anew. What came after it goes, so first we
   * look whether the conversation went on elsewhere: nobody is to lose what they
   * have not seen.
   */
  async again() {
    const { conversation, turns } = this;
    const question = conversation.question();
    if (!question || turns.answering) return;
    const cure = () => ({ label: t("retry"), run: () => this.again() });
    await this.#during(async () => {
      const newest = conversation.stored()?.id;
      await turns.readNew();
      if (turns.answering) return; // pressed twice
      if (this.left || conversation.stored()?.id !== newest) return this.chat.setStatus(t("moved"));
      const onAccepted = () => conversation.cutAfter(question.id);
      await turns.run("threads.retry_after_item", { thread_id: conversation.id, item_id: question.id }, { onAccepted });
    }, cure);
  }

  /** Runs a turn other than a message; false when it failed, which has been told. */
  async run(type, params, cureOf) {
    if (!this.turns.answering) return this.#during(() => this.turns.run(type, params), cureOf);
    this.chat.tellError(new ApiError({ status: 409 }));
    return false;
  }

  /** Shows what was said elsewhere meanwhile. */
  async lookAgain() {
    if (this.turns.answering || !this.id) return;
    await this.turns.readNew().catch(() => {}); // nobody has asked for it
  }

  /**
   * Tells how a turn failed, with a cure if the same may succeed later.
   * @param {() => Promise<void>} turn
   * @param {() => {label: string, run: () => void} | undefined} [cureOf]
   */
  async #during(turn, cureOf = () => undefined) {
    this.chat.view.hush();
    try {
      await turn();
      if (!this.left) this.#noAnswer();
      return true;
    } catch (err) {
      this.chat.beacon.error("stream_failed");
      if (!(err instanceof ApiError) && !(err instanceof SignedOutError)) this.chat.fault(err);
      const { kind, again } = explain(err);
      if (kind === "signed-out") this.chat.signOut();
      if (this.chat.signedOut) return false; // what was written goes with the rest
      const cure = cureOf();
      if (!this.left) this.chat.tellError(err, again && cure);
      return false;
    }
  }

  /** A question must not stay without an answer and without a word. */
  #noAnswer() {
    if (this.turns.answering || this.conversation.last()?.type !== "user_message" || this.chat.view.tells) return;
    this.chat.view.tell(alert(t("error.answer"), { label: t("retry"), run: () => this.again() }));
  }

  stop() {
    return this.turns.stop();
  }

  #unstopped(err) {
    if (this.left) return;
    this.chat.setStatus(t("answering"));
    this.chat.composer.show("answering");
    this.chat.tellError(err);
  }

  #state(state) {
    const { chat } = this;
    const said = { start: "answering", stop: "stopping", lost: "reconnecting" };
    chat.setStatus(said[state] ? t(said[state]) : "");
    if (state === "start") chat.composer.show("answering");
    if (state === "stop") chat.composer.show("stopping");
    if (state !== "end") return;
    chat.composer.show("idle");
    const last = this.conversation.last();
    if (last?.type === "assistant_message") chat.announce(speakerOf(last), chat.view.said(last.id));
    if (last?.type === "structured_input") chat.announce(t("questions"), (last.inputs ?? []).map((input) => input.question).join("\n"));
    chat.history?.refresh();
  }

  /** Events that are about no item. */
  #event(event) {
    const { chat } = this;
    switch (event.type) {
      case "thread.created":
        chat.nameThread(event.thread.id);
        break;
      case "thread.updated":
        chat.showThreadStatus(event.thread);
        chat.history?.refresh();
        break;
      case "stream_options":
        chat.composer.stop.hidden = event.stream_options?.allow_cancel === false;
        break;
      case "progress_update":
        if (event.icon === "agent") this.#speaker = event.text;
        chat.setStatus(event.text ? speakerOf({ sender: event.text }) : "");
        break;
      case "notice":
        chat.view.tell(notice(event));
        break;
      case "error":
        chat.view.tell(alert(event.message || t("error.answer"), event.allow_retry && { label: t("retry"), run: () => this.again() }));
        break;
      case "client_effect":
        document.dispatchEvent(new CustomEvent("chatkit.effect", { detail: { name: event.name, data: event.data } }));
    }
  }
}
