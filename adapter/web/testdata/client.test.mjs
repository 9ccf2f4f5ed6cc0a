// Sessions, tokens and headers of chatkit-config.js's client.
import assert from "node:assert/strict";
import test from "node:test";

import { createClient } from "../js/chatkit-config.js";
import { door, json, serve } from "./server.mjs";

const ask = (type, params = {}) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ type, params }) });
const list = ask("threads.list");

/** Tokens that are numbered; `fresh` gives the next. */
function tokens() {
  const asked = [];
  return { asked, getToken: async (how) => (asked.push(how), `token-${asked.filter((h) => h?.fresh).length + 1}`) };
}

const bearers = (requests) => requests.map(({ headers }) => headers.authorization);

test("requests made at once share one session", async (t) => {
  const server = await serve(t);
  const client = createClient({ api: server.url, getToken: tokens().getToken, timezone: "Asia/Karachi" });
  await Promise.all([1, 2, 3].map(() => client.fetch(server.url, list)));
  assert.deepEqual(bearers(server.to("/session")), ["Bearer token-1"]);
  assert.deepEqual(bearers(server.to("")), ["Bearer secret-1", "Bearer secret-1", "Bearer secret-1"]);
  assert.ok(server.log.every(({ headers }) => headers["x-timezone"] === "Asia/Karachi"));
  assert.ok(server.to("").every(({ headers }) => headers["content-type"] === "application/json" && !("x-stream-detach" in headers)));
});

test("without sign-in no token is sent", async (t) => {
  const server = await serve(t);
  await createClient({ api: server.url }).fetch(server.url, list);
  assert.deepEqual(bearers(server.log), [undefined, "Bearer secret-1"]);
});

test("a zone that no server knows is not sent", async (t) => {
  t.mock.method(Intl, "DateTimeFormat", () => ({ resolvedOptions: () => ({ timeZone: "Etc/Unknown" }) }));
  const server = await serve(t);
  await createClient({ api: server.url }).fetch(server.url, list);
  assert.ok(server.log.every(({ headers }) => !("x-timezone" in headers)));
});

test("what starts an answer outlives the connection", async (t) => {
  const server = await serve(t);
  const client = createClient({ api: server.url });
  const types = ["threads.create", "threads.add_user_message", "threads.add_client_tool_output", "threads.add_structured_input", "threads.retry_after_item", "threads.custom_action"];
  for (const type of types) await (await client.fetch(server.url, ask(type, { thread_id: "thr_1" }))).text();
  await client.fetch(server.url, ask("threads.sync_custom_action"));
  assert.deepEqual(server.to("").map(({ headers }) => headers["x-stream-detach"]), ["1", "1", "1", "1", "1", "1", undefined]);
});

test("a secret is renewed a minute before its end, once", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-23T10:00:00Z") });
  const server = await serve(t);
  const client = createClient({ api: server.url });
  await client.fetch(server.url, list);
  t.mock.timers.tick(539_000);
  await client.fetch(server.url, list);
  t.mock.timers.tick(2_000);
  await Promise.all([client.fetch(server.url, list), client.fetch(server.url, list)]);
  assert.deepEqual(bearers(server.to("")), ["Bearer secret-1", "Bearer secret-1", "Bearer secret-2", "Bearer secret-2"]);
  assert.deepEqual(server.to("/refresh").map(({ body }) => body), [{ session_id: "sess_1" }]);
});

test("a session that is over is followed by a new one", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-23T10:00:00Z") });
  const server = await serve(t, { "/refresh": (_, response) => json(response, 404, {}) });
  const client = createClient({ api: server.url });
  await client.fetch(server.url, list);
  t.mock.timers.tick(600_000);
  await client.fetch(server.url, list);
  assert.deepEqual(server.log.map(({ path }) => path), ["/session", "", "/refresh", "/session", ""]);
});

test("a clock that is wrong renews no sooner", async (t) => {
  const ahead = 7_200_000; // of the server
  const server = await serve(t, {
    "/session": (_, response) => json(response, 200, { client_secret: "secret-1", session_id: "s", expires_at: new Date(Date.now() - ahead + 600_000) }, { Date: new Date(Date.now() - ahead).toUTCString() }),
  });
  const client = createClient({ api: server.url });
  await client.fetch(server.url, list);
  await client.fetch(server.url, list);
  assert.deepEqual(server.log.map(({ path }) => path), ["/session", "", ""]);
});

test("a secret that is refused is renewed once", async (t) => {
  const refuseFirst = ({ headers }, response) => json(response, headers.authorization === "Bearer secret-1" ? 401 : 200, {});
  const server = await serve(t, { "": refuseFirst });
  const client = createClient({ api: server.url });
  const answers = await Promise.all([client.fetch(server.url, list), client.fetch(server.url, list)]);
  assert.deepEqual(answers.map(({ status }) => status), [200, 200]);
  assert.equal(server.to("/refresh").length, 1);
  assert.deepEqual(server.to("").map(({ text }) => text), Array(4).fill(list.body));
});

test("what is refused twice is the answer", async (t) => {
  const server = await serve(t, { "": (_, response) => json(response, 401, { code: "token_invalid" }) });
  const answer = await createClient({ api: server.url }).fetch(server.url, list);
  assert.deepEqual([answer.status, await answer.json()], [401, { code: "token_invalid" }]);
  assert.equal(server.to("").length, 2);
});

test("a body that cannot be sent again is not", async (t) => {
  const server = await serve(t, { "": (_, response) => json(response, 401, {}) });
  const body = new Blob(["{}"]).stream();
  const answer = await createClient({ api: server.url }).fetch(server.url, { method: "POST", body, duplex: "half" });
  assert.equal(answer.status, 401);
  assert.equal(server.to("").length, 1);
});

test("a token that is refused is asked for once more", async (t) => {
  const server = await serve(t, { "/session": ({ headers }, response, log) =>
    (headers.authorization === "Bearer token-2" ? json(response, 200, { client_secret: "s", session_id: "s", expires_at: new Date(Date.now() + 600_000) }) : json(response, 401, {})) });
  const { getToken, asked } = tokens();
  const answer = await createClient({ api: server.url, getToken }).fetch(server.url, list);
  assert.equal(answer.status, 200);
  assert.deepEqual(asked, [undefined, { fresh: true }]);
});

test("an error of getToken reaches the caller as it is", async (t) => {
  const server = await serve(t);
  const signedOut = new Error("signed out");
  const client = createClient({ api: server.url, getToken: () => Promise.reject(signedOut) });
  for (const request of [() => client.fetch(server.url, list), () => client.userFetch(server.url), () => client.cancel("thr_1"), () => client.token(), () => client.clientSecret(null)]) {
    await assert.rejects(request, (err) => err === signedOut);
  }
  assert.equal(server.log.length, 0);
});

test("why there is no session is the answer", async (t) => {
  const server = await serve(t, { "/session": (_, response) => json(response, 429, { code: "too_many" }, { "Retry-After": "7" }) });
  const told = [];
  const client = createClient({ api: server.url, beacon: { time: (name) => told.push(name), error: (name) => told.push(name) } });
  const answers = await Promise.all([client.fetch(server.url, list), client.fetch(server.url, list)]);
  for (const answer of answers) assert.deepEqual([answer.status, answer.headers.get("Retry-After"), (await answer.json()).code], [429, "7", "too_many"]);
  await assert.rejects(() => client.clientSecret(null), { name: "SessionError" });
  assert.deepEqual(told, ["session_failed", "session_failed"]);
});

test("how long a session takes is told", async (t) => {
  const server = await serve(t);
  const told = [];
  await createClient({ api: server.url, beacon: { time: (name, ms) => told.push([name, ms >= 0]), error() {} } }).fetch(server.url, list);
  assert.deepEqual(told, [["session_ms", true]]);
});

test("another user gets another session", async (t) => {
  const server = await serve(t);
  let user = "ada";
  const client = createClient({ api: server.url, getToken: async () => user });
  await client.fetch(server.url, list);
  user = "bob";
  client.reset();
  await client.fetch(server.url, list);
  assert.deepEqual(bearers(server.log), ["Bearer ada", "Bearer secret-1", "Bearer bob", "Bearer secret-2"]);
});

test("a session that comes after its user has gone is not kept", async (t) => {
  const late = door();
  const server = await serve(t, { "/session": async ({ headers }, response) => {
    if (headers.authorization === "Bearer ada") await late.opened;
    json(response, 200, { client_secret: `secret of ${headers.authorization.slice(7)}`, session_id: "s", expires_at: new Date(Date.now() + 600_000) });
  } });
  let user = "ada";
  const client = createClient({ api: server.url, getToken: async () => user });
  const first = client.fetch(server.url, list);
  while (!server.to("/session").length) await new Promise((resolve) => setImmediate(resolve));
  user = "bob";
  client.reset();
  await client.fetch(server.url, list);
  late.open();
  await first;
  await client.fetch(server.url, list);
  assert.deepEqual(bearers(server.to("")), ["Bearer secret of bob", "Bearer secret of ada", "Bearer secret of bob"]);
});

test("hosted sessions: own requests bear the user's token", async (t) => {
  const server = await serve(t);
  const client = createClient({ api: server.url, getToken: tokens().getToken, mode: "openai" });
  await client.fetch(server.url, list);
  assert.equal(await client.clientSecret(null), "secret-1");
  assert.equal(await client.clientSecret("of old"), "secret-1");
  assert.equal(await client.clientSecret("secret-1"), "secret-2");
  assert.deepEqual(server.log.map(({ path, headers }) => [path, headers.authorization]), [["", "Bearer token-1"], ["/session", "Bearer token-1"], ["/refresh", "Bearer token-1"]]);
});

test("secrets go nowhere else", async (t) => {
  const server = await serve(t);
  const elsewhere = await serve(t);
  const client = createClient({ api: server.url, getToken: tokens().getToken });
  await client.fetch(`${server.url}/upload/atc_1?key=k`, { method: "PUT", headers: { "Content-Type": "image/png" }, body: new Blob(["x"]) });
  await client.fetch(elsewhere.url, list);
  await client.fetch(`${server.url}x`, list);
  assert.deepEqual(bearers([...server.log, ...elsewhere.log]), [undefined, undefined, undefined]);
  await client.fetch(`${server.url}/beacon`, { method: "POST", body: "{}" });
  await client.fetch(`${server.url}/upload`, { method: "POST", body: new FormData() });
  assert.deepEqual(bearers([...server.to("/beacon"), ...server.to("/upload")]), ["Bearer secret-1", "Bearer secret-1"]);
});

test("all that fetch takes is taken", async (t) => {
  const server = await serve(t);
  const client = createClient({ api: server.url });
  await client.fetch(new Request(server.url, ask("threads.retry_after_item", { thread_id: "thr_1" })));
  await client.fetch(new URL(server.url), list);
  const [first, second] = server.to("");
  assert.deepEqual([first.body.type, first.headers["x-stream-detach"], first.headers["content-type"]], ["threads.retry_after_item", "1", "application/json"]);
  assert.equal(second.text, list.body);
});

test("the user's own requests", async (t) => {
  const server = await serve(t, { "/threads?q=milk": ({ headers }, response) => json(response, headers.authorization === "Bearer token-1" ? 401 : 200, { data: [] }) });
  const { getToken, asked } = tokens();
  const client = createClient({ api: server.url, getToken, timezone: "UTC" });
  assert.equal((await client.userFetch(`${server.url}/threads?q=milk`)).status, 200);
  assert.deepEqual(asked, [undefined, { fresh: true }]);
  assert.equal(await client.cancel("thr_1"), true);
  const [cancel] = server.to("/cancel");
  assert.deepEqual([cancel.body, cancel.headers["x-timezone"]], [{ thread_id: "thr_1" }, "UTC"]);
});

test("the network's failure is fetch's", async () => {
  const client = createClient({ api: "http://127.0.0.1:1/api/chatkit" });
  await assert.rejects(() => client.fetch("http://127.0.0.1:1/api/chatkit", list), TypeError);
});
