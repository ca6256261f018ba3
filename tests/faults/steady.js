/**
 * Makes the machine steady, before the core is loaded: WebCrypto answers in the order it is asked (the same OpenSSL, called at once) and takes its chance
 * from the seed, database tasks and time limits go through the simulation's clock. Stretching unlock words, which costs a fifth of a second for nothing here, is
 * a hash. A mutant, named by FAULTS_MUTANT, is broken on its way in: the files are not touched.
 */
import nodeCrypto from "node:crypto";
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { makeChance } from "./chance.js";
import { current } from "./clock.js";
import { mutants } from "./mutants.js";

/** What keys and salts are drawn from; a world sets it. */
export const luck = { chance: makeChance(1) };

const plainImmediate = globalThis.setImmediate;
const later = (pace, run) => current.clock.after(pace, run);

class Key {
  constructor(kind, key, more = {}) {
    Object.assign(this, { kind, key }, more);
  }
}
/** Public points, once each: making a key object costs more than using it. */
const points = new Map();
function publicFrom(x, y) {
  const name = x + y;
  const found = points.get(name) ?? nodeCrypto.createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  points.set(name, found);
  return found;
}
const bytesOf = (data) =>
  data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** A P-256 pair from the seed. */
export function makePair() {
  const ecdh = nodeCrypto.createECDH("prime256v1");
  const scalar = luck.chance.fill(Buffer.alloc(32));
  scalar[0] &= 0x7f;
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString("base64url"));
  const d = scalar.toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", x, y };
  return { jwk, point, privateKey: nodeCrypto.createPrivateKey({ key: { ...jwk, d }, format: "jwk" }) };
}

export const sha256 = (bytes) => nodeCrypto.hash("sha256", bytes, "buffer");
export const signBytes = (key, bytes) => nodeCrypto.sign("sha256", bytes, { key, dsaEncoding: "ieee-p1363" });
export const isSignedBy = ({ x, y }, signature, bytes) =>
  nodeCrypto.verify("sha256", bytes, { key: publicFrom(x, y), dsaEncoding: "ieee-p1363" }, signature);
export const shared = (privateKey, point) =>
  nodeCrypto.diffieHellman({
    privateKey,
    publicKey: publicFrom(
      Buffer.from(point.subarray(1, 33)).toString("base64url"),
      Buffer.from(point.subarray(33)).toString("base64url"),
    ),
  });
export const hmac = (key, bytes) => nodeCrypto.createHmac("sha256", key).update(bytes).digest();
export function openGcm(key, iv, sealed, place) {
  const decipher = nodeCrypto.createDecipheriv("aes-256-gcm", key, iv);
  if (place) decipher.setAAD(place);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}
function sealGcm(key, iv, bytes, place) {
  const cipher = nodeCrypto.createCipheriv("aes-256-gcm", key, iv);
  if (place) cipher.setAAD(place);
  return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

const work = {
  digest: (_, data) => sha256(bytesOf(data)),
  generateKey({ name }) {
    const { jwk, point, privateKey } = makePair();
    return { privateKey: new Key(name, privateKey), publicKey: new Key(name, publicFrom(jwk.x, jwk.y), { jwk, point }) };
  },
  exportKey: (format, { key, jwk, point }) =>
    format === "jwk" ? jwk : format === "raw" ? point : key.export({ type: "pkcs8", format: "der" }),
  importKey(format, data, algorithm) {
    const name = algorithm.name ?? algorithm;
    if (format === "jwk") return new Key(name, publicFrom(data.x, data.y));
    if (format === "pkcs8")
      return new Key(name, nodeCrypto.createPrivateKey({ key: Buffer.from(bytesOf(data)), format: "der", type: "pkcs8" }));
    return new Key(name, Buffer.from(bytesOf(data)));
  },
  sign: (algorithm, { key }, data) => (algorithm === "HMAC" ? hmac(key, bytesOf(data)) : signBytes(key, bytesOf(data))),
  verify: (_, { key }, signature, data) =>
    nodeCrypto.verify("sha256", bytesOf(data), { key, dsaEncoding: "ieee-p1363" }, bytesOf(signature)),
  deriveBits: ({ public: other }, { key }) => shared(key, other.key),
  deriveKey: ({ salt, info }, { key }) =>
    new Key("AES-GCM", Buffer.from(nodeCrypto.hkdfSync("sha256", key, bytesOf(salt), bytesOf(info), 32))),
  encrypt: ({ iv, additionalData }, { key }, data) => sealGcm(key, bytesOf(iv), bytesOf(data), additionalData),
  decrypt: ({ iv, additionalData }, { key }, data) => openGcm(key, bytesOf(iv), bytesOf(data), additionalData),
};

const subtle = Object.fromEntries(
  Object.entries(work).map(([name, does]) => [
    name,
    async (...given) => {
      const made = does(...given);
      const { clock } = current;
      if (clock?.cryptoPace) await new Promise((resolve) => later(clock.cryptoPace, resolve));
      return made;
    },
  ]),
);
Object.defineProperty(globalThis, "crypto", {
  value: { subtle, getRandomValues: (bytes) => luck.chance.fill(bytes) },
  configurable: true,
});
globalThis.setImmediate = (run, ...given) =>
  current.clock ? later(current.clock.storePace, () => run(...given)) : plainImmediate(run, ...given);
AbortSignal.timeout = (ms) => {
  const limit = new AbortController();
  later(ms, () => limit.abort(new DOMException("time is up", "TimeoutError")));
  return limit.signal;
};

const CHEAP =
  "import { createHash } from 'node:crypto'; export const argon2id = async ({ password, salt }) => new Uint8Array(createHash('sha256').update(salt).update(password).digest());";
/** What a worker keeps in memory ends with it; here all share one process, and a schedule must not find what another left. */
const KEYS = "static/src/core/keys.js";
const FORGETS = "\nglobalThis.forgetKeys = () => { known.clear(); sealers.clear(); };\n";
export const forgetKeys = () => globalThis.forgetKeys?.();
const mutant = mutants[process.env.FAULTS_MUTANT ?? ""];
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "hash-wasm"
      ? { url: `data:text/javascript,${encodeURIComponent(CHEAP)}`, shortCircuit: true }
      : next(specifier, context),
  load(url, context, next) {
    const isBroken = mutant && url.endsWith(mutant.file);
    const isKeys = url.endsWith(KEYS);
    if (!isBroken && !isKeys) return next(url, context);
    let source = readFileSync(new URL(url), "utf8");
    if (isBroken) {
      if (source.split(mutant.from).length !== 2) throw new Error(`the mutant no longer fits ${mutant.file}: ${mutant.from}`);
      source = source.replace(mutant.from, () => mutant.to);
    }
    if (isKeys) source += FORGETS;
    return { format: "module", source, shortCircuit: true };
  },
});
