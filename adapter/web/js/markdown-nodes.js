// Tokens become nodes: the only place where text within a block enters the page.
import { misleads, target } from "./markdown-links.js";
import { turns, visible } from "./markdown-text.js";

const mostNested = 16; // emphasis within emphasis; further signs are shown

// Dates, times, versions and the like: in a line of Urdu the browser would set
// their parts in the opposite order.
const composed = /(?<![\p{L}\p{N}])[+#$€£]?[A-Za-z\d]+(?:[-–/:.,_][A-Za-z\d]+)+%?/gu;

export class Builder {
  #path; // from the element that is filled to the innermost that is open
  #nested = 0; // how much emphasis is open
  #links = 0; // how many links are open: a picture in a link is part of its text
  #words = "";

  /**
   * @param {Element} el what is filled
   * @param {boolean} turning whether there are words that run from right to left
   */
  constructor(el, turning) {
    this.#path = [el];
    this.turning = turning;
  }

  build(tokens) {
    for (const token of tokens) {
      if (typeof token === "string") this.#words += token;
      else if (token.run) this.#delimiters(token);
      else if (token.open) this.#openLink(token.open);
      else if (token.close) this.#closeLink(token.close.open);
      else if (token.bracket) this.#words += token.bracket;
      else if (token.url) this.#address(token);
      else this.#here().append(token.node);
    }
    this.#here();
  }

  /** The element that is being filled, with all words up to now in it. */
  #here() {
    const el = this.#path.at(-1);
    if (this.#words) el.append(...(this.turning ? isolated(this.#words) : [this.#words]));
    this.#words = "";
    return el;
  }

  #enter(tag) {
    const el = document.createElement(tag);
    this.#here().append(el);
    this.#path.push(el);
    return el;
  }

  #leave() {
    const el = this.#here();
    this.#path.pop();
    return el;
  }

  #delimiters({ run, left, starts, ends }) {
    for (const used of ends) {
      if (this.#nested-- > mostNested) this.#words += run.repeat(used);
      else this.#leave();
    }
    this.#words += run.repeat(left);
    for (const used of starts.toReversed()) {
      if (++this.#nested > mostNested) this.#words += run.repeat(used);
      else this.#enter(run === "~" ? "del" : used === 2 ? "strong" : "em");
    }
  }

  #openLink(url) {
    if (this.#links++ === 0) lead(this.#enter("a"), url);
  }

  #closeLink(url) {
    if (--this.#links > 0) return;
    const el = this.#leave();
    if (!visible(el.textContent)) el.append(target(url));
    if (misleads(el.textContent, url)) this.#sayWhere(url);
  }

  #address({ url, text }) {
    if (this.#links > 0) {
      this.#words += text;
      return;
    }
    const el = lead(this.#enter("a"), url);
    el.dir = "ltr";
    el.append(text);
    this.#leave();
    if (!text.toLowerCase().includes(target(url).toLowerCase())) this.#sayWhere(url);
  }

  #sayWhere(url) {
    const where = document.createElement("bdi");
    where.className = "md-host";
    where.textContent = `(${target(url)})`;
    this.#here().append(" ", where);
  }
}

function lead(el, url) {
  el.href = url.href;
  el.target = "_blank";
  el.rel = "noopener noreferrer nofollow";
  el.referrerPolicy = "no-referrer";
  return el;
}

/** Plain text: as isolated where it has words that run from right to left. */
export const ordered = (text) => (turns(text) ? isolated(text) : [text]);

/** Words, with what must keep its order between them set apart. */
function isolated(words) {
  const parts = [];
  let from = 0;
  for (const found of words.matchAll(composed)) {
    if (!/\d/.test(found[0])) continue;
    const bdi = document.createElement("bdi");
    bdi.textContent = found[0];
    parts.push(words.slice(from, found.index), bdi);
    from = found.index + found[0].length;
  }
  return [...parts, words.slice(from)];
}
