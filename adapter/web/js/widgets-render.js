// From the tree of a widget to elements.
import { h } from "./dom.js";
import * as inputs from "./widgets-inputs.js";
import * as layout from "./widgets-layout.js";
import { part } from "./widgets-parts.js";
import * as tables from "./widgets-table.js";
import * as texts from "./widgets-text.js";
import { brief, isObject, list, text, words } from "./widgets-values.js";

const { Badge, Caption, Icon, Image, Label, Markdown, Title } = texts;
const { Basic, Box, Card, Col, Divider, Form, ListView, ListViewItem, Row, Spacer, Transition } = layout;
const { Button, Checkbox, DatePicker, EditableText, Input, RadioGroup, Select, Textarea } = inputs;
const { Chart, Table, TableCell, TableRow } = tables;

const components = {
  Badge, Basic, Box, Button, Caption, Card, Chart, Checkbox, Col, DatePicker, Divider, Form, Icon, Image, Input, Label, ListView, ListViewItem,
  Markdown, RadioGroup, Row, Select, Spacer, Table, "Table.Cell": TableCell, "Table.Row": TableRow, Text: EditableText, Textarea, Title, Transition,
};

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
    const el = (Object.hasOwn(components, type) ? components[type] : unknown)(node, this, ...how);
    this.#level--;
    if (!el) return null;
    const id = text(node.id);
    if (id) el.dataset.id = id;
    return part(el, { identity: `${type} ${text(node.key) || id}` });
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
