// What the beginning of a line can be, and how a line is read.

export const rule = /^[ \t]*([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
export const heading = /^[ \t]*(#{1,6})[ \t]+(?=[^ \t])/;
export const fence = /^([ \t]*)(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
export const quote = /^[ \t]*>[ \t]?/;
export const marker = /^([ \t]*)([-+*]|(\d{1,9})[.)])([ \t]+|$)/;
export const checkbox = /^\[([ xX])\][ \t]+(?=\S)/;
export const dashes = /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

export const isBlank = (text) => !/\S/.test(text);

/** How far a text is indented; a tab reaches to the next fourth column. */
export function indentation(text) {
  let column = 0;
  for (const sign of text) {
    if (sign === " ") column++;
    else if (sign === "\t") column += 4 - (column % 4);
    else break;
  }
  return column;
}

/** A text without so many columns of its indentation. */
export function dedent(text, columns) {
  const white = /^[ \t]*/.exec(text)[0];
  if (!columns || !white) return text;
  return " ".repeat(Math.max(0, indentation(white) - columns)) + text.slice(white.length);
}

/** The text of a heading, without the number signs that may close it. */
export function titleOf(text) {
  let end = text.trimEnd().length;
  while (text[end - 1] === "#") end--;
  return /\s/.test(text[end - 1]) ? text.slice(0, end).trim() : text.trim();
}
