// What the page says, in the language that the server rendered it in. Only the
// words of that language are loaded; another one comes with a reload.

/** Languages with their own names, for the switch. */
export const languages = { en: "English", ur: "اردو" };

const urdu = document.documentElement.lang === "ur";
const { words, serverWords } = await import(urdu ? "./words-ur.js" : "./words-en.js");

/** @returns {"en" | "ur"} */
export const language = () => (urdu ? "ur" : "en");

/**
 * Says something: `t("delete.thread", { title })` fills `{title}` in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * The language of what somebody wrote, for `lang`, as far as its letters tell;
 * null where it is the page's own.
 * @param {string} text
 */
export function tongue(text) {
  const spoken = /\p{Script=Arabic}/u.test(text) ? "ur" : "en";
  return spoken === language() ? null : spoken;
}

/** A known word of the server's in the language of the page, any other text as it is. */
export const translated = (text) => (Object.hasOwn(serverWords, text) ? serverWords[text] : text);
