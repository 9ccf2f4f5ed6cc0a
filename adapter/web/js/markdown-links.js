// Where a link may lead, and when a reader must be told.

/**
 * The address of a link, or null where there must be none: the web and mail
 * alone, whole addresses alone, and none that carries a password.
 * @param {string} address as it was written, decoded
 */
export function safeUrl(address) {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.protocol === "mailto:") return mail(url);
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  return url.username || url.password ? null : url;
}

/** One person to write to: what else such an address can hold (further people, a text) nobody would see. */
function mail(url) {
  url.search = url.hash = "";
  return /^[^@,;\s]+@[^@,;\s]+$/.test(url.pathname) ? url : null;
}

/** Where an address leads, as far as a reader must know it. */
export const target = (url) => (url.protocol === "mailto:" ? url.pathname : url.host);

/**
 * Reports whether the text of a link could make a reader believe that it leads
 * elsewhere: it names another host or another person, or the host is written in
 * letters that may look like others (punycode).
 * @param {string} text as it is shown
 * @param {URL} url
 */
export function misleads(text, url) {
  const where = bare((url.protocol === "mailto:" ? url.pathname : url.hostname).toLowerCase());
  if (/(?:^|[.@])xn--/.test(where)) return true;
  const plain = text.normalize("NFKC").replace(/\p{Cf}/gu, "").replace(/。/g, ".").replace(/\\/g, "/").toLowerCase();
  return places(plain).some((place) => bare(place) !== where);
}

const bare = (host) => host.replace(/^www\./, "");

/** Everything in a text that looks like a host or a mail address, a little too much rather than too little. */
function places(text) {
  const found = [...text.matchAll(/\/\/+([^\s/?#:@]+)/g)].map(([, host]) => host);
  for (const word of text.split(/[^\p{L}\p{N}.@+_-]+/u)) {
    const labels = word.split(".").filter(Boolean);
    const named = labels.length > 1 && /^\p{L}/u.test(labels.at(-1));
    const numbered = labels.length === 4 && labels.every((label) => /^\d{1,3}$/.test(label));
    if (named || numbered || /.@./.test(word)) found.push(labels.join("."));
  }
  return found;
}
