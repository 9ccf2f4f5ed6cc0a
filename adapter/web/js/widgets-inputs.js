// Components that people press or fill in.
import { h } from "./dom.js";
import { t } from "./strings.js";
import { part } from "./widgets-parts.js";
import { Text, glyph } from "./widgets-text.js";
import { brief, isObject, label, list, oneOf, text, whole, words } from "./widgets-values.js";

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

const look = (node) => ({
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
function field(node, r, el) {
  r.field(text(node.name), el, brief(node.ariaLabel) || brief(node.placeholder));
  return part(el, { field: text(node.name), on: "change", action: actionOf(node.onChangeAction), loads: "none" });
}

const inputTypes = ["number", "email", "text", "password", "tel", "url"];

/** What all inputs of text have. An input never takes the focus by itself: it belongs to the composer. */
const typed = (node) => ({
  class: "w-field", ...look(node), required: node.required === true, disabled: node.disabled === true,
  placeholder: text(node.placeholder) || null, dir: "auto",
});

export function Input(node, r) {
  const pattern = text(node.pattern);
  return field(node, r, h("input", {
    ...typed(node), type: oneOf(inputTypes, node.inputType) ?? "text", value: text(node.defaultValue), pattern: isPattern(pattern) ? pattern : null,
  }));
}

/** Whether a browser takes it, which would complain in the console otherwise. */
function isPattern(pattern) {
  try {
    return pattern !== "" && new RegExp(pattern, "v") instanceof RegExp;
  } catch {
    return false;
  }
}

/** A text, or an input where it can be edited. */
export const EditableText = (node, r) => (isObject(node.editable) ? Input({ ...node.editable, defaultValue: node.value }, r) : Text(node));

export const Textarea = (node, r) => field(node, r, h("textarea", { ...typed(node), rows: whole(node.rows, 1, 40) ?? 3 }, text(node.defaultValue)));

export function Checkbox(node, r) {
  const box = h("input", { type: "checkbox", checked: node.defaultChecked === true, required: node.required === true, disabled: node.disabled === true });
  return h("label", { class: "w-checkbox" }, field(node, r, box), h("span", {}, words(text(node.label))));
}

/** The choices that a node offers. */
function choices(node) {
  const chosen = text(node.defaultValue);
  return list(node.options).filter(isObject).map((one) => {
    const value = text(one.value);
    return { value, chosen: chosen !== "" && value === chosen, label: text(one.label) || value, more: text(one.description), disabled: one.disabled === true };
  });
}

export function Select(node, r) {
  const all = choices(node);
  const open = node.clearable === true || !all.some((one) => one.chosen); // nothing may be chosen
  return field(node, r, h("select", { class: "w-field", ...look(node), disabled: node.disabled === true },
    open && h("option", { value: "" }, text(node.placeholder) || t("widget.choose")),
    all.map((one) => h("option", { value: one.value, selected: one.chosen, disabled: one.disabled }, one.more ? `${one.label} – ${one.more}` : one.label))));
}

export function RadioGroup(node, r) {
  const group = h("fieldset", { class: "w-radios", role: "radiogroup", disabled: node.disabled === true, "data-direction": oneOf(["row", "col"], node.direction) });
  field(node, r, group);
  const name = r.id(); // groups of other widgets may have the same one
  group.append(...choices(node).map((one) => h("label", { class: "w-checkbox" },
    h("input", { type: "radio", name, value: one.value, checked: one.chosen, disabled: one.disabled, required: node.required === true }),
    h("span", {}, words(one.label), one.more && h("small", {}, words(one.more))))));
  return group;
}

const day = (value) => /^\d{4}-\d\d-\d\d/.exec(text(value))?.[0];

export const DatePicker = (node, r) => field(node, r, h("input", {
  class: "w-field", type: "date", ...look(node), value: day(node.defaultValue), min: day(node.min), max: day(node.max), disabled: node.disabled === true,
}));
