// A peer in the benchmark: the TypeScript SDK v2 with one trivial tool.
//   server.mjs guide ADDR   as its guide serves HTTP: the Express app with its
//                           Host and Origin checks, both eras through one
//                           handler, a server per request
//   server.mjs lean ADDR    the least it can do: bare node:http, no checks, a
//                           session and its server kept in the older era
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";

// The packages are installed beside the third-party clients of the tests.
const require = createRequire(new URL("../../../testdata/node/package.json", import.meta.url));
const { createMcpExpressApp } = require("@modelcontextprotocol/express");
const { NodeStreamableHTTPServerTransport, toNodeHandler } = require("@modelcontextprotocol/node");
const { McpServer, createMcpHandler } = require("@modelcontextprotocol/server");
const { z } = require("zod");

const inputSchema = z.object({ task_id: z.string() });

function newServer() {
  const server = new McpServer({ name: "typescript", version: "1.0.0" });
  server.registerTool("get_task", { description: "Says hello to a task", inputSchema },
    async ({ task_id }) => ({ content: [{ type: "text", text: `hello ${task_id}` }] }));
  return server;
}

const handle = toNodeHandler(createMcpHandler(newServer));

function guide() {
  const app = createMcpExpressApp();
  app.all(["/2025", "/2026"], (req, res) => void handle(req, res, req.body));
  return app;
}

function lean() {
  return (req, res) => (req.url === "/2026" ? handle : inSession)(req, res);
}

const sessions = new Map();

async function inSession(req, res) {
  const known = sessions.get(req.headers["mcp-session-id"]);
  if (known) return known.handleRequest(req, res);
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (fresh) => sessions.set(fresh, transport),
  });
  transport.onclose = () => sessions.delete(transport.sessionId);
  await newServer().connect(transport);
  return transport.handleRequest(req, res);
}

const [how, addr] = process.argv.slice(2);
const [host, port] = addr.split(":");
createServer({ guide, lean }[how]()).listen(Number(port), host);
