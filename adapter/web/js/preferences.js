// What a person chose, kept in this browser: language and theme. Where storage
// is closed to us the choice lasts as long as the page.
const themeKey = "taskwire-theme";
const languageCookie = "taskwire-lang";
const year = 365 * 24 * 60 * 60;

/** Reads from localStorage; null where it cannot. */
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Writes to localStorage, or removes with null; as far as it can. */
export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // storage is full or forbidden: the page works without
  }
}

/** The keys of all that is kept. */
export function keptKeys() {
  try {
    return Object.keys(localStorage);
  } catch {
    return [];
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
