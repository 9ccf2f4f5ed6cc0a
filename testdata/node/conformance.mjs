// Runs the official conformance suite against a server built with
// -tags conformance:  node conformance.mjs URL
// Exits 0 only if every scored scenario of both requirement sets passes.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const required = { "2025-11-25": 30, "2026-07-28": 37 };
// The suite needs Node 22 or later, whatever runs this file.
const node22 = join(import.meta.dirname, "node_modules/node/bin/node");
const suite = join(import.meta.dirname, "node_modules/@modelcontextprotocol/conformance/dist/index.js");

const url = process.argv[2];
if (!url) {
  console.error("usage: conformance.mjs URL");
  process.exit(2);
}
// The suite may write results where it stands.
const cwd = mkdtempSync(join(tmpdir(), "conformance-"));
try {
  for (const revision of Object.keys(required)) await check(revision);
} finally {
  rmSync(cwd, { recursive: true });
}

async function check(revision) {
  const list = await runSuite("list", "--server", "--requirements", revision);
  const scored = [...list.split("Client scenarios")[0].matchAll(/^ {2}- (\S+)$/gm)].map((m) => m[1]);
  const output = await runSuite("server", "--url", url, "--requirements", revision);
  const passed = new Set();
  for (const [, name, good, bad] of output.matchAll(/^✓ (\S+): (\d+) passed, (\d+) failed/gm)) {
    // A scenario that checked nothing is shown as passed.
    if (good > 0 && bad === "0") passed.add(name);
  }
  const missed = scored.filter((name) => !passed.has(name));
  console.log(`${revision}: ${scored.length - missed.length} of ${required[revision]}`);
  if (scored.length === required[revision] && missed.length === 0) return;
  process.exitCode = 1;
  console.error(`${revision}: not passed: ${missed.join(", ") || `none, but ${scored.length} were scored`}`);
  for (const name of missed.slice(0, 5)) {
    console.error(await runSuite("server", "--url", url, "--spec-version", revision, "--scenario", name));
  }
}

/** Runs the suite and returns what it printed; its own exit status says less. */
function runSuite(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(node22, [suite, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("error", reject);
    child.on("close", () => resolve(output));
  });
}
