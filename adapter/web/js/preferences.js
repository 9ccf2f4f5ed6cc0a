// What a person chose, kept in this browser: language and theme. Where storage
// is closed to us the choice lasts as long as the page.
import { setLanguage } from "./strings.js";

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

/** Takes up what was chosen before. The server has rendered the language already. */
export function restorePreferences() {
  setLanguage(document.documentElement.lang);
  applyTheme(recall(themeKey));
}

/**
 * The language is a cookie because the server renders the first words of the page.
 * @param {string} code
 */
export function chooseLanguage(code) {
  document.cookie = `${languageCookie}=${code}; path=/; max-age=${year}; samesite=lax`;
  setLanguage(code);
  document.documentElement.lang = code;
  document.documentElement.dir = code === "ur" ? "rtl" : "ltr";
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

function applyTheme(name) {
  if (name === "light" || name === "dark") document.documentElement.dataset.theme = name;
}
