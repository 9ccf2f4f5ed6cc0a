// Text that users, models and tools wrote, made safe to stand on the page.

// Overrides make letters stand in another order than they are read and copied
// in. No honest message needs one, so whoever reads sees that there was one: it
// becomes U+FFFD. Embeddings and isolates are taken away in silence: programs
// put them around telephone numbers and names, they show nothing themselves,
// and one that is never closed would turn the rest of its paragraph. The marks
// LRM, RLM and ALM stay: writers of Urdu use them, and they reach no further
// than the signs beside them.
const overrides = /[\u202d\u202e]/g;
const embeddings = /[\u202a-\u202c\u2066-\u2069]/g;

// C0 and C1 but for tab and the ends of lines.
const controls = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

// Most pieces of text have nothing to clean: one look tells.
const suspicious = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/;

/**
 * A text, safe to show.
 * @param {string} text
 */
export function clean(text) {
  if (!suspicious.test(text)) return text;
  return text.toWellFormed().replace(embeddings, "").replace(overrides, "\ufffd").replace(controls, "\ufffd");
}

/** Whatever was sent for a text, safe to show. */
export const plain = (value) => clean(String(value ?? ""));
