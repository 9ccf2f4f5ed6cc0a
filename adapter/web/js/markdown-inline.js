// The text within a block: emphasis, code, links. Three steps, each one pass
// without recursion, so that no text takes long or nests too deep: here it is
// cut into tokens, and brackets become links; then delimiters find their
// partners; then nodes are made.
import { pair } from "./markdown-emphasis.js";
import { safeUrl } from "./markdown-links.js";
import { Builder } from "./markdown-nodes.js";
import { decoded, entity, turns, unescaped } from "./markdown-text.js";

// Where something other than plain text may begin.
const special = /[\\`*_~[\]<&$\n]|!\[|(?<![\p{L}\p{N}/@.+-])(?:https?:\/\/|www\.[\p{L}\p{N}])|(?<![\p{L}\p{N}.+_@/-])[\w.+-]+@[\w-]+(?:\.[\w-]*[a-z\d])+/giu;
const run = /\*+|_+|~+|`+/y;
const escape = /\\([!-/:-@[-`{-~])/y;
const bareUrl = /[\p{L}\p{M}\p{N}\-._~:/?#@!$&'()*+,;=%]+/uy;
const angleLink = /<((?:https?:\/\/|mailto:)[^\s<>]+|[\w.+-]+@[\w.-]+)>/iy;
const destination = /\(\s*(?:<([^<>\n]*)>|((?:[^\s()<>\\]|\\.|\((?:[^\s()\\]|\\.)*\))+))(?:\s+(?:"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|\((?:[^()\\]|\\[^])*\)))?\s*\)/y;
// Mathematics as LaTeX writes it. The dollar that ends a formula has no space
// before it and no digit after it: sums of money are not formulas.
const formula = /\\\([^]*?\\\)|\\\[[^]*?\\\]|\$\$[^$]+\$\$|\$(?![\s$])(?:[^$\n\\]|\\.)*(?<!\s)\$(?![\d$])/y;
const word = /[\p{L}\p{M}\p{N}]/u;

/**
 * Adds the nodes of a text to an element, whatever it says, in a time that grows
 * as its length.
 * @param {Element} el
 * @param {string} text of clean characters
 */
export function appendInline(el, text) {
  const tokens = new Tokens(text).read();
  pair(tokens);
  new Builder(el, turns(text)).build(tokens);
}

// A token is a string, or an object: {node}; {run, …} for delimiters;
// {url, text} for an address that is its own link; {bracket, open} and {close}
// around the text of a link, where `open` is its address or null if it is none.
class Tokens {
  #text;
  #at = 0;
  #out = [];
  #brackets = []; // those that may still become links
  #missing = new Set(); // the formulas whose end was sought in vain

  constructor(text) {
    this.#text = text;
  }

  read() {
    for (;;) {
      special.lastIndex = this.#at;
      const found = special.exec(this.#text);
      this.#plain(found ? found.index : this.#text.length);
      if (!found) return this.#out;
      this.#take(found[0]);
    }
  }

  /** Text up to a place. */
  #plain(end) {
    if (end > this.#at) this.#out.push(this.#text.slice(this.#at, end));
    this.#at = end;
  }

  #push(token, length) {
    this.#out.push(token);
    this.#at += length;
  }

  #match(sticky) {
    sticky.lastIndex = this.#at;
    return sticky.exec(this.#text);
  }

  #take(sign) {
    if (sign === "\n") this.#break(1);
    else if (sign === "\\" || sign === "$") this.#formulaOrEscape(sign);
    else if (sign === "`") this.#code();
    else if (sign === "*" || sign === "_" || sign === "~") this.#delimiters(sign);
    else if (sign === "[" || sign === "![") this.#bracket(sign);
    else if (sign === "]") this.#link();
    else if (sign === "<") this.#angle();
    else if (sign === "&") this.#entity();
    else this.#address(sign);
  }

  #break(length) {
    this.#push({ node: document.createElement("br") }, length);
  }

  #formulaOrEscape(sign) {
    const kind = sign === "$" ? sign : this.#text.slice(this.#at, this.#at + 2);
    if (sign === "$" || kind === "\\(" || kind === "\\[") {
      const found = !this.#missing.has(kind) && this.#match(formula);
      if (found) return this.#asWritten(found[0]);
      if (sign === "\\") this.#missing.add(kind);
    }
    const escaped = this.#match(escape);
    if (escaped) this.#push(escaped[1], 2);
    else if (kind === "\\\n") this.#break(2);
    else this.#plain(this.#at + 1);
  }

  #asWritten(text) {
    text.split("\n").forEach((line, i) => {
      if (i) this.#break(1);
      this.#push(line, line.length);
    });
  }

  #code() {
    const fence = this.#match(run)[0];
    const start = this.#at + fence.length;
    const end = this.#closing(fence, start);
    if (end < 0) return this.#plain(start);
    const inside = this.#text.slice(start, end).replace(/\n/g, " ");
    const padded = inside.startsWith(" ") && inside.endsWith(" ") && inside.trim();
    const node = document.createElement("code");
    node.dir = "ltr";
    node.textContent = padded ? inside.slice(1, -1) : inside;
    this.#push({ node }, end + fence.length - this.#at);
  }

  /** Where the next run of exactly these backticks is. It is sought in vain once for each length. */
  #closing(fence, from) {
    for (const ticks = /`+/g; ; ) {
      ticks.lastIndex = from;
      const found = ticks.exec(this.#text);
      if (!found) return -1;
      if (found[0] === fence) return found.index;
      from = ticks.lastIndex;
    }
  }

  /**
   * GFM does not let a sign after punctuation close before a letter, which
   * leaves `**note:**text` with its stars. Here only white space counts; the
   * underscore alone looks at letters, for snake_case.
   */
  #delimiters(sign) {
    const signs = this.#match(run)[0];
    const before = this.#text[this.#at - 1] ?? " ";
    const after = this.#text[this.#at + signs.length] ?? " ";
    const opens = !/\s/.test(after) && !(sign === "_" && word.test(before));
    const closes = !/\s/.test(before) && !(sign === "_" && word.test(after));
    const token = { run: sign, at: this.#at, count: signs.length, left: signs.length, opens, closes, starts: [], ends: [] };
    this.#push(sign === "~" && signs.length !== 2 ? signs : token, signs.length);
  }

  #bracket(sign) {
    const token = { bracket: sign, open: null };
    this.#brackets.push(token);
    this.#push(token, sign.length);
  }

  #link() {
    const opening = this.#brackets.pop();
    this.#at++;
    const found = opening && this.#match(destination);
    const url = found && safeUrl(unescaped(found[1] ?? found[2]));
    if (!url) return this.#out.push("]");
    opening.open = url;
    // A link holds no link, but it may hold a picture.
    if (opening.bracket === "[") this.#brackets.length = 0;
    this.#push({ close: opening }, found[0].length);
  }

  #angle() {
    const found = this.#match(angleLink);
    const url = found && safeUrl(found[1].includes(":") ? found[1] : `mailto:${found[1]}`);
    if (url) this.#push({ url, text: found[1] }, found[0].length);
    else this.#plain(this.#at + 1);
  }

  #entity() {
    const found = this.#match(entity);
    if (found) this.#push(decoded(found), found[0].length);
    else this.#plain(this.#at + 1);
  }

  /** An address in the middle of a sentence. */
  #address(sign) {
    const mail = sign.includes("@");
    const text = mail ? sign : withoutEnd(this.#match(bareUrl)[0]);
    const url = safeUrl(mail ? `mailto:${text}` : /^www/i.test(text) ? `https://${text}` : text);
    if (url) this.#push({ url, text }, text.length);
    else this.#plain(this.#at + text.length);
  }
}

/** An address without the punctuation of the sentence, and without a parenthesis that was opened before it. */
function withoutEnd(text) {
  let end = text.length;
  let unopened = text.split(")").length - text.split("(").length;
  for (; end > 0; end--) {
    if (text[end - 1] === ")" && unopened > 0) unopened--;
    else if (!/[?!.,:;*_~'&]/.test(text[end - 1])) break;
  }
  return text.slice(0, end);
}
