// Prints, as JSON, what the types of @openai/chatkit allow: the element's methods
// with their parameters, and the events with their details. Types stand under
// `types` and are referred to by number, since some hold themselves.
//
//   {"methods": {"setThreadId": [{"name": "threadId", "optional": false, "type": 7}]},
//    "events": {"chatkit.ready": 3}, "types": ["string", {"object": {…}}, …]}
import { fileURLToPath } from "node:url";
import ts from "typescript";

const file = fileURLToPath(new URL("node_modules/@openai/chatkit/types/index.d.ts", import.meta.url));
const program = ts.createProgram([file], { strict: true, target: ts.ScriptTarget.ES2022, lib: ["lib.es2022.d.ts", "lib.dom.d.ts"], types: [] });
const checker = program.getTypeChecker();
const source = program.getSourceFile(file);

const types = [];
const numbers = new Map();

/** The number of a type, which is described once. */
function numberOf(type) {
  if (!numbers.has(type)) {
    numbers.set(type, types.push(null) - 1);
    types[numbers.get(type)] = describe(type);
  }
  return numbers.get(type);
}

function describe(type) {
  const has = (flag) => (type.flags & flag) !== 0;
  if (has(ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return "any";
  if (has(ts.TypeFlags.Undefined | ts.TypeFlags.Void)) return "undefined";
  if (has(ts.TypeFlags.Null)) return { literal: null };
  if (has(ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLiteral)) return { literal: type.value };
  if (has(ts.TypeFlags.BooleanLiteral)) return { literal: type.intrinsicName === "true" };
  if (has(ts.TypeFlags.TemplateLiteral)) return { pattern: `^${type.texts.map(escape).join("[^]*")}$` };
  if (has(ts.TypeFlags.String)) return "string";
  if (has(ts.TypeFlags.Number)) return "number";
  if (type.isUnion()) return { union: type.types.map(numberOf) };
  if (checker.isArrayType(type)) return { array: numberOf(checker.getTypeArguments(type)[0]) };
  if (type.getCallSignatures().length > 0) return "function";
  if (isOfBrowser(type.symbol)) return { instance: type.symbol.name };
  return describeObject(type);
}

function describeObject(type) {
  const members = {};
  for (const member of type.getProperties()) {
    const optional = (member.flags & ts.SymbolFlags.Optional) !== 0;
    members[member.name] = { optional, type: numberOf(checker.getTypeOfSymbol(member)) };
  }
  const index = checker.getIndexInfosOfType(type)[0];
  return { object: members, ...(index && { others: numberOf(index.type) }) };
}

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether a symbol is the browser's, and no plain record of the package's. */
const isOfBrowser = (symbol) => symbol?.name !== "__type" && symbol?.declarations?.some((d) => d.getSourceFile() !== source && !d.getSourceFile().fileName.includes("@openai"));

const exported = Object.fromEntries(checker.getExportsOfModule(checker.getSymbolAtLocation(source)).map((symbol) => [symbol.name, symbol]));

const methods = {};
for (const member of checker.getDeclaredTypeOfSymbol(exported.OpenAIChatKit).getProperties()) {
  if (member.declarations[0].getSourceFile() !== source || member.name.endsWith("EventListener")) continue;
  const [signature] = checker.getTypeOfSymbol(member).getCallSignatures();
  methods[member.name] = signature.parameters.map((parameter) => ({
    name: parameter.name,
    optional: checker.isOptionalParameter(parameter.valueDeclaration),
    type: numberOf(checker.getTypeOfSymbol(parameter)),
  }));
}

const events = {};
for (const event of checker.getDeclaredTypeOfSymbol(exported.ChatKitEvents).getProperties()) {
  events[event.name] = numberOf(checker.getTypeArguments(checker.getTypeOfSymbol(event))[0]);
}

console.log(JSON.stringify({ methods, events, types }));
