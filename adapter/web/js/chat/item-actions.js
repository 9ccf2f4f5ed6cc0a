// What the buttons in a conversation do.
import { textOf } from "./message.js";
import { t } from "../strings.js";

/**
 * @param {import("./chat.js").Chat} chat  its parts as they are when a button is pressed
 * @returns what views of items call
 */
export function itemActions(chat) {
  // What is answered late may be about a conversation that was left meanwhile.
  const change = (exchange, item, fields) => {
    Object.assign(item, fields);
    if (!exchange.left) chat.view.changed(item, null);
  };
  const tell = (exchange, err) => exchange.left || chat.tellError(err);

  return {
    retry: () => chat.exchange.again(),

    async copy(item, button) {
      try {
        await navigator.clipboard.writeText(textOf(item));
        chat.setStatus(t("copied"));
        button.classList.add("done");
        setTimeout(() => button.classList.remove("done"), 1500);
      } catch {
        chat.setStatus(t("copy.failed"));
      }
    },

    /** Shows at once what one thinks of an answer, and takes it back if the server does not. */
    async feedback(item, kind) {
      const { exchange } = chat;
      const before = item.feedback;
      change(exchange, item, { feedback: kind });
      try {
        await chat.api.call("items.feedback", { thread_id: exchange.id, item_ids: [item.id], kind });
      } catch (err) {
        change(exchange, item, { feedback: before });
        tell(exchange, err);
      }
    },

    answer: (item, input) => chat.exchange.run("threads.add_structured_input", { thread_id: chat.exchange.id, item_id: item.id, input }),

    /** An action of a widget: of the page, at once, or with an answer. */
    async act(item, { type, payload = null, handler, streaming }) {
      if (handler === "client") {
        document.dispatchEvent(new CustomEvent("taskwire.action", { detail: { type, payload, item } }));
        return;
      }
      const { exchange } = chat;
      const params = { thread_id: exchange.id, item_id: item.id, action: { type, payload } };
      if (streaming !== false) {
        if (!(await exchange.run("threads.custom_action", params))) throw new Error("the action failed"); // the control goes back to what it was
        return;
      }
      try {
        const { updated_item: changed } = await chat.api.call("threads.sync_custom_action", params);
        if (changed) exchange.conversation.apply({ type: "thread.item.replaced", item: changed });
      } catch (err) {
        tell(exchange, err);
        throw err; // as above
      }
    },
  };
}
