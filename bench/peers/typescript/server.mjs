// A peer in the benchmark: the TypeScript SDK v2 with one trivial tool, as its
// documentation wires it: /2025 with a transport per session, /2026 through
// createMcpHandler.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";

// The packages are installed beside the third-party clients of the tests.
const require = createRequire(new URL("../../../testdata/node/package.json", import.meta.url));
const { McpServer, createMcpHandler } = require("@modelcontextprotocol/server");
const { NodeStreamableHTTPServerTransport, toNodeHandler } = require("@modelcontextprotocol/node");
const { z } = require("zod");

const inputSchema = z.object({ task_id: z.string() });

function newServer() {
  const server = new McpServer({ name: "typescript", version: "1.0.0" });
  server.registerTool("get_task", { description: "Says hello to a task", inputSchema },
    async ({ task_id }) => ({ content: [{ type: "text", text: `hello ${task_id}` }] }));
  return server;
}

const stateless = toNodeHandler(createMcpHandler(newServer, { legacy: "reject" }));

const sessions = new Map();

async function stateful(req, res) {
  const id = req.headers["mcp-session-id"];
  const known = sessions.get(id);
  if (known) return known.handleRequest(req, res);
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (fresh) => sessions.set(fresh, transport),
  });
  transport.onclose = () => sessions.delete(transport.sessionId);
  await newServer().connect(transport);
  return transport.handleRequest(req, res);
}

const [host, port] = process.argv[2].split(":");
createServer((req, res) => (req.url === "/2026" ? stateless : stateful)(req, res)).listen(Number(port), host);
