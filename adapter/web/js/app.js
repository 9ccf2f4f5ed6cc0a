// The page itself: who is there, in which language, and which face they see.
// ChatKit where its script loads, our own chat where it does not.
import { ApiError } from "./api.js";
import { SignedOutError, tokenSource } from "./auth.js";
import { makeBeacon } from "./beacon.js";
import { Chat } from "./chat/chat.js";
import { chatKitOptions, createClient, threadMemory } from "./chatkit-config.js";
import { clientTools } from "./client-tools.js";
import { h, icon } from "./dom.js";
import { keep, recall, chooseLanguage, chooseTheme, theme, watchTheme } from "./preferences.js";
import { language, languages, t } from "./strings.js";

const config = JSON.parse(document.getElementById("taskwire-config").textContent);
const source = tokenSource(config);
const later = {}; // the client tells the beacon, which sends through the client
const client = createClient({ getToken: source.getToken, mode: config.mode, beacon: { time: (...args) => later.beacon?.time(...args), error: (...args) => later.beacon?.error(...args) } });
const beacon = (later.beacon = makeBeacon(client.fetch));

addEventListener("error", () => beacon.error("script_error"));
addEventListener("unhandledrejection", () => beacon.error("script_error"));

let person = null;
let face = null; // what is shown: {update(), remove()}

start();

async function start() {
  const problem = await client.token().then(() => null, (err) => err);
  person = source.user();
  forgetOthers();
  if (config.chatkit.enabled && person) showChatKitOr();
  else showOwn(problem);
  beacon.time("page_ready_ms", performance.now());
}

/** Nothing of one person is left for another one at the same browser. */
function forgetOthers() {
  const mine = person?.id ?? "";
  if ((recall("chatkit-user") ?? mine) === mine) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith("chatkit-draft:")) keep(key, null);
  threadMemory(mine).get();
}

function options() {
  return chatKitOptions({
    client, clientTools, dictation: config.dictation, domainKey: config.chatkit.domainKey, locale: language(), theme: theme(),
    user: person?.id ?? "", name: person?.name ?? "", onThreadGone: () => face?.threadGone?.(),
  });
}

/** ChatKit, and our own chat if it fails. */
async function showChatKitOr() {
  const { showChatKit } = await import("./chatkit-face.js");
  const mount = h("main", { class: "chatkit" });
  frame([], mount);
  const kit = showChatKit(mount, { config: config.chatkit, options: options(), beacon });
  face = { update: () => kit.update(options()), threadGone: kit.newThread };
  kit.ready.then(() => rendered("chatkit"), () => {});
  kit.failed.then((reason) => {
    console.info(`ChatKit cannot be shown (${reason}): the built-in chat is.`);
    showOwn();
  });
}

/** @param {any} [problem] why it is not known who is there */
function showOwn(problem) {
  const memory = threadMemory(person?.id ?? "");
  const chat = new Chat({ client, beacon, memory, signInUrl: config.signInUrl, options: { ...options(), clientTools } });
  frame(chat.controls(), chat.el);
  face = { update() {} };
  rendered("builtin");
  const thread = memory.get();
  if (problem instanceof SignedOutError) chat.signOut();
  else if (problem) chat.tellError(new ApiError(), { label: t("retry"), run: () => location.reload() });
  else if (thread) chat.open(thread);
  else chat.startNew();
}

/** @param {"chatkit" | "builtin"} name of the face that is on the screen now */
function rendered(name) {
  beacon.face(name);
  beacon.time("first_render_ms", performance.now());
}

/** The bar above everything, and what stands below it. */
function frame([first, ...others], content) {
  document.title = t("title");
  document.getElementById("app").replaceChildren(
    h("header", { class: "bar" }, first, h("h1", {}, t("title")), others, languageChoice(), themeSwitch()),
    content,
  );
}

/** The server renders a language: what is being written is kept as a draft meanwhile. */
function languageChoice() {
  const names = Object.entries(languages).map(([code, name]) => h("option", { value: code, lang: code, selected: code === language() }, name));
  const choose = () => (chooseLanguage(box.value), location.reload());
  const box = h("select", { "aria-label": t("language"), onChange: choose }, names);
  return box;
}

function themeSwitch() {
  const isDark = () => String(theme() === "dark");
  const turn = () => chooseTheme(theme() === "dark" ? "light" : "dark");
  const button = h("button", { class: "action", type: "button", "aria-pressed": isDark(), "aria-label": t("dark"), title: t("dark"), onClick: turn }, icon("theme"));
  watchTheme(() => {
    button.setAttribute("aria-pressed", isDark());
    face?.update();
  });
  return button;
}
