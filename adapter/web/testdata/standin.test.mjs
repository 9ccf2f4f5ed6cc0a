// The stand-in for ChatKit refuses what ChatKit's types do.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import test from "node:test";

import { chatKitOptions, createClient } from "../js/chatkit-config.js";
import { wrongWithCall } from "../chatkittest/standin/check.js";

const print = fileURLToPath(new URL("../../../testdata/node/chatkit-types.mjs", import.meta.url));
const { types, methods, events } = JSON.parse(execFileSync(process.execPath, [print], { encoding: "utf8" }));

const wrong = (method, ...args) => wrongWithCall(types, method, methods[method], args);

/** Ours, without what belongs to React. */
function options(change = {}) {
  const { onThreadChange, ...ours } = chatKitOptions({ client: createClient() });
  return { ...ours, ...change };
}

test("it takes our options", () => {
  for (const locale of ["en", "ur"]) {
    for (const theme of ["light", "dark"]) {
      for (const mode of ["self", "openai"]) {
        const { onThreadChange, ...ours } = chatKitOptions({ client: createClient({ mode }), locale, theme, threadId: "thr_1", dictation: true });
        assert.equal(wrong("setOptions", ours), "");
      }
    }
  }
});

test("it refuses others", () => {
  const { api, composer, startScreen } = options();
  for (const [change, place] of [
    [{ onThreadChange() {} }, "options.onThreadChange"],
    [{ api: { url: "/x" } }, "options.api.domainKey"],
    [{ api: { ...api, headers: {} } }, "options.api.headers"],
    [{ locale: "xx" }, "options.locale"],
    [{ theme: { radius: "square" } }, "options.theme.radius"],
    [{ theme: { typography: { baseSize: 12 } } }, "options.theme.typography.baseSize"],
    [{ initialThread: 7 }, "options.initialThread"],
    [{ composer: { ...composer, tools: [{ id: "x", label: "x" }] } }, "options.composer.tools[0].icon"],
    [{ composer: { ...composer, attachments: { enabled: "yes" } } }, "options.composer.attachments.enabled"],
    [{ startScreen: { prompts: [{ ...startScreen.prompts[0], icon: "unknown" }] } }, "options.startScreen.prompts[0].icon"],
    [{ startScreen: { prompts: {} } }, "options.startScreen.prompts"],
    [{ onClientTool: "x" }, "options.onClientTool"],
  ]) assert.match(wrong("setOptions", options(change)), new RegExp(place.replace(/[[\].]/g, "\\$&")));
});

test("it knows methods and events", () => {
  assert.equal(wrong("setThreadId", null), "");
  assert.match(wrong("setThreadId"), /is missing/);
  assert.match(wrong("setThreadId", "a", "b"), /takes 1/);
  assert.match(wrong("setComposerValue", { files: [{}] }), /no File/);
  assert.equal(wrong("sendUserMessage", { content: [{ type: "input_tag", text: "t", id: "i", data: { any: 1 } }], toolChoice: { id: "create_task" } }), "");
  assert.match(wrong("sendUserMessage", { content: [{ type: "input_image" }] }), /content/);
  assert.equal(Object.keys(methods).length, 9);
  assert.ok("chatkit.thread.change" in events && !("chatkit.closed" in events));
});
