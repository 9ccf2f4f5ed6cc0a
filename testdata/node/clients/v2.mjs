// A host built on the TypeScript SDK v2: the older era, the newer one, or
// whichever the server offers.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { headers, parse, run } from "./host.mjs";

const target = parse(process.argv.slice(2),
  "usage: v2.mjs [--era legacy|auto|2026-07-28] [--token T] --http URL | --stdio CMD ARG…");

await run("typescript-sdk-v2", target, async ({ era, url, token, command, args }) => {
  const mode = era === "legacy" || era === "auto" ? era : { pin: era };
  const client = new Client({ name: "v2", version: "1.0.0" }, { versionNegotiation: { mode } });
  const transport = url
    ? new StreamableHTTPClientTransport(url, { requestInit: { headers: headers(token) } })
    : new StdioClientTransport({ command, args, env: process.env, stderr: "inherit" });
  await client.connect(transport);
  return {
    client,
    call: (params, options) => client.callTool(params, options),
    protocol: () => client.getNegotiatedProtocolVersion(),
    async leave() {
      if (transport.sessionId) await transport.terminateSession();
      await client.close();
    },
  };
});
