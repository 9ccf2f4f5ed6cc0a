// ChatKit's icons, as far as the page has them anyway.
import { h, icon } from "./dom.js";

const icons = {
  check: "check", "check-circle": "check", "check-circle-filled": "check", plus: "plus", reload: "retry", search: "search",
  write: "pencil", "write-alt": "pencil", "write-alt2": "pencil", "notebook-pencil": "pencil", notebook: "list", document: "file",
  "page-blank": "file", "square-text": "file", "circle-question": "help", lifesaver: "help", clock: "history", info: "warning",
};

/** An icon, or a dot for one that is not here. Decorative: what it means is said in words beside it. */
export const glyph = (name) => (Object.hasOwn(icons, name) ? icon(icons[name]) : h("span", { class: "w-dot", "aria-hidden": "true" }));
