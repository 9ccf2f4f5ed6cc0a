// Components that hold others.
import { safeImage } from "./chat/image.js";
import { h } from "./dom.js";
import { t } from "./strings.js";
import { Button, actionOf } from "./widgets-controls.js";
import { part } from "./widgets-parts.js";
import { boxStyle, gapStyle, lineStyle } from "./widgets-style.js";
import { glyph } from "./widgets-text.js";
import { brief, isObject, list, oneOf, text, whole, words } from "./widgets-values.js";

// Rows of a list that leaves their number to us, and those that a press adds.
const autoRows = 20;
const moreRows = 50;

export function Card(node, r) {
  const form = node.asForm === true;
  const status = statusLine(node.status);
  const content = r.within({ inForm: form || r.inForm }, () => [
    h("div", { class: "w-body", style: boxStyle({ padding: node.padding }) }, r.children(node)),
    foot(node, form, r),
  ]);
  const card = h(form ? "form" : "div", {
    class: "w-card", style: boxStyle({ background: node.background, border: node.border }), "data-size": oneOf(["sm", "lg", "full"], node.size),
  }, node.collapsed === true ? h("details", {}, h("summary", {}, status ?? words(titleOf(node) || t("widget.details"))), content) : [status, content]);
  return form ? part(card, { on: "submit", action: actionOf(node.confirm?.action), loads: "container" }) : card;
}

/** The buttons below a card. */
function foot(node, form, r) {
  const button = ({ label, action }, style, submit) => part(Button({ label, style, submit, onClickAction: submit ? null : action }, r), { loads: "container" });
  const buttons = [isObject(node.cancel) && button(node.cancel, "secondary", false), isObject(node.confirm) && button(node.confirm, "primary", form)].filter(Boolean);
  return buttons.length ? h("div", { class: "w-foot" }, buttons) : null;
}

/** The line above a card or a list. */
function statusLine(status) {
  const said = isObject(status) ? text(status.text) : "";
  if (!said) return null;
  const mark = status.favicon ? safeImage(text(status.favicon), "") : status.icon ? glyph(text(status.icon)) : null;
  return h("div", { class: "w-status" }, mark, words(said));
}

/** What a row or a card is about: the label of its checkbox, else its first words. */
function titleOf(node) {
  const children = list(node.children).filter(isObject);
  const said = children.find((child) => child.type === "Checkbox") ?? children.find((child) => child.type === "Title" || child.type === "Text");
  return brief(said?.label ?? said?.value);
}

const hasBox = (node) => list(node.children).some((child) => child?.type === "Checkbox");

export function ListView(node, r) {
  const rows = list(node.children);
  const limit = r.shown.get(r.path) ?? whole(node.limit, 1, 1000) ?? (rows.length <= autoRows + 2 ? rows.length : autoRows);
  const left = rows.length - limit;
  const more = left > 0 && part(h("button", { class: "w-button w-more", type: "button", "data-variant": "ghost" }, t("widget.more", { count: Math.min(left, moreRows) })),
    { on: "click", more: { path: r.path, rows: limit + moreRows } });
  return h("div", { class: "w-list" }, statusLine(node.status),
    rows.length > 0 && h("ul", { role: "list" }, rows.slice(0, limit).map((row) => (row?.type === "ListViewItem" ? r.render(row, "li") : h("li", { class: "w-row" }, r.render(row))))), more);
}

/** A row of a list. One that can be pressed has a button under all of it, so that other controls in it stay apart. */
export function ListViewItem(node, r, tag = "div") {
  const title = titleOf(node);
  const action = actionOf(node.onClickAction);
  const press = action && part(h("button", { class: "w-press", type: "button", "aria-label": title || t("widget.open") }), { on: "click", action, loads: "self" });
  return h(tag, { class: "w-row w-item", style: boxStyle({ gap: node.gap, align: node.align }), "data-boxed": hasBox(node) },
    press, r.within({ row: title }, () => r.children(node)));
}

export function Row(node, r) {
  const boxed = hasBox(node);
  return h("div", { class: "w-row", style: boxStyle({ ...node, direction: null }), "data-boxed": boxed }, r.within(boxed ? { row: titleOf(node) } : {}, () => r.children(node)));
}

export const Col = (node, r) => h("div", { class: "w-col", style: boxStyle({ ...node, direction: null }) }, r.children(node));

export const Box = (node, r) => h("div", { class: "w-col", style: boxStyle(node) }, r.children(node));

export const Basic = Box;

export const Form = (node, r) => part(h("form", { class: "w-col", style: boxStyle(node) }, r.within({ inForm: true }, () => r.children(node))),
  { on: "submit", action: actionOf(node.onSubmitAction), loads: "container" });

export const Transition = (node, r) => h("div", { class: "w-transition" }, r.children(node));

export const Spacer = (node) => h("div", { class: "w-spacer", style: gapStyle(node) });

export const Divider = (node) => h("hr", { class: "w-divider", style: lineStyle(node), "data-flush": node.flush === true });
