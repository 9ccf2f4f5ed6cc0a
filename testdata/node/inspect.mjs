// Runs the official Inspector against a server, in both protocol eras:
//   node inspect.mjs [--token T] --http URL | --stdio CMD ARG…
// Fails on anything the Inspector calls an error or a warning; --strict is
// what finds schemas that hosts choke on.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { headers, parse } from "./clients/host.mjs";

// The Inspector needs Node 22 or later, whatever runs this file.
const node22 = join(import.meta.dirname, "node_modules/node/bin/node");
const inspector = join(import.meta.dirname, "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js");

const target = parse(process.argv.slice(2), "usage: inspect.mjs [--token T] --http URL | --stdio CMD ARG…");
const home = mkdtempSync(join(tmpdir(), "inspector-"));
// The form that hosts take, so arguments and headers need no quoting.
const server = target.url
  ? { type: "streamable-http", url: target.url.href, headers: headers(target.token) }
  // All that is left on stderr is then the Inspector's, or an error.
  : { type: "stdio", command: target.command, args: target.args, env: { ...process.env, LOG_LEVEL: "error" } };
const config = join(home, "mcp.json");
writeFileSync(config, JSON.stringify({ mcpServers: { taskwire: server } }));

try {
  for (const era of ["legacy", "modern"]) await visit(era);
} catch (err) {
  console.error(`inspector: ${err.message}`);
  process.exitCode = 1;
} finally {
  rmSync(home, { recursive: true });
}

async function visit(era) {
  const ask = (method, ...args) => inspect(era, "--method", method, ...args);
  const call = async (name, args) => {
    const result = await ask("tools/call", "--tool-name", name, "--tool-args-json", JSON.stringify(args));
    return result.structuredContent;
  };
  const { tools } = await ask("tools/list", "--strict");
  assert.ok(tools.some((tool) => tool.name === "create_task"), "tools/list has no create_task");

  const { task } = await call("create_task", { title: "From the Inspector", priority: "high" });
  const read = await call("get_task", { task_id: task.id });
  assert.deepEqual(read.task, task, "get_task gives another task than create_task");
  await ask("resources/read", "--uri", `task://${task.id}`);
  await call("delete_task", { task_id: task.id });

  const { prompts } = await ask("prompts/list");
  assert.ok(prompts.length > 0, "prompts/list is empty");
  await ask("prompts/get", "--prompt-name", "plan_my_day", "--prompt-args", "language=ur");
  const { resourceTemplates } = await ask("resources/templates/list");
  assert.ok(resourceTemplates.length > 0, "resources/templates/list is empty");
  console.log(JSON.stringify({ client: "inspector", transport: target.url ? "http" : "stdio", era, tools: tools.length }));
}

/** One call of the Inspector's command line; gives the result it prints. */
function inspect(era, ...args) {
  const line = ["--cli", "--config", config, "--server", "taskwire", "--protocol-era", era, "--format", "json", "--stored-auth-only", ...args];
  // Else it warns about how it keeps secrets, of which it gets none.
  const env = { ...process.env, HOME: home, MCP_INSPECTOR_SECRET_STORE: "file", MCP_INSPECTOR_SECRET_KEY: "unused" };
  return new Promise((resolve, reject) => {
    const child = spawn(node22, [inspector, ...line], { env, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) child[stream].on("data", (data) => (output[stream] += data));
    child.on("error", reject);
    child.on("close", (code) => {
      const what = `${era}: ${args.join(" ")}`;
      if (code !== 0) return reject(new Error(`${what}: exit status ${code}\n${output.stderr || output.stdout}`));
      if (output.stderr.trim()) return reject(new Error(`${what}: ${output.stderr}`));
      resolve(JSON.parse(output.stdout).result);
    });
  });
}
