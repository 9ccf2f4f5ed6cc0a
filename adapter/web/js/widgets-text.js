// Components that say or show something.
import { safeImage } from "./chat/image.js";
import { h, icon } from "./dom.js";
import { renderMarkdown } from "./markdown.js";
import { t } from "./strings.js";
import { part } from "./widgets-parts.js";
import { blockStyle, inkOf, textStyle } from "./widgets-style.js";
import { brief, label, moment, oneOf, text, words } from "./widgets-values.js";

const sizes = ["xs", "sm", "md", "lg", "xl", "2xl", "3xl", "4xl", "5xl"];

function textual(tag, kind, node, content) {
  const clip = node.truncate === true ? "line" : typeof node.maxLines === "number" ? "lines" : null;
  return h(tag, {
    class: `w-text ${kind}`, style: textStyle(node), title: clip && brief(node.value), dir: clip === "line" ? "auto" : null,
    "data-clip": clip, "data-size": oneOf(sizes, node.size), "data-through": node.lineThrough === true,
  }, content);
}

export const Text = (node) => textual("div", "w-plain", node, words(text(node.value)));

/** A heading, unless it is empty: screen readers list headings. */
export function Title(node) {
  const value = text(node.value);
  return textual(value.trim() ? "h2" : "div", "w-title", node, words(value));
}

export const Caption = (node) => textual("div", "w-caption", node, moment(text(node.value)));

/** Names the field that it is for, wherever that stands. */
export const Label = (node, r) => r.label(text(node.fieldName), textual("label", "w-label", node, words(text(node.value))));

export function Markdown(node) {
  const source = text(node.value);
  return part(h("div", { class: "w-markdown md" }, renderMarkdown(source)), { markdown: source, streaming: node.streaming === true });
}

const badgeColors = ["secondary", "success", "danger", "warning", "info", "discovery"];

export function Badge(node) {
  return h("span", {
    class: "w-badge", "data-color": oneOf(badgeColors, node.color) ?? "secondary", "data-variant": oneOf(["solid", "outline"], node.variant),
    "data-size": oneOf(sizes, node.size), "data-pill": node.pill === true,
  }, words(label(node.label)));
}

// ChatKit's names for the icons that the page has anyway.
const icons = {
  check: "check", "check-circle": "check", "check-circle-filled": "check", plus: "plus", reload: "retry", search: "search",
  write: "pencil", "write-alt": "pencil", "write-alt2": "pencil", "notebook-pencil": "pencil", notebook: "list", document: "file",
  "page-blank": "file", "square-text": "file", "circle-question": "help", lifesaver: "help", clock: "history", info: "warning",
};

/** An icon, or a dot for one that is not here. Decorative: what it means is said in words beside it. */
export const glyph = (name) => (Object.hasOwn(icons, name) ? icon(icons[name]) : h("span", { class: "w-dot", "aria-hidden": "true" }));

export function Icon(node) {
  const color = inkOf(node.color);
  return h("span", { class: "w-icon", style: color ? { color } : {}, "data-size": oneOf(sizes, node.size) }, glyph(text(node.name)));
}

const fits = ["cover", "contain", "fill", "scale-down", "none"];
const positions = ["top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right"];

/** A picture that is ours. Another is only linked: whoever has it would learn who reads this. */
export function Image(node) {
  const image = safeImage(text(node.src), text(node.alt));
  if (!image) return link(text(node.src), text(node.alt));
  image.className = "w-image";
  image.toggleAttribute("data-frame", node.frame === true);
  for (const [property, value] of Object.entries(blockStyle(node))) image.style.setProperty(property, value);
  image.style.objectFit = oneOf(fits, node.fit) ?? "";
  image.style.objectPosition = oneOf(positions, node.position) ?? "";
  return image;
}

function link(address, alt) {
  const url = URL.canParse(address, location.href) ? new URL(address, location.href) : null;
  const name = words(alt || t("widget.image"));
  if (!url || !/^https?:$/.test(url.protocol)) return alt ? name : null;
  return h("a", { class: "w-link", href: url.href, target: "_blank", rel: "noopener noreferrer", title: url.host }, name);
}
