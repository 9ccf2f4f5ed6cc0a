// The client's side of the protocol, as ChatKit speaks it: one thread, the
// requests about it, and what the answers make of it.

/** A request that was refused. */
export class HttpError extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `HTTP ${status}`);
    this.name = "HttpError";
    this.status = status;
    this.code = problem.code;
  }
}

export class Conversation {
  threadId = null;
  title = "";
  items = [];
  progress = "";
  problem = null; // the last `error` event, or HttpError
  notice = "";
  busy = ""; // "loading" or "streaming"
  allowCancel = true;
  #abort = null;
  #device = crypto.randomUUID();

  /**
   * @param {() => any} options ChatKit's, as they are now
   * @param {(name: string, detail?: any) => void} emit an event of the element
   * @param {() => void} changed
   */
  constructor(options, emit, changed) {
    Object.assign(this, { options, emit, changed });
  }

  #fetch(type, params, signal) {
    const { api, locale } = this.options();
    const headers = {
      "Content-Type": "application/json", "Accept": "text/event-stream", "Accept-Language": locale ?? navigator.language,
      "chatkit-device-id": this.#device, "chatkit-frame-instance-id": this.#device,
    };
    return api.fetch(api.url, { method: "POST", headers, body: JSON.stringify({ type, params }), signal });
  }

  /** A request that is answered with JSON. */
  async call(type, params = {}) {
    const response = await this.#fetch(type, params);
    const answer = await response.json();
    if (!response.ok) throw new HttpError(response.status, answer);
    return answer;
  }

  /** One that is answered with a stream, whose events it gives one by one. */
  async *events(type, params, signal) {
    const response = await this.#fetch(type, params, signal);
    if (!response.ok) throw new HttpError(response.status, await response.json().catch(() => ({})));
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) throw new Error("no event stream");
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) if (block.startsWith("data: ")) yield JSON.parse(block.slice(6));
    }
  }

  /** Runs an answer to its end, and the client's tools that it asks for. */
  async answer(type, params) {
    if (this.busy) throw new Error(`busy ${this.busy}`);
    const abort = (this.#abort = new AbortController());
    Object.assign(this, { busy: "streaming", problem: null, notice: "", progress: "" });
    this.emit("response.start");
    this.changed();
    try {
      for await (const event of this.events(type, params, abort.signal)) this.apply(event);
    } catch (err) {
      if (!abort.signal.aborted) {
        this.problem = err;
        this.emit("error", { error: Object.assign(new Error(err.message), { name: "StreamError" }) });
      }
    }
    abort.abort(); // as fetch-event-source does when all is over
    Object.assign(this, { busy: "", progress: "" });
    this.emit("response.end");
    this.changed();
    await this.#answerTool();
  }

  stop() {
    this.#abort?.abort();
  }

  async #answerTool() {
    const call = this.items.at(-1);
    if (call?.type !== "client_tool_call" || call.status !== "pending") return;
    const result = await this.options().onClientTool({ name: call.name, params: call.arguments });
    if (typeof result !== "object" || result === null) throw new Error("onClientTool: no object");
    call.status = "completed";
    await this.answer("threads.add_client_tool_output", { thread_id: this.threadId, result });
  }

  apply(event) {
    switch (event.type) {
      case "thread.created":
        this.#enter(event.thread);
        break;
      case "thread.updated":
        this.title = event.thread.title ?? "";
        break;
      case "thread.item.added":
      case "thread.item.done":
      case "thread.item.replaced":
        this.#put(event.item);
        break;
      case "thread.item.removed":
        this.items = this.items.filter((item) => item.id !== event.item_id);
        break;
      case "thread.item.updated":
        this.#update(this.items.find((item) => item.id === event.item_id), event.update);
        break;
      case "stream_options":
        this.allowCancel = event.stream_options.allow_cancel;
        break;
      case "progress_update":
        this.progress = event.text;
        break;
      case "notice":
        this.notice = event.message;
        break;
      case "client_effect":
        this.emit("effect", { name: event.name, data: event.data });
        break;
      case "error":
        this.problem = event;
    }
    this.changed();
  }

  #put(item) {
    const at = this.items.findIndex((one) => one.id === item.id);
    if (at < 0) this.items.push(item);
    else this.items[at] = item;
  }

  #update(item, update) {
    if (!item) return;
    const at = update.content_index;
    if (update.type.endsWith("content_part.added") || update.type.endsWith("content_part.done")) item.content[at] = update.content;
    else if (update.type.endsWith("text_delta")) item.content[at].text += update.delta;
    else if (update.type.startsWith("workflow.task.")) item.workflow.tasks[update.task_index] = update.task;
    else if (update.type === "widget.root.updated") item.widget = update.widget;
  }

  #enter(thread) {
    this.threadId = thread?.id ?? null;
    this.title = thread?.title ?? "";
    this.emit("thread.change", { threadId: this.threadId });
  }

  /** Opens a thread with all its items; null opens a new one. */
  async open(threadId) {
    if (this.busy) throw new Error(`busy ${this.busy}`);
    Object.assign(this, { items: [], problem: null });
    if (threadId === null) {
      this.#enter(null);
      return this.changed();
    }
    this.busy = "loading";
    this.emit("thread.load.start", { threadId });
    try {
      const thread = await this.call("threads.get_by_id", { thread_id: threadId });
      let page = thread.items;
      this.items = page.data;
      while (page.has_more) {
        page = await this.call("items.list", { thread_id: threadId, order: "asc", after: page.after, limit: 20 });
        this.items.push(...page.data);
      }
      this.#enter(thread);
    } finally {
      this.busy = "";
      this.changed();
    }
    this.emit("thread.load.end", { threadId });
  }

  /** Reads the thread again. */
  async refresh() {
    if (this.threadId) await this.open(this.threadId);
  }

  /** Sends a message, into a new thread if none is open. */
  send({ text = "", content = [{ type: "input_text", text }], attachments = [], toolChoice, model, reply }) {
    const input = {
      content, attachments: attachments.map(({ id }) => id),
      inference_options: { ...(toolChoice && { tool_choice: toolChoice }), ...(model && { model }) },
      ...(reply && { quoted_text: reply }),
    };
    return this.threadId
      ? this.answer("threads.add_user_message", { thread_id: this.threadId, input })
      : this.answer("threads.create", { input });
  }

  /** Asks anew from the user's message before an item. */
  retry(item) {
    const at = this.items.findLastIndex((one, i) => one.type === "user_message" && i <= this.items.indexOf(item));
    this.items = this.items.slice(0, at + 1);
    return this.answer("threads.retry_after_item", { thread_id: this.threadId, item_id: this.items[at].id });
  }

  feedback(item, kind) {
    return this.call("items.feedback", { thread_id: this.threadId, item_ids: [item.id], kind });
  }

  /** An action, of a widget or none: by the page, by the server at once, or as an answer. */
  async act({ type, payload, handler = "server", streaming = true }, item = null) {
    if (handler === "client") return this.options().widgets.onAction({ type, payload }, { id: item.id, widget: item.widget });
    const params = { thread_id: this.threadId, item_id: item?.id ?? null, action: { type, payload: payload ?? null } };
    if (streaming) return this.answer("threads.custom_action", params);
    const { updated_item: updated } = await this.call("threads.sync_custom_action", params);
    if (updated) this.apply({ type: "thread.item.replaced", item: updated });
  }

  /** Uploads a file in two phases. */
  async upload(file) {
    const { api } = this.options();
    if (api.uploadStrategy?.type !== "two_phase") throw new Error("no strategy for uploads");
    const attachment = await this.call("attachments.create", { name: file.name, size: file.size, mime_type: file.type });
    const { url, method, headers } = attachment.upload_descriptor;
    let body = file;
    if (method === "POST") {
      body = new FormData();
      body.append("file", file);
    }
    const response = await api.fetch(url, { method, headers, body });
    if (!response.ok) throw new HttpError(response.status, await response.json().catch(() => ({})));
    return attachment;
  }
}
