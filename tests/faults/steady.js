/**
 * Makes the machine steady, before the core is loaded: cryptography answers in the order it is asked and takes its chance from the seed (subtle.js), database
 * tasks and time limits go through the simulation's clock. Stretching unlock words, which costs a fifth of a second for nothing here, is a hash.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { current } from "./clock.js";
import { luck, subtle } from "./subtle.js";

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
/** What a worker keeps in memory ends with it; here all share one process, and a schedule must not find what another left. */
const KEYS = "static/src/core/keys.js";
const FORGETS = "\nglobalThis.forgetKeys = () => { known.clear(); sealers.clear(); };\n";
export const forgetKeys = () => globalThis.forgetKeys?.();
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "argon2id/lib/setup.js"
      ? { url: `data:text/javascript,${encodeURIComponent(CHEAP)}`, shortCircuit: true }
      : next(specifier, context),
  load(url, context, next) {
    if (!url.endsWith(KEYS)) return next(url, context);
    return { format: "module", source: readFileSync(new URL(url), "utf8") + FORGETS, shortCircuit: true };
  },
});
