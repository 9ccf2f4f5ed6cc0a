// A peer in the benchmark: chatkit-node-backend-sdk with a store in memory.
//   server.mjs guide ADDR   as its README wires it: Express, express.json, its
//                           own logger
//   server.mjs lean ADDR    the least it can do: bare node:http, no log
import { createServer } from "node:http";
import { createRequire } from "node:module";

// The packages are installed beside the third-party clients of the tests.
const require = createRequire(new URL("../../../testdata/node/package.json", import.meta.url));
const { ChatKitServer, NotFoundError, Store } = require("chatkit-node-backend-sdk");
const express = require("express");

// The package has the abstract store alone: each server brings its own.
class MemoryStore extends Store {
  threads = new Map();

  find(threadId) {
    const found = this.threads.get(threadId);
    if (!found) throw new NotFoundError(`no thread ${threadId}`);
    return found;
  }

  async loadThread(threadId) { return { ...this.find(threadId).thread }; }

  async saveThread(thread) {
    const found = this.threads.get(thread.id);
    if (found) found.thread = { ...thread };
    else this.threads.set(thread.id, { thread: { ...thread }, items: new Map() });
  }

  async addThreadItem(threadId, item) { this.find(threadId).items.set(item.id, item); }
}

class Server extends ChatKitServer {
  // The same answer as that of every peer, in the events that ours sends.
  async *respond(thread) {
    const id = this.store.generateItemId("message", thread, {});
    const item = { id, thread_id: thread.id, created_at: new Date().toISOString(), type: "assistant_message" };
    const update = (update) => ({ type: "thread.item.updated", item_id: id, update });
    yield { type: "thread.item.added", item: { ...item, content: [] } };
    const part = (text) => ({ type: "output_text", text, annotations: [] });
    yield update({ type: "assistant_message.content_part.added", content_index: 0, content: part("") });
    let text = "";
    for (let i = 0; i < 20; i++) {
      const delta = i < 19 ? "a few words " : "and the end.";
      text += delta;
      yield update({ type: "assistant_message.content_part.text_delta", content_index: 0, delta });
    }
    yield update({ type: "assistant_message.content_part.done", content_index: 0, content: part(text) });
    yield { type: "thread.item.done", item: { ...item, content: [part(text)] } };
  }
}

function guide() {
  const server = new Server(new MemoryStore());
  const app = express();
  app.use(express.json());
  app.post("/api/chatkit", async (req, res) => {
    const context = { userId: req.headers["x-user-id"] || "anonymous" };
    const result = await server.process(JSON.stringify(req.body), context);
    if (!result.isStreaming) return res.json(result.toJSON());
    res.setHeader("Content-Type", "text/event-stream");
    res.setHeader("Cache-Control", "no-cache");
    res.setHeader("Connection", "keep-alive");
    for await (const chunk of result) res.write(chunk);
    res.end();
  });
  return app;
}

function lean() {
  const nothing = () => {};
  const server = new Server(new MemoryStore(), undefined, { info: nothing, warn: nothing, error: nothing, debug: nothing });
  console.log = nothing; // it writes past the logger too
  return async (req, res) => {
    const body = [];
    for await (const chunk of req) body.push(chunk);
    const result = await server.process(Buffer.concat(body).toString(), {});
    res.setHeader("Content-Type", "text/event-stream");
    for await (const chunk of result) res.write(chunk);
    res.end();
  };
}

const [how, addr] = process.argv.slice(2);
const [host, port] = addr.split(":");
createServer({ guide, lean }[how]()).listen(Number(port), host);
