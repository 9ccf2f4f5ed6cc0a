// A host built on the TypeScript SDK v1, which speaks revisions up to 2025-11-25.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { headers, parse, run } from "./host.mjs";

const target = parse(process.argv.slice(2), "usage: v1.mjs [--token T] --http URL | --stdio CMD ARG…");

await run("typescript-sdk-v1", target, async ({ url, token, command, args }) => {
  const client = new Client({ name: "v1", version: "1.0.0" });
  const transport = url
    ? new StreamableHTTPClientTransport(url, { requestInit: { headers: headers(token) } })
    : new StdioClientTransport({ command, args, env: process.env, stderr: "inherit" });
  let protocol;
  transport.setProtocolVersion = wrap(transport, (version) => (protocol = version));
  await client.connect(transport);
  return {
    client,
    call: (params, options) => client.callTool(params, undefined, options),
    protocol: () => protocol,
    async leave() {
      if (url) await transport.terminateSession();
      await client.close();
    },
  };
});

// v1 tells its transport the negotiated revision, and nobody else.
function wrap(transport, note) {
  const tell = transport.setProtocolVersion?.bind(transport);
  return (version) => {
    note(version);
    tell?.(version);
  };
}
