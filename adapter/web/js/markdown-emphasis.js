// Which stars, underscores and tildes belong together.

/**
 * Finds the partners of all delimiters, by the rules of CommonMark: a token with
 * a `run` gets `ends` and `starts`, how many signs each emphasis has that ends
 * or starts there, in the order in which they were found, and `left`, how many
 * signs stay text. Within the text of a link delimiters stay among themselves.
 */
export function pair(tokens) {
  const outer = [];
  let scope = { open: [], sought: new Map() };
  for (const token of tokens) {
    if (token.open) {
      outer.push(scope);
      scope = { open: [], sought: new Map() };
    } else if (token.close) {
      scope = outer.pop();
    } else if (token.run) {
      if (token.closes) close(token, scope);
      if (token.opens && token.left) scope.open.push(token);
    }
  }
}

function close(closer, { open, sought }) {
  // Where such a closer has found nothing, the next one need not look again:
  // that keeps the time in proportion to the length.
  const kind = `${closer.run}${closer.opens}${closer.count % 3}`;
  while (closer.left) {
    const from = sought.get(kind) ?? -1;
    const i = open.findLastIndex((opener) => opener.at <= from || fits(opener, closer));
    if (i < 0 || open[i].at <= from) {
      sought.set(kind, closer.at - 1);
      return;
    }
    const used = Math.min(open[i].left, closer.left, 2);
    open[i].left -= used;
    closer.left -= used;
    open[i].starts.push(used);
    closer.ends.push(used);
    // What was opened in between stays text.
    open.length = open[i].left ? i + 1 : i;
  }
}

/** CommonMark's rule of three keeps `*a**b*` from being torn. */
function fits(opener, closer) {
  if (opener.run !== closer.run) return false;
  const both = opener.closes || closer.opens;
  return !both || (opener.count + closer.count) % 3 !== 0 || (opener.count % 3 === 0 && closer.count % 3 === 0);
}
