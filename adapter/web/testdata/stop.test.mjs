// Stop: what becomes of an answer when its caller's signal aborts.
import assert from "node:assert/strict";
import test from "node:test";

import { createClient } from "../js/chatkit-config.js";
import { created, door, event, json, serve, stream, until } from "./server.mjs";

/** A request of a test, with the signal that stops it. */
function say(client, url, type, params, how) {
  const controller = new AbortController();
  const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ type, params }), signal: controller.signal };
  return { stop: (reason) => controller.abort(reason), answer: client.fetch(url, init, how) };
}

const aborted = { name: "AbortError" };
const decode = (chunk) => new TextDecoder().decode(chunk);

/** A client of a server that streams as it is told. */
async function set(t, endpoint, script = {}) {
  const server = await serve(t, { "": endpoint, ...script });
  return { server, client: createClient({ api: server.url, getToken: async () => "token" }) };
}

test("in the middle of an answer", async (t) => {
  const { server, client } = await set(t, (_, response) => stream(response, event("stream_options")));
  const { answer, stop } = say(client, server.url, "threads.add_user_message", { thread_id: "thr_1" });
  const reader = (await answer).body.getReader();
  assert.equal(decode((await reader.read()).value), event("stream_options"));
  const next = reader.read();
  stop();
  await assert.rejects(next, aborted);
  await until(() => server.to("/cancel").length === 1);
  const [cancel] = server.to("/cancel");
  assert.deepEqual([cancel.body, cancel.headers.authorization], [{ thread_id: "thr_1" }, "Bearer token"]);
  await server.to("")[0].closed;
});

test("before the server has answered", async (t) => {
  const taken = door();
  const { server, client } = await set(t, async (_, response) => {
    await taken.opened;
    stream(response, event("stream_options"));
  });
  const { answer, stop } = say(client, server.url, "threads.add_user_message", { thread_id: "thr_1" });
  await until(() => server.to("").length === 1);
  stop();
  await assert.rejects(answer, aborted);
  assert.equal(server.to("/cancel").length, 0, "an answer that has not begun cannot be stopped");
  taken.open();
  await until(() => server.to("/cancel").length === 1);
  await server.to("")[0].closed;
});

test("before a new thread has a name", async (t) => {
  const named = door();
  const { server, client } = await set(t, async (_, response) => {
    stream(response, ": hello\n\n", event("x"));
    await named.opened;
    const [first, second] = [created("thr_ü").slice(0, 30), created("thr_ü").slice(30)];
    response.write(first);
    setTimeout(() => response.write(second), 20);
  });
  const { answer, stop } = say(client, server.url, "threads.create");
  const reader = (await answer).body.getReader();
  await reader.read();
  const next = reader.read();
  stop();
  await assert.rejects(next, aborted);
  assert.equal(server.to("/cancel").length, 0);
  named.open();
  await until(() => server.to("/cancel").length === 1);
  assert.deepEqual(server.to("/cancel")[0].body, { thread_id: "thr_ü" });
  await server.to("")[0].closed;
});

test("after a new thread has one", async (t) => {
  const { server, client } = await set(t, (_, response) => stream(response, created("thr_1"), event("x")));
  const { answer, stop } = say(client, server.url, "threads.create");
  const reader = (await answer).body.getReader();
  assert.equal(decode((await reader.read()).value), created("thr_1") + event("x"));
  stop();
  await assert.rejects(reader.read(), aborted);
  await until(() => server.to("/cancel").length === 1);
  await server.to("")[0].closed;
});

test("with a reason of one's own", async (t) => {
  const { server, client } = await set(t, (_, response) => stream(response, event("x")));
  const { answer, stop } = say(client, server.url, "threads.retry_after_item", { thread_id: "thr_1" });
  const body = (await answer).text();
  stop("enough");
  await assert.rejects(body, (reason) => reason === "enough");
});

test("after the end nothing is stopped", async (t) => {
  const { server, client } = await set(t, (_, response) => {
    stream(response, created("thr_1"));
    response.end();
  });
  const { answer, stop } = say(client, server.url, "threads.create");
  assert.equal(await (await answer).text(), created("thr_1"));
  stop(); // as fetch-event-source does
  await client.userFetch(`${server.url}/session`, { method: "POST" });
  assert.equal(server.to("/cancel").length, 0);
});

test("what was refused is not stopped", async (t) => {
  const later = door();
  const { server, client } = await set(t, async (_, response, log) => {
    if (log.filter(({ path }) => path === "").length === 2) await later.opened;
    json(response, 409, { code: "busy" });
  });
  const first = say(client, server.url, "threads.add_user_message", { thread_id: "thr_1" });
  assert.equal((await first.answer).status, 409);
  first.stop();
  const second = say(client, server.url, "threads.add_user_message", { thread_id: "thr_1" });
  await until(() => server.to("").length === 2);
  second.stop();
  await assert.rejects(second.answer, aborted);
  later.open();
  await server.to("")[1].closed;
  await client.userFetch(`${server.url}/session`, { method: "POST" });
  assert.equal(server.to("/cancel").length, 0);
});

test("before anything was sent", async (t) => {
  const { server, client } = await set(t, (_, response) => stream(response));
  const init = { method: "POST", body: JSON.stringify({ type: "threads.create" }), signal: AbortSignal.abort() };
  await assert.rejects(client.fetch(server.url, init), aborted);
  assert.equal(server.log.length, 0);
});

test("after a lost connection the answer goes on", async (t) => {
  const { server, client } = await set(t, (_, response) => {
    stream(response, event("x"));
    setTimeout(() => response.destroy(), 20);
  });
  const { answer, stop } = say(client, server.url, "threads.add_user_message", { thread_id: "thr_1" });
  await assert.rejects((await answer).text(), TypeError);
  stop(); // as fetch-event-source does
  await client.userFetch(`${server.url}/session`, { method: "POST" });
  assert.equal(server.to("/cancel").length, 0);
});

test("when the connection is lost after Stop the answer may have begun all the same", async (t) => {
  const { server, client } = await set(t, () => {});
  const { answer, stop } = say(client, server.url, "threads.add_user_message", { thread_id: "thr_1" });
  await until(() => server.to("").length === 1);
  stop();
  await assert.rejects(answer, aborted);
  server.to("")[0].drop();
  await until(() => server.to("/cancel").length === 1);
});

test("letting go of the body leaves the answer alone", async (t) => {
  const { server, client } = await set(t, (_, response) => stream(response, created("thr_1")));
  const { answer } = say(client, server.url, "threads.create");
  await (await answer).body.cancel();
  await server.to("")[0].closed;
  assert.equal(server.to("/cancel").length, 0);
});

test("unless that is how the caller stops", async (t) => {
  const { server, client } = await set(t, (_, response) => stream(response, created("thr_1")));
  const { answer } = say(client, server.url, "threads.create", {}, { cancelStops: true });
  await (await answer).body.cancel();
  assert.equal(server.to("/cancel").length, 1);
  await server.to("")[0].closed;
});

test("other requests are stopped as fetch stops them", async (t) => {
  const { server, client } = await set(t, () => {});
  const { answer, stop } = say(client, server.url, "items.list", { thread_id: "thr_1" });
  await until(() => server.to("").length === 1);
  stop();
  await assert.rejects(answer, aborted);
  await server.to("")[0].closed;
  assert.equal(server.to("/cancel").length, 0);
});
