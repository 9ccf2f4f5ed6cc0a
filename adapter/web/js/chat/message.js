// What the user said and what was answered.
import { h, icon } from "../dom.js";
import { ordered } from "../markdown-nodes.js";
import { MarkdownView } from "../markdown.js";
import { language, t, tongue } from "../strings.js";
import { plain } from "../text.js";
import { safeImage } from "./image.js";

const letters = /\p{L}/gu;
const arabicLetters = /\p{Script=Arabic}/gu;
const latinLetters = /\p{Script=Latin}/gu;
const quotation = /["“”„«][^"“”„«»]*["“”»]/g;
const enough = 400; // characters that tell the language

/**
 * Gives an element the side and the language of its text: those of most letters
 * in the first line that has any. Titles may be in another language, so what is
 * quoted, and the lists that follow, have no say.
 */
export function setSpeech(el, text) {
  const head = text.slice(0, enough);
  const lines = [...head.replace(quotation, "").split("\n"), head];
  const line = lines.find((one) => one.search(letters) >= 0) ?? "";
  const share = (some) => (line.match(some)?.length ?? 0) * 2 > (line.match(letters)?.length ?? 0);
  const urdu = share(arabicLetters);
  const latin = share(latinLetters);
  el.dir = urdu ? "rtl" : latin ? "ltr" : "auto";
  if (urdu) el.lang = "ur";
  else if (latin && language() !== "en") el.lang = "en";
  else el.removeAttribute("lang");
}

export class UserMessage {
  constructor(item) {
    this.el = h("article", { class: "item user", "aria-label": t("you") });
    this.update(item);
  }

  update(item) {
    const text = (item.content ?? []).map((part) => (part.type === "input_tag" ? `@${part.text}` : part.text)).join("\n");
    const bubble = h("div", { class: "bubble" }, ordered(plain(text)));
    setSpeech(bubble, text);
    this.el.replaceChildren(
      ...[
        item.quoted_text && h("blockquote", { dir: "auto", lang: tongue(item.quoted_text) }, plain(item.quoted_text)),
        item.attachments?.length && h("ul", { class: "files", "aria-label": t("files") }, item.attachments.map((file) => h("li", {}, attachment(file)))),
        text && bubble,
      ].filter(Boolean),
    );
    this.el.classList.toggle("sending", Boolean(item.local));
  }
}

function attachment(file) {
  const image = file.type === "image" && safeImage(file.preview_url, file.name);
  return image || h("span", { class: "file" }, icon("file"), h("bdi", { lang: tongue(file.name) }, plain(file.name)));
}

export class AssistantMessage {
  #parts = [];

  /** @param {{copy: Function, feedback: Function, retry: Function}} actions */
  constructor(item, actions) {
    this.actions = actions;
    this.who = h("p", { class: "who" });
    this.body = h("div", { class: "speech" });
    this.sources = h("ol", { class: "sources", hidden: true, "aria-label": t("sources") });
    this.tools = this.#buttons();
    this.el = h("article", { class: "item assistant" }, this.who, this.body, this.sources, this.tools);
    this.update(item, null);
  }

  #buttons() {
    const rate = (kind, name, sign) =>
      h("button", { class: "action small", type: "button", "aria-label": t(name), title: t(name), "aria-pressed": "false", dataset: { kind }, onClick: () => this.actions.feedback(this.item, kind) }, icon(sign));
    const copied = h("button", { class: "action small", type: "button", onClick: () => this.actions.copy(this.item, copied) }, icon("copy"), t("copy"));
    this.retry = h("button", { class: "action small retry", type: "button", onClick: () => this.actions.retry() }, icon("retry"), t("retry"));
    return h("div", { class: "tools" }, copied, rate("positive", "good", "up"), rate("negative", "bad", "down"), this.retry);
  }

  update(item, update) {
    this.item = item;
    const who = speakerOf(item);
    this.who.textContent = who;
    this.el.setAttribute("aria-label", who);
    for (const button of this.tools.querySelectorAll("[data-kind]")) button.setAttribute("aria-pressed", String(button.dataset.kind === item.feedback));
    this.el.classList.toggle("writing", Boolean(item.unfinished));
    if (update?.type === "assistant_message.content_part.text_delta") {
      this.#part(update.content_index).append(update.delta);
      if (textOf(item).length < enough) setSpeech(this.body, textOf(item));
      return;
    }
    (item.content ?? []).forEach((part, i) => this.#part(i).set(part.text ?? ""));
    if (!item.unfinished) for (const part of this.#parts) part.finish();
    setSpeech(this.body, textOf(item));
    this.#showSources(item);
  }

  #part(index) {
    while (this.#parts.length <= index) {
      const el = h("div", { class: "md" });
      this.body.append(el);
      this.#parts.push(new MarkdownView(el));
    }
    return this.#parts[index];
  }

  #showSources(item) {
    const found = (item.content ?? []).flatMap((part) => part.annotations ?? []).map((annotation) => annotation.source).filter(Boolean);
    this.sources.hidden = !found.length;
    this.sources.replaceChildren(...found.map((source) => h("li", {}, sourceLink(source))));
  }
}

/** A source by its name; one on the web as a link. */
export function sourceLink(source) {
  const title = plain(source.title || source.filename || source.url || source.id);
  const name = h("bdi", { lang: tongue(title) }, title);
  try {
    const url = new URL(source.url);
    if (["https:", "http:"].includes(url.protocol)) {
      return [h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, name), h("span", { class: "host" }, ` ${url.host}`)];
    }
  } catch {
    // no address, or none to follow: the name stands alone
  }
  return name;
}

const speakers = { orchestrator: "speaker.orchestrator", Orchestrator: "speaker.orchestrator", urdu: "speaker.urdu", "Urdu Specialist": "speaker.urdu" };

/** Who speaks: as it is stored, or as it was heard when the answer came. */
export function speakerOf(item) {
  const name = item.sender ?? item.speaking ?? "";
  return Object.hasOwn(speakers, name) ? t(speakers[name]) : plain(name) || t("assistant");
}

export const textOf = (item) => (item.content ?? []).map((part) => part.text ?? "").join("\n\n");
