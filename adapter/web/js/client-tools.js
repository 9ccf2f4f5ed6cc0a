// Tools of the page itself, which an assistant may call through ChatKit's client
// tools. They look at and change nothing but the page.
import { chooseTheme, theme } from "./preferences.js";
import { language } from "./strings.js";

export const clientTools = {
  /** Where and when the user is. */
  get_local_time: () => ({ time: new Date().toString(), timezone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
  /** What the page looks like. */
  get_page: () => ({ language: language(), theme: theme() }),
  /** {theme: "light" | "dark"} */
  set_theme({ theme: wanted }) {
    if (wanted !== "light" && wanted !== "dark") throw new Error('theme must be "light" or "dark"');
    chooseTheme(wanted);
    return { theme: wanted };
  },
};
