/**
 * Makes the machine steady, before the core is loaded: cryptography answers in the order it is asked and takes its chance from the seed (subtle.js), database
 * tasks and time limits go through the simulation's clock. Stretching unlock words, which costs a fifth of a second for nothing here, is a hash.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { current } from "./clock.js";
import { luck, running, subtle } from "./subtle.js";

const plainImmediate = globalThis.setImmediate;
const later = (pace, run) => current.clock.after(pace, run);

Object.defineProperty(globalThis, "crypto", {
  value: { subtle, getRandomValues: (bytes) => luck.chance.fill(bytes) },
  configurable: true,
});

/** Copies plain things of plain things; whatever else is in one, the platform copies or refuses. Most of what a database does here would be copying. */
const plainClone = globalThis.structuredClone;
function cloned(value) {
  if (typeof value !== "object" || value === null) return typeof value === "function" ? plainClone(value) : value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(cloned);
  const kind = Object.getPrototypeOf(value);
  if (kind !== Object.prototype && kind !== null) return plainClone(value);
  const made = {};
  for (const name of Object.keys(value)) made[name] = cloned(value[name]);
  return made;
}
globalThis.structuredClone = cloned;
globalThis.setImmediate = (run, ...given) =>
  current.clock ? later(current.clock.storePace, () => run(...given)) : plainImmediate(run, ...given);
/** As much of a signal as the weather asks of one: whoever listens is told once. */
const plainTimeout = AbortSignal.timeout;
AbortSignal.timeout = (ms) => {
  if (!current.clock) return plainTimeout.call(AbortSignal, ms);
  const heard = [];
  const ends = () => {
    for (const hear of heard) hear();
  };
  current.clock.after(ms, ends, true);
  return {
    addEventListener: (_, hear) => heard.push(hear),
    get reason() {
      return new DOMException("time is up", "TimeoutError");
    },
  };
};

const CHEAP =
  "import { createHash } from 'node:crypto'; export default async () => ({ password, salt }) => new Uint8Array(createHash('sha256').update(salt).update(password).digest());";
/** What a worker keeps in memory is its own and ends with it; here all share one process: a schedule must not find what another left, nor a tab wait for what a frozen one began. */
const KEYS = "static/src/core/keys.js";
const FORGETS = "\nglobalThis.forgetKeys = () => { known.clear(); sealers.clear(); };\n";
const REMEMBERS = /^const (known|sealers) = new Map\(\);$/gm;
globalThis.makeMemory = () => {
  const shared = new Map();
  const own = () => {
    const memory = running.getStore()?.memory;
    if (memory && !memory.has(shared)) memory.set(shared, new Map());
    return memory?.get(shared) ?? shared;
  };
  return {
    get: (name) => own().get(name),
    set: (name, value) => own().set(name, value),
    delete: (name) => own().delete(name),
    clear: () => shared.clear(),
  };
};
export const forgetKeys = () => globalThis.forgetKeys?.();
/**
 * The library asks by one task after the other whether a connection is closed. Where whoever holds it open is frozen, that would be for ever, at one moment of the
 * clock: after a few times it is asked now and then.
 */
const ASKED_AT_ONCE = 50;
const ASKED_EVERY_MS = 100;
const times = new WeakMap();
globalThis.askAgain = (about, run) => {
  const before = times.get(about) ?? 0;
  times.set(about, before + 1);
  if (before < ASKED_AT_ONCE || !current.clock) globalThis.setImmediate(run);
  else later(ASKED_EVERY_MS, run);
};
const ASKS = [
  [
    "esm/lib/closeConnection.js",
    /queueTask\(\(\) => \{\s*closeConnection\(connection, forced\);\s*\}\)/,
    "askAgain(connection, () => closeConnection(connection, forced))",
  ],
  ["esm/FDBFactory.js", /queueTask\((\(\) => waitForOthersClosedDelete\()/, "askAgain(openDatabases, $1"],
];
function asksSeldom(url) {
  const [, found, instead] = ASKS.find(([name]) => url.endsWith(name)) ?? [];
  if (!found) return null;
  const source = readFileSync(new URL(url), "utf8");
  if (!found.test(source)) throw new Error(`${url} no longer waits as it did`);
  return source.replace(found, instead);
}
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "argon2id/lib/setup.js"
      ? { url: `data:text/javascript,${encodeURIComponent(CHEAP)}`, shortCircuit: true }
      : next(specifier, context),
  load(url, context, next) {
    const seldom = url.includes("/fake-indexeddb/") && asksSeldom(url);
    if (seldom) return { format: "module", source: seldom, shortCircuit: true };
    if (!url.endsWith(KEYS)) return next(url, context);
    const source = readFileSync(new URL(url), "utf8").replace(REMEMBERS, "const $1 = globalThis.makeMemory();");
    return { format: "module", source: source + FORGETS, shortCircuit: true };
  },
});
