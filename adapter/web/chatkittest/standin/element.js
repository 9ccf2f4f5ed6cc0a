// Plays <openai-chatkit>: takes what the types of @openai/chatkit allow and
// refuses everything else, shows a little, and talks to the server like it.
import { wrongWithCall } from "./check.js";
import { Conversation } from "./conversation.js";
import { replay } from "./replay.js";
import { show } from "./view.js";

/** @param {{types: any, behave: string, frame: string}} settings */
export function define({ types: { types, methods, events }, behave, frame }) {
  const refused = [];
  const said = (globalThis.__chatkit = { refused, events: [], element: null, options: null, conversation: null, replay: null });

  function refuse(sentence) {
    refused.push(sentence);
    throw Object.assign(new Error(sentence), { name: "IntegrationError" });
  }

  class StandIn extends HTMLElement {
    #shadow = this.attachShadow({ mode: "open" });
    #frame = document.createElement("iframe");
    #view = document.createElement("div");
    #conversation = new Conversation(() => said.options, (name, detail) => this.#emit(name, detail), () => show(this.#view, this.#conversation, said.options, this));
    #begun = false;

    connectedCallback() {
      Object.assign(said, { element: this, conversation: this.#conversation, replay: (steps) => replay(this.#conversation, steps) });
      this.#frame.hidden = true;
      this.#frame.title = "ChatKit";
      this.#frame.addEventListener("load", () => this.#loaded(), { once: true });
      if (behave === "fatal") setTimeout(() => this.#fail("FatalAppError"), 50);
      this.#begin();
    }

    /** With its options and in the page it loads its frame. */
    #begin() {
      if (this.#begun || !said.options || !this.isConnected) return;
      this.#begun = true;
      this.#frame.src = frame;
      this.#shadow.append(this.#frame, this.#view);
    }

    #loaded() {
      this.#emit("ready");
      if (behave === "domain") setTimeout(() => this.#fail("DomainVerificationRequestError"), 300);
      if (behave === "domain" || behave === "unmounts") setTimeout(() => this.#shadow.replaceChildren(), 400);
      const { api, initialThread } = said.options;
      if ("getClientSecret" in api) api.getClientSecret(null).then((secret) => (said.secret = secret));
      else if (initialThread) this.#conversation.open(initialThread).catch(() => this.#fail("InitialThreadLoadError"));
      this.#conversation.changed();
    }

    #fail(name) {
      this.#emit("error", { error: Object.assign(new Error(name), { name }) });
    }

    #emit(name, detail = undefined) {
      const type = `chatkit.${name}`;
      if (!(type in events)) refuse(`there is no event ${type}`);
      said.events.push([type, detail]);
      this.dispatchEvent(new CustomEvent(type, { detail }));
    }

    addEventListener(type, ...rest) {
      if (type.startsWith("chatkit") && !(type in events)) refuse(`there is no event ${type}`);
      super.addEventListener(type, ...rest);
    }

    setOptions(...args) {
      const wrong = behave === "refuses" ? "options: are refused" : wrongWithCall(types, "setOptions", methods.setOptions, args);
      if (wrong) {
        this.#fail("IntegrationError");
        refuse(wrong);
      }
      said.options = args[0];
      this.#begin();
      if (this.#begun) this.#conversation.changed();
    }

    // The rest returns promises, as ChatKit's methods do.
    async focusComposer() {
      this.#view.querySelector("textarea")?.focus();
    }
    async setThreadId(threadId) {
      await this.#conversation.open(threadId);
    }
    async sendCustomAction(action, itemId) {
      const item = this.#conversation.items.find((one) => one.id === itemId);
      if (this.#conversation.threadId) await this.#conversation.act(action, item);
    }
    async sendUserMessage({ newThread, ...message }) {
      if (newThread) await this.#conversation.open(null);
      await this.#conversation.send(message);
    }
    async setComposerValue({ text }) {
      this.#view.querySelector("textarea").value = text ?? "";
    }
    async showHistory() {
      this.#emit("history.open");
    }
    async hideHistory() {
      this.#emit("history.close");
    }
    async fetchUpdates() {
      await this.#conversation.refresh();
    }
  }

  for (const [name, parameters] of Object.entries(methods)) {
    const method = StandIn.prototype[name];
    if (!method) throw new Error(`the stand-in lacks ${name}`);
    if (name === "setOptions") continue;
    StandIn.prototype[name] = async function (...args) {
      const wrong = wrongWithCall(types, name, parameters, args);
      if (wrong) refuse(wrong);
      return method.apply(this, args);
    };
  }
  customElements.define("openai-chatkit", StandIn);
  refuseOthers(StandIn.prototype, refused); // not what the browser itself looks for
}

/** Records members that are asked for and are not there: `element.setTheme?.()`. */
function refuseOthers(prototype, refused) {
  function look(target, name) {
    const ofTools = typeof name === "symbol" || name.startsWith("__") || name === "then" || name === "toJSON"; // React's, or the browser's
    if (!(name in target) && !ofTools) refused.push(`there is no member ${name}`);
  }
  Object.setPrototypeOf(prototype, new Proxy(HTMLElement.prototype, {
    get(target, name, receiver) {
      look(target, name);
      return Reflect.get(target, name, receiver);
    },
    set(target, name, value, receiver) {
      look(target, name);
      return Reflect.set(target, name, value, receiver);
    },
  }));
}
