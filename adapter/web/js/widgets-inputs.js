// Components that people fill in.
import { h } from "./dom.js";
import { t } from "./strings.js";
import { field, look } from "./widgets-controls.js";
import { isObject, list, oneOf, text, whole, words } from "./widgets-values.js";

const inputTypes = ["number", "email", "text", "password", "tel", "url"];

/** What all inputs of text have. An input never takes the focus by itself: it belongs to the composer. */
const typed = (node) => ({
  class: "w-field", ...look(node), required: node.required === true, disabled: node.disabled === true,
  placeholder: text(node.placeholder) || null, dir: "auto",
});

function Input(node, r) {
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

/** A text that can be edited. */
const EditableText = (node, r) => Input({ ...node.editable, defaultValue: node.value }, r);

const Textarea = (node, r) => field(node, r, h("textarea", { ...typed(node), rows: whole(node.rows, 1, 40) ?? 3 }, text(node.defaultValue)));

/** The choices that a node offers. */
function choices(node) {
  const chosen = text(node.defaultValue);
  return list(node.options).filter(isObject).map((one) => {
    const value = text(one.value);
    return { value, chosen: chosen !== "" && value === chosen, label: text(one.label) || value, more: text(one.description), disabled: one.disabled === true };
  });
}

function Select(node, r) {
  const all = choices(node);
  const open = node.clearable === true || !all.some((one) => one.chosen); // nothing may be chosen
  return field(node, r, h("select", { class: "w-field", ...look(node), disabled: node.disabled === true },
    open && h("option", { value: "" }, text(node.placeholder) || t("widget.choose")),
    all.map((one) => h("option", { value: one.value, selected: one.chosen, disabled: one.disabled }, one.more ? `${one.label} – ${one.more}` : one.label))));
}

function RadioGroup(node, r) {
  const group = h("fieldset", { class: "w-radios", role: "radiogroup", disabled: node.disabled === true, "data-direction": oneOf(["row", "col"], node.direction) });
  field(node, r, group);
  const name = r.id(); // groups of other widgets may have the same one
  group.append(...choices(node).map((one) => h("label", { class: "w-checkbox" },
    h("input", { type: "radio", name, value: one.value, checked: one.chosen, disabled: one.disabled, required: node.required === true }),
    h("span", {}, words(one.label), one.more && h("small", {}, words(one.more))))));
  return group;
}

const day = (value) => /^\d{4}-\d\d-\d\d/.exec(text(value))?.[0];

const DatePicker = (node, r) => field(node, r, h("input", {
  class: "w-field", type: "date", ...look(node), value: day(node.defaultValue), min: day(node.min), max: day(node.max), disabled: node.disabled === true,
}));

export const components = { DatePicker, EditableText, Input, RadioGroup, Select, Textarea };
