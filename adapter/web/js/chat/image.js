// Pictures, as far as they come from here: nothing is fetched from elsewhere.
import { h } from "../dom.js";
import { t } from "../strings.js";

/** An image of our own origin or within the text itself; null for any other. */
export function safeImage(address, alt) {
  try {
    const url = new URL(address, location.href);
    const ours = url.origin === location.origin || /^data:image\/(png|jpeg|gif|webp);/i.test(address) || url.protocol === "blob:";
    return ours ? h("img", { src: url.href, alt: String(alt ?? ""), loading: "lazy", decoding: "async" }) : null;
  } catch {
    return null;
  }
}

export class GeneratedImage {
  constructor(item) {
    this.el = h("article", { class: "item image", "aria-label": t("image") });
    this.update(item);
  }

  update(item) {
    const image = item.image?.url && safeImage(item.image.url, t("image"));
    const progress = item.unfinished && h("progress", { max: 1, value: item.progress ?? null, "aria-label": t("image.making") });
    this.el.replaceChildren(...[image || (!progress && t("image.elsewhere")), progress].filter(Boolean));
  }
}
