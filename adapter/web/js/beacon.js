// Timings and errors of the page, gathered and told to the server now and then.
// They hold names from a fixed list and numbers, nothing that anybody wrote.

const pause = 4000; // ms between the first thing to tell and telling it

/** @param {(input: string, init: RequestInit) => Promise<Response>} fetch */
export function makeBeacon(fetch, url = "/api/chatkit/beacon") {
  let told = {};
  let timer = 0;

  function note(kind, name, value) {
    told[kind] ??= {};
    told[kind][name] = kind === "timings" ? value : (told[kind][name] ?? 0) + value;
    timer ||= setTimeout(tell, pause);
  }

  function tell() {
    clearTimeout(timer);
    timer = 0;
    if (!Object.keys(told).length) return;
    const body = JSON.stringify(told);
    told = {};
    // keepalive lets it go out though the page is being left. Nobody waits for it.
    fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body, keepalive: true }).catch(() => {});
  }

  addEventListener("pagehide", tell);
  return {
    /** @param {string} name @param {number} ms */
    time: (name, ms) => note("timings", name, Math.max(0, Math.round(ms))),
    /** @param {string} name */
    error: (name) => note("errors", name, 1),
    /** @param {"chatkit" | "builtin"} name */
    face: (name) => note("faces", name, 1),
  };
}
