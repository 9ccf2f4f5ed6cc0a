// The page itself: who is there, in which language, and which face they see.
// ChatKit where its script loads, our own chat where it does not.
import { ApiError } from "./api.js";
import { SignedOutError, tokenSource } from "./auth.js";
import { makeBeacon } from "./beacon.js";
import { Chat } from "./chat/chat.js";
import { chatKitOptions, createClient, threadMemory } from "./chatkit-config.js";
import { clientTools } from "./client-tools.js";
import { h, icon } from "./dom.js";
import { keep, keptKeys, recall, chooseLanguage, chooseTheme, theme, watchTheme } from "./preferences.js";
import { language, languages, t } from "./strings.js";
import { plain } from "./text.js";

const config = JSON.parse(document.getElementById("taskwire-config").textContent);
const source = tokenSource(config);
const later = {}; // the client tells the beacon, which sends through the client
const client = createClient({ getToken, mode: config.mode, beacon: { time: (...args) => later.beacon?.time(...args), error: (...args) => later.beacon?.error(...args) } });
const beacon = (later.beacon = makeBeacon(client.fetch));

addEventListener("error", () => beacon.error("script_error"));
addEventListener("unhandledrejection", () => beacon.error("script_error"));

const ownerKey = "taskwire-user"; // whose conversations and drafts this browser keeps
const mostName = 60; // characters of a name that is greeted
let person = null;
let face = null; // what is shown: {update(), threadGone(), signedOut()}

// A page that the browser had put aside may be somebody else's by now.
addEventListener("pageshow", (event) => event.persisted && location.reload());
start();

async function start() {
  const problem = await getToken().then(() => null, (err) => err);
  person = source.user();
  if (person && recall(ownerKey) !== person.id) {
    forgetConversations();
    keep(ownerKey, person.id);
  }
  if (config.chatkit.enabled && person) showChatKitOr();
  else showOwn(problem);
  beacon.time("page_ready_ms", performance.now());
}

/** The user's token, of the user whom the page shows: for another one it begins anew. */
async function getToken(how) {
  try {
    const token = await source.getToken(how);
    if (!person || source.user()?.id === person.id) return token;
    location.reload();
    return await new Promise(() => {}); // nothing is done in another's name meanwhile
  } catch (err) {
    if (err instanceof SignedOutError) face?.signedOut();
    throw err;
  }
}

/** Nothing of one person's conversations is left for the next one at the same browser. */
function forgetConversations() {
  threadMemory().forget();
  keep(ownerKey, null);
  for (const key of keptKeys()) if (key.startsWith("chatkit-draft:")) keep(key, null);
}

function options() {
  return chatKitOptions({
    client, clientTools, dictation: config.dictation, domainKey: config.chatkit.domainKey, locale: language(), theme: theme(),
    user: person?.id ?? "", name: plain(person?.name).slice(0, mostName), onThreadGone: () => face?.threadGone(),
  });
}

/** ChatKit, and our own chat if it fails. */
async function showChatKitOr() {
  const skeleton = document.querySelector(".skeleton");
  const mount = h("main", { class: "chatkit" }, h("div", { class: "skeleton", "aria-busy": "true" }, [...skeleton.childNodes]));
  frame([], mount);
  try {
    const { showChatKit } = await import("./chatkit-face.js");
    const kit = showChatKit(mount, { config: config.chatkit, options: options(), beacon });
    const signedOut = () => {
      kit.remove();
      showOwn(new SignedOutError());
    };
    face = { update: () => kit.update(options()), threadGone: kit.newThread, signedOut };
    await kit.ready;
    mount.querySelector(".skeleton").remove();
    rendered("chatkit");
    await kit.failed;
  } catch (err) {
    console.info(`ChatKit cannot be shown (${err.message}): the built-in chat is.`);
  }
  showOwn();
}

/** @param {any} [problem] why it is not known who is there */
function showOwn(problem) {
  const memory = threadMemory(person?.id ?? "");
  const chat = new Chat({ client, beacon, memory, user: person?.id ?? "", onSignedOut: forgetConversations, signInUrl: config.signInUrl, options: { ...options(), clientTools } });
  frame(chat.controls(), chat.el);
  face = { update() {}, threadGone() {}, signedOut: () => chat.signOut() };
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
