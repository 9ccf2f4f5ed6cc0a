// Components that people press.
import { h } from "./dom.js";
import { t } from "./strings.js";
import { part } from "./widgets-parts.js";
import { glyph } from "./widgets-text.js";
import { brief, isObject, label, oneOf, text, words } from "./widgets-values.js";

const sizes = ["3xs", "2xs", "xs", "sm", "md", "lg", "xl", "2xl", "3xl"];
const colors = ["primary", "secondary", "info", "discovery", "success", "caution", "warning", "danger"];
const variants = ["solid", "soft", "outline", "ghost"];

/**
 * An action as it is handed on, with its defaults filled in, or undefined if
 * there is none.
 */
export function actionOf(config) {
  if (!isObject(config) || typeof config.type !== "string" || !config.type) return undefined;
  return {
    type: config.type, payload: config.payload, handler: config.handler === "client" ? "client" : "server",
    loadingBehavior: oneOf(["none", "self", "container"], config.loadingBehavior) ?? "auto", streaming: config.streaming !== false,
  };
}

/** What controls of all kinds can be told about their look. */
export const look = (node) => ({
  "data-variant": oneOf(variants, node.variant), "data-size": oneOf(sizes, node.size), "data-pill": node.pill === true, "data-block": node.block === true,
});

export function Button(node, r) {
  const said = label(node.label);
  const submits = node.submit === true && r.inForm;
  const primary = node.style === "primary";
  const button = h("button", {
    class: "w-button", type: submits ? "submit" : "button", disabled: node.disabled === true, "aria-label": buttonName(node, said, r.row),
    ...look(node), "data-variant": oneOf(variants, node.variant) ?? (primary ? "solid" : "outline"),
    "data-color": oneOf(colors, node.color) ?? (primary ? "primary" : "secondary"), "data-uniform": node.uniform === true,
  }, node.iconStart ? glyph(text(node.iconStart)) : null, said ? words(said) : null, node.iconEnd ? glyph(text(node.iconEnd)) : null);
  return part(button, { on: submits ? undefined : "click", action: actionOf(node.onClickAction), loads: "self" });
}

/** What tells a button from its like in other rows, or names one that has no words. */
function buttonName(node, said, row) {
  if (said) return row ? `${brief(said)} ${row}` : null;
  return brief(node.iconStart).replaceAll("-", " ") || brief(node.iconEnd).replaceAll("-", " ") || t("widget.open");
}

/** Notes an input as a field of its form, and what to do when it changes. */
export function field(node, r, el) {
  r.field(text(node.name), el, brief(node.ariaLabel) || brief(node.placeholder));
  return part(el, { field: text(node.name), on: "change", action: actionOf(node.onChangeAction), loads: "none" });
}

export function Checkbox(node, r) {
  const box = h("input", { type: "checkbox", checked: node.defaultChecked === true, required: node.required === true, disabled: node.disabled === true });
  return h("label", { class: "w-checkbox" }, field(node, r, box), h("span", {}, words(text(node.label))));
}
