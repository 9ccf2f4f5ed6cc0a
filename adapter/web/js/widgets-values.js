// Reading a widget. It is data from a tool and may have any shape: what is not
// of the type that it should be counts as not there.
import { h } from "./dom.js";
import { ordered } from "./markdown-nodes.js";
import { language, tongue, translated } from "./strings.js";
import { clean } from "./text.js";

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Children and the like: one that stands alone is a list of one. */
export const list = (value) => (Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]);

/** One of the known words, or undefined. */
export const oneOf = (words, value) => (words.includes(value) ? value : undefined);

/** A whole number within bounds, or undefined. */
export const whole = (value, least, most) => (Number.isInteger(value) && value >= least && value <= most ? value : undefined);

/** What should be text, safe to show. */
export function text(value) {
  if (typeof value === "string") return clean(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** A text for a name that only assistive technology reads. */
export const brief = (value) => text(value).trim().slice(0, 200);

/** Text that somebody wrote: it has a direction of its own, and the letters of its language. */
export const words = (value) => h("bdi", { lang: tongue(value) }, ordered(value));

/** A label, translated if it is a word of our own server. */
export const label = (value) => translated(text(value));

const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/** A date or an instant as people write it; any other text as it is. */
export function moment(value) {
  const date = isoTime.test(value) ? new Date(value) : null;
  const isDay = value.length === 10;
  if (!date || Number.isNaN(date.getTime()) || (isDay && !date.toISOString().startsWith(value))) return words(value);
  const locale = navigator.languages.find((tag) => tag.split("-")[0] === language()) ?? language();
  const shown = new Intl.DateTimeFormat(locale, isDay ? { dateStyle: "medium", timeZone: "UTC" } : { dateStyle: "medium", timeStyle: "short" });
  return h("time", { datetime: value, title: value }, shown.format(date));
}
