// From the tree of a widget to elements.
import { h } from "./dom.js";
import { Button, Checkbox } from "./widgets-controls.js";
import * as layout from "./widgets-layout.js";
import { part } from "./widgets-parts.js";
import * as texts from "./widgets-text.js";
import { brief, isObject, list, text, words } from "./widgets-values.js";

const { Badge, Caption, Icon, Image, Label, Markdown, Text, Title } = texts;
const { Basic, Box, Card, Col, Divider, Form, ListView, ListViewItem, Row, Spacer, Transition } = layout;
const components = {
  Badge, Basic, Box, Button, Caption, Card, Checkbox, Col, Divider, Form, Icon, Image, Label, ListView, ListViewItem, Markdown, Row, Spacer,
  Text, Title, Transition,
};

// These are in the widgets of few servers, and loaded with the first of them.
const rare = new Set(["Chart", "DatePicker", "EditableText", "Input", "RadioGroup", "Select", "Table", "Table.Cell", "Table.Row", "Textarea"]);
let loading = null;

/** Loads the rare components. Where that fails they are shown like unknown ones. */
export function loadRare() {
  loading ??= Promise.all([import("./widgets-inputs.js"), import("./widgets-table.js")]).then(
    (modules) => modules.forEach((module) => Object.assign(components, module.components)),
    () => rare.clear(),
  );
  return loading;
}

// The server takes JSON of 64 levels, and a level of components is two of those.
export const mostLevels = 64;
const mostComponents = 5000;

/** Makes the elements of one state of a widget. */
export class Renderer {
  /** The place of the component in the tree. */
  path = "";
  /** Whether a form is around, and the head of a table; the title of the row around. */
  inForm = false;
  inHead = false;
  row = "";
  /** Whether something has to be loaded to show all of it. */
  lacks = false;

  #left = mostComponents;
  #level = 0;
  #ids = 0;
  #fields = [];
  #labels = [];

  /**
   * @param {string} prefix  of ids: another one for each widget of the page
   * @param {Map<string, number>} shown  how many rows the user has asked for, by path of the list
   */
  constructor(prefix, shown) {
    this.prefix = prefix;
    this.shown = shown;
  }

  /** @returns {Node | null} */
  root(tree) {
    const root = Array.isArray(tree) ? layout.Col({ children: tree }, this) : this.render(tree);
    this.#nameFields();
    return root;
  }

  children(node) {
    const around = this.path;
    const made = list(node.children).map((child, i) => {
      this.path = `${around}/${i}`;
      return this.render(child);
    });
    this.path = around;
    return made;
  }

  /** Renders with what is around changed. */
  within(around, make) {
    const { inForm, inHead, row } = this;
    Object.assign(this, around);
    const made = make();
    Object.assign(this, { inForm, inHead, row });
    return made;
  }

  render(node, ...how) {
    if (!isObject(node)) return text(node) ? words(text(node)) : null;
    if (this.#left < 0) return null;
    if (this.#left-- === 0 || this.#level === mostLevels) return words("…");
    this.#level++;
    const type = text(node.type);
    const el = this.#make(type === "Text" && isObject(node.editable) ? "EditableText" : type, node, how);
    this.#level--;
    if (!el) return null;
    const id = text(node.id);
    if (id) el.dataset.id = id;
    return part(el, { identity: `${type} ${text(node.key) || id}` });
  }

  #make(type, node, how) {
    if (Object.hasOwn(components, type)) return components[type](node, this, ...how);
    if (!rare.has(type)) return unknown(node, this);
    this.lacks = true;
    return null;
  }

  id() {
    return `${this.prefix}-${++this.#ids}`;
  }

  field(name, el, hint) {
    this.#fields.push({ name, el, hint });
  }

  label(name, el) {
    this.#labels.push({ name, el });
    return el;
  }

  /** Every field has a name: that of its label, else what it says itself. */
  #nameFields() {
    for (const { name, el } of this.#labels) {
      const target = this.#fields.find((field) => field.name === name && !field.named);
      if (!target) continue;
      target.named = true;
      if (target.el.matches("fieldset")) target.el.setAttribute("aria-label", brief(el.textContent));
      else el.htmlFor = target.el.id = this.id();
    }
    for (const { name, el, hint, named } of this.#fields) {
      if (!named && !el.closest("label")?.textContent) el.setAttribute("aria-label", hint || name || "…");
    }
  }
}

/** What is not known is at least read: its words and its children. */
function unknown(node, r) {
  const said = [node.title, node.label, node.value, node.text].map(text).filter(Boolean);
  const children = r.children(node).filter(Boolean);
  return said.length || children.length ? h("div", { class: "w-col" }, said.map((one) => h("div", { class: "w-text" }, words(one))), children) : null;
}
