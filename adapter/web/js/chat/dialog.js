// A question that needs an answer before anything else.
import { h } from "../dom.js";
import { ordered } from "../markdown-nodes.js";
import { t } from "../strings.js";

/**
 * Asks before something cannot be undone; resolves to whether it was confirmed.
 * The browser keeps the focus inside and gives it back.
 * @param {{title: string, text: string, confirm: string}} question
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, text, confirm }) {
  return new Promise((resolve) => {
    const close = (value) => () => dialog.close(value);
    const dialog = h(
      "dialog",
      { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
      h("h2", { id: "dialog-title" }, title),
      h("p", { id: "dialog-text", dir: "auto" }, ordered(text)),
      h("div", { class: "row" }, h("button", { class: "action outlined", type: "button", onClick: close("") }, t("cancel")), h("button", { class: "action danger", type: "button", onClick: close("yes") }, confirm)),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
