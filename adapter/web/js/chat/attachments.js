// Files on their way into a message: announced, sent, shown with a preview, and
// taken back.
import { h, icon } from "../dom.js";
import { t, tongue } from "../strings.js";
import { plain } from "../text.js";
import { explain } from "./notices.js";

export class Attachments {
  #files = new Map(); // chip to {id, done}

  /**
   * @param {object} parts
   * @param {import("../api.js").Api} parts.api
   * @param {{maxSize: number, maxCount: number, accept: Record<string, string[]>}} parts.limits
   * @param {() => void} parts.onChange
   * @param {(text: string) => void} parts.onProblem
   * @param {{error: Function}} parts.beacon
   */
  constructor({ api, limits, onChange, onProblem, beacon }) {
    Object.assign(this, { api, limits, onChange, onProblem, beacon });
    this.el = h("ul", { class: "files pending", "aria-label": t("files"), hidden: true });
    const accept = Object.entries(limits.accept).flat(2).join(",");
    this.input = h("input", { type: "file", multiple: true, accept, hidden: true, tabindex: "-1", onChange: () => this.#chosen() });
  }

  choose() {
    this.input.click();
  }

  #chosen() {
    this.add([...this.input.files]);
    this.input.value = "";
  }

  /** @param {File[]} files */
  add(files) {
    for (const file of files) {
      const problem = this.#problem(file);
      if (problem) this.onProblem(problem);
      else this.#send(file);
    }
  }

  #problem(file) {
    if (this.#files.size >= this.limits.maxCount) return t("files.many", { count: this.limits.maxCount });
    if (file.size > this.limits.maxSize) return t("files.large", { name: plain(file.name), size: Math.floor(this.limits.maxSize / (1 << 20)) });
    if (file.size === 0) return t("files.empty", { name: plain(file.name) });
    return "";
  }

  async #send(file) {
    const chip = this.#chip(file);
    const entry = { id: "", done: false };
    this.#files.set(chip, entry);
    this.#changed();
    try {
      const made = await this.api.call("attachments.create", { name: file.name, size: file.size, mime_type: file.type || "application/octet-stream" });
      entry.id = made.id;
      await this.api.upload(made.upload_descriptor, file);
      entry.done = true;
      chip.classList.remove("loading");
    } catch (err) {
      if (!this.#files.has(chip)) return; // it was taken back
      this.beacon.error("upload_failed");
      this.onProblem(t("files.failed", { name: plain(file.name), why: err.status === 404 ? err.detail : explain(err).text }));
      this.#drop(chip);
    }
    this.#changed();
  }

  #chip(file) {
    const image = file.type.startsWith("image/");
    const address = image ? URL.createObjectURL(file) : "";
    const preview = image ? h("img", { src: address, alt: "", onLoad: () => URL.revokeObjectURL(address) }) : icon("file");
    const remove = h("button", { class: "action small", type: "button", "aria-label": t("files.remove", { name: plain(file.name) }), onClick: () => this.#remove(chip) }, icon("close"));
    const chip = h("li", { class: "file loading" }, preview, h("bdi", { lang: tongue(file.name) }, plain(file.name)), remove);
    this.el.append(chip);
    return chip;
  }

  #remove(chip) {
    const { id } = this.#files.get(chip) ?? {};
    const next = chip.nextElementSibling ?? chip.previousElementSibling;
    this.#drop(chip);
    this.#changed();
    (next?.querySelector("button") ?? this.el.parentElement.querySelector("textarea")).focus();
    // What stays behind is swept by the server.
    if (id) this.api.call("attachments.delete", { attachment_id: id }).catch(() => {});
  }

  #drop(chip) {
    this.#files.delete(chip);
    chip.remove();
  }

  #changed() {
    this.el.hidden = this.#files.size === 0;
    this.onChange();
  }

  get busy() {
    return [...this.#files.values()].some((file) => !file.done);
  }

  get ids() {
    return [...this.#files.values()].map((file) => file.id);
  }

  /** Takes them out, for a message that is sent; giveBack undoes it. */
  take() {
    const taken = [...this.#files];
    this.#files.clear();
    this.el.replaceChildren();
    this.#changed();
    return taken;
  }

  giveBack(taken) {
    for (const [chip, entry] of taken) {
      this.#files.set(chip, entry);
      this.el.append(chip);
    }
    this.#changed();
  }
}
