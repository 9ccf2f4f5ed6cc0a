// Asking the server to answer, and following the answer: from its stream, or by
// looking again where the stream was lost or the answer began before the page
// was loaded.
import { ApiError } from "../api.js";

const firstLook = 700; // ms until a lost answer is looked at again, growing from there
const lastLook = 4000;
const pageSize = 30;

export class Turns {
  /** Whether an answer is under way. */
  answering = false;
  stopping = false;

  /**
   * @param {object} parts
   * @param {import("../api.js").Api} parts.api
   * @param {import("./conversation.js").Conversation} parts.conversation
   * @param {(event: any) => void} parts.onEvent  what is no matter of items: progress, notices, errors
   * @param {(type: string) => void} parts.onState  "start", "stop", "end", "lost"
   * @param {(err: any) => void} parts.onUnstopped  the answer could not be stopped
   * @param {Record<string, (params: any) => any>} parts.tools  the page's own, for the model
   * @param {{time: Function, error: Function}} parts.beacon
   */
  constructor({ api, conversation, onEvent, onState, onUnstopped, tools, beacon }) {
    Object.assign(this, { api, conversation, onEvent, onState, onUnstopped, tools, beacon });
    this.ended = false;
  }

  /**
   * Runs one turn to its end. Rejects when it was refused before it began; what
   * happens later is told as an event.
   * @param {string} type one of the streaming requests
   * @param {object} [how]
   * @param {string} [how.key]  Idempotency-Key
   * @param {() => void} [how.onAccepted]  the server has begun
   */
  async run(type, params, how = {}) {
    this.#begin();
    try {
      await this.#follow(type, params, how);
      await this.#answerTool();
    } finally {
      this.#end();
    }
  }

  #begin() {
    this.answering = true;
    this.onState("start");
  }

  #end() {
    this.answering = this.stopping = this.#cancelling = false;
    if (!this.ended) this.onState("end");
  }

  async #follow(type, params, { key, onAccepted }) {
    const started = performance.now();
    let seen = false;
    let texts = false;
    try {
      for await (const event of this.api.stream(type, params, { key })) {
        if (this.ended) return;
        if (!seen) {
          seen = true;
          this.beacon.time("first_event_ms", performance.now() - started);
          onAccepted?.();
        }
        if (!texts && event.update?.delta) {
          texts = true;
          this.beacon.time("first_text_ms", performance.now() - started);
        }
        this.#take(event);
      }
      // A proxy may end what it cuts as if it were whole.
      if (!seen || this.conversation.unfinished()) throw new ApiError({ code: "cut" });
      this.beacon.time("turn_ms", performance.now() - started);
    } catch (err) {
      if (this.ended && seen) return;
      if (this.ended || !(err instanceof ApiError) || err.code !== "cut" || !this.conversation.id) throw err;
      this.beacon.error("stream_failed");
      this.onState("lost");
      await this.catchUp();
    }
  }

  #take(event) {
    this.#heard += 1;
    if (!this.conversation.apply(event)) this.onEvent(event);
    else if (event.type.startsWith("thread.created") || event.type === "thread.updated") this.onEvent(event);
    if (this.stopping) this.#cancel(); // it was asked to before the server knew of the answer
  }

  /** Runs the page's own tool when the answer waits for one, then lets it go on. */
  async #answerTool() {
    for (let call = this.conversation.last(); call?.type === "client_tool_call" && call.status === "pending"; call = this.conversation.last()) {
      if (this.ended) return;
      let result;
      try {
        const tool = this.tools[call.name];
        result = tool ? await tool(call.arguments ?? {}) : { error: `This page has no tool ${call.name}.` };
      } catch (err) {
        result = { error: String(err?.message ?? err) };
      }
      call.status = "completed";
      await this.#follow("threads.add_client_tool_output", { thread_id: this.conversation.id, result: result ?? null }, {});
    }
  }

  /** Stops the answer. What it has said so far stays; the stream tells its end. */
  async stop() {
    this.stopping = true;
    this.onState("stop");
    await this.#cancel();
  }

  #cancelling = false;
  #heard = 0; // events so far

  async #cancel() {
    if (!this.conversation.id || this.#cancelling) return;
    this.#cancelling = true;
    let stopped = false;
    try {
      for (let heard = -1; !stopped && this.answering && heard !== this.#heard; ) {
        heard = this.#heard; // an event meanwhile: now there may be something to stop
        stopped = await this.api.cancel(this.conversation.id);
      }
    } catch (err) {
      this.stopping = false;
      if (this.answering) this.onUnstopped(err);
    }
    this.#cancelling = stopped && this.answering; // where none ran yet, the next event tries again
  }

  /** Follows an answer that runs without a stream of ours, until it is over. */
  async resume() {
    this.#begin();
    try {
      await this.catchUp();
    } finally {
      this.#end();
    }
  }

  /** Reads what is new until no answer runs any more. */
  async catchUp() {
    for (let wait = firstLook; !this.ended; wait = Math.min(wait * 1.5, lastLook)) {
      try {
        const { answering } = await this.api.state(this.conversation.id, { limit: 1 });
        await this.readNew();
        if (!answering) return this.conversation.dropUnfinished();
      } catch (err) {
        // Only what may pass is waited for. Reading went wrong, and not the answer.
        if (!(err instanceof ApiError) || (err.status !== 0 && err.status < 500 && err.status !== 429)) throw err;
        wait = Math.max(wait, err.retryAfter * 1000);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** Adds the items that came after those that we have. */
  async readNew() {
    let after = this.conversation.stored()?.id;
    for (let more = true; more && !this.ended; ) {
      const { items } = await readPage(this.api, this.conversation.id, { order: "asc", limit: 100, after });
      for (const item of items.data) this.conversation.apply({ type: "thread.item.done", item });
      more = items.has_more;
      after = items.after;
    }
  }

  /** Leaves the thread: nothing of it is shown any more. The answer itself goes on. */
  leave() {
    this.ended = true;
  }
}

/** Reads a thread with its newest items. */
export async function openThread(api, threadId) {
  const [thread, newest] = await Promise.all([
    api.call("threads.get_by_id", { thread_id: threadId }),
    readPage(api, threadId, { limit: pageSize, order: "desc" }),
  ]);
  return { thread, ...newest };
}

/** Reads a page of older items, newest first. */
export const readOlder = (api, threadId, after) => readPage(api, threadId, { limit: pageSize, order: "desc", after });

/** Reads a page of items, and notes at each who spoke and what the user thought of it. */
async function readPage(api, threadId, { order, limit, after }) {
  const page = { order, limit, ...(after && { after }) };
  const [items, state] = await Promise.all([api.call("items.list", { thread_id: threadId, ...page }), api.state(threadId, page)]);
  for (const item of items.data) Object.assign(item, state.items?.[item.id]);
  return { items, answering: state.answering };
}
