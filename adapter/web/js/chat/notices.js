// What is said when something is amiss, and what one can do about it.
import { h, icon } from "../dom.js";
import { renderMarkdown } from "../markdown.js";
import { t } from "../strings.js";
import { plain } from "../text.js";
import { setSpeech } from "./message.js";

/**
 * An error, read aloud at once.
 * @param {string} text
 * @param {{label: string, run: () => void}} [cure]
 */
export function alert(text, cure) {
  const said = h("p", {}, plain(text));
  setSpeech(said, plain(text));
  return h(
    "div",
    { class: "notice danger", role: "alert" },
    icon("warning"),
    said,
    cure && h("button", { class: "action outlined", type: "button", onClick: cure.run }, icon("retry"), cure.label),
  );
}

/** What the server tells beside an answer. */
export function notice({ level, title, message }) {
  const known = ["info", "warning", "danger"].includes(level) ? level : "info";
  const said = h("div", {}, title && h("strong", {}, plain(title)), h("div", { class: "md" }, renderMarkdown(String(message ?? ""))));
  setSpeech(said, `${title ?? ""}\n${message ?? ""}`);
  return h(
    "div",
    { class: `notice ${known}`, role: "status" },
    icon(known === "info" ? "help" : "warning"),
    said,
  );
}

/**
 * What an error of a request means to a person.
 * @returns {{kind: "signed-out" | "limit" | "offline" | "gone" | "busy" | "refused", text: string, again: boolean}}
 *   again: whether the same request may succeed later
 */
export function explain(err) {
  if (err.name === "SignedOutError" || err.status === 401) return { kind: "signed-out", text: t("error.signedOut"), again: false };
  if (!navigator.onLine) return { kind: "offline", text: t("error.offline"), again: true };
  switch (err.status) {
    case 429:
      return { kind: "limit", text: err.retryAfter ? t("error.limit", { seconds: err.retryAfter }) : t("error.limitSoon"), again: true };
    case 409:
      return { kind: "busy", text: t("error.busy"), again: true };
    case 404:
      return { kind: "gone", text: t("error.gone"), again: false };
    case 0:
      return { kind: "offline", text: t("error.unreachable"), again: true };
    case undefined:
      return { kind: "refused", text: t("error.page"), again: true };
  }
  if (err.status >= 500) return { kind: "offline", text: err.detail || t("error.unreachable"), again: true };
  return { kind: "refused", text: err.detail || t("error.refused"), again: false };
}
