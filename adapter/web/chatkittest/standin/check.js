// Compares values with what the types of @openai/chatkit allow, as
// testdata/node/chatkit-types.mjs prints them.

/**
 * What is wrong with a value: nothing, or a sentence that names the place.
 * @param {any[]} types
 * @param {number} number the type that the value is to have
 * @param {any} value
 * @param {string} path
 * @returns {string}
 */
export function wrongWith(types, number, value, path) {
  const type = types[number];
  if (type === "any") return "";
  if (typeof type === "string") return typeof value === type ? "" : `${path}: is ${kindOf(value)}, not ${type}`;
  if ("literal" in type) return value === type.literal ? "" : `${path}: is ${show(value)}, not ${show(type.literal)}`;
  if (type.pattern) return typeof value === "string" && new RegExp(type.pattern).test(value) ? "" : `${path}: ${show(value)} does not fit ${type.pattern}`;
  if (type.instance) return value instanceof globalThis[type.instance] ? "" : `${path}: is no ${type.instance}`;
  if (type.union) return wrongWithAll(types, type.union, value, path);
  if ("array" in type) {
    if (!Array.isArray(value)) return `${path}: is ${kindOf(value)}, not an array`;
    return first(value.map((item, i) => wrongWith(types, type.array, item, `${path}[${i}]`)));
  }
  return wrongWithObject(types, type, value, path);
}

/** A value fits a union if it fits a part; else the part that it was meant for says why not. */
function wrongWithAll(types, parts, value, path) {
  const wrong = parts.map((part) => wrongWith(types, part, value, path));
  if (wrong.includes("")) return "";
  return wrong.find((sentence) => !sentence.startsWith(`${path}:`)) ?? `${path}: ${show(value)} is none of what is allowed`;
}

function wrongWithObject(types, type, value, path) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path}: is ${kindOf(value)}, not an object`;
  const missing = Object.keys(type.object).find((name) => !type.object[name].optional && !(name in value));
  if (missing) return `${path}.${missing}: is missing`;
  return first(Object.entries(value).map(([name, member]) => {
    const at = `${path}.${name}`;
    if (Object.hasOwn(type.object, name)) return wrongWith(types, type.object[name].type, member, at);
    return "others" in type ? wrongWith(types, type.others, member, at) : `${at}: there is no such member`;
  }));
}

const first = (sentences) => sentences.find(Boolean) ?? "";
const kindOf = (value) => (value === null ? "null" : Array.isArray(value) ? "an array" : typeof value);
const show = (value) => JSON.stringify(value) ?? String(value);

/** What is wrong with the arguments of a call. */
export function wrongWithCall(types, method, parameters, args) {
  if (args.length > parameters.length) return `${method}: takes ${parameters.length} arguments, not ${args.length}`;
  return first(parameters.map(({ name, optional, type }, i) => {
    if (i >= args.length) return optional ? "" : `${method}: ${name} is missing`;
    return wrongWith(types, type, args[i], `${method}: ${name}`);
  }));
}
