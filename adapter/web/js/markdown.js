// Markdown as the chat shows it: GFM without HTML. Elements are made one by one
// and text goes in as text, so nothing that a model or a user writes can become
// anything else.
import { Blocks } from "./markdown-blocks.js";
import { pieceLength } from "./markdown-leaves.js";
import { clean } from "./text.js";

/**
 * Renders a whole text. Put the result into an element of the class `md`.
 * @param {string} text
 * @returns {DocumentFragment}
 */
export function renderMarkdown(text) {
  const root = document.createDocumentFragment();
  const writer = new Writer(root);
  writer.write(text);
  writer.end();
  return root;
}

/** Shows a text in an element while it arrives, at most once a frame. */
export class MarkdownView {
  #el;
  #writer = null;
  #text = "";
  #waiting = ""; // not shown yet
  #ended = false;
  #frame = 0;
  #timer = 0;

  /** @param {HTMLElement} el becomes of the class `md` */
  constructor(el) {
    this.#el = el;
    el.classList.add("md");
    el.dir = "ltr"; // until a letter tells
  }

  /** Adds to the text. */
  append(delta) {
    if (this.#ended) return this.#restart(this.#text + delta);
    this.#text += delta;
    this.#waiting += delta;
    this.#schedule();
  }

  /** Shows this text. If it goes on from what is there, it costs no more than the rest of it. */
  set(text) {
    if (text === this.#text) return;
    if (text.startsWith(this.#text)) this.append(text.slice(this.#text.length));
    else this.#restart(text);
  }

  /** The text is whole: shows all of it now. */
  finish() {
    if (this.#ended) return;
    this.#show();
    this.#writer.end();
    this.#ended = true;
  }

  #restart(text) {
    this.#text = this.#waiting = text;
    this.#writer = null; // what is shown stays until the next frame
    this.#ended = false;
    this.#schedule();
  }

  #schedule() {
    if (this.#timer) return;
    this.#frame = requestAnimationFrame(() => this.#show());
    this.#timer = setTimeout(() => this.#show(), 250); // a hidden page has no frames
  }

  #show() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (!this.#writer) {
      this.#el.replaceChildren();
      this.#writer = new Writer(this.#el);
    }
    this.#writer.write(this.#waiting);
    this.#waiting = "";
    this.#writer.show();
    this.#el.dir = this.#el.querySelector(":scope > [dir]")?.dir ?? "ltr";
  }
}

// What such a line will be is not known before more of it is there: a list, a
// rule, a row of a table, a number. It is not shown yet, lest it change under
// the reader's eyes.
const undecided = /^[\s\d>*+\-#=_~`|:.)[\]]*$/;

/** Cuts a text into lines as it comes. */
class Writer {
  #blocks;
  #rest = ""; // the line that has not ended
  #within = false; // whether the beginning of that line has been written
  #undo = null;

  /** @param {Element | DocumentFragment} root */
  constructor(root) {
    this.#blocks = new Blocks(root);
  }

  /** Takes text in. What the last, unfinished line becomes is left to `show` or `end`. */
  write(text) {
    this.#withdraw();
    const all = this.#rest + text;
    const last = all.endsWith("\r") ? "\r" : ""; // perhaps one half of CR LF
    const lines = all.slice(0, all.length - last.length).replace(/\r\n?/g, "\n");
    let at = 0;
    for (let end; (end = pieceEnd(lines, at)) >= 0; ) {
      const ended = lines[end] === "\n";
      this.#put(this.#blocks, lines.slice(at, end));
      this.#within = !ended;
      at = ended ? end + 1 : end;
    }
    this.#rest = lines.slice(at) + last;
  }

  /** Shows everything, the unfinished line as if it were whole. */
  show() {
    this.#withdraw();
    if (!this.#within && undecided.test(this.#rest)) return this.#blocks.show();
    const { twin, undo } = this.#blocks.trial();
    this.#undo = undo;
    this.#put(twin, this.#rest);
    twin.show();
  }

  end() {
    this.#withdraw();
    if (this.#rest) this.#put(this.#blocks, this.#rest);
    this.#blocks.end();
  }

  #put(blocks, text) {
    const line = clean(text.replace(/\r$/, ""));
    if (this.#within) blocks.more(line);
    else blocks.line(line);
  }

  #withdraw() {
    this.#undo?.();
    this.#undo = null;
  }
}

/** Where the line that begins at a place ends, or the piece that can be cut off it; -1 if that is not known yet. */
function pieceEnd(text, from) {
  const piece = text.slice(from, from + pieceLength + 1);
  const end = piece.indexOf("\n");
  if (end >= 0) return from + end;
  if (piece.length <= pieceLength) return -1;
  const space = piece.lastIndexOf(" ");
  if (space > 0) return from + space;
  const half = /[\ud800-\udbff]/.test(piece[pieceLength - 1]); // of a character
  return from + pieceLength - (half ? 1 : 0);
}
