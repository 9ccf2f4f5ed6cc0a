// What the tests of Markdown ask the page.
import { MarkdownView, renderMarkdown } from "/js/markdown.js";

const log = document.querySelector("#log");

function rendered(text) {
  const el = document.createElement("div");
  el.append(renderMarkdown(text));
  return el;
}

// Every link has these; the expectations leave them out.
const ofLinks = { target: "_blank", rel: "noopener noreferrer nofollow", referrerpolicy: "no-referrer" };
const asWritten = Object.entries(ofLinks).map(([name, value]) => ` ${name}="${value}"`).join("");

const scrolling = ["tabindex", "role", "aria-label"];
const attributes = {
  p: ["dir"], h3: ["dir"], h4: ["dir"], h5: ["dir"], h6: ["dir"], ul: ["dir"], ol: ["dir", "start"], li: ["class"], blockquote: ["dir"],
  figure: ["dir"], figcaption: [], pre: ["dir", ...scrolling], code: ["dir"], hr: [], br: [], em: [], strong: [], del: [], bdi: ["class"],
  div: ["dir", "class", ...scrolling], table: [], thead: [], tbody: [], tr: [], th: ["class", "scope"], td: ["class"],
  a: ["href", "dir", ...Object.keys(ofLinks)], input: ["type", "disabled", "checked", "aria-label"],
};
const classes = ["md-task", "md-table", "md-center", "md-end", "md-host"];
const unseemly = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

function* problemsOf(el) {
  const tag = el.localName;
  if (el.namespaceURI !== "http://www.w3.org/1999/xhtml" || !Object.hasOwn(attributes, tag)) yield `element ${tag}`;
  for (const { name, value } of el.attributes) {
    if (!attributes[tag]?.includes(name)) yield `attribute ${name} of ${tag}`;
    if (unseemly.test(value) || !value.isWellFormed()) yield `${name} is ${JSON.stringify(value)}`;
    if (name === "class" && !classes.includes(value)) yield `class ${value}`;
    if (name === "dir" && value !== "ltr" && value !== "rtl") yield `dir ${value}`;
  }
  if (tag === "a") yield* problemsOfLink(el);
  if (tag === "input" && (el.type !== "checkbox" || !el.disabled || !el.ariaLabel)) yield "an input that is no named, disabled checkbox";
  if (el.tabIndex === 0 && !["a", "input"].includes(tag) && !(el.ariaLabel && el.role === "group")) yield `${tag} in the order of focus without a name`;
}

function* problemsOfLink(a) {
  const url = new URL(a.getAttribute("href"));
  if (!["http:", "https:", "mailto:"].includes(url.protocol)) yield `link to ${url.href}`;
  if (url.username || url.password) yield `password in ${url.href}`;
  for (const [name, value] of Object.entries(ofLinks)) if (a.getAttribute(name) !== value) yield `link without ${name}`;
  if (a.parentElement.closest("a")) yield "link in a link";
  if (!a.textContent.trim()) yield "link without a text";
  // Looser than the page's own check, so that it can miss what the page finds, not what the page misses.
  const named = a.textContent.toLowerCase().match(/(?:[a-z0-9-]+\.)+[a-z]{2,}/g) ?? [];
  const told = a.nextElementSibling?.className === "md-host" && a.nextElementSibling.textContent;
  const own = url.protocol === "mailto:" ? url.pathname.split("@")[1] : url.hostname;
  for (const host of named) {
    if (!a.textContent.toLowerCase().includes(own) && host !== own && told !== `(${url.host || url.pathname})`) yield `${a.textContent} leads to ${url.href}`;
  }
}

function random(seed) {
  let state = seed;
  return (below) => ((state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 8) % below;
}

// What random texts are made of: every sign that means something, alone and at
// the beginning of what it begins, and words to stand between them.
const bits = [
  "*", "**", "_", "__", "~~", "`", "``", "```", "\n", "\n", "\n", "\n\n", "\r\n", "\r", "- ", "* ", "1. ", "7) ", "> ", "# ", "### ", "[ ] ", "[x] ",
  "|", "| a | b |\n", "|:-|-:|\n", "---", "~~~", "js", "[", "![", "]", "](", "](https://a.example)", "](javascript:alert(1))", "(", ")", "<", ">",
  "https://b.example/c_d", "www.e.example", "f@g.example", "<https://h.example>", "<b onclick=alert(1)>", "&amp;", "&#x202e;", "&#0;", "&", "\\", "\\\\",
  "\\(", "\\)", "\\[", "\\]", "$", "$$", "'", '"', "word", "two words", "کام", "یہ 1-2-3", "12:30", " ", "  ", "    ", "\t", "\u202e", "\u2067", "\u0000",
  "\ud83d", "\ude00", "😀", "e\u0301\u0301", "=", "x".repeat(700), "many words ".repeat(60),
];

function gibberish(seed) {
  const next = random(seed);
  return Array.from({ length: next(90) }, () => bits[next(bits.length)]).join("");
}

/** Runs what waits for the next frame, now. */
function frame() {
  for (const run of waiting.splice(0)) run();
}
const waiting = [];

/** Frames come when the test says so. */
function byHand(test) {
  const real = window.requestAnimationFrame;
  window.requestAnimationFrame = (run) => waiting.push(run);
  try {
    return test();
  } finally {
    window.requestAnimationFrame = real;
    waiting.length = 0;
  }
}

function view(into = log) {
  const el = document.createElement("div");
  into.append(el);
  return { el, view: new MarkdownView(el) };
}

/** Where a word stands on the screen. */
function boxOf(el, word) {
  const texts = document.createTreeWalker(el, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const start = texts.currentNode.data.indexOf(word);
    if (start < 0) continue;
    const range = document.createRange();
    range.setStart(texts.currentNode, start);
    range.setEnd(texts.currentNode, start + word.length);
    return range.getBoundingClientRect();
  }
  throw new Error(`there is no ${word}`);
}

Object.assign(window, {
  MarkdownView,
  view,
  gibberish,
  html: (text) => rendered(text).innerHTML.replaceAll(asWritten, ""),

  /** What must not be in what was made of a text. */
  problems(text) {
    const found = new Set();
    const el = rendered(text);
    for (const child of el.querySelectorAll("*")) for (const problem of problemsOf(child)) found.add(problem);
    if (unseemly.test(el.textContent) || !el.textContent.isWellFormed()) found.add("a character that must not be shown");
    return [...found];
  },

  /**
   * Lets a text arrive in pieces and says what differs: at any time what is
   * shown must be what the text up to there becomes, but for a last line of
   * which more has to be known.
   */
  differences: (text, seed) =>
    byHand(() => {
      const next = random(seed);
      const { el, view: arriving } = view();
      try {
        for (let at = 0; at < text.length; ) {
          const piece = text.slice(at, at + 1 + next(next(4) ? 9 : 300));
          at += piece.length;
          arriving.append(piece);
          if (next(3) === 0) continue;
          frame();
          const begun = text.slice(0, at);
          const whole = rendered(begun).innerHTML;
          if (el.innerHTML !== whole && el.innerHTML !== rendered(begun.replace(/[^\r\n]*\r?$/, "")).innerHTML) return ["of", begun, "shown", el.innerHTML, "at once", whole];
        }
        arriving.finish();
        const whole = rendered(text).innerHTML;
        return el.innerHTML === whole ? [] : ["of all", text, "shown", el.innerHTML, "at once", whole];
      } finally {
        el.remove();
      }
    }),

  milliseconds(text) {
    const start = performance.now();
    renderMarkdown(text);
    return performance.now() - start;
  },

  /** Lets a text arrive in so many frames, and counts the nodes that come and go. */
  arrive: (text, frames) =>
    byHand(() => {
      const { el, view: slow } = view();
      let nodes = 0;
      const count = (records) => records.forEach((record) => (nodes += record.addedNodes.length + record.removedNodes.length));
      const observer = new MutationObserver(count);
      observer.observe(el, { childList: true, subtree: true });
      const size = Math.ceil(text.length / frames);
      for (let at = 0; at < text.length; at += size) {
        slow.append(text.slice(at, at + size));
        frame();
      }
      slow.finish();
      count(observer.takeRecords());
      el.remove();
      return nodes;
    }),

  /** The left edges of words in an element. */
  leftOf: (selector, words) => words.map((word) => boxOf(log.querySelector(selector), word).left),

  /** The right edges of words. */
  rightOf: (words) => words.map((word) => boxOf(log, word).right),

  show(text) {
    const shown = view();
    log.replaceChildren(shown.el);
    shown.view.set(text);
    shown.view.finish();
  },
});
