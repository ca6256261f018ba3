// Builds one release of the client into static/dist/<id>/. That folder and /app, and nothing else, is what a phone keeps.
//   --dev    source maps, names left readable      --watch  build again whenever something under static/ changes
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { compile } from "sass";
import { minify } from "terser";

const DIST = "static/dist";
const dev = process.argv.includes("--dev");
const phone = { phone: "static/src/phone.jsx", worker: "static/src/core/worker.js" };
/** What sends, with or without a page. */
const sending = ["core/outside", "core/outbox", "core/push", "core/background", "sync/errors", "sync/wire"].map(
  (name) => `static/src/${name}.js`,
);
const desk = { desk: "static/src/desk.js" };
const bundling = {
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "transform",
  jsxFactory: "$h",
  jsxFragment: "$Fragment",
  minify: !dev,
  logLevel: "warning",
};

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Names every file of a folder, relative to it, in a stable order. */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => join(found.parentPath, found.name).slice(folder.length + 1))
    .sort();
}

/**
 * What two of them need is fetched and kept once: shared.js for the page and its worker; sending.js, a plain script because not
 * every browser's service worker takes modules, for the worker and the service worker. The folder's name is their version.
 */
async function scripts(folder) {
  const one = { ...bundling, outdir: folder, sourcemap: dev && "linked" };
  await takeNames();
  const all = [...names.values()].flat();
  const twice = all.find((name, at) => all.indexOf(name) !== at);
  if (twice) throw new Error(`two modules of sending.js export ${twice}, and neither would be found there`);
  const imports = [...names].map(([file, taken]) => `import { ${taken.join(", ")} } from "./${file}";`);
  const contents = `${imports.join("\n")}\nglobalThis.sending = { ${all.join(", ")} };`;
  await build({
    ...one,
    entryPoints: undefined,
    outdir: undefined,
    outfile: `${folder}/sending.js`,
    format: "iife",
    stdin: { contents, resolveDir: "." },
  });
  const plugins = [drawn, packed, sentBy('import "./sending.js";')];
  await build({ ...one, plugins, entryPoints: phone, splitting: true, chunkNames: "shared" });
  await build({ ...one, entryPoints: desk });
  for (const name of filesIn(folder).filter((name) => name.endsWith(".js"))) {
    const file = `${folder}/${name}`;
    writeFileSync(file, await shortened(readFileSync(file, "utf8"), name !== "sending.js"));
  }
}

/** What others take of each module of sending.js. @type {Map<string, string[]>} */
const names = new Map();

/** Finds what the worker and the service worker take of sending.js, which holds no more than that. */
async function takeNames() {
  const elsewhere = {
    name: "elsewhere",
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\./ }, ({ path, importer, resolveDir }) => {
        const file = inTree(join(resolveDir, path));
        return sending.includes(file) && !sending.includes(inTree(importer)) ? { path: file, external: true } : undefined;
      }),
  };
  const { outputFiles } = await build({
    ...bundling,
    minify: false,
    plugins: [drawn, packed, elsewhere],
    write: false,
    outdir: "names",
    entryPoints: { ...phone, sw: "static/sw.js" },
  });
  names.clear();
  for (const { text } of outputFiles) {
    for (const [, taken, file] of text.matchAll(/^import \{([^}]*)\} from "(static\/[^"]*)";$/gm)) {
      const found = taken.split(",").map((name) => name.trim().split(" as ")[0]);
      names.set(file, [...new Set([...(names.get(file) ?? []), ...found])].sort());
    }
  }
}

/** @param {string} path @returns {string} as this file names it */
const inTree = (path) => relative(".", path).replaceAll("\\", "/");

/** Has elements made by preact's own function and not by its runtime for JSX, whose calls name the children of each: a sixtieth of the page's script. */
const drawn = {
  name: "drawn",
  setup({ onLoad }) {
    onLoad({ filter: /\.jsx$/ }, ({ path }) => ({
      contents: `import { Fragment as $Fragment, h as $h } from "preact";${readFileSync(path, "utf8")}`,
      loader: "jsx",
    }));
  },
};

/** Takes the modules of sending.js from there, once `load` has brought it; two copies would not know each other's errors. */
const sentBy = (load) => ({
  name: "sent by",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^sending$/ }, () => ({ path: "sending", namespace: "sending" }));
    // The built file beside the page, and not a source of that name in some other folder.
    onResolve({ filter: /^\.\/sending\.js$/, namespace: "sending" }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: "sending" }, () => ({ contents: load, resolveDir: "." }));
    onLoad({ filter: /static[\\/]src[\\/].*\.js$/ }, ({ path }) => {
      const taken = names.get(inTree(path));
      return taken && { contents: `import "sending";\nexport const { ${taken.join(", ")} } = globalThis.sending;` };
    });
  },
});

/** Shortens by a twentieth what esbuild has bundled: it looks at what expressions do, and takes its time for it (docs/decisions/0014-smaller.md). */
async function shortened(script, module) {
  return dev ? script : (await minify(script, { module, ecma: 2022, compress: { passes: 2 } })).code;
}

/**
 * Writes WebAssembly as the bytes it is: gzip finds nothing to shorten in base64. They are moved along so that the commonest are letters, not signs that a script
 * has to write as several; taken back they come round by themselves, as the 256 values of a byte do.
 */
const MOVED = 40;
const packed = {
  name: "packed",
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path }) => {
      const text = JSON.stringify(String.fromCharCode(...readFileSync(path).map((byte) => byte + MOVED)));
      return { contents: `export default /* @__PURE__ */ Uint8Array.from(${text}, (one) => one.charCodeAt(0) - ${MOVED});` };
    });
  },
};

function styles(folder) {
  for (const name of readdirSync("static/styles").filter((name) => /^[^_].*\.scss$/.test(name))) {
    const { css } = compile(`static/styles/${name}`, { style: "compressed", loadPaths: ["node_modules"], quietDeps: true });
    // The desk's pages take their classes from a library's macros, which lie elsewhere; the phone's are all written here.
    const kept = name === "phone.scss" ? joined(understood(named(css, ["static/src", "templates/app"]))) : css;
    writeFileSync(`${folder}/${name.replace(/\.scss$/, ".css")}`, kept);
  }
}

/** Leaves out of compressed CSS the design system's rules for classes that no source names: a third of its bytes. One cut off at `-${` names all that begin so. */
function named(css, folders) {
  const files = folders.flatMap((folder) => filesIn(folder).map((name) => `${folder}/${name}`));
  const text = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const begun = [...text.matchAll(/govuk-[\w-]*-(?=\$\{)/g)].map(([start]) => start);
  const isNamed = (one) => text.includes(one) || begun.some((start) => one.startsWith(start));
  const isWanted = (selector) => {
    const plain = selector.replace(/:not\([^)]*\)/g, "");
    // No control of ours is ever disabled: a greyed-out button says nothing about what is missing.
    if (/:disabled|\[disabled\]/.test(plain)) return false;
    const classes = plain.matchAll(/\.(govuk-[\w-]*(?:\\![\w-]*)*)/g);
    return [...classes].every(([, one]) => isNamed(one.replaceAll("\\", "")));
  };
  // What is never there need not be ruled out either.
  const fewer = css.replace(/:not\((?:\.(govuk-[\w-]+)|:disabled)\)/g, (not, one) => (one && isNamed(one) ? not : ""));
  return fewer
    .replace(/([^{}@;]+)\{([^{}]*)\}/g, (_, selectors, body) => {
      const wanted = selectors.split(/,(?![^(]*\))/).filter(isWanted);
      return wanted.length > 0 ? `${wanted.join(",")}{${body}}` : "";
    })
    .replace(/@(?:media|supports)[^{}]*\{\s*\}/g, "");
}

/**
 * Leaves out of compressed CSS what only browsers read that cannot run the app, whose scripts need a newer one than max() or
 * custom properties do: prefixes, fallbacks, and the questions round them. What nobody reads goes too, and on paper a second
 * font and sizes of its own, which are those of a wide screen within a point or two, and the addresses of links, of which the app has none that lead out of it;
 * and how the mark of the keyboard's place is drawn where a link breaks into two lines, in browsers of some years.
 */
function understood(css) {
  const rules = String.raw`\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}`;
  const plain = css
    .replace(
      new RegExp(String.raw`@supports ?(?:not \(-ms-|\(position: ?-webkit-sticky|\([a-z-]+: ?max\()[^{]*${rules}`, "g"),
      "$1",
    )
    .replace(new RegExp(String.raw`@supports not \(caret-color[^{]*${rules}`, "g"), "")
    .replace(/@media print\{[^{}]*\{font-(?:family:sans-serif|size:\d+pt;line-height:[\w.]+)\}\}/g, "")
    .replace(/@media print\{\[href[^{}]*\{[^{}]*\}\}/g, "")
    .replace(/,\(-ms-high-contrast:active\)/g, "")
    .replace(/@supports not \(text-wrap: ?balance\)\{[^{}]*\{[^{}]*\}\}/g, "")
    .replace(/(?<=\.\d{3})\d+/g, "")
    .replace(/rgba\(0, ?0, ?0, ?0\)/g, "#0000")
    .replace(/(outline|border):(\w+) solid;\1-color:([^;{}]*)/g, "$1:$2 solid $3")
    .replace(
      /(?<=[{;])(?:-ms-[\w-]+|-(?:moz-osx|webkit)-font-smoothing|-webkit-clip-path|(?:-webkit-)?text-decoration-skip|-webkit-text-decoration-skip-ink|clip):[^;{}]*;?/g,
      "",
    )
    .replace(/(?<=[{;])([a-z-]+):[^;{}]*;(?=(?:[a-z-]+:[^;{}]*;)*?\1:(?:max\(|auto|fit-content))/g, "")
    .replace(/var\((--govuk-[\w-]+),[^()]*\)/g, "var($1)");
  // A name that only stands for another, in every light.
  const others = [...plain.matchAll(/(--app-[\w-]+): ?var\((--govuk-[\w-]+)\)/g)];
  const direct = others.reduce((all, [, one, other]) => all.replaceAll(`var(${one})`, `var(${other})`), plain);
  const read = (name) => direct.includes(`var(${name})`);
  return direct.replace(/(?<=[{;])(--[\w-]+):[^;{}]*;?/g, (told, name) => (read(name) ? told : "")).replace(/:root\{\}/g, "");
}

/** Writes as one what stands next to each other for the same selectors, and no space that only eyes need. */
function joined(css) {
  const neighbours = /(?<=[{}])([^{}@]+)\{([^{}]*?);?\}\1\{([^{}]*)\}/g;
  const fewer = css.replace(neighbours, "$1{$2;$3}");
  return fewer === css ? css.replace(/;(?=\})|(?<=[:,]) | (?=!)/g, "") : joined(fewer);
}

/** The manifest names its icons by release, so that a changed icon is a changed address. */
function manifest(folder, id) {
  const told = JSON.parse(readFileSync("static/manifest.webmanifest", "utf8"));
  for (const icon of told.icons) icon.src = `/dist/${id}/${icon.src}`;
  writeFileSync(`${folder}/manifest.webmanifest`, JSON.stringify(told));
}

async function worker(release) {
  const load = `import { ownScript } from "./static/src/trusted.js";\nimportScripts(ownScript("/dist/${release.id}/sending.js"));`;
  const { outputFiles } = await build({
    ...bundling,
    plugins: [sentBy(load)],
    format: "iife",
    write: false,
    entryPoints: ["static/sw.js"],
    define: { RELEASE: JSON.stringify(release) },
  });
  writeFileSync(`${DIST}/sw.js`, await shortened(outputFiles[0].text, false));
}

/** Makes the release beside the old one and swaps at the end: a failed build leaves the old one whole. */
async function release() {
  mkdirSync(DIST, { recursive: true });
  const making = mkdtempSync(`${DIST}/making-`);
  try {
    await scripts(making);
    styles(making);
    cpSync("static/icons", `${making}/icons`, { recursive: true });
    const files = filesIn(making);
    const told = readFileSync("static/manifest.webmanifest");
    const id = hash(files.map((name) => `${name} ${hash(readFileSync(`${making}/${name}`))}\n`).join("") + hash(told)).slice(
      0,
      12,
    );
    manifest(making, id);
    const kept = filesIn(making).filter((name) => !/^desk\.|\.map$/.test(name));
    const made = { id, files: ["/app", ...kept.map((name) => `/dist/${id}/${name}`)] };
    if (existsSync(`${DIST}/${id}`)) rmSync(`${DIST}/${id}`, { recursive: true });
    renameSync(making, `${DIST}/${id}`);
    await worker(made);
    writeFileSync(`${DIST}/release.json.new`, JSON.stringify(made));
    renameSync(`${DIST}/release.json.new`, `${DIST}/release.json`);
    for (const old of readdirSync(DIST, { withFileTypes: true })) {
      if (old.isDirectory() && old.name !== id) rmSync(`${DIST}/${old.name}`, { recursive: true, force: true });
    }
    return made;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

function tell({ id }) {
  const zipped = (file) => gzipSync(readFileSync(file), { level: 9 }).length / 1000;
  const built = filesIn(`${DIST}/${id}`).filter((name) => /\.(js|css)$/.test(name));
  const sizes = [...built.map((name) => [name, zipped(`${DIST}/${id}/${name}`)]), ["sw.js", zipped(`${DIST}/sw.js`)]];
  const phone = sizes.filter(([name]) => !name.startsWith("desk.")).reduce((sum, [, size]) => sum + size, 0);
  const each = sizes.map(([name, size]) => `${name} ${size.toFixed(1)} kB`);
  console.log(`Built release ${id} (gzip: ${each.join(", ")}; a phone loads ${phone.toFixed(1)} kB)`);
}

tell(await release());
if (process.argv.includes("--watch")) {
  let due;
  watch("static", { recursive: true }, (_, name) => {
    if (!name || name.startsWith("dist")) return;
    clearTimeout(due);
    due = setTimeout(() => release().then(tell, (error) => console.error(error.message)), 150);
  });
}
