// Prints a module and all that it needs as one script for a browser. TypeScript
// and ES modules are turned into CommonJS first; names are looked up here.
//
//   node bundle.mjs main.tsx
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import ts from "typescript";

const here = createRequire(import.meta.url);
const modules = [];
const numbers = new Map();

function add(file) {
  if (numbers.has(file)) return numbers.get(file);
  const number = modules.push(null) - 1;
  numbers.set(file, number);
  const code = commonJS(file);
  const needs = Object.fromEntries([...code.matchAll(/\brequire\(["']([^"']+)["']\)/g)].map(([, name]) => [name, add(find(name, file))]));
  modules[number] = `[${JSON.stringify(needs)}, function (require, module, exports, process) {\n${code}\n}]`;
  return number;
}

function commonJS(file) {
  const text = readFileSync(file, "utf8");
  if (file.includes("node_modules")) return text;
  const { CommonJS, ReactJSX } = { ...ts.ModuleKind, ...ts.JsxEmit };
  return ts.transpileModule(text, { fileName: file, compilerOptions: { module: CommonJS, jsx: ReactJSX, target: ts.ScriptTarget.ES2022, allowJs: true } }).outputText;
}

function find(name, from) {
  if (name.startsWith(".")) return createRequire(from).resolve(name);
  return from.includes("node_modules") ? createRequire(from).resolve(name) : here.resolve(name);
}

const entry = add(resolve(process.argv[2]));
console.log(`(() => {
const modules = [${modules.join(",\n")}];
const made = {};
const env = { env: { NODE_ENV: "development" } };
function load(number) {
  if (made[number]) return made[number].exports;
  const module = (made[number] = { exports: {} });
  const [needs, run] = modules[number];
  run((name) => load(needs[name]), module, module.exports, env);
  return module.exports;
}
load(${entry});
})();`);
