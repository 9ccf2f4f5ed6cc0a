// ChatKit on the page: loads OpenAI's script, makes its element, and gives up
// where it cannot be used, so that the built-in chat can take its place.
//
// What cannot be asked of ChatKit is watched: an unreachable script never
// defines the element, and a frame that may not run on this domain says that it
// is ready, and a moment later an error, or takes its frame away.
import { setChatKit } from "./chatkit-config.js";

const tag = "openai-chatkit";
const patience = 5000; // ms, for the definition and then for the frame

/** Errors after which nothing works any more. Others ChatKit shows itself. */
const fatal = new Set(["FatalAppError", "DomainVerificationRequestError"]);

/**
 * @typedef {"script_failed" | "not_defined" | "not_ready" | "fatal"} Failure
 */

/**
 * Shows ChatKit in `mount`, which is to have a size: the element fills it, and
 * is invisible until it is ready.
 *
 * @param {HTMLElement} mount
 * @param {object} parts
 * @param {{script: string}} parts.config where the script is
 * @param {ReturnType<typeof import("./chatkit-config.js").chatKitOptions>} parts.options with the handlers
 * @param {{time(name: string, ms: number): void, error(name: string): void}} parts.beacon
 * @returns {{ready: Promise<void>, failed: Promise<Failure>, update(options: ReturnType<typeof import("./chatkit-config.js").chatKitOptions>): void, newThread(): Promise<void>, remove(): void}}
 *   `ready` rejects when it fails before. `failed` tells a failure before or
 *   after; the element is gone by then.
 */
export function showChatKit(mount, { config, options, beacon }) {
  const began = performance.now();
  const watch = new AbortController(); // ends all listening and waiting
  const { signal } = watch;
  /** @type {any} */
  let element = null;
  let isReady = false;
  const ready = promised();
  const failed = promised();
  ready.promise.catch(() => {}); // who waits for `failed` alone hears of it there

  function remove() {
    watch.abort();
    element?.remove();
    element = null;
  }

  /** @param {Failure} reason */
  function giveUp(reason) {
    if (signal.aborted) return;
    remove();
    beacon.error(reason === "script_failed" ? reason : `chatkit_${reason}`);
    ready.reject(new Error(reason)); // which does nothing if it was ready
    failed.resolve(reason);
  }

  /**
   * Gives up unless `wait` has ended in time.
   * @param {Promise<unknown>} wait
   * @param {Failure} reason
   */
  async function inTime(wait, reason) {
    const timer = setTimeout(() => giveUp(reason), patience);
    try {
      return await wait;
    } finally {
      clearTimeout(timer);
    }
  }

  function apply() {
    try {
      setChatKit(element, options);
    } catch {
      giveUp("fatal"); // options that it refuses it goes on refusing
    }
  }

  /** @param {CustomEvent<{error?: Error}>} event */
  function onError({ detail }) {
    if (!isReady || fatal.has(detail?.error?.name ?? "")) giveUp("fatal");
  }

  async function start() {
    await inTime(defined(config.script).catch(() => giveUp("script_failed")), "not_defined");
    if (signal.aborted) return;
    beacon.time("script_ms", performance.now() - began);
    element = document.createElement(tag);
    element.style.visibility = "hidden"; // it has to be laid out to load
    element.addEventListener("chatkit.error", onError, { signal });
    const loaded = new Promise((resolve) => element.addEventListener("chatkit.ready", resolve, { once: true, signal }));
    mount.append(element);
    apply();
    if (signal.aborted) return;
    await inTime(loaded, "not_ready");
    if (signal.aborted) return;
    isReady = true;
    element.style.visibility = "";
    beacon.time("chatkit_ready_ms", performance.now() - began);
    watchFrame(element, () => giveUp("fatal"), signal);
    ready.resolve();
  }

  start();
  return {
    ready: ready.promise,
    failed: failed.promise,
    /** Replaces all options: another language or theme, another user. */
    update(next) {
      options = next;
      if (element) apply();
    },
    /** Leaves the thread that is open. Rejects while ChatKit loads one. */
    async newThread() {
      await element?.setThreadId(null);
    },
    remove,
  };
}

/** A promise and what settles it. */
function promised() {
  /** @type {any} */
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

/** @type {Promise<void> | null} */
let loading = null;

/**
 * Loads the script that defines the element, once. Rejects when it cannot be loaded.
 * @param {string} src
 * @returns {Promise<void>}
 */
async function defined(src) {
  if (customElements.get(tag)) return;
  await pageLoaded();
  loading ??= new Promise((_, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.async = true;
    script.onerror = () => {
      loading = null;
      script.remove();
      reject(new Error(`no script at ${src}`));
    };
    document.head.append(script);
  });
  await Promise.race([loading, customElements.whenDefined(tag)]);
}

/** A script that hangs is not to keep the page itself loading. */
async function pageLoaded() {
  if (document.readyState !== "complete") await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
}

/**
 * Tells when ChatKit takes its frame away, as it does on a domain that it may not run on.
 * @param {HTMLElement} element
 * @param {() => void} gone
 * @param {AbortSignal} signal
 */
function watchFrame(element, gone, signal) {
  const inside = element.shadowRoot;
  if (!inside?.querySelector("iframe")) return; // closed to us
  const observer = new MutationObserver(() => {
    if (!inside.querySelector("iframe")) gone();
  });
  observer.observe(inside, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());
}
