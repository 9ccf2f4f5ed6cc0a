// Requests of the chat, and what can become of them.
import { SignedOutError } from "./auth.js";

/** A request that was refused, or never answered (status 0). */
export class ApiError extends Error {
  /** @param {{status?: number, code?: string, detail?: string, retryAfter?: number}} facts */
  constructor({ status = 0, code = "unreachable", detail = "", retryAfter = 0 } = {}) {
    super(detail || code);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.retryAfter = retryAfter; // seconds; 0: not told
  }
}

const silence = 45_000; // ms without a byte after which a stream is dead: the server pings every 15 s

export class Api {
  /** @param {ReturnType<typeof import("./chatkit-config.js").createClient>} client */
  constructor(client, base = "/api/chatkit") {
    this.client = client;
    this.base = base;
  }

  /** One of ChatKit's requests that are answered with JSON. */
  async call(type, params) {
    return readJSON(await this.#post({ type, params }));
  }

  /**
   * One that is answered with a stream: yields its events. Ends early with an
   * ApiError when the connection is lost.
   */
  async *stream(type, params, { key } = {}) {
    const response = await this.#post({ type, params }, { accept: "text/event-stream", ...(key && { "idempotency-key": key }) });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) throw new ApiError(); // somebody else answers here
    yield* readEvents(response.body);
  }

  async #post(body, headers = {}) {
    return check(this.client.fetch(this.base, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) }));
  }

  /** What the protocol has no place for: is an answer under way, who spoke, what was thought of it. */
  async state(threadId, page) {
    const query = new URLSearchParams(Object.entries(page).filter(([, v]) => v !== undefined));
    return readJSON(await check(this.client.userFetch(`${this.base}/threads/${encodeURIComponent(threadId)}?${query}`)));
  }

  async search(q, { after, limit }) {
    const query = new URLSearchParams({ q, limit, ...(after && { after }) });
    return readJSON(await check(this.client.userFetch(`${this.base}/threads?${query}`)));
  }

  /** Stops the answer of a thread; false when none ran. */
  async cancel(threadId) {
    const body = JSON.stringify({ thread_id: threadId });
    const answer = await check(this.client.userFetch(`${this.base}/cancel`, { method: "POST", headers: { "content-type": "application/json" }, body }));
    return (await readJSON(answer)).cancelled === true;
  }

  /** Sends a file to where its descriptor says. */
  async upload({ url, method, headers = {} }, file) {
    let body = file;
    if (method === "POST") {
      body = new FormData();
      body.append("file", file);
    }
    return check(fetch(url, { method, headers, body }));
  }
}

/** Waits for an answer and makes an ApiError of all that is none. */
async function check(pending) {
  let response;
  try {
    response = await pending;
  } catch (err) {
    if (err instanceof SignedOutError || err instanceof ApiError) throw err;
    throw new ApiError();
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new ApiError({
    status: response.status, code: String(problem.code ?? ""), detail: String(problem.detail ?? ""),
    retryAfter: Number(response.headers.get("retry-after")) || 0,
  });
}

/** What is no JSON is no answer of ours. */
function readJSON(response) {
  return response.json().catch(() => {
    throw new ApiError();
  });
}

/**
 * The events of a stream: `data: {json}` blocks; comments keep it open.
 * @param {ReadableStream<Uint8Array>} body
 */
async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read());
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line.startsWith("data: ")) yield JSON.parse(line.slice(6));
    }
  } catch (err) {
    throw err instanceof ApiError ? err : new ApiError({ code: "cut" });
  } finally {
    reader.cancel().catch(() => {});
  }
}

function inTime(promise) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new ApiError({ code: "cut" })), silence)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
