// A server with a script, for the client of chatkit-config.js: it makes sessions
// as the adapter does, and notes who asked for what.
import http from "node:http";
import { once } from "node:events";

export const api = "/api/chatkit";

/** What stands in a stream. */
export const event = (type, more = {}) => `data: ${JSON.stringify({ type, ...more })}\n\n`;
export const created = (id) => event("thread.created", { thread: { id } });

/** A promise that others settle. */
export function door() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { opened, open };
}

/**
 * @param {import("node:test").TestContext} t
 * @param {Record<string, (request: any, response: http.ServerResponse, log: any[]) => void>} [script]
 *   what to do by path under the API ("" for the endpoint itself), instead of the usual
 */
export async function serve(t, script = {}) {
  const log = [];
  const usual = {
    "/session": (request, response) => json(response, 200, session(log)),
    "/refresh": (request, response) => json(response, 200, session(log, request.body.session_id)),
    "/cancel": (request, response) => json(response, 200, { cancelled: true }),
    "": (request, response) => json(response, 200, { ok: true }),
  };
  const server = http.createServer(async (incoming, response) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const path = incoming.url.slice(api.length);
    const request = { path, method: incoming.method, headers: incoming.headers, text, body: parse(text), closed: once(response, "close"), drop: () => response.destroy() };
    log.push(request);
    (script[path] ?? usual[path] ?? ((_, r) => json(r, 404, { code: "not_found" })))(request, response, log);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${server.address().port}${api}`;
  return { url, log, to: (path) => log.filter((request) => request.path === path) };
}

/** A session that lives ten minutes; its secrets are numbered. */
function session(log, id = "sess_1") {
  const number = log.filter(({ path }) => path === "/session" || path === "/refresh").length;
  return { client_secret: `secret-${number}`, session_id: id, expires_at: new Date(Date.now() + 600_000).toISOString() };
}

export function json(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", "Date": new Date().toUTCString(), ...headers }).end(JSON.stringify(body));
}

export function stream(response, ...events) {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write(events.join(""));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Waits until something holds. */
export async function until(holds) {
  for (const end = performance.now() + 5000; !holds(); await new Promise((resolve) => setTimeout(resolve, 2))) {
    if (performance.now() > end) throw new Error(`waited in vain: ${holds}`);
  }
}
