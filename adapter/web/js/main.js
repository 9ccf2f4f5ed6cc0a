// The first module: it needs next to nothing itself, so that it can say so when
// the rest of the page does not load.
import { h } from "./dom.js";
import { restoreTheme } from "./preferences.js";
import { t } from "./strings.js";

restoreTheme();
try {
  await import("./app.js");
} catch (err) {
  console.error(err);
  const reload = h("button", { class: "action primary", type: "button", onClick: () => location.reload() }, t("reload"));
  document.querySelector("main").replaceChildren(h("div", { class: "notice danger", role: "alert" }, h("p", {}, t("error.load")), reload));
}
