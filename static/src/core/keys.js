/**
 * The one door to cryptography: what unlocks, wraps, seals, opens, signs and verifies. Parameters and layouts are those of docs/protocol.md and design §6.
 * Private halves lie as wrapped bytes in the vault; unlocked, they are keys in the worker that cannot be exported, and what they were read from is dropped.
 */
import argon2id from "argon2id/lib/setup.js";
import { simd } from "#argon2id";
import { hashText } from "../sync/chain.js";
import { ascii, b64u, compact, signingInput, splitJws, thumbprintText, unb64u } from "../sync/entry.js";
import { Malformed, Refused, Unbelievable } from "../sync/errors.js";
import { envelopeInfo, join, layEnvelope, padme } from "../sync/wire.js";
import { openSealed, sealer } from "./hpke.js";

/** @typedef {import("../sync/entry.js").Hands} Hands */
/** @typedef {{kty: string, crv: string, x: string, y: string}} PublicJwk */
/** @typedef {{alg: "argon2id", m: number, t: number, p: number, salt: Uint8Array}} Kdf `m` in KiB */
/** @typedef {{kid: string, use: "ingest" | "receipt" | "desk", jwk: PublicJwk, from: string, until: string | null, burned_at?: string | null}} OfficeKey */
/** @typedef {{v: 1, n: number, issued_at: string, keys: OfficeKey[]}} KeySet */
/** @typedef {{kid: string, key: CryptoKey}} Signer */

const { subtle } = crypto;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ES256 = { name: "ECDSA", hash: "SHA-256" };
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const AES = { name: "AES-GCM", length: 256 };

export const KDF_FLOOR = { m: 19 * 1024, t: 2 };
/** What is tried before the floor, dearest first. */
const KDF_STEPS = [
  { m: 64 * 1024, t: 3 },
  { m: 46 * 1024, t: 2 },
  { m: 32 * 1024, t: 2 },
];
const KDF_CEILING = { m: 1024 * 1024, t: 16 };
const UNLOCK_AT_LEAST_MS = 500;
const UNLOCK_AT_MOST_MS = 1500;

/** @param {Uint8Array} bytes @returns {Uint8Array<ArrayBuffer>} */
const own = (bytes) => /** @type {Uint8Array<ArrayBuffer>} */ (bytes);

export const utf8 = (/** @type {string} */ text) => encoder.encode(text);
/** Reads UTF-8, throwing on what is not. @param {Uint8Array} bytes */
export function text(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Malformed("utf8");
  }
}
/** @param {Uint8Array} bytes */
export const hash = async (bytes) => new Uint8Array(await subtle.digest("SHA-256", own(bytes)));
/** What the twins borrow. @type {Hands} */
export const hands = { hash, utf8, text };

/** @param {unknown} value */
export const json = (value) => utf8(JSON.stringify(value));
/** @param {PublicJwk} jwk */
export const thumbprint = (jwk) => hashText(hands, thumbprintText(jwk));

// ── Unlocking ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Stretches unlock words. Parameters below the floor are refused, whoever wrote them into the store. @param {string} words @param {Kdf} kdf */
async function stretch(words, kdf) {
  const sane = kdf.alg === "argon2id" && kdf.p === 1 && kdf.salt.length >= 16 && kdf.m >= KDF_FLOOR.m && kdf.t >= KDF_FLOOR.t;
  if (!sane || kdf.m > KDF_CEILING.m || kdf.t > KDF_CEILING.t) throw new Refused("kdf_below_floor");
  const password = utf8(plainWords(words));
  // The library refuses to stretch so little, and no vault was ever made with it.
  if (password.length < 8) throw new Refused("wrong_words");
  // Made anew each time: what it filled with what follows from the words must not stay for as long as somebody works.
  const compute = await argon2id(load, load);
  return compute({ password, salt: kdf.salt, parallelism: 1, memorySize: kdf.m, passes: kdf.t, tagLength: 32 });
}

/** @param {WebAssembly.Imports} given */
const load = (given) => WebAssembly.instantiate(simd, given);

/** How words are typed must not matter: case, accents typed another way, several spaces. @param {string} words */
export const plainWords = (words) =>
  words
    .normalize("NFKC")
    .toLowerCase()
    .trim()
    .split(/[\s,.-]+/u)
    .join(" ");

/**
 * Finds what this device can bear: at least 64 MiB and three passes where they take less than a second and a half, more passes on a fast one, less memory on
 * a slow or small one, never below the floor.
 * @param {() => number} now @returns {Promise<{m: number, t: number}>}
 */
export async function calibrate(now) {
  const salt = new Uint8Array(16);
  for (const { m, t } of KDF_STEPS) {
    const begun = now();
    try {
      await stretch("how long does this take", { alg: "argon2id", p: 1, salt, m, t });
    } catch {
      // A small device has no room for so much.
      continue;
    }
    const took = Math.max(1, now() - begun);
    if (took > UNLOCK_AT_MOST_MS) continue;
    return { m, t: took < UNLOCK_AT_LEAST_MS ? Math.min(KDF_CEILING.t, Math.ceil((t * UNLOCK_AT_LEAST_MS) / took)) : t };
  }
  return KDF_FLOOR;
}

/** @param {string} info */
const expanding = (info) => ({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: ascii(info) });

/** @param {Uint8Array} material */
const expandable = (material) => subtle.importKey("raw", own(material), "HKDF", false, ["deriveKey", "deriveBits"]);

/** @param {Uint8Array} material @param {string} info @returns {Promise<CryptoKey>} */
const derive = async (material, info) =>
  subtle.deriveKey(expanding(info), await expandable(material), AES, false, ["encrypt", "decrypt"]);

/**
 * What stands before the vault key: unlock words and what stretching them costs, or a passkey and what it is asked for.
 * @typedef {{sort: "words", kdf: Kdf} | {sort: "passkey", id: Uint8Array, salt: Uint8Array}} Lock
 */
/** @typedef {Lock & {sealed: Uint8Array, commit?: Uint8Array}} Wrap `commit` binds the one key that opens it; wraps of words from before it have none */
/** @typedef {string | Uint8Array} Given to a lock: words as they were typed, or the 32 bytes a passkey answers with */

/** @param {Lock} lock @param {string} vault */
const wrapPlace = (lock, vault) =>
  `fieldapp wrap 1\n${vault}\n${
    lock.sort === "words"
      ? `words\n${lock.kdf.alg} ${lock.kdf.m} ${lock.kdf.t} ${lock.kdf.p}\n${b64u(lock.kdf.salt)}`
      : `passkey\n${b64u(lock.id)}\n${b64u(lock.salt)}`
  }`;

/** @param {Lock} lock @param {Given} given @returns {Promise<{key: CryptoKey, commit: Uint8Array}>} */
async function turn(lock, given) {
  const material = lock.sort === "words" ? await stretch(String(given), lock.kdf) : /** @type {Uint8Array} */ (given);
  if (material.length !== 32) throw new Refused("passkey_unable");
  const base = await expandable(material);
  return {
    key: await derive(material, `fieldapp ${lock.sort} 1`),
    commit: new Uint8Array(await subtle.deriveBits(expanding(`fieldapp ${lock.sort} commit 1`), base, 256)),
  };
}

/** Wraps the vault key behind a lock. @param {Lock} lock @param {Given} given @param {Uint8Array} vaultKey @param {string} vault @returns {Promise<Wrap>} */
async function wrapBehind(lock, given, vaultKey, vault) {
  const { key, commit } = await turn(lock, given);
  return { ...lock, commit, sealed: await seal(key, vaultKey, wrapPlace(lock, vault)) };
}

/** Wraps the vault key under unlock words. @param {string} words @param {{m: number, t: number}} cost @param {Uint8Array} vaultKey @param {string} vault */
export const wrapVaultKey = (words, cost, vaultKey, vault) =>
  wrapBehind(
    { sort: "words", kdf: { alg: "argon2id", m: cost.m, t: cost.t, p: 1, salt: crypto.getRandomValues(new Uint8Array(16)) } },
    words,
    vaultKey,
    vault,
  );

/**
 * Wraps the vault key under what a passkey answers to `salt` (WebAuthn PRF): never the only wrap.
 * @param {{id: Uint8Array, salt: Uint8Array, prf: Uint8Array}} passkey @param {Uint8Array} vaultKey @param {string} vault
 */
export const wrapUnderPasskey = ({ id, salt, prf }, vaultKey, vault) =>
  wrapBehind({ sort: "passkey", id, salt }, prf, vaultKey, vault);

/** Opens a wrap; `wrong_words` or `passkey_wrong` when it is not the one. @param {Given} given @param {Wrap} wrap @param {string} vault */
export async function unwrapVaultKey(given, wrap, vault) {
  const { key, commit } = await turn(wrap, given);
  try {
    // One ciphertext can be made to open under many keys; what was derived beside the key stands for a single one.
    if (wrap.commit ? b64u(wrap.commit) !== b64u(commit) : wrap.sort !== "words") throw new Unbelievable("other_key");
    return await open(key, wrap.sealed, wrapPlace(wrap, vault));
  } catch {
    throw new Refused(wrap.sort === "words" ? "wrong_words" : "passkey_wrong");
  }
}

/** The key everything of one person on this device is sealed under. @param {Uint8Array} vaultKey */
export const localKey = (vaultKey) => derive(vaultKey, "fieldapp local 1");

/** @param {Uint8Array} bytes 32 random ones @returns {Promise<CryptoKey>} */
export const cacheKey = (bytes) => subtle.importKey("raw", own(bytes), AES, false, ["encrypt", "decrypt"]);

// ── Sealing for this person on this device ─────────────────────────────────────────────────────────────────────────

const SEAL_VERSION = 1;

/**
 * Seals under a key of this person: version ‖ iv ‖ ciphertext. `place` is bound in, so that no two rows can be swapped.
 * @param {CryptoKey} key @param {Uint8Array} bytes @param {string} place
 */
export async function seal(key, bytes, place) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await subtle.encrypt({ name: "AES-GCM", iv, additionalData: own(utf8(place)) }, key, own(bytes));
  const out = new Uint8Array(13 + sealed.byteLength);
  out[0] = SEAL_VERSION;
  out.set(iv, 1);
  out.set(new Uint8Array(sealed), 13);
  return out;
}

/** @param {CryptoKey} key @param {Uint8Array} sealed @param {string} place */
export async function open(key, sealed, place) {
  if (sealed[0] !== SEAL_VERSION) throw new Unbelievable("cannot_open");
  try {
    const iv = own(sealed.subarray(1, 13));
    return new Uint8Array(
      await subtle.decrypt({ name: "AES-GCM", iv, additionalData: own(utf8(place)) }, key, own(sealed.subarray(13))),
    );
  } catch {
    throw new Unbelievable("cannot_open");
  }
}

/** What a sealed row is bound to. @param {string} person @param {string} device @param {string} store @param {string} row */
export const placeOf = (person, device, store, row) => `fieldapp row 1\n${person}\n${device}\n${store}\n${row}`;

/** Pads JSON with spaces, which JSON forgives, so that a row's size tells little of what is in it. @param {unknown} value */
export function paddedJson(value) {
  const bytes = json(value);
  const padded = new Uint8Array(Math.max(128, padme(bytes.length))).fill(0x20);
  padded.set(bytes);
  return padded;
}

// ── Signing ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Makes a signer; the private half leaves only as bytes to be wrapped. @returns {Promise<{signer: Signer, jwk: PublicJwk, pkcs8: Uint8Array}>} */
export async function makeSigner() {
  const pair = await subtle.generateKey(P256, true, ["sign", "verify"]);
  const { kty, crv, x, y } = /** @type {PublicJwk} */ (await subtle.exportKey("jwk", pair.publicKey));
  const pkcs8 = new Uint8Array(await subtle.exportKey("pkcs8", pair.privateKey));
  const jwk = { kty, crv, x, y };
  return { signer: await takeSigner(await thumbprint(jwk), pkcs8), jwk, pkcs8 };
}

/** @param {string} kid @param {Uint8Array} pkcs8 @returns {Promise<Signer>} */
export const takeSigner = async (kid, pkcs8) => ({
  kid,
  key: await subtle.importKey("pkcs8", own(pkcs8), P256, false, ["sign"]),
});

/** Signs a payload as one kind of thing. @param {Signer} signer @param {string} typ @param {Uint8Array} payload */
export async function sign(signer, typ, payload) {
  const input = signingInput(typ, signer.kid, payload);
  const [signature, digest] = await Promise.all([subtle.sign(ES256, signer.key, own(ascii(input))), hash(ascii(input))]);
  const bytes = new Uint8Array(signature);
  return { id: b64u(digest), jws: compact(input, bytes), input, signature: bytes };
}

/** Makes a thing once for each name it goes by; what failed is made anew. @template T @param {Map<string, Promise<T>>} map @param {string} name @param {() => Promise<T>} make */
function once(map, name, make) {
  let made = map.get(name);
  if (!made) {
    made = make();
    map.set(name, made);
    made.catch(() => map.delete(name));
  }
  return made;
}

/** @type {Map<string, Promise<CryptoKey>>} imported once each: importing costs more than verifying */
const known = new Map();

/**
 * Imports a public key and proves that it has the name it goes by. @param {string} kid @param {PublicJwk} jwk @returns {Promise<CryptoKey>}
 */
export const publicKey = (kid, jwk) =>
  once(known, `${kid} ${jwk.x} ${jwk.y}`, async () => {
    if (jwk.kty !== "EC" || jwk.crv !== "P-256" || (await thumbprint(jwk)) !== kid) throw new Unbelievable("wrong_key");
    try {
      return await subtle.importKey("jwk", { kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y }, P256, true, ["verify"]);
    } catch {
      throw new Unbelievable("wrong_key");
    }
  });

/** Verifies one signature over ASCII input. @param {CryptoKey} key @param {Uint8Array} signature @param {string} input */
export const isSigned = (key, signature, input) => subtle.verify(ES256, key, own(signature), own(ascii(input)));

/**
 * Verifies a JWS of one typ under one key and gives its payload back, parsed.
 * @param {string} jws @param {string} typ @param {(kid: string) => PublicJwk | undefined} find @returns {Promise<{kid: string, id: string, payload: any}>}
 */
export async function verify(jws, typ, find) {
  const { kid, input, payload, signature } = splitJws(jws, typ);
  const jwk = find(kid);
  if (!jwk) throw new Unbelievable("unknown_key", { kid });
  if (!(await isSigned(await publicKey(kid, jwk), signature, input))) throw new Unbelievable("bad_signature", { kid });
  try {
    return { kid, id: await hashText(hands, input), payload: JSON.parse(text(payload)) };
  } catch {
    throw new Malformed("not_json");
  }
}

// ── The office's keys ──────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Takes a key set only from the pinned office key, and only one whose number does not fall.
 * @param {string} jws @param {{kid: string, jwk: PublicJwk}} office @param {number} atLeast @returns {Promise<KeySet>}
 */
export async function takeKeySet(jws, office, atLeast) {
  const { payload } = await verify(jws, "fieldapp-keyset", (kid) => (kid === office.kid ? office.jwk : undefined));
  if (payload.v !== 1 || !Number.isSafeInteger(payload.n) || !Array.isArray(payload.keys)) throw new Malformed("keyset");
  if (payload.n < atLeast) throw new Unbelievable("keyset_older", { n: payload.n });
  return payload;
}

/** The key to seal to: the latest that is not burned. @param {KeySet} keySet */
export function ingestKey(keySet) {
  const usable = keySet.keys.filter((key) => key.use === "ingest" && !key.burned_at).sort((a, b) => (a.from < b.from ? 1 : -1));
  if (!usable[0]) throw new Refused("no_ingest_key");
  return usable[0];
}

/** Finds a key of the set for one use; a burned receipt key proves nothing any more. @param {KeySet} keySet @param {"receipt" | "desk"} use */
export const officeKeys = (keySet, use) => (/** @type {string} */ kid) =>
  keySet.keys.find((key) => key.kid === kid && key.use === use && !key.burned_at)?.jwk;

/** The four words a person compares with the administrator's page. @param {string} officeKid @param {string[]} list at least 2,048 words */
export async function checkWords(officeKid, list) {
  const digest = await hash(ascii(`fieldapp check words 1\n${officeKid}`));
  const bits = [...digest.subarray(0, 6)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return [0, 11, 22, 33].map((at) => list[Number.parseInt(bits.slice(at, at + 11), 2)]);
}

// ── Sealing to the office ──────────────────────────────────────────────────────────────────────────────────────────

/** @type {Map<string, ReturnType<typeof sealer>>} */
const sealers = new Map();

/** @param {OfficeKey} to @param {"entry" | "draft"} use */
const sealerTo = ({ kid, jwk }, use) =>
  once(sealers, `${kid} ${use}`, async () => {
    await publicKey(kid, jwk);
    return sealer(subtle, join(new Uint8Array([4]), unb64u(jwk.x), unb64u(jwk.y)), ascii(envelopeInfo(kid, use)));
  });

/** Does while nobody waits what the next sealing needs: most of it depends on no message. @param {OfficeKey} to @param {"entry" | "draft"} use */
export const readySealing = async (to, use) => (await sealerTo(to, use)).prepare();

/**
 * Seals a packet to the office, which alone can open it. @param {OfficeKey} to @param {Uint8Array} packet @param {"entry" | "draft"} use @returns {Promise<Uint8Array>} the envelope
 */
export async function sealToOffice(to, packet, use) {
  const { seal } = await sealerTo(to, use);
  const { encapsulated, ciphertext } = await seal(packet);
  return layEnvelope(unb64u(to.kid), encapsulated, ciphertext);
}

// ── Sealing to oneself, without being able to read it until the vault is open ──────────────────────────────────────

const NOTES = ascii("fieldapp note 1");

/** Makes a key pair whose public half lies open: whoever has that writes, and reads nothing. @returns {Promise<{point: Uint8Array, pkcs8: Uint8Array}>} */
export async function makeReader() {
  const pair = await subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const [point, pkcs8] = await Promise.all([subtle.exportKey("raw", pair.publicKey), subtle.exportKey("pkcs8", pair.privateKey)]);
  return { point: new Uint8Array(point), pkcs8: new Uint8Array(pkcs8) };
}

/** @param {Uint8Array} point @param {Uint8Array} bytes */
export async function sealToReader(point, bytes) {
  const { encapsulated, ciphertext } = await (await sealer(subtle, point, NOTES)).seal(bytes);
  return join(encapsulated, ciphertext);
}

/** @param {{point: Uint8Array, pkcs8: Uint8Array}} reader @param {Uint8Array} sealed */
export async function openAsReader({ point, pkcs8 }, sealed) {
  const key = await subtle.importKey("pkcs8", own(pkcs8), { name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  try {
    return await openSealed(subtle, key, point, NOTES, sealed.slice(0, 65), sealed.subarray(65));
  } catch {
    throw new Unbelievable("cannot_open");
  }
}

/** Says whether own unlock words are hard enough to guess; four words of the office's list always are. @param {string} words @param {Set<string>} list */
export function areStrong(words, list) {
  const parts = plainWords(words).split(" ");
  if (new Set(parts).size >= 4 && parts.filter((word) => list.has(word)).length >= 4) return true;
  const plain = parts.join("");
  if (/^(?:pass|letme|welcome|qwert|admin|12345|abc)/.test(plain)) return false;
  return plain.length >= 16 && new Set(plain).size >= 9 && new Set(parts).size >= 3;
}
