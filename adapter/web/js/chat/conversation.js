// The items of one thread as they are known here, kept up to date by events.
// It knows nothing of the screen: a listener is told what has changed.

/**
 * @typedef {{id: string, type: string, thread_id?: string, created_at?: string, [field: string]: any}} Item
 * @typedef {object} Listener
 * @property {(item: Item, before: string | null) => void} added  before the item of that id; null: at the end
 * @property {(item: Item, update: any) => void} changed  update is null when the item is another as a whole
 * @property {(id: string) => void} removed
 */

export class Conversation {
  /** @type {Item[]} */
  items = [];
  /** @type {any} */
  thread = null;
  /** Where older items go on; null: there are none, undefined: not known. */
  older = null;

  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
  }

  get id() {
    return this.thread?.id ?? null;
  }

  find(id) {
    return this.items.find((item) => item.id === id);
  }

  last() {
    return this.items.at(-1);
  }

  /** The last message of the user, and so what a retry answers anew. */
  question() {
    return this.items.findLast((item) => item.type === "user_message" && !item.local);
  }

  /** Adds a page of older items, newest first as the server gives them. */
  prepend(page) {
    for (const item of page.data) {
      if (this.find(item.id)) continue;
      const first = this.items[0]?.id ?? null;
      this.items.unshift(item);
      this.listener.added(item, first);
    }
    this.older = page.has_more ? page.after : null;
  }

  /** Adds an item, or puts it in the place of the one with its id. */
  put(item) {
    const at = this.items.findIndex((known) => known.id === item.id);
    if (at < 0) {
      this.items.push(item);
      this.listener.added(item, null);
    } else {
      item.speaking ??= this.items[at].speaking; // who was heard to say it
      this.items[at] = item;
      this.listener.changed(item, null);
    }
  }

  remove(id) {
    const at = this.items.findIndex((item) => item.id === id);
    if (at < 0) return;
    this.items.splice(at, 1);
    this.listener.removed(id);
  }

  /** Removes what came after an item. */
  cutAfter(id) {
    const at = this.items.findIndex((item) => item.id === id);
    for (const item of this.items.slice(at + 1).reverse()) this.remove(item.id);
  }

  /**
   * Takes in an event that is about the thread or its items; false when it is
   * about neither.
   */
  apply(event) {
    switch (event.type) {
      case "thread.created":
      case "thread.updated":
        this.thread = event.thread;
        return true;
      case "thread.item.added":
      case "thread.item.done":
      case "thread.item.replaced":
        this.#settle(event.item);
        event.item.unfinished = event.type === "thread.item.added"; // shown, but not stored yet
        this.put(event.item);
        return true;
      case "thread.item.removed":
        this.remove(event.item_id);
        return true;
      case "thread.item.updated": {
        const item = this.find(event.item_id);
        if (item) {
          grow(item, event.update);
          this.listener.changed(item, event.update);
        }
        return true;
      }
    }
    return false;
  }

  /** The newest item that the server has stored. */
  stored() {
    return this.items.findLast((item) => !item.local && !item.unfinished);
  }

  /** Whether something was announced that has not come to its end. */
  unfinished() {
    return this.items.some((item) => item.unfinished);
  }

  /** Takes away what was announced and never came to its end. */
  dropUnfinished() {
    for (const item of this.items.filter((known) => known.unfinished)) this.remove(item.id);
  }

  /** The server's own form of the user's message takes the place of what was shown at once. */
  #settle(item) {
    if (item.type !== "user_message") return;
    const shown = this.items.find((known) => known.local);
    if (shown) this.remove(shown.id);
  }
}

/** Applies an update to an item (PROTOCOL: update kinds); what does not fit it is left alone. */
function grow(item, update) {
  const part = (index) => (((item.content ??= [])[index] ??= { type: "output_text", text: "", annotations: [] }));
  switch (update.type) {
    case "assistant_message.content_part.added":
    case "assistant_message.content_part.done":
      (item.content ??= [])[update.content_index] = update.content;
      break;
    case "assistant_message.content_part.text_delta":
      part(update.content_index).text += update.delta;
      break;
    case "assistant_message.content_part.annotation_added":
      (part(update.content_index).annotations ??= []).splice(update.annotation_index, 0, update.annotation);
      break;
    case "workflow.task.added":
    case "workflow.task.updated":
      if (item.workflow) (item.workflow.tasks ??= [])[update.task_index] = update.task;
      break;
    case "widget.root.updated":
      item.widget = update.widget;
      break;
    case "generated_image.updated":
      item.image = update.image;
      item.progress = update.progress;
      break;
  }
}
