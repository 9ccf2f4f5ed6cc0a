// Widgets in the conversation: their state, and what happens when somebody uses
// them. What they look like is in widgets-render.js and what that imports.
import { h } from "./dom.js";
import { MarkdownView } from "./markdown.js";
import { read, reset, settle, withValues } from "./widgets-fields.js";
import { morphChildren, part, partOf } from "./widgets-parts.js";
import { Renderer, loadRare, mostLevels } from "./widgets-render.js";
import { isObject, text, words } from "./widgets-values.js";

/**
 * @typedef {object} Action
 * @property {string} type
 * @property {any} payload  with the values of the form that it comes from
 * @property {"server" | "client"} handler
 * @property {"auto" | "none" | "self" | "container"} loadingBehavior
 * @property {boolean} streaming  false: answered at once
 */

let views = 0;

export class WidgetView {
  #onAction;
  #tree = { root: null };
  #shown = new Map();
  #sets = 0;
  #held = new Map(); // values of the controls that wait for their action
  #waiting = 0; // actions for which the whole widget waits
  #prefix = `w${++views}`;
  /** @type {Map<Element, MarkdownView>} Markdown that is growing */
  #streams = new Map();

  /**
   * @param {object} options
   * @param {(action: Action, how: {source: HTMLElement}) => Promise<void>} options.onAction
   *   does what a component asks for. While it runs the component waits; if it
   *   rejects the component goes back to how it was, and telling the user why is
   *   left to whoever rejected.
   */
  constructor({ onAction }) {
    this.#onAction = onAction;
    this.el = h("div", {
      class: "w-root",
      onClick: (event) => this.#click(event),
      onChange: (event) => this.#change(event),
      onSubmit: (event) => this.#submit(event),
    });
  }

  /**
   * Shows a widget, or its next state: what stays the same keeps focus and
   * typed text. The tree is the view's from then on.
   * @param {any} widget
   */
  set(widget) {
    this.#tree.root = widget;
    this.#sets++;
    this.#draw();
  }

  /**
   * Lets the text of a component grow.
   * @param {string} id
   * @param {string} delta
   * @param {boolean} done
   */
  delta(id, delta, done) {
    const node = seek(this.#tree, "root", id)?.node;
    const el = node && this.el.querySelector(`[data-id="${CSS.escape(id)}"]`);
    if (!node) return;
    const before = text(node.value);
    node.value = before + text(delta);
    node.streaming = !done;
    if (node.type === "Markdown" && el) this.#stream(el, before, text(delta), done);
    else if (node.type === "Text" && el?.firstElementChild) el.firstElementChild.replaceWith(words(text(node.value)));
    else this.#draw();
  }

  #stream(el, before, delta, done) {
    let view = this.#streams.get(el);
    if (!view) {
      el.replaceChildren();
      view = new MarkdownView(el);
      view.set(before);
      this.#streams.set(el, view);
    }
    view.append(delta);
    if (done) {
      view.finish();
      this.#streams.delete(el);
    }
    part(el, { markdown: before + delta, streaming: !done });
  }

  /**
   * Puts another component into the place of one.
   * @param {string} id
   * @param {any} tree
   */
  component(id, tree) {
    const place = seek(this.#tree, "root", id);
    if (!place) return;
    place.holder[place.key] = tree;
    this.set(this.#tree.root);
  }

  #draw() {
    const focused = document.activeElement;
    const trail = [];
    for (let el = this.el.contains(focused) ? focused : null; el && el !== this.el; el = el.parentElement) trail.push(el);
    for (const view of this.#streams.values()) view.finish(); // nothing of it may come later
    this.#streams.clear();
    const renderer = new Renderer(this.#prefix, this.#shown);
    morphChildren(this.el, h("div", {}, renderer.root(this.#tree.root)));
    if (renderer.lacks) loadRare().then(() => this.#draw());
    if (trail.length && document.activeElement !== focused) focus(trail.find((el) => this.el.contains(el)) ?? this.el);
  }

  #click(event) {
    if (this.#isHeld(event.target)) return event.preventDefault();
    const source = this.#sourceOf(event);
    const { action, loads, more } = partOf(source);
    if (more) this.#showMore(source, more);
    else if (action) this.#act(source, action, loads);
  }

  #change(event) {
    const source = this.#sourceOf(event);
    const { action, loads } = partOf(source);
    if (!action) return;
    if (this.#isHeld(source)) source.value = this.#held.get(source) ?? source.value;
    else this.#act(source, action, loads);
  }

  #submit(event) {
    event.preventDefault();
    const { submitter, target } = event;
    const own = partOf(submitter).action;
    const { action, loads } = partOf(target);
    if (this.#isHeld(target) || this.#isHeld(submitter)) return;
    if (own) this.#act(submitter, own, "self");
    else if (action) this.#act(submitter ?? target, action, loads);
  }

  /** The element whose component answers an event. */
  #sourceOf({ target, type }) {
    for (let el = target; el && el !== this.el; el = el.parentElement) if (partOf(el).on === type) return el;
    return null;
  }

  #isHeld = (el) => this.#waiting > 0 || Boolean(el?.closest('[aria-disabled="true"]'));

  #showMore(button, { path, rows }) {
    const last = button.previousElementSibling?.lastElementChild;
    this.#shown.set(path, rows);
    this.#draw();
    if (last?.nextElementSibling) focus(last.nextElementSibling);
  }

  async #act(source, action, loads) {
    const sets = this.#sets;
    const isField = partOf(source).field !== undefined;
    const taken = fieldsOf(source).map((field) => ({ field, value: read(field) }));
    const loading = action.loadingBehavior === "auto" ? loads : action.loadingBehavior;
    this.#hold(source, loading);
    try {
      await this.#onAction({ ...action, payload: withValues(action.payload, named(taken, source)) }, { source });
      if (this.#sets === sets) {
        if (isField) settle(source);
      } else {
        // The server has shown what came of it: that stands, except where somebody went on typing.
        for (const { field, value } of taken) if (read(field) === value) reset(field);
      }
    } catch {
      if (isField) reset(source);
    } finally {
      this.#release(source, loading);
    }
  }

  /** A control that waits keeps the focus, so it is not disabled; it only does nothing. */
  #hold(source, loading) {
    this.#held.set(source, source.value);
    source.setAttribute("aria-disabled", "true");
    const busy = loading === "container" ? this.el : loading === "self" ? source : null;
    busy?.setAttribute("aria-busy", "true");
    if (busy === this.el) this.#waiting++;
  }

  #release(source, loading) {
    this.#held.delete(source);
    source.removeAttribute("aria-disabled");
    source.removeAttribute("aria-busy");
    if (loading === "container" && --this.#waiting === 0) this.el.removeAttribute("aria-busy");
  }
}

/** The fields that go with an action: those of the form around it, else the one that it comes from. */
function fieldsOf(source) {
  const form = source.form ?? (source.matches("form") ? source : null);
  const fields = form ? [...form.elements] : [source];
  return fields.filter((el) => partOf(el).field !== undefined && !el.disabled);
}

/** Values by name. What ticking a box outside of a form means, its action says itself. */
function named(taken, source) {
  if (source.type === "checkbox" && !source.form) return [];
  return taken.map(({ field, value }) => [partOf(field).field, value]).filter(([name]) => name !== "");
}

/** Finds a component by its id, and what holds it. */
function seek(holder, key, id, level = 0) {
  const node = holder[key];
  if (level > 2 * mostLevels) return null;
  if (Array.isArray(node)) {
    for (let i = 0; i < node.length; i++) {
      const found = seek(node, i, id, level + 1);
      if (found) return found;
    }
    return null;
  }
  if (!isObject(node)) return null;
  return node.id === id ? { holder, key, node } : seek(node, "children", id, level + 1);
}

function focus(el) {
  if (el.tabIndex < 0) el.tabIndex = -1; // a row or a card can take it, if only from here
  el.focus({ preventScroll: true });
}
