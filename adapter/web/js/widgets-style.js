// The sizes and colours that a widget may ask for. Only values that are known
// here become CSS, set property by property: none can fetch a url(), cover the
// page or spell a rule of its own.
import { isObject, oneOf, text as written, whole } from "./widgets-values.js";

// Pixels of a unit of space, the most space, and the most of each measure.
const spaceUnit = 4;
const mostSpace = 160;
const most = { px: 2000, rem: 100, em: 100, ch: 200, "%": 100 };
const measured = /^(\d{1,5}(?:\.\d{1,4})?)(px|rem|em|ch|%)?$/;

/** A length: numbers are pixels, or units if those are given. */
function length(value, unit = 1, limit = most.px) {
  if (typeof value === "number") return value >= 0 ? `${Math.min(value * unit, limit)}px` : undefined;
  const [, digits, measure = "px"] = measured.exec(written(value)) ?? [];
  return digits && `${Math.min(Number(digits), measure === "px" ? limit : most[measure])}${measure}`;
}

const space = (value) => length(value, spaceUnit, mostSpace);
const size = (value) => oneOf(["auto", "fit-content", "min-content", "max-content"], value) ?? length(value);

const pick = (table, key) => (typeof key === "string" && Object.hasOwn(table, key) ? table[key] : undefined);

const tokens = {
  prose: "var(--text)", primary: "var(--text)", emphasis: "var(--text)", secondary: "var(--muted)", tertiary: "var(--muted)",
  success: "var(--success)", warning: "var(--warning)", caution: "var(--warning)", danger: "var(--danger)", info: "var(--info)", discovery: "var(--discovery)",
  surface: "var(--surface)", "surface-secondary": "var(--surface-2)", "surface-tertiary": "var(--surface-2)",
  "surface-elevated": "var(--surface)", "surface-elevated-secondary": "var(--surface-2)",
  default: "var(--border)", subtle: "var(--border)", strong: "var(--control)",
};
const hues = { gray: "gray", red: "red", orange: "orangered", yellow: "gold", green: "green", blue: "blue", purple: "rebeccapurple", pink: "deeppink" };
const primitive = /^([a-z]+)-(\d{2,4})$/;
const spelled = /^(#([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})|[a-z]{3,20}|(rgb|hsl)a?\([\d\s.,%/]{5,40}\))$/i;

/**
 * A colour: a token of ChatKit, a primitive such as red-100, or CSS; or one each
 * for light and dark. Primitives are mixed into the theme's own colours, so that
 * they can be read in both.
 */
function color(value, ground) {
  if (isObject(value)) {
    const [light, dark] = [color(value.light, ground), color(value.dark, ground)];
    return light && dark && `light-dark(${light}, ${dark})`;
  }
  if (typeof value !== "string") return undefined;
  const [, name, step] = primitive.exec(value) ?? [];
  if (pick(hues, name)) return `color-mix(in srgb, ${hues[name]} ${Math.min(Number(step) / 10, 50)}%, ${ground})`;
  return pick(tokens, value) ?? (spelled.test(value) && CSS.supports("color", value) ? value : undefined);
}

export const inkOf = (value) => color(value, "var(--text)");
const groundOf = (value) => color(value, "var(--surface)");

/** Drops what is not set. */
const only = (style) => Object.fromEntries(Object.entries(style).filter(([, value]) => value !== undefined));

const sides = { x: "inline", y: "block", top: "block-start", bottom: "block-end", left: "inline-start", right: "inline-end" };

/** Calls put with each side of a property that may be one value or a map of sides. */
function eachSide(value, isOne, put) {
  if (isOne(value)) put("", value);
  else if (isObject(value)) for (const [side, end] of Object.entries(sides)) if (value[side] !== undefined) put(`-${end}`, value[side]);
}

function spacing(property, value) {
  const style = {};
  eachSide(value, (one) => !isObject(one), (end, one) => (style[property + end] = space(one)));
  return style;
}

const lines = ["solid", "dashed", "dotted", "double", "groove", "ridge", "inset", "outset"];

function borders(value) {
  const style = {};
  eachSide(value, (one) => !isObject(one) || "size" in one, (end, one) => {
    const width = whole(isObject(one) ? one.size : one, 0, 16);
    if (width !== undefined) style[`border${end}`] = `${width}px ${oneOf(lines, one.style) ?? "solid"} ${groundOf(one.color) ?? "var(--border)"}`;
  });
  return style;
}

const radii = { none: 0, "2xs": 2, xs: 4, sm: 6, md: 8, lg: 10, xl: 12, "2xl": 16, "3xl": 20, "4xl": 24, full: 999, "100%": 999 };
const flexible = /^(auto|none|\d{1,3}( \d{1,3}( (auto|0|\d{1,3}%|\d{1,4}px))?)?)$/;
const ratio = /^\d{1,4}(\.\d+)?( ?\/ ?\d{1,4}(\.\d+)?)?$/;
const matching = (pattern, value) => (pattern.test(written(value)) ? written(value) : undefined);

/** The style of what has a place and a size. */
export function blockStyle(node) {
  return only({
    width: size(node.width ?? node.size), height: size(node.height ?? node.size),
    "min-width": size(node.minWidth ?? node.minSize), "min-height": size(node.minHeight ?? node.minSize),
    "max-width": size(node.maxWidth ?? node.maxSize), "max-height": size(node.maxHeight ?? node.maxSize),
    "aspect-ratio": matching(ratio, node.aspectRatio), flex: matching(flexible, node.flex), "flex-shrink": size(node.size) && "0",
    "border-radius": length(pick(radii, node.radius)), background: groundOf(node.background),
    ...spacing("margin", node.margin),
  });
}

/** The style of what holds others. */
export function boxStyle(node) {
  return only({
    ...blockStyle(node),
    "align-items": oneOf(["start", "center", "end", "baseline", "stretch"], node.align),
    "justify-content": oneOf(["start", "center", "end", "stretch"], node.justify) ?? (oneOf(["between", "around", "evenly"], node.justify) && `space-${node.justify}`),
    "flex-wrap": oneOf(["nowrap", "wrap", "wrap-reverse"], node.wrap),
    "flex-direction": oneOf(["row"], node.direction),
    gap: space(node.gap), ...spacing("padding", node.padding), ...borders(node.border),
  });
}

const weights = { normal: "400", medium: "500", semibold: "600", bold: "700" };

/** The style of text. */
export function textStyle(node) {
  const mostLines = whole(node.maxLines, 1, 100);
  return only({
    color: inkOf(node.color), "font-weight": pick(weights, node.weight), "text-align": oneOf(["start", "center", "end"], node.textAlign),
    width: size(node.width), "font-style": node.italic === true ? "italic" : undefined,
    "min-height": whole(node.minLines, 1, 100) && `${node.minLines}lh`, "-webkit-line-clamp": mostLines && String(mostLines),
  });
}

/** The style of a line between others, and of room that is left free. */
export const lineStyle = (node) => only({ "border-color": groundOf(node.color), "border-block-start-width": space(node.size) && length(node.size, 1, 16), "margin-block": space(node.spacing) });
export const gapStyle = (node) => only({ "min-width": space(node.minSize), "min-height": space(node.minSize) });
