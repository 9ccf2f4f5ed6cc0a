// Questions that the assistant asks with a form.
import { h } from "../dom.js";
import { language, t, tongue } from "../strings.js";
import { plain } from "../text.js";

let forms = 0; // makes the names of radio buttons differ

const comma = language() === "ur" ? "، " : ", ";

/** The side and the language of what is asked and answered. */
const asked = (text) => ({ dir: "auto", lang: tongue(String(text)) });

/** A field has the side of what is written; an empty one that of the page. */
const sided = (event) => (event.target.dir = event.target.value ? "auto" : "");

export class StructuredInput {
  /** @param {HTMLElement} el @param {any} item @param {{answer: (item: any, input: any) => Promise<void>}} actions */
  constructor(el, item, actions) {
    this.el = el;
    this.el.tabIndex = -1; // where the focus is when the form has gone
    this.actions = actions;
    this.update(item);
  }

  update(item) {
    this.item = item;
    this.el.replaceChildren(item.status === "pending" ? this.#form() : this.#answers());
  }

  #form() {
    forms += 1;
    this.fields = (this.item.inputs ?? []).map((input) => (input.type === "multiple_choice" ? choice(input, `q${forms}-${input.id}`) : freeform(input)));
    const submit = h("button", { class: "action primary", type: "submit" }, t("submit"));
    const skip = h("button", { class: "action", type: "button", onClick: () => this.#send("skipped") }, t("skip"));
    const form = h("form", { onSubmit: (event) => (event.preventDefault(), this.#send("answered")) }, this.fields.map((field) => field.el), h("div", { class: "row" }, skip, submit));
    this.buttons = [submit, skip];
    return form;
  }

  async #send(status) {
    const answers = {};
    if (status === "answered") {
      for (const field of this.fields) {
        const values = field.values();
        answers[field.id] = { values, skipped: values.length === 0 };
      }
    }
    this.el.focus();
    for (const button of this.buttons) button.disabled = true;
    try {
      await this.actions.answer(this.item, { status, answers });
    } finally {
      for (const button of this.buttons) button.disabled = false;
    }
  }

  #answers() {
    return h(
      "dl",
      {},
      (this.item.inputs ?? []).map((input) => [
        h("dt", asked(input.question), plain(input.question)),
        input.answer?.values?.length ? h("dd", asked(input.answer.values), plain(input.answer.values.join(comma))) : h("dd", {}, t("skipped")),
      ]),
    );
  }
}

function choice(input, name) {
  const type = input.multiple ? "checkbox" : "radio";
  const other = h("input", { type: "text", maxlength: 1000, "aria-label": t("answer.other", { question: plain(input.question) }), placeholder: t("answer.own"), onInput: sided });
  const boxes = (input.options ?? []).map((option) => h("input", { type, name, value: option.value }));
  const el = h(
    "fieldset",
    {},
    h("legend", asked(input.question), plain(input.question)),
    boxes.map((box) => h("label", { class: "choice" }, box, h("bdi", { lang: tongue(box.value) }, plain(box.value)))),
    other,
  );
  return {
    el, id: input.id,
    values() {
      const own = other.value.trim();
      const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
      if (!own) return chosen;
      return input.multiple ? [...chosen, own] : [own];
    },
  };
}

function freeform(input) {
  const area = h("textarea", { rows: 2, maxlength: 4000, onInput: sided });
  const el = h("label", { class: "question" }, h("span", asked(input.question), plain(input.question)), input.description && h("small", asked(input.description), plain(input.description)), area);
  return { el, id: input.id, values: () => (area.value.trim() ? [area.value.trim()] : []) };
}
