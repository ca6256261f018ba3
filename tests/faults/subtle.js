/**
 * Cryptography as the simulation has it, behind the same door as the platform's: `crypto.subtle`. The same algorithms by the same OpenSSL, called at once, so
 * that the order of answers is the order of asking; the chance in it comes from the seed. Two things are not computed twice: what one key pair and another have in
 * common, and whether a signature that was made here is one. Keys for one envelope come from a store of pairs, none twice in a schedule.
 * In every twentieth schedule (`REAL_EACH`) all of that is off and phones use the platform's own WebCrypto, one call after the other.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import nodeCrypto from "node:crypto";
import { makeChance } from "./chance.js";
import { current } from "./clock.js";

export const REAL_EACH = 20;
/** The tab whose code is running: what it asked for comes back to it, or waits for it to be thawed. */
export const running = new AsyncLocalStorage();
const PAIRS = 512;
const REMEMBERED = 4_000;
const platform = globalThis.crypto.subtle;

/** What keys and salts are drawn from, and whether the platform's own cryptography is used; a world begins it. */
export const luck = {
  chance: makeChance(1),
  isReal: false,
  from: 0,
  taken: 0,
  begin(chance, isReal) {
    Object.assign(luck, { chance, isReal, from: chance.below(PAIRS), taken: 0 });
    signed.clear();
  },
};

/** Remembers what `make` gives for a name; all is forgotten when it is too much. */
function remembering(make) {
  const known = new Map();
  return (name, ...given) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    if (known.size >= REMEMBERED) known.clear();
    const made = make(...given);
    known.set(name, made);
    return made;
  };
}
const latin1 = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).latin1Slice();
const bytesOf = (given) =>
  given instanceof ArrayBuffer ? new Uint8Array(given) : new Uint8Array(given.buffer, given.byteOffset, given.byteLength);

// ── keys ──

class Key {
  constructor(kind, key, more = {}) {
    Object.assign(this, { kind, key }, more);
  }
}
/** A key object that knows its own point. Node reads the encoding of signatures off it: handing both over in an object of their own costs as much as a signature. */
const known = (key, x) => Object.assign(key, { dsaEncoding: "ieee-p1363", x });
const publicBy = remembering((x, y) =>
  known(nodeCrypto.createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" }), x),
);
const publicFrom = ({ x, y }) => publicBy(x + y, x, y);
const partsOf = (point) => ({
  x: Buffer.from(point.subarray(1, 33)).toString("base64url"),
  y: Buffer.from(point.subarray(33)).toString("base64url"),
});
const pointOf = ({ x, y }) => Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
const privateBy = remembering((bytes) => {
  const key = nodeCrypto.createPrivateKey({ key: Buffer.from(bytes), format: "der", type: "pkcs8" });
  return known(key, key.export({ format: "jwk" }).x);
});

/** A P-256 pair from chance. */
export function makePair(chance = luck.chance) {
  const ecdh = nodeCrypto.createECDH("prime256v1");
  const scalar = chance.fill(Buffer.alloc(32));
  scalar[0] &= 0x7f;
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const jwk = { kty: "EC", crv: "P-256", ...partsOf(point) };
  const d = scalar.toString("base64url");
  return { jwk, point, d, privateKey: known(nodeCrypto.createPrivateKey({ key: { ...jwk, d }, format: "jwk" }), jwk.x) };
}
const pairBy = remembering((n) => makePair(makeChance(n)));
/** A pair for one envelope. */
function nextPair() {
  const n = (luck.from + luck.taken++) % PAIRS;
  return luck.taken > PAIRS ? makePair() : pairBy(n, n);
}

// ── what is done with them ──

export const sha256 = (bytes) => nodeCrypto.hash("sha256", bytes, "buffer");

/** Signatures made here, and by what over what: they need not be computed again to be believed. */
const signed = new Map();
export function signBytes(key, bytes) {
  const signature = nodeCrypto.sign("sha256", bytes, key);
  if (!luck.isReal) signed.set(signature.latin1Slice(), { x: key.x, bytes });
  return signature;
}
function isSignature(key, signature, bytes) {
  const name = latin1(signature);
  const made = signed.get(name);
  if (made?.x === key.x && Buffer.compare(made.bytes, bytes) === 0) return true;
  const is = nodeCrypto.verify("sha256", bytes, key, signature);
  if (is && !luck.isReal) signed.set(name, { x: key.x, bytes });
  return is;
}
export const isSignedBy = (jwk, signature, bytes) => isSignature(publicFrom(jwk), signature, bytes);

const agreed = remembering((privateKey, publicKey) => nodeCrypto.diffieHellman({ privateKey, publicKey }));
const agree = (privateKey, publicKey) =>
  luck.isReal
    ? nodeCrypto.diffieHellman({ privateKey, publicKey })
    : agreed([privateKey.x, publicKey.x].sort().join(), privateKey, publicKey);
export const shared = (privateKey, point) => agree(privateKey, publicFrom(partsOf(point)));

const secret = (bytes) => nodeCrypto.createSecretKey(bytes);
const mac = (key, bytes) => nodeCrypto.createHmac("sha256", key).update(bytes).digest();
export const hmac = (key, bytes) => mac(secret(key), bytes);
export const openGcm = (key, iv, sealed) => openWith(secret(key), iv, sealed);
function openWith(key, iv, sealed, place) {
  const decipher = nodeCrypto.createDecipheriv("aes-256-gcm", key, iv);
  if (place) decipher.setAAD(place);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}
function sealWith(key, iv, bytes, place) {
  const cipher = nodeCrypto.createCipheriv("aes-256-gcm", key, iv);
  if (place) cipher.setAAD(place);
  return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}
const stretched = remembering((key, salt, info) => secret(Buffer.from(nodeCrypto.hkdfSync("sha256", key, salt, info, 32))));

const work = {
  digest: (_, given) => sha256(bytesOf(given)),
  generateKey({ name }, canLeave) {
    const { jwk, point, privateKey } = name === "ECDH" ? nextPair() : makePair();
    return { privateKey: new Key(name, privateKey, { canLeave }), publicKey: new Key(name, publicFrom(jwk), { point }) };
  },
  exportKey(format, { key, point, canLeave = true }) {
    if (!canLeave) throw new DOMException("not extractable", "InvalidAccessError");
    if (format === "raw") return point ?? pointOf(key.export({ format: "jwk" }));
    return format === "jwk" ? key.export({ format }) : key.export({ type: "pkcs8", format: "der" });
  },
  importKey(format, given, algorithm, canLeave) {
    const name = algorithm.name ?? algorithm;
    if (format === "jwk")
      return new Key(
        name,
        given.d ? known(nodeCrypto.createPrivateKey({ key: given, format: "jwk" }), given.x) : publicFrom(given),
        { canLeave },
      );
    const bytes = bytesOf(given);
    if (format === "pkcs8") return new Key(name, privateBy(latin1(bytes), bytes), { canLeave });
    if (name === "ECDH") return new Key(name, publicFrom(partsOf(bytes)), { canLeave });
    const own = Buffer.from(bytes);
    return new Key(name, name === "HKDF" ? own : secret(own));
  },
  sign: (algorithm, { key }, given) => (algorithm === "HMAC" ? mac(key, bytesOf(given)) : signBytes(key, bytesOf(given))),
  verify: (_, { key }, signature, given) => isSignature(key, bytesOf(signature), bytesOf(given)),
  deriveBits: ({ name, public: other, salt, info }, { key }, bits) =>
    name === "HKDF" ? nodeCrypto.hkdfSync("sha256", key, bytesOf(salt), bytesOf(info), bits / 8) : agree(key, other.key),
  deriveKey({ salt, info }, { key }) {
    const [about, by] = [bytesOf(info), bytesOf(salt)];
    return new Key("AES-GCM", stretched(`${latin1(key)} ${latin1(by)} ${latin1(about)}`, key, by, about));
  },
  encrypt: ({ iv, additionalData }, { key }, given) => sealWith(key, bytesOf(iv), bytesOf(given), additionalData),
  decrypt: ({ iv, additionalData }, { key }, given) => openWith(key, bytesOf(iv), bytesOf(given), additionalData),
};

// ── the platform's own ──

let tail = Promise.resolve();
/** One call after the other: how many threads there are must not show. The clock stands still meanwhile. */
function inTurn(call) {
  current.busy++;
  const made = tail.then(call);
  tail = made.then(
    () => current.busy--,
    () => current.busy--,
  );
  return made;
}
async function realPair(algorithm, canLeave, uses) {
  const { jwk, point, d } = makePair();
  const isEcdh = algorithm.name === "ECDH";
  return {
    privateKey: await platform.importKey("jwk", { ...jwk, d }, algorithm, canLeave, isEcdh ? uses : ["sign"]),
    publicKey: await platform.importKey("raw", point, algorithm, true, isEcdh ? [] : ["verify"]),
  };
}

/** What the core is given as `crypto.subtle`. */
export const subtle = Object.fromEntries(
  Object.entries(work).map(([name, does]) => [
    name,
    async (...given) => {
      const made = luck.isReal
        ? await inTurn(() => (name === "generateKey" ? realPair(...given) : platform[name](...given)))
        : does(...given);
      const { clock } = current;
      const tab = running.getStore();
      if (clock?.cryptoPace)
        await new Promise((resolve) => clock.after(clock.cryptoPace, () => (tab ? tab.deliver({}, resolve) : resolve())));
      return made;
    },
  ]),
);
