// What v1.mjs and v2.mjs share: the command line, and a run from the first
// request to the last one.
import assert from "node:assert/strict";
import { live } from "./life.mjs";

/** Reads --era E, --token T, --http URL or, last, --stdio CMD ARG… */
export function parse(argv, usage) {
  const target = { era: "legacy" };
  for (let i = 0; i < argv.length; i += 2) {
    const value = argv[i + 1];
    if (value === undefined) break;
    switch (argv[i]) {
      case "--era": target.era = value; continue;
      case "--token": target.token = value; continue;
      case "--http": target.url = new URL(value); continue;
      case "--stdio": return { ...target, command: value, args: argv.slice(i + 2) };
    }
    break;
  }
  if (target.url) return target;
  console.error(usage);
  process.exit(2);
}

/** The bearer token as request headers, if there is one. */
export const headers = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

/**
 * Connects as a host does, lives through the tasks, leaves. `open(target)`
 * gives {client, call, leave} or rejects. Prints one line of JSON, or one
 * sentence and exit status 1.
 */
export async function run(name, target, open) {
  try {
    const session = await open(target);
    const found = await live(session.client, session.call);
    const protocol = session.protocol();
    await leave(session, target);
    if (target.token) {
      await assert.rejects(open({ ...target, token: `${target.token}x` }), /401|unauthori[sz]ed/i,
        "a token with a broken signature was taken");
    }
    console.log(JSON.stringify({ client: name, transport: target.url ? "http" : "stdio", protocol, ...found }));
    process.exit(0);
  } catch (err) {
    console.error(`${name}: ${err.message}`);
    if (process.env.DEBUG) console.error(err.stack);
    process.exit(1);
  }
}

// The SDKs close a stdio server's input, wait two seconds and only then kill it.
async function leave(session, target) {
  const start = Date.now();
  await session.leave();
  const ms = Date.now() - start;
  assert.ok(target.url || ms < 1900, `the server did not exit within ${ms} ms of the end of its input`);
}
