// What ChatKit shows, and the thread that stays open.
import assert from "node:assert/strict";
import test from "node:test";

import { chatKitOptions, createClient, setChatKit, threadMemory } from "../js/chatkit-config.js";
import { json, serve, until } from "./server.mjs";

/** Storage as browsers have it. */
function storage(t, items = {}) {
  const map = new Map(Object.entries(items));
  const kept = { getItem: (k) => map.get(k) ?? null, setItem: (k, v) => map.set(k, v), removeItem: (k) => map.delete(k) };
  Object.defineProperty(globalThis, "localStorage", { configurable: true, value: kept });
  t.after(() => delete globalThis.localStorage);
  return () => Object.fromEntries(map);
}

const options = (more) => chatKitOptions({ client: createClient(), ...more });

test("the greeting and the prompts", () => {
  const { greeting, prompts } = options({ name: "Ada" }).startScreen;
  assert.equal(greeting, "Hello Ada! How can I help you with your tasks?");
  assert.deepEqual(prompts.map(({ label, prompt }) => [label, prompt]), ["Create a new task", "List my tasks", "Help me understand what I can do"].map((text) => [text, text]));
  assert.equal(options().startScreen.greeting, "Hello! How can I help you with your tasks?");
  assert.equal(options({ locale: "ur", name: "عائشہ" }).startScreen.greeting, "السلام علیکم عائشہ! میں آپ کے کاموں میں کیسے مدد کروں؟");
});

test("Urdu says what English says", () => {
  const shape = (value) => (typeof value === "string" ? "text" : Array.isArray(value) ? value.map(shape) : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shape(v)])) : typeof value);
  const [english, urdu] = ["en", "ur"].map((locale) => options({ locale }));
  assert.deepEqual(shape(urdu), shape(english));
  for (const text of [urdu.header.title.text, urdu.composer.placeholder, ...urdu.composer.tools.flatMap((tool) => [tool.label, tool.shortLabel, tool.placeholderOverride]), ...urdu.startScreen.prompts.map((p) => p.label)]) {
    assert.match(text, /^[\p{Script=Arabic}\s.…؟،!‌]+$/u);
  }
});

test("tools and attachments", () => {
  const { tools, attachments } = options().composer;
  assert.deepEqual(tools.map(({ id }) => id), ["create_task", "list_tasks"]);
  assert.deepEqual([attachments.maxSize, attachments.maxCount, Object.keys(attachments.accept).length], [20 << 20, 10, 9]);
});

test("hosted ChatKit has its own tools and asks for secrets", () => {
  const client = createClient({ mode: "openai" });
  const { api, composer } = chatKitOptions({ client });
  assert.deepEqual([Object.keys(api), "tools" in composer], [["getClientSecret"], false]);
});

test("tools of the page", async () => {
  const { onClientTool } = options({ clientTools: { add: async ({ a, b }) => ({ sum: a + b }), fail: () => { throw new Error("no luck"); } } });
  assert.deepEqual(await onClientTool({ name: "add", params: { a: 1, b: 2 } }), { sum: 3 });
  assert.deepEqual(await onClientTool({ name: "fail", params: {} }), { error: "no luck" });
  for (const name of ["gone", "toString", "__proto__"]) assert.match((await onClientTool({ name, params: {} })).error, /no tool/);
});

test("actions of widgets that the page handles", async () => {
  const seen = [];
  const { onAction } = options({ widgetActions: { "task.open": (action, item) => seen.push([action.payload, item.id]) } }).widgets;
  await onAction({ type: "task.open", payload: { task_id: "t1" } }, { id: "msg_1" });
  await onAction({ type: "unknown" }, { id: "msg_1" });
  assert.deepEqual(seen, [[{ task_id: "t1" }, "msg_1"]]);
});

test("the open thread is kept for its user", (t) => {
  const kept = storage(t);
  threadMemory("ada").set("thr_1");
  assert.deepEqual(kept(), { "chatkit-thread-id": "thr_1", "chatkit-user": "ada" });
  assert.equal(threadMemory("ada").get(), "thr_1");
  assert.equal(options({ user: "ada" }).initialThread, "thr_1");
  assert.equal(options({ user: "ada", threadId: null }).initialThread, null);
  assert.equal(threadMemory("bob").get(), null);
  assert.deepEqual(kept(), {});
  threadMemory().set("thr_2");
  assert.equal(threadMemory().get(), "thr_2");
  threadMemory().set(null);
  assert.deepEqual(kept(), {});
});

test("an id that nobody owns is taken where there is no sign-in, and nowhere else", (t) => {
  storage(t, { "chatkit-thread-id": "thr_1" });
  assert.equal(threadMemory().get(), "thr_1");
  assert.equal(threadMemory("ada").get(), null);
});

test("closed storage keeps nothing and breaks nothing", (t) => {
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get() { throw new DOMException("denied", "SecurityError"); } });
  t.after(() => delete globalThis.localStorage);
  const memory = threadMemory("ada");
  memory.set("thr_1");
  memory.forget();
  assert.equal(memory.get(), null);
});

test("a thread that is gone is forgotten", async (t) => {
  const kept = storage(t);
  const server = await serve(t, { "": (_, response) => json(response, 404, { code: "not_found" }) });
  const asked = [];
  const refuseOnce = (id) => { if (asked.push(id) === 1) throw new Error("loading"); };
  const { api, onThreadChange } = chatKitOptions({ client: createClient({ api: server.url }), user: "ada", onThreadGone: refuseOnce });
  const ask = (type, params) => api.fetch(server.url, { method: "POST", body: JSON.stringify({ type, params }) });
  onThreadChange({ threadId: "thr_1" });
  for (const [type, params] of [
    ["items.feedback", { thread_id: "thr_1", item_ids: ["msg_1"] }], // the item may be gone
    ["threads.add_user_message", { thread_id: "thr_1", input: {} }], // or an attachment
    ["threads.get_by_id", { thread_id: "thr_2" }],
  ]) await ask(type, params);
  assert.equal(kept()["chatkit-thread-id"], "thr_1");
  assert.equal((await ask("threads.get_by_id", { thread_id: "thr_1" })).status, 404);
  assert.deepEqual(kept(), {});
  await until(() => asked.length === 2);
  assert.deepEqual(asked, ["thr_1", "thr_1"]);
});

test("plain HTML: options go to the element, handlers listen to it", () => {
  class Element extends EventTarget {
    setOptions(given) { this.given = given; }
  }
  const element = new Element();
  const seen = [];
  const all = (name) => ({ ...options(), onThreadChange: (e) => seen.push([name, e.threadId]), onThreadLoadEnd: () => seen.push([name, "loaded"]), onError: undefined });
  const fire = (type, detail) => element.dispatchEvent(new CustomEvent(type, { detail }));
  setChatKit(element, all("first"));
  assert.deepEqual(Object.keys(element.given).filter((key) => key.startsWith("on")), ["onClientTool"]);
  fire("chatkit.thread.change", { threadId: "thr_1" });
  fire("chatkit.thread.load.end");
  setChatKit(element, all("second"));
  fire("chatkit.thread.change", { threadId: null });
  assert.deepEqual(seen, [["first", "thr_1"], ["first", "loaded"], ["second", null]]);
});
