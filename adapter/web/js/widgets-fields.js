// What fields hold. What stands in one is the DOM's own default: the value that
// the server knows of, to which the field goes back when a change was refused.

const isBox = (el) => el.type === "checkbox" || el.type === "radio";

/** Whether a box is ticked, or an option chosen, as it stands; undefined for other elements. */
export const choice = (el) => (isBox(el) ? el.defaultChecked : el.defaultSelected);

/** The value of a field. */
export function read(field) {
  if (field.type === "checkbox") return field.checked;
  return field.matches("fieldset") ? (field.querySelector("input:checked")?.value ?? "") : field.value;
}

/** Puts a field back to what stands. */
export function reset(field) {
  for (const [holder, now, stands] of holders(field)) holder[now] = holder[stands];
}

/** Lets what a field holds stand. */
export function settle(field) {
  for (const [holder, now, stands] of holders(field)) holder[stands] = holder[now];
}

/** The elements that hold the value of a field, each with the properties of that value and of what stands. */
function holders(field) {
  const elements = field.matches("fieldset") ? field.querySelectorAll("input") : field.matches("select") ? field.options : [field];
  return Array.from(elements, (el) => (isBox(el) ? [el, "checked", "defaultChecked"] : el.matches("option") ? [el, "selected", "defaultSelected"] : [el, "value", "defaultValue"]));
}

/**
 * Puts values into a payload under their names; the name "todo.title" goes into
 * the payload's "todo". What the payload itself says of a name wins, and a
 * payload that is no object holds no names.
 * @param {[string, any][]} values
 */
export function withValues(payload, values) {
  if (!values.length || (payload !== undefined && payload !== null && (typeof payload !== "object" || Array.isArray(payload)))) return payload;
  const filled = structuredClone(payload ?? {});
  for (const [name, value] of values) {
    const path = name.split(".");
    const last = path.pop();
    let at = filled;
    for (const step of path) {
      if (!Object.hasOwn(at, step)) at[step] = {};
      at = Object.hasOwn(at, step) && typeof at[step] === "object" && at[step] !== null ? at[step] : {};
    }
    if (!Object.hasOwn(at, last)) at[last] = value;
  }
  return filled;
}
