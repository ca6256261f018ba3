/**
 * Sealing by HPKE (RFC 9180), and of it only what this app uses: base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, one message, empty AAD.
 * Holds no key and no door: `keys.js` hands in the platform's cryptography. The library that does all of HPKE is eight kilobytes on every phone and opens, in the tests,
 * what this seals (docs/decisions/0008-hpke.md).
 */
import { ascii } from "../sync/entry.js";
import { join } from "../sync/wire.js";

const ECDH = { name: "ECDH", namedCurve: "P-256" };
const HMAC = { name: "HMAC", hash: "SHA-256" };
const KEM = join(ascii("KEM"), new Uint8Array([0, 0x10]));
const SUITE = join(ascii("HPKE"), new Uint8Array([0, 0x10, 0, 1, 0, 2]));
const VERSION = ascii("HPKE-v1");
const NOTHING = new Uint8Array();
/** A key of zeros: for HMAC the same as none, which the platform does not take. */
const NO_SALT = new Uint8Array(32);

/** @param {Uint8Array} bytes @returns {Uint8Array<ArrayBuffer>} */
const own = (bytes) => /** @type {Uint8Array<ArrayBuffer>} */ (bytes);

/** @param {SubtleCrypto} subtle @param {Uint8Array} key @param {Uint8Array} bytes */
async function hmac(subtle, key, bytes) {
  const taken = await subtle.importKey("raw", own(key), HMAC, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", taken, own(bytes)));
}

/** LabeledExtract. @param {SubtleCrypto} subtle @param {Uint8Array} suite @param {Uint8Array} salt @param {string} label @param {Uint8Array} material */
const extract = (subtle, suite, salt, label, material) => hmac(subtle, salt, join(VERSION, suite, ascii(label), material));

/** LabeledExpand of at most one block. @param {SubtleCrypto} subtle @param {Uint8Array} suite @param {Uint8Array} key @param {string} label @param {Uint8Array} info @param {number} size */
const expand = async (subtle, suite, key, label, info, size) =>
  (await hmac(subtle, key, join(new Uint8Array([0, size]), VERSION, suite, ascii(label), info, new Uint8Array([1])))).subarray(
    0,
    size,
  );

/** @typedef {{encapsulated: Uint8Array, iv: Uint8Array, key: CryptoKey}} Context what one message, and no other, is sealed under */

/** @param {SubtleCrypto} subtle @param {Uint8Array} info */
async function scheduleOf(subtle, info) {
  const [pskIdHash, infoHash] = await Promise.all([
    extract(subtle, SUITE, NO_SALT, "psk_id_hash", NOTHING),
    extract(subtle, SUITE, NO_SALT, "info_hash", info),
  ]);
  return join(new Uint8Array([0]), pskIdHash, infoHash);
}

/**
 * What both ends derive: sender and recipient know the same secret point.
 * @param {SubtleCrypto} subtle @param {ArrayBuffer} secretPoint @param {Uint8Array} encapsulated @param {Uint8Array} publicKey @param {Uint8Array} schedule
 */
async function agreed(subtle, secretPoint, encapsulated, publicKey, schedule) {
  const prk = await extract(subtle, KEM, NO_SALT, "eae_prk", new Uint8Array(secretPoint));
  const shared = await expand(subtle, KEM, prk, "shared_secret", join(encapsulated, publicKey), 32);
  const secret = await extract(subtle, SUITE, shared, "secret", NOTHING);
  const [key, iv] = await Promise.all([
    expand(subtle, SUITE, secret, "key", schedule, 32),
    expand(subtle, SUITE, secret, "base_nonce", schedule, 12),
  ]);
  return { iv, key: await subtle.importKey("raw", own(key), "AES-GCM", false, ["encrypt", "decrypt"]) };
}

/**
 * Opens what was sealed to a key pair of this app's own. @param {SubtleCrypto} subtle @param {CryptoKey} privateKey @param {Uint8Array} publicKey 65 bytes, uncompressed
 * @param {Uint8Array} info @param {Uint8Array} encapsulated @param {Uint8Array} ciphertext
 */
export async function openSealed(subtle, privateKey, publicKey, info, encapsulated, ciphertext) {
  const point = await subtle.importKey("raw", own(encapsulated), ECDH, false, []);
  const secretPoint = await subtle.deriveBits({ name: "ECDH", public: point }, privateKey, 256);
  const { key, iv } = await agreed(subtle, secretPoint, encapsulated, publicKey, await scheduleOf(subtle, info));
  return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv: own(iv) }, key, own(ciphertext)));
}

/**
 * Readies sealing to one public key for one purpose: what depends on no message is computed once.
 * `seal` takes a context that `prepare` made ahead, or makes one; either way it is gone before anything is sealed under it, so that none serves twice.
 * @param {SubtleCrypto} subtle @param {Uint8Array} publicKey 65 bytes, uncompressed @param {Uint8Array} info
 * @returns {Promise<{prepare: () => void, seal: (plaintext: Uint8Array) => Promise<{encapsulated: Uint8Array, ciphertext: Uint8Array}>}>}
 */
export async function sealer(subtle, publicKey, info) {
  const [recipient, schedule] = await Promise.all([
    subtle.importKey("raw", own(publicKey), ECDH, false, []),
    scheduleOf(subtle, info),
  ]);
  /** @type {Promise<Context> | undefined} */
  let ahead;

  /** A new ephemeral key, and what follows from it. @returns {Promise<Context>} */
  async function fresh() {
    const ephemeral = await subtle.generateKey(ECDH, false, ["deriveBits"]);
    const [secretPoint, point] = await Promise.all([
      subtle.deriveBits({ name: "ECDH", public: recipient }, ephemeral.privateKey, 256),
      subtle.exportKey("raw", ephemeral.publicKey),
    ]);
    const encapsulated = new Uint8Array(point);
    return { encapsulated, ...(await agreed(subtle, secretPoint, encapsulated, publicKey, schedule)) };
  }

  return {
    prepare() {
      if (ahead) return;
      const made = fresh();
      ahead = made;
      made.catch(() => {
        if (ahead === made) ahead = undefined;
      });
    },
    async seal(plaintext) {
      const taken = ahead ?? fresh();
      ahead = undefined;
      const { encapsulated, iv, key } = await taken;
      const ciphertext = new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv: own(iv) }, key, own(plaintext)));
      return { encapsulated, ciphertext };
    },
  };
}
