// The characters of a text that is Markdown.
import { clean } from "./text.js";

const named = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", zwnj: "\u200c", zwj: "\u200d", lrm: "\u200e", rlm: "\u200f",
  hellip: "…", ndash: "–", mdash: "—", lsquo: "‘", rsquo: "’", ldquo: "“", rdquo: "”", laquo: "«", raquo: "»", bull: "•", middot: "·",
  copy: "©", reg: "®", trade: "™", deg: "°", times: "×", plusmn: "±", euro: "€", pound: "£", larr: "←", rarr: "→", ne: "≠", le: "≤", ge: "≥",
};

/** A character reference: sticky, so that it is looked for at one place. */
export const entity = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z][a-zA-Z\d]{1,9}));/y;

/**
 * What a character reference stands for, cleaned as if it had been written
 * plainly; one that we do not know stands for itself.
 * @param {RegExpMatchArray} match of `entity`
 */
export function decoded([whole, decimal, hex, name]) {
  if (name) return Object.hasOwn(named, name) ? named[name] : whole;
  const code = decimal ? Number(decimal) : parseInt(hex, 16);
  return code > 0 && code <= 0x10ffff ? clean(String.fromCodePoint(code)) : "\ufffd";
}

const everyEntity = new RegExp(entity.source, "g");
const escaped = /\\([!-/:-@[-`{-~])/g;

/** A text without its backslash escapes and character references. */
export function unescaped(text) {
  return text.replace(escaped, "$1").replace(everyEntity, (...match) => decoded(match));
}

/** Whether anything of a text is seen. */
export const visible = (text) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(text);

// Code and addresses are Latin whatever the language around them.
const mute = /`[^`]*`|https?:\S+|\]\([^\s)]*/g;
// A quotation, such as a title, may be in another language.
const quotation = /["“„«][^"“”„«»]*["”»]/g;
const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** The side on which the first word of a text begins: "ltr", "rtl", or "" without any letter. What is quoted tells it only if nothing else does. */
export function direction(text) {
  const said = text.replace(mute, "");
  const letter = (/\p{L}/u.exec(said.replace(quotation, "")) ?? /\p{L}/u.exec(said))?.[0];
  if (!letter) return "";
  return rightToLeft.test(letter) ? "rtl" : "ltr";
}

/** Whether a text has letters that run from right to left. */
export const turns = (text) => rightToLeft.test(text);
