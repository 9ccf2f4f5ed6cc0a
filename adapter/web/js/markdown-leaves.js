// The blocks that hold text and no further blocks: paragraphs, headings, code,
// tables. What they have in common: `el`, `add(line)`, `show()`, and `copy()`
// for a trial that may be taken back.
import { appendInline } from "./markdown-inline.js";
import { t } from "./strings.js";

/**
 * No text that is rendered in one go is longer, so the end of a long text costs
 * as little as that of a short one. Emphasis does not reach over it.
 */
export const pieceLength = 4096;

const widest = 64; // columns of a table; what is beyond stays in the last one

export function element(tag, className) {
  const el = document.createElement(tag);
  if (className) el.className = className;
  return el;
}

export function removeAfter(el, last) {
  while (el.lastChild !== last) el.lastChild.remove();
}

/** Makes what scrolls sideways reachable by keyboard. A group, not a region: a conversation full of tables is not one of landmarks. */
function scrolling(el, name) {
  el.tabIndex = 0;
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", name);
  return el;
}

// Lines that may still grow. Only the last piece of them is rendered again.
export class Lines {
  #open = ""; // what is rendered again
  #begun = false;

  /**
   * @param {"paragraph" | "heading" | "code"} kind
   * @param {Element} el
   * @param {(el: Element, text: string) => void} append
   */
  constructor(kind, el, append) {
    Object.assign(this, { kind, el, append, kept: el.lastChild });
  }

  copy() {
    const twin = new Lines(this.kind, this.el, this.append);
    twin.kept = this.kept;
    twin.#open = this.#open;
    twin.#begun = this.#begun;
    return twin;
  }

  add(text, between = "\n") {
    if (this.#open.length + text.length > pieceLength) this.#keep();
    this.#open += (this.#begun ? between : "") + text;
    this.#begun = true;
  }

  get lastLine() {
    return this.#open.slice(this.#open.lastIndexOf("\n") + 1);
  }

  dropLastLine() {
    this.#open = this.#open.slice(0, Math.max(0, this.#open.lastIndexOf("\n")));
  }

  show() {
    removeAfter(this.el, this.kept);
    if (this.#open) this.append(this.el, this.#open);
  }

  #keep() {
    this.show();
    this.kept = this.el.lastChild;
    this.#open = "";
  }
}

/** What a task list has at an item: it tells, and does nothing. */
export function taskBox(checked) {
  const el = element("input");
  el.type = "checkbox";
  el.disabled = true;
  el.defaultChecked = checked;
  return el;
}

/** @param {Element} p may hold the checkbox of a task, which the text then names */
export function paragraph(p) {
  const box = p.firstChild;
  return new Lines("paragraph", p, (el, text) => {
    const first = el.lastChild === box;
    appendInline(el, text);
    if (box && first) box.setAttribute("aria-label", spoken(el));
  });
}

const spoken = (el) => [...el.childNodes].map((node) => (node.nodeName === "BR" ? " " : node.textContent)).join("");

/**
 * Code with its language over it.
 * @param {Element} figure
 * @param {string} info what stands after the fence
 */
export function code(figure, info) {
  const language = info.trim().split(/\s/)[0].slice(0, 40).toWellFormed();
  if (language) {
    const caption = element("figcaption");
    caption.append(language);
    figure.append(caption);
  }
  const pre = scrolling(element("pre"), language ? t("markdown.codeIn", { language }) : t("markdown.code"));
  pre.dir = "ltr";
  const el = element("code");
  pre.append(el);
  figure.append(pre);
  return new Lines("code", el, (into, text) => into.append(text));
}

/** The cells of a row; an escaped bar is no border. */
export function cells(row, most = widest) {
  const parts = row.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "").split(/(?<!\\)\|/);
  if (parts.length > most) parts.push(parts.splice(most - 1).join("|"));
  return parts.map((part) => part.trim().replaceAll("\\|", "|"));
}

const alignment = (mark) => (mark.endsWith(":") ? (mark.startsWith(":") ? "md-center" : "md-end") : "");

export class Table {
  kind = "table";
  el = element("tbody");
  #alignments;

  /**
   * @param {Element} group what scrolls
   * @param {string[]} header
   * @param {string[]} marks the cells of the row of dashes
   */
  constructor(group, header, marks) {
    this.#alignments = marks.map(alignment);
    const table = element("table");
    const head = element("thead");
    const row = this.#row(header, "th");
    head.append(row);
    table.append(head, this.el);
    group.className = "md-table";
    group.append(table);
    scrolling(group, t("markdown.table", { columns: [...row.cells].map((cell) => cell.textContent).filter(Boolean).join(", ") }));
  }

  copy() {
    return this; // a row is added whole, and removed whole
  }

  /** Cells that are missing are not made up: a short line could make many of them. */
  add(text) {
    this.el.append(this.#row(cells(text, this.#alignments.length), "td"));
  }

  show() {}

  #row(texts, tag) {
    const row = element("tr");
    texts.forEach((text, i) => {
      const cell = element(text ? tag : "td", this.#alignments[i]);
      if (cell.tagName === "TH") cell.scope = "col";
      appendInline(cell, text);
      row.append(cell);
    });
    return row;
  }
}
