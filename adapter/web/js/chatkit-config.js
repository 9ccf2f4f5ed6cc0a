// What a front end needs to put ChatKit on this server, in one file without
// imports: copy it as it stands.
//
//   createClient      requests on the user's behalf: the session's secret, Stop
//   chatKitOptions    ChatKit's options: texts, tools, theme, handlers
//   setChatKit        gives them to an <openai-chatkit> element of plain HTML
//   threadMemory      the open thread, kept in this browser for its user
//
// React (`@openai/chatkit-react`) takes options and handlers together:
//
//   const client = createClient({ getToken });
//   const options = chatKitOptions({ client, user: "u1", name: "Ada" });
//   const chatkit = useChatKit(options);
//   return <ChatKit control={chatkit.control} />;
//
// The element itself takes options alone and fires events; setChatKit tells the
// two apart, as the React package does: `onThreadChange` listens to
// `chatkit.thread.change`, and so on.
//
//   setChatKit(document.querySelector("openai-chatkit"), options);

/** Requests that are answered with a stream: each starts an answer. */
const answers = new Set([
  "threads.create", "threads.add_user_message", "threads.add_client_tool_output",
  "threads.add_structured_input", "threads.retry_after_item", "threads.custom_action",
]);

/** Requests that a thread's absence alone answers with 404. */
const readsThread = new Set(["threads.get_by_id", "threads.update", "items.list"]);

const early = 60_000; // ms before its end in which a secret is not used any more

/**
 * @typedef {object} ClientSettings
 * @property {string} [api] where the server's ChatKit endpoint is
 * @property {(how?: {fresh?: boolean}) => Promise<string | null>} [getToken] the user's own token; null where
 *   none is needed. `fresh` asks for a new one: the last was refused. What it throws reaches the caller.
 * @property {"self" | "openai"} [mode] whose sessions: this server's, or OpenAI's (hosted)
 * @property {string} [timezone] IANA name; the browser's unless given
 * @property {typeof globalThis.fetch} [fetch]
 * @property {{time(name: string, ms: number): void, error(name: string): void}} [beacon] hears how sessions fare
 */

/** No session can be had. `response` says why. */
export class SessionError extends Error {
  /** @param {Response} response */
  constructor(response) {
    super(`no session: ${response.status}`);
    this.name = "SessionError";
    this.response = response;
  }
}

/**
 * Makes what sends requests for one user. The secret that it sends lives ten
 * minutes, is kept in memory alone, and is renewed in time and when refused.
 *
 * @param {ClientSettings} [settings]
 */
export function createClient({
  api = "/api/chatkit", getToken = async () => null, mode = "self", timezone = zoneOfBrowser(), fetch = browserFetch, beacon,
} = {}) {
  /** @type {{id: string, secret: string, staleAt: number} | null} */
  let session = null;
  /** @type {Promise<string> | null} */
  let renewal = null;

  /**
   * A request of the user's own, with their own token: once more with a fresh
   * one when that is refused.
   * @param {string | URL} url
   * @param {RequestInit} [init]
   */
  async function userFetch(url, init = {}) {
    const token = await getToken();
    const response = await fetch(url, withHeaders(init, token));
    if (response.status !== 401 || token === null || !repeatable(init)) return response;
    const fresh = await getToken({ fresh: true });
    if (fresh === null) return response;
    await discard(response);
    return fetch(url, withHeaders(init, fresh));
  }

  /** @param {RequestInit} init @param {string | null} token */
  function withHeaders(init, token) {
    const headers = new Headers(init.headers);
    if (token !== null) headers.set("Authorization", `Bearer ${token}`);
    if (timezone) headers.set("X-Timezone", timezone);
    return { ...init, headers };
  }

  /** @param {string} path @param {object} body @param {RequestInit} [init] */
  const post = (path, body, init) =>
    userFetch(`${api}${path}`, { ...init, method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

  /**
   * The session's secret. All who ask while it is renewed wait for the one
   * renewal.
   * @param {string | null} [refused] a secret that is not to be given again
   */
  function secret(refused = null) {
    if (session && session.secret !== refused && Date.now() < session.staleAt) return Promise.resolve(session.secret);
    if (renewal) return renewal;
    const mine = renew(session).then((renewed) => {
      if (renewal === mine) session = renewed; // else there was a reset meanwhile
      return renewed.secret;
    }).finally(() => {
      if (renewal === mine) renewal = null;
    });
    return (renewal = mine);
  }

  /** @param {typeof session} old */
  async function renew(old) {
    const began = performance.now();
    let response = old && await post("/refresh", { session_id: old.id });
    if (!response || response.status === 404) response = await post("/session", {});
    if (!response.ok) {
      beacon?.error("session_failed");
      throw new SessionError(response);
    }
    const { client_secret, session_id, expires_at } = await response.json();
    beacon?.time("session_ms", performance.now() - began);
    // The server's clock says how long it lives: this one may be wrong.
    const life = Date.parse(expires_at) - (Date.parse(response.headers.get("Date") ?? "") || Date.now());
    return { id: session_id, secret: client_secret, staleAt: Date.now() + life - Math.min(early, life / 2) };
  }

  /**
   * Does a request with the bearer that it needs, and once more when that is refused.
   * @param {string} url
   * @param {RequestInit} init
   */
  async function authorized(url, init) {
    if (mode === "openai") return userFetch(url, init);
    try {
      const bearer = await secret();
      init.signal?.throwIfAborted();
      const response = await fetch(url, withHeaders(init, bearer));
      if (response.status !== 401 || !repeatable(init)) return response;
      await discard(response);
      return fetch(url, withHeaders(init, await secret(bearer)));
    } catch (err) {
      if (err instanceof SessionError) return err.response.clone(); // a refusal is an answer
      throw err;
    }
  }

  /**
   * Sends what starts an answer. Such an answer outlives its connection, so to
   * stop it the server has to be told, and the server must know of it first:
   * when `signal` aborts, the caller is rid of it at once, but the request is
   * let go only when its thread is known and told to stop.
   * @param {string} url
   * @param {RequestInit} init
   * @param {{type: string, params?: {thread_id?: string}}} request
   * @param {boolean} cancelStops
   */
  function answer(url, init, request, cancelStops) {
    const { signal } = init;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const connection = new AbortController();
    const headers = new Headers(init.headers);
    headers.set("X-Stream-Detach", "1");
    let over = false;
    let threadId = request.params?.thread_id;
    let created = Promise.resolve(threadId);

    const begun = authorized(url, { ...init, headers, signal: connection.signal }).then((response) => {
      over = !response.ok;
      if (!response.ok || !response.body || threadId) return response;
      const [ours, theirs] = response.body.tee();
      created = createdThread(ours);
      return new Response(theirs, response);
    });
    begun.catch(() => (over = true));

    async function stop() {
      if (over) return;
      over = true;
      try {
        const response = await begun.catch(() => null); // a lost answer may have begun all the same
        if (response && !response.ok) return;
        threadId ??= await created;
        if (threadId) await cancel(threadId);
      } catch {
        // nobody is left to hear of it
      } finally {
        connection.abort();
      }
    }

    return new Promise((resolve, reject) => {
      /** @type {ReadableStreamDefaultController | undefined} */
      let body;
      signal?.addEventListener("abort", () => {
        stop();
        reject(signal.reason);
        body?.error(signal.reason);
      }, { once: true });
      begun.then((response) => {
        if (over || !response.body) return resolve(response);
        const reader = response.body.getReader();
        const watched = new ReadableStream({
          start(controller) {
            body = controller;
          },
          async pull(controller) {
            const { done, value } = await reader.read().catch((err) => {
              over = true; // whoever aborts after a lost connection tidies up
              throw err;
            });
            if (signal?.aborted) return;
            over ||= done;
            if (done) controller.close();
            else controller.enqueue(value);
          },
          cancel() {
            return cancelStops ? stop() : reader.cancel();
          },
        });
        resolve(new Response(watched, response));
      }, reject);
    });
  }

  /**
   * Stops the answer of a thread. False: none ran.
   * @param {string} threadId
   */
  async function cancel(threadId) {
    const response = await post("/cancel", { thread_id: threadId }, { keepalive: true }); // though the page is being left
    return response.ok && (await response.json()).cancelled === true;
  }

  return {
    api,
    mode,

    /**
     * `fetch` for ChatKit's requests (`api.fetch`) and those of any other chat.
     * Its `signal` is Stop. The body's `cancel()` only lets go of an answer,
     * unless `cancelStops`. Requests to other addresses pass as they are.
     * @param {RequestInfo | URL} input
     * @param {RequestInit} [init]
     * @param {{cancelStops?: boolean}} [how]
     * @returns {Promise<Response>}
     */
    async fetch(input, init, { cancelStops = false } = {}) {
      const [url, all] = await plain(input, init);
      if (!takesBearer(url, api)) return fetch(url, all);
      const request = read(all.body);
      return answers.has(request?.type) ? answer(url, all, request, cancelStops) : authorized(url, all);
    },

    userFetch,
    cancel,

    /** The user's own token. */
    token: () => getToken(),

    /**
     * For hosted ChatKit's `getClientSecret`.
     * @param {string | null} [current] the secret that ran out, if any
     */
    clientSecret: (current) => secret(current),

    /** Forgets the session: the user has signed out, or is another one. */
    reset() {
      session = renewal = null;
    },
  };
}

/** @typedef {ReturnType<typeof createClient>} Client */

/** @type {typeof globalThis.fetch} */
function browserFetch(input, init) {
  return globalThis.fetch(input, init);
}

/** The browser's time zone, where it is one that others know. */
function zoneOfBrowser() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone === "Etc/Unknown" ? "" : zone;
}

/**
 * Whether a body can be sent again: a stream is gone once it is sent.
 * @param {RequestInit} init
 */
const repeatable = ({ body }) => !(body instanceof ReadableStream);

/**
 * Frees the connection of a response that nobody reads.
 * @param {Response} response
 */
const discard = (response) => response.body?.cancel();

/**
 * An address and its options, of any arguments that fetch takes.
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 * @returns {Promise<[string, RequestInit]>}
 */
async function plain(input, init) {
  if (!(input instanceof Request)) return [String(input), { ...init }];
  const request = new Request(input, init);
  const { method, headers, credentials, signal } = request;
  const body = method === "GET" || method === "HEAD" ? undefined : await request.blob();
  const json = headers.get("Content-Type")?.includes("json");
  return [request.url, { method, headers, credentials, signal, body: json ? await body?.text() : body }];
}

/**
 * Secrets go to the endpoint, its direct uploads and its beacon, and nowhere else.
 * @param {string} url
 * @param {string} api
 */
function takesBearer(url, api) {
  const here = globalThis.location?.href ?? "http://localhost/";
  const at = new URL(url, here);
  const endpoint = new URL(api, here);
  return at.origin === endpoint.origin && ["", "/upload", "/beacon"].some((path) => at.pathname === endpoint.pathname + path);
}

/**
 * What a text says, if it is JSON; else null.
 * @param {unknown} body
 */
function read(body) {
  try {
    return typeof body === "string" ? JSON.parse(body) : null;
  } catch {
    return null;
  }
}

/**
 * The id of the thread that a stream creates.
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {Promise<string | undefined>}
 */
async function createdThread(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = read(line.replace(/^data: ?/, ""));
        if (event?.type === "thread.created") return event.thread.id;
      }
    }
  } catch {
    return undefined; // the connection is lost
  } finally {
    reader.cancel().catch(() => {});
  }
}

// --- The open thread ------------------------------------------------------

const threadKey = "chatkit-thread-id";
const userKey = "chatkit-user";

/**
 * The thread that was open last, kept in this browser. It is forgotten when
 * another user comes. Where storage is closed nothing is kept.
 * @param {string} [user] who it belongs to; empty where there is no sign-in
 */
export function threadMemory(user = "") {
  /**
   * @template T
   * @param {(s: Storage) => T} use
   */
  const storage = (use) => {
    try {
      return use(globalThis.localStorage);
    } catch {
      return null; // forbidden, full, or not a browser
    }
  };
  const forget = () => storage((s) => {
    s.removeItem(threadKey);
    s.removeItem(userKey);
  });
  return {
    /** @returns {string | null} */
    get() {
      if ((storage((s) => s.getItem(userKey)) ?? "") !== user) forget();
      return storage((s) => s.getItem(threadKey)) || null;
    },
    /** @param {string | null} id */
    set(id) {
      if (!id) return forget();
      storage((s) => {
        s.setItem(threadKey, id);
        s.setItem(userKey, user);
      });
    },
    forget,
  };
}

// --- What ChatKit shows ---------------------------------------------------

/** @param {string} name */
const hello = (name) => `Hello${name && ` ${name}`}! How can I help you with your tasks?`;

/** @param {string} name */
const salaam = (name) => `السلام علیکم${name && ` ${name}`}! میں آپ کے کاموں میں کیسے مدد کروں؟`;

const words = {
  en: {
    title: "AI Task Assistant",
    greeting: hello,
    placeholder: "Tell me about your tasks…",
    prompts: ["Create a new task", "List my tasks", "Help me understand what I can do"],
    create: { label: "Create a task", shortLabel: "Create", placeholderOverride: "What is to be done?" },
    list: { label: "List tasks", shortLabel: "List", placeholderOverride: "Which tasks?" },
  },
  ur: {
    title: "کاموں کا اے آئی معاون",
    greeting: salaam,
    placeholder: "اپنے کاموں کے بارے میں لکھیں…",
    prompts: ["نیا کام بنائیں", "میرے کام دکھائیں", "مجھے بتائیں کہ آپ کیا کر سکتے ہیں"],
    create: { label: "کام بنائیں", shortLabel: "نیا کام", placeholderOverride: "کیا کرنا ہے؟" },
    list: { label: "کام دکھائیں", shortLabel: "فہرست", placeholderOverride: "کون سے کام؟" },
  },
};

/** What the server takes as attachments. */
const attachments = {
  enabled: true,
  maxSize: 20 * 1024 * 1024,
  maxCount: 10,
  accept: {
    "image/png": [".png"], "image/jpeg": [".jpg", ".jpeg"], "image/gif": [".gif"], "image/webp": [".webp"],
    "application/pdf": [".pdf"], "text/plain": [".txt"], "text/markdown": [".md"], "text/csv": [".csv"], "application/json": [".json"],
  },
};

/** @param {"light" | "dark"} colorScheme @param {"en" | "ur"} locale @returns {import("@openai/chatkit").ThemeOption} */
function look(colorScheme, locale) {
  const surface = {
    light: { background: "#F9F7F2", foreground: "#2A1B12" },
    dark: { background: "#1A110B", foreground: "#F5EDE3" },
  };
  const latin = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
  const urdu = "'Noto Nastaliq Urdu', 'Jameel Noori Nastaleeq', 'Urdu Typesetting', 'Noto Naskh Arabic', 'Geeza Pro', Tahoma";
  return {
    colorScheme,
    radius: "round",
    density: "normal",
    color: { surface: surface[colorScheme], accent: { primary: "#FF6B4A", level: 1 }, grayscale: { hue: 24, tint: 4 } },
    typography: { baseSize: 16, fontFamily: locale === "ur" ? `${urdu}, ${latin}` : latin },
  };
}

/**
 * @typedef {(params: Record<string, unknown>) => Record<string, unknown> | Promise<Record<string, unknown>>} ClientTool
 * @typedef {NonNullable<import("@openai/chatkit").WidgetsOption["onAction"]>} WidgetAction
 *
 * @typedef {object} ChatSettings
 * @property {Client} client
 * @property {string} [domainKey] from OpenAI's list of allowed domains; anything will do on localhost
 * @property {"en" | "ur"} [locale]
 * @property {"light" | "dark"} [theme]
 * @property {string} [user] whose chat it is: their id
 * @property {string} [name] what to call them
 * @property {string | null} [threadId] the thread to open; else the one that was open last
 * @property {boolean} [dictation] whether the server can transcribe
 * @property {Record<string, ClientTool>} [clientTools] tools that run here, by name
 * @property {Record<string, WidgetAction>} [widgetActions] widgets' actions with the handler "client", by type
 * @property {(event: {threadId: string | null}) => void} [onThreadChange]
 * @property {(threadId: string) => unknown} [onThreadGone] the thread to open is no more, or another user's: show a
 *   new one. Called again when it fails, since ChatKit refuses while it loads.
 */

/**
 * ChatKit's options, with the handlers as React takes them.
 * @param {ChatSettings} settings
 * @returns {import("@openai/chatkit").ChatKitOptions & {onThreadChange: (event: {threadId: string | null}) => void}}
 */
export function chatKitOptions({
  client, domainKey = "local-dev", locale = "en", theme = "light", user = "", name = "", threadId, dictation = false,
  clientTools = {}, widgetActions = {}, onThreadChange, onThreadGone,
}) {
  const say = words[locale];
  const memory = threadMemory(user);
  const hosted = client.mode === "openai";

  /** @type {typeof globalThis.fetch} */
  async function fetch(input, init) {
    const response = await client.fetch(input, init, { cancelStops: true });
    const request = response.status === 404 ? read(init?.body) : null;
    if (readsThread.has(request?.type) && request.params.thread_id === memory.get()) {
      memory.forget();
      leave(request.params.thread_id);
    }
    return response;
  }

  /** @param {string} threadId */
  async function leave(threadId) {
    for (let left = 20; left > 0; left--) {
      await new Promise((resolve) => setTimeout(resolve, 100)); // ChatKit reads the answer first
      try {
        return await onThreadGone?.(threadId);
      } catch {
        // it is still loading
      }
    }
  }

  return {
    api: hosted
      ? { getClientSecret: client.clientSecret }
      : { url: client.api, domainKey, fetch, uploadStrategy: { type: "two_phase" } },
    locale,
    theme: look(theme, locale),
    frameTitle: say.title,
    initialThread: threadId === undefined ? memory.get() : threadId,
    header: { title: { text: say.title } },
    history: { enabled: true, showDelete: true, showRename: true },
    startScreen: {
      greeting: say.greeting(name),
      prompts: [
        { label: say.prompts[0], prompt: say.prompts[0], icon: "plus" },
        { label: say.prompts[1], prompt: say.prompts[1], icon: "notebook" },
        { label: say.prompts[2], prompt: say.prompts[2], icon: "circle-question" },
      ],
    },
    composer: {
      placeholder: say.placeholder,
      attachments,
      // The ids are tools of the server. OpenAI's workflows have their own.
      ...(!hosted && { tools: [{ id: "create_task", icon: "plus", ...say.create }, { id: "list_tasks", icon: "notebook", ...say.list }] }),
      dictation: { enabled: dictation },
    },
    threadItemActions: { feedback: true, retry: true },
    thread: { autoScroll: true },
    widgets: {
      async onAction(action, item) {
        if (Object.hasOwn(widgetActions, action.type)) await widgetActions[action.type](action, item);
      },
    },
    async onClientTool({ name: tool, params }) {
      if (!Object.hasOwn(clientTools, tool)) return { error: `There is no tool "${tool}" here.` };
      try {
        return await clientTools[tool](params);
      } catch (err) {
        return { error: err instanceof Error ? err.message : String(err) };
      }
    },
    onThreadChange(event) {
      memory.set(event.threadId);
      onThreadChange?.(event);
    },
  };
}

/** @type {WeakMap<HTMLElement, AbortController>} */
const listening = new WeakMap();

/**
 * Gives options to the element and its events to the handlers among them. A
 * further call replaces both.
 * @param {import("@openai/chatkit").OpenAIChatKit} element
 * @param {import("@openai/chatkit").ChatKitOptions & Record<string, any>} all
 */
export function setChatKit(element, all) {
  listening.get(element)?.abort();
  const controller = new AbortController();
  listening.set(element, controller);
  const options = /** @type {Record<string, any>} */ ({});
  for (const [key, value] of Object.entries(all)) {
    if (!/^on[A-Z]/.test(key) || key === "onClientTool") options[key] = value;
    else if (value) element.addEventListener(eventOf(key), (/** @type {any} */ event) => value(event.detail), { signal: controller.signal });
  }
  element.setOptions(/** @type {import("@openai/chatkit").ChatKitOptions} */ (options));
}

/**
 * "onThreadChange" is "chatkit.thread.change".
 * @param {string} handler
 */
const eventOf = (handler) => `chatkit${handler.slice(2).replace(/[A-Z]/g, (c) => `.${c.toLowerCase()}`)}`;
