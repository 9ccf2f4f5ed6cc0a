// What greets one before anything was said.
import { h, icon } from "../dom.js";
import { t } from "../strings.js";

const icons = { plus: "plus", notebook: "list", "circle-question": "help" };

/**
 * @param {{greeting: string, prompts: {label: string, prompt: string, icon?: string}[]}} options
 * @param {(prompt: string) => void} onPrompt
 */
export function startScreen({ greeting, prompts }, onPrompt) {
  return h(
    "section",
    { class: "welcome" },
    h("h2", { dir: "auto" }, greeting),
    h("div", { class: "prompts" }, prompts.map(({ label, prompt, icon: sign }) => h("button", { class: "action outlined", type: "button", onClick: () => onPrompt(prompt) }, icon(icons[sign] ?? "help"), label))),
  );
}

/** What stands in place of a conversation when nobody is signed in. */
export function signedOut(signInUrl) {
  return h(
    "section",
    { class: "welcome" },
    h("h2", {}, t("signedOut.title")),
    h("p", {}, signInUrl ? t("signedOut.text") : t("signedOut.noLink")),
    signInUrl && h("a", { class: "action primary", href: signInUrl }, t("signIn")),
  );
}
