// What a person chose, kept in this browser: language and theme. Where storage
// is closed to us the choice lasts as long as the page.
const themeKey = "taskwire-theme";
const languageCookie = "taskwire-lang";
const year = 365 * 24 * 60 * 60;

const beside = new Map(); // in place of a storage that is full or forbidden

/** Reads what was kept; null where there is nothing. */
export function recall(key) {
  try {
    return beside.get(key) ?? localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a text, or forgets it with null. */
export function keep(key, value) {
  beside.delete(key);
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    if (value !== null) beside.set(key, value);
  }
}

/** The keys of all that is kept. */
export function keptKeys() {
  try {
    return [...beside.keys(), ...Object.keys(localStorage)];
  } catch {
    return [...beside.keys()];
  }
}

/** Takes up the theme that was chosen before. */
export const restoreTheme = () => applyTheme(recall(themeKey));

/**
 * Keeps the language, in a cookie because the server renders the page in it:
 * the next one, from its first word on.
 * @param {string} code
 */
export function chooseLanguage(code) {
  document.cookie = `${languageCookie}=${code}; path=/; max-age=${year}; samesite=lax`;
}

/** @returns {"light" | "dark"} what is on the screen now. */
export function theme() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** @param {"light" | "dark"} name */
export function chooseTheme(name) {
  keep(themeKey, name);
  applyTheme(name);
}

/** Calls back when the theme changes, by whomever: the person, the system, the assistant. */
export function watchTheme(changed) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

function applyTheme(name) {
  if (name === "light" || name === "dark") document.documentElement.dataset.theme = name;
}
