// The blocks of a text: paragraphs, lists, quotes, tables, code. Lines come in
// one by one and become elements at once. What is open is a short path of
// containers with one leaf at its end, so a line costs the same wherever it
// stands.
//
// It differs from GFM where people who chat expect it: a line break is one, two
// spaces are enough to nest, indented text is not code, and dashes under a text
// are a rule and no heading.
import { checkbox, dashes, dedent, fence, heading, indentation, isBlank, marker, quote, rule, titleOf } from "./markdown-lines.js";
import { cells, code, element, Lines, paragraph, removeAfter, Table, taskBox } from "./markdown-leaves.js";
import { appendInline } from "./markdown-inline.js";
import { direction } from "./markdown-text.js";

const deepest = 10; // containers in containers; the signs of further ones are text

export class Blocks {
  #root;
  #path = []; // open containers, from the outermost: quotes and list items
  #leaf = null; // the open block of text within them
  #fence = null; // what began the open block of code
  #outline = []; // levels of the headings above this place
  #outermost = null; // the block that is open right under the root
  #sided = false; // whether a letter in it has told its direction

  /** @param {Element | DocumentFragment} root what is filled */
  constructor(root) {
    this.#root = root;
  }

  /**
   * A twin for a line that is not whole yet: it goes on in the same elements
   * until `undo` takes away what it wrote.
   */
  trial() {
    const twin = new Blocks(this.#root);
    twin.#path = [...this.#path];
    twin.#leaf = this.#leaf?.copy() ?? null;
    twin.#fence = this.#fence;
    twin.#outline = [...this.#outline];
    twin.#outermost = this.#outermost;
    twin.#sided = this.#sided;
    const open = [this.#root, ...this.#path.flatMap(({ el, list }) => (list ? [list, el] : [el]))];
    if (this.#leaf?.kind === "table") open.push(this.#leaf.el);
    const marks = open.map((el) => [el, el.lastChild]);
    const undo = () => {
      for (const [el, last] of marks) removeAfter(el, last);
      if (!this.#sided) this.#outermost?.removeAttribute("dir");
    };
    return { twin, undo };
  }

  /** Shows what was added to the open block. */
  show() {
    this.#leaf?.show();
  }

  end() {
    this.#close(0);
  }

  /** Adds a line. */
  line(text) {
    const { depth, rest } = this.#within(text);
    const whole = depth === this.#path.length;
    const kind = this.#leaf?.kind;
    if (whole && kind === "code") this.#codeLine(rest);
    else if (isBlank(rest)) this.#close(depth);
    else if (!(whole && kind === "paragraph" && this.#table(rest))) this.#begin(rest, depth);
  }

  /** Adds to the last line, which was too long to come in one piece. */
  more(text) {
    if (this.#leaf) this.#add(text, "");
    else if (!isBlank(text)) this.#paragraph(text);
  }

  /** Which of the open containers a line goes on with, and what of it stands in there. */
  #within(rest) {
    let depth = 0;
    for (const { list, enough } of this.#path) {
      if (list) {
        if (isBlank(rest)) rest = "";
        else if (indentation(rest) < enough) break;
        else rest = dedent(rest, enough);
      } else {
        const sign = quote.exec(rest);
        if (!sign) break;
        rest = rest.slice(sign[0].length);
      }
      depth++;
    }
    return { depth, rest };
  }

  /** A line of which the first `depth` containers are known: what begins on it, or what it goes on with. */
  #begin(text, depth) {
    const leaf = this.#leaf;
    const whole = depth === this.#path.length;
    let opened = false;
    for (let rest; (rest = this.#container(text, depth, whole && !opened && leaf?.kind === "paragraph")) !== null; text = rest) {
      opened = true;
      depth++;
    }
    if (this.#markedLeaf(text, depth)) return;
    // A line without the signs of its containers still goes on with a paragraph.
    if (!opened && leaf?.kind === "paragraph") return this.#add(text.trim());
    if (!opened && whole && leaf?.kind === "table") return this.#add(text);
    this.#close(depth);
    if (!isBlank(text)) this.#paragraph(text);
  }

  /** Opens the quote or the item that a text begins with and gives what is in it; null without one. */
  #container(text, depth, interrupts) {
    if (depth === deepest || rule.test(text)) return null;
    const sign = quote.exec(text);
    if (sign) {
      this.#close(depth);
      this.#path.push({ el: this.#block("blockquote") });
      return text.slice(sign[0].length);
    }
    const found = marker.exec(text);
    if (!found) return null;
    const rest = text.slice(found[0].length);
    // A line of prose may well begin with a number and a dot.
    if (interrupts && (isBlank(rest) || (found[3] && Number(found[3]) !== 1))) return null;
    this.#item(found, depth);
    return rest;
  }

  #item([, indent, sign, number], depth) {
    const kind = sign.at(-1);
    const before = this.#path[depth]; // an item beside this one, if it is of the same list
    this.#close(depth);
    const list = before?.list && before.kind === kind ? before.list : this.#block(number ? "ol" : "ul");
    if (number && !list.hasChildNodes() && Number(number) !== 1) list.start = Number(number);
    const el = element("li");
    list.append(el);
    this.#path.push({ el, list, kind, enough: indentation(indent) + 2 });
  }

  /** Begins what its first sign tells: a rule, a heading, code. */
  #markedLeaf(text, depth) {
    const hashes = heading.exec(text);
    const ticks = fence.exec(text);
    if (!hashes && !ticks && !rule.test(text)) return false;
    this.#close(depth);
    if (hashes) this.#heading(hashes[1].length, titleOf(text.slice(hashes[0].length)));
    else if (ticks) this.#code(ticks);
    else this.#block("hr");
    return true;
  }

  /** The page's own headings end at h2. A level that the text skips is not skipped here. */
  #heading(level, title) {
    while (this.#outline.at(-1) >= level) this.#outline.pop();
    this.#outline.push(level);
    this.#leaf = new Lines("heading", this.#block(`h${Math.min(2 + this.#outline.length, 6)}`), appendInline);
    this.#add(title);
  }

  #code([, indent, sign, info]) {
    this.#fence = { sign, indent: indentation(indent) };
    this.#leaf = code(this.#block("figure"), info);
  }

  #codeLine(text) {
    const sign = /^[ \t]*(`+|~+)[ \t]*$/.exec(text)?.[1];
    if (sign?.startsWith(this.#fence.sign)) this.#close(this.#path.length);
    else this.#leaf.add(dedent(text, this.#fence.indent));
  }

  /** Makes the last line of the open paragraph the header of a table if this is the row of dashes for it. */
  #table(text) {
    if (!text.includes("|") || !dashes.test(text)) return false;
    const leaf = this.#leaf;
    const [header, marks] = [cells(leaf.lastLine), cells(text)];
    if (header.length !== marks.length) return false;
    leaf.dropLastLine();
    this.#close(this.#path.length);
    if (!leaf.el.hasChildNodes()) leaf.el.remove();
    this.#leaf = new Table(this.#block("div"), header, marks);
    this.#tellSide(header.join(" "));
    return true;
  }

  #paragraph(text) {
    const item = this.#path.at(-1)?.el;
    const task = item?.tagName === "LI" && !item.hasChildNodes() && checkbox.exec(text);
    const p = this.#block("p");
    if (task) {
      item.className = "md-task";
      p.append(taskBox(task[1] !== " "));
    }
    this.#leaf = paragraph(p);
    this.#add(text.slice(task ? task[0].length : 0).trim());
  }

  /** Ends the open leaf and all containers but the first so many. */
  #close(depth) {
    this.#leaf?.show();
    this.#leaf = null;
    this.#path.length = Math.min(depth, this.#path.length);
  }

  /** A new element where the text goes on. */
  #block(tag) {
    const el = element(tag);
    if (!this.#path.length) {
      this.#outermost = el;
      this.#sided = false;
    }
    (this.#path.at(-1)?.el ?? this.#root).append(el);
    return el;
  }

  #add(text, between) {
    if (this.#leaf.kind !== "code") this.#tellSide(text);
    this.#leaf.add(text, between);
  }

  /**
   * The first letter of an outermost block tells its direction, as dir="auto"
   * would; what is in it keeps to that side, so that the marks of a list stand
   * in one line, and only orders its words by itself (unicode-bidi in the style).
   * A block without letters goes with the rest of the text, and a list is on the
   * side of what stands before it. It is not left to
   * the browser, which looks through the whole block again for everything that
   * is added to it.
   */
  #tellSide(text) {
    if (this.#sided) return;
    const introduced = this.#outermost.matches("ul, ol") && this.#outermost.previousElementSibling?.dir;
    const side = direction(text) && (introduced || direction(text));
    if (side) this.#outermost.dir = side;
    this.#sided = side !== "";
  }
}
