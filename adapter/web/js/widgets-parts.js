// What the page remembers of an element that it made for a component, and how a
// new tree of such elements goes over an old one.
import { choice, reset } from "./widgets-fields.js";

/**
 * @typedef {object} Part
 * @property {string} [identity]  what tells a component apart from its siblings
 * @property {"click" | "change" | "submit"} [on]  the event that sets the action off
 * @property {object} [action]
 * @property {"self" | "container" | "none"} [loads]  what the loading behavior "auto" is here
 * @property {string} [field]  the name of a form field
 * @property {{path: string, rows: number}} [more]  the list of which a button shows more
 * @property {string} [markdown]  the source; what it became is not compared
 * @property {boolean} [streaming]
 */

/** @type {WeakMap<Node, Part>} */
const parts = new WeakMap();

/** @returns {Part} */
export const partOf = (el) => parts.get(el) ?? {};

/** Notes facts of an element and returns it. */
export function part(el, facts) {
  parts.set(el, { ...partOf(el), ...facts });
  return el;
}

// These tell how things are at the moment and not what the tree says.
const passing = ["aria-busy", "aria-disabled", "open", "style", "tabindex"];

/**
 * Makes the children of an element like those of another, which are used up.
 * Elements that stand for the same component stay, and with them focus, typed
 * text and scroll.
 */
export function morphChildren(from, to) {
  const old = new Map(identified(from.childNodes));
  const wanted = identified(to.childNodes).map(([identity, fresh]) => {
    const kept = old.get(identity);
    old.delete(identity);
    return kept ? morph(kept, fresh) : fresh;
  });
  for (const gone of old.values()) gone.remove();
  wanted.forEach((node, i) => {
    if (from.childNodes[i] !== node) from.insertBefore(node, from.childNodes[i] ?? null);
  });
}

/**
 * Nodes by what makes them the same as before: component and key, else their
 * place among those alike.
 * @returns {[string, ChildNode][]}
 */
function identified(nodes) {
  const seen = new Map();
  return Array.from(nodes, (node) => {
    const identity = `${node.nodeName} ${partOf(node).identity ?? ""}`;
    const nth = (seen.get(identity) ?? 0) + 1;
    seen.set(identity, nth);
    return [`${nth} ${identity}`, node];
  });
}

function morph(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return from;
  }
  const [before, after] = [partOf(from), partOf(to)];
  parts.set(from, after);
  morphAttributes(from, to);
  if (after.markdown === undefined) morphChildren(from, to);
  else if (before.markdown !== after.markdown || before.streaming) from.replaceChildren(...to.childNodes);
  return from;
}

function morphAttributes(from, to) {
  const [was, is] = [choice(from), choice(to)];
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !passing.includes(name)) from.removeAttribute(name);
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !passing.includes(name)) from.setAttribute(name, value);
  }
  if (from.style.cssText !== to.style.cssText) from.style.cssText = to.style.cssText;
  if (was !== is) reset(from); // another choice stands now; typed text stays, which nobody else has
}
