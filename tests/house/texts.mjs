/** Prints every text that the phone's words hold, one a line: what people read, without what puts it together. */
import { readdirSync, readFileSync } from "node:fs";
import { minify } from "terser";

const FOLDER = process.argv[2] ?? "static/src/words";
const READ = { module: true, compress: false, mangle: false, format: { ast: true, code: false, spidermonkey: true } };

/** @param {any} node @returns {string[]} */
function textsOf(node) {
  if (!node || typeof node !== "object" || node.type === "ImportDeclaration") return [];
  if (node.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  if (node.type === "TemplateElement") return [node.value.cooked];
  return Object.values(node).flatMap(textsOf);
}

for (const file of readdirSync(FOLDER).sort()) {
  const { ast } = await minify(readFileSync(`${FOLDER}/${file}`, "utf8"), READ);
  for (const text of textsOf(ast)) console.log(text);
}
