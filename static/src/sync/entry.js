/**
 * Entries as bytes: how they are named, signed and read. Twin of sync/entry.py; docs/protocol.md §1–2 settles it.
 * Pure: hashing, UTF-8 and signatures are handed in, so the same file runs in a worker, under Node and in no browser at all.
 */
import { Malformed } from "./errors.js";

/**
 * What the twins borrow from where they run.
 * @typedef {{hash: (bytes: Uint8Array) => Promise<Uint8Array>, utf8: (text: string) => Uint8Array, text: (bytes: Uint8Array) => string}} Hands
 * `text` throws on bytes that are not UTF-8 and keeps a byte order mark, so that JSON then refuses it.
 */
/** @typedef {null | boolean | number | string | Json[] | {[name: string]: Json}} Json */
/**
 * @typedef {{v: 1, kind: string, schema: string, form: string, app: string, casefile: string, record: string, parents: string[], author: string,
 *   device: string, written_at: string, zone: string, mode: string, body_hash: string, slip_hash: string,
 *   blobs: {id: string, size: number, type: string}[], via?: Json}} Header
 */
/** @typedef {{salt: string, fields: {[name: string]: Json}}} Body */
/** @typedef {{salt: string, n: number, prev: string, clock_offset_ms: number | null, waiting: number}} Slip */

export const BODY_LIMIT = 262_144;
export const HEADER_LIMIT = 16_384;
export const SLIP_LIMIT = 1_024;
export const DEPTH_LIMIT = 16;
export const PARENTS_LIMIT = 64;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

/** Writes bytes as base64url without padding. @param {Uint8Array} bytes */
export function b64u(bytes) {
  let text = "";
  const whole = bytes.length - (bytes.length % 3);
  for (let i = 0; i < whole; i += 3) {
    const n = (bytes[i] << 16) | (bytes[i + 1] << 8) | bytes[i + 2];
    text += ALPHABET[n >> 18] + ALPHABET[(n >> 12) & 63] + ALPHABET[(n >> 6) & 63] + ALPHABET[n & 63];
  }
  if (bytes.length - whole === 1) return text + ALPHABET[bytes[whole] >> 2] + ALPHABET[(bytes[whole] & 3) << 4];
  if (bytes.length - whole === 2) {
    const n = (bytes[whole] << 8) | bytes[whole + 1];
    return text + ALPHABET[n >> 10] + ALPHABET[(n >> 4) & 63] + ALPHABET[(n & 15) << 2];
  }
  return text;
}

/** Reads base64url strictly: padding, white space, other characters and non-zero trailing bits are Malformed. @param {string} text */
export function unb64u(text) {
  const rest = text.length % 4;
  if (rest === 1) throw new Malformed("base64");
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let at = 0;
  let held = 0;
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? VALUES[code] : -1;
    if (value < 0) throw new Malformed("base64");
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
    }
  }
  if (held & ((1 << bits) - 1)) throw new Malformed("base64");
  return bytes;
}

/** Turns text that is known to be ASCII into bytes, without borrowing an encoder. @param {string} text */
export function ascii(text) {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const HASH = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const RANDOM_ID = /^[A-Za-z0-9_-]{21}[AQgw]$/;
const TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** @param {unknown} value @returns {value is string} */
export const isHash = (value) => typeof value === "string" && HASH.test(value);
/** @param {unknown} value @returns {value is string} */
export const isRandomId = (value) => typeof value === "string" && RANDOM_ID.test(value);
/** Says whether a value is a UTC time with three decimals on a day that exists. @param {unknown} value @returns {value is string} */
export const isTime = (value) => typeof value === "string" && TIME.test(value) && isDay(value.slice(0, 10));

/** Says whether a date exists in the calendar, 29 February included. @param {string} text */
export function isDay(text) {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!match) return false;
  const [year, month, day] = match.slice(1).map(Number);
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
}

/**
 * Reads JSON that Python and JavaScript read alike: no duplicate names at any depth, no lone surrogates, only integers within ±(2⁵³−1), bounded depth.
 * The grammar is the platform's own parser; one walk over the text finds what that parser forgives.
 * @param {string} text @param {number} [depthLimit] @returns {Json}
 */
export function readJson(text, depthLimit = DEPTH_LIMIT) {
  if (/\p{Surrogate}/u.test(text)) throw new Malformed("lone_surrogate");
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Malformed("not_json");
  }
  /** @type {(Set<string> | null)[]} names met in each open object; null stands for a list */
  const open = [];
  let nameNext = false;
  for (let i = 0; i < text.length; ) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      const end = endOfString(text, i);
      const escaped = text.indexOf("\\", i);
      const plain = escaped < 0 || escaped >= end;
      if (nameNext || !plain) {
        const string = plain ? text.slice(i + 1, end) : JSON.parse(text.slice(i, end + 1));
        if (!plain && /\p{Surrogate}/u.test(string)) throw new Malformed("lone_surrogate");
        if (nameNext) {
          const names = /** @type {Set<string>} */ (open.at(-1));
          if (names.has(string)) throw new Malformed("duplicate_name");
          names.add(string);
          nameNext = false;
        }
      }
      i = end + 1;
      continue;
    }
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) {
      let end = i + 1;
      while (end < text.length && "0123456789.eE+-".includes(text[end])) end++;
      const number = text.slice(i, end);
      if (/[.eE]/.test(number)) throw new Malformed("not_an_integer");
      if (!Number.isSafeInteger(Number(number))) throw new Malformed("integer_too_large");
      i = end;
      continue;
    }
    if (c === 0x7b || c === 0x5b) {
      open.push(c === 0x7b ? new Set() : null);
      if (open.length > depthLimit) throw new Malformed("too_deep");
      nameNext = c === 0x7b;
    } else if (c === 0x7d || c === 0x5d) {
      open.pop();
      nameNext = false;
    } else if (c === 0x2c) nameNext = open.at(-1) !== null;
    i++;
  }
  return value;
}

/** @param {string} text @param {number} start */
function endOfString(text, start) {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
}

/** @param {string} text */
function utf8Size(text) {
  let size = text.length;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 0x7f) size += c > 0x7ff && (c < 0xd800 || c > 0xdfff) ? 2 : 1;
  }
  return size;
}

/** @param {string} text @param {number} limit @returns {{[name: string]: Json}} */
function readObject(text, limit) {
  if (text.length > limit || (text.length * 3 > limit && utf8Size(text) > limit)) throw new Malformed("too_large");
  const value = readJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed("not_an_object");
  return value;
}

/** @param {unknown} value @param {number} [most] @returns {value is string} */
const isText = (value, most = Number.POSITIVE_INFINITY) => typeof value === "string" && value.length <= most;
/** @param {unknown} value @returns {value is number} */
const isCount = (value) => typeof value === "number" && value >= 0;

/** Reads the header of an entry; Malformed names the first thing that is wrong. Names it does not know are kept. @param {string} text @returns {Header} */
export function readHeader(text) {
  const h = readObject(text, HEADER_LIMIT);
  const wrong = [
    [h.v === 1, "v"],
    [isText(h.kind) && /^[a-z][a-z0-9_]{0,39}$/.test(h.kind), "kind"],
    [isText(h.schema), "schema"],
    [h.form === "" || isHash(h.form), "form"],
    [isText(h.app, 40), "app"],
    [isRandomId(h.casefile), "casefile"],
    [isRandomId(h.record), "record"],
    [
      Array.isArray(h.parents) &&
        h.parents.length <= PARENTS_LIMIT &&
        h.parents.every((id, i, all) => isHash(id) && (i === 0 || /** @type {string} */ (all[i - 1]) < id)),
      "parents",
    ],
    [isRandomId(h.author), "author"],
    [h.device === "" ? "via" in h : isRandomId(h.device), "device"],
    [isTime(h.written_at), "written_at"],
    [isText(h.zone), "zone"],
    [isText(h.mode), "mode"],
    [isHash(h.body_hash), "body_hash"],
    [h.slip_hash === "" || isHash(h.slip_hash), "slip_hash"],
    [Array.isArray(h.blobs), "blobs"],
  ].find(([right]) => !right);
  if (wrong) throw new Malformed("header", { name: wrong[1] });
  return /** @type {Header} */ (/** @type {unknown} */ (h));
}

/** Reads a body: salt and fields. @param {string} text @returns {Body} */
export function readBody(text) {
  const body = readObject(text, BODY_LIMIT);
  if (!isRandomId(body.salt)) throw new Malformed("body", { name: "salt" });
  const fields = body.fields;
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) throw new Malformed("body", { name: "fields" });
  return /** @type {Body} */ (body);
}

/** Reads a slip. @param {string} text @returns {Slip} */
export function readSlip(text) {
  const s = readObject(text, SLIP_LIMIT);
  const wrong = [
    [isRandomId(s.salt), "salt"],
    [isCount(s.n) && s.n >= 1, "n"],
    [s.n === 1 ? s.prev === "" : isHash(s.prev), "prev"],
    [s.clock_offset_ms === null || typeof s.clock_offset_ms === "number", "clock_offset_ms"],
    [isCount(s.waiting), "waiting"],
  ].find(([right]) => !right);
  if (wrong) throw new Malformed("slip", { name: wrong[1] });
  return /** @type {Slip} */ (/** @type {unknown} */ (s));
}

/** The protected header, byte for byte as the protocol fixes it. @param {string} typ @param {string} kid */
export const protectedHeader = (typ, kid) => `{"alg":"ES256","typ":"${typ}","kid":"${kid}"}`;

/** What is signed, and what the id is the hash of: `protected "." payload`. @param {string} typ @param {string} kid @param {Uint8Array} payload */
export const signingInput = (typ, kid, payload) => `${b64u(ascii(protectedHeader(typ, kid)))}.${b64u(payload)}`;

/** Joins a signed thing into a compact JWS. @param {string} input @param {Uint8Array} signature */
export const compact = (input, signature) => `${input}.${b64u(signature)}`;

/** Names a signed thing; the signature is left out, so that a second valid one is the same thing. @param {Hands} hands @param {string} input */
export const idOf = async (hands, input) => b64u(await hands.hash(ascii(input)));

/**
 * Takes a compact JWS apart, refusing any protected header but the exact one for `typ`. The signature is not checked here.
 * @param {string} jws @param {string} typ @returns {{kid: string, input: string, payload: Uint8Array, signature: Uint8Array}}
 */
export function splitJws(jws, typ) {
  const parts = jws.split(".");
  if (parts.length !== 3) throw new Malformed("jws");
  const head = String.fromCharCode(...unb64u(parts[0].slice(0, 400)));
  const kid = head.slice(-45, -2);
  if (!isHash(kid) || head !== protectedHeader(typ, kid)) throw new Malformed("jws_header");
  const signature = unb64u(parts[2]);
  if (signature.length !== 64) throw new Malformed("jws_signature");
  return { kid, input: `${parts[0]}.${parts[1]}`, payload: unb64u(parts[1]), signature };
}

/** The exact text a P-256 public key's thumbprint is the hash of. @param {{x: string, y: string}} jwk */
export const thumbprintText = (jwk) => `{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`;
