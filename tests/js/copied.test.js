/** What a copy of a locked phone gives, and what an unlocked one gives besides: nothing that opens, signs or reads lies there in any form in which it could be used. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { cacheKey, KDF_FLOOR, localKey, seal, unwrapVaultKey, wrapVaultKey } from "../../static/src/core/keys.js";
import { createOutside } from "../../static/src/core/outside.js";
import { makeVault, unlockVault } from "../../static/src/core/vault.js";
import { b64u } from "../../static/src/sync/entry.js";
import { makeOffice, READ_TOKEN } from "./office.js";
import { makeStorage, setUp, startPhone, visitNote } from "./phone.js";
import { copyOf } from "./tampering.js";

const PIN = "271828182845";
const LABEL = "the blue one";
const SENTENCE = "She drew a kestrel over the yard.";
const NOTE = { about: "the Akerstroms", text: "a heron by the canal" };

/** How far in what is packed may begin: behind a version, a name and a signature. */
const PACKED_WITHIN = 160;

/** What is packed somewhere near the beginning of these bytes. @param {Uint8Array} bytes */
function* unpacked(bytes) {
  for (let at = 0; at < Math.min(PACKED_WITHIN, bytes.length); at++)
    try {
      yield inflateRawSync(bytes.subarray(at)).toString("latin1");
    } catch {
      // Nothing begins here.
    }
}

/** Every byte and every letter that lies in a storage, each value apart, and what lies there packed. */
async function everythingIn(storage) {
  /** @type {string[]} */
  const all = [];
  const take = (value) => {
    if (value instanceof Uint8Array) all.push(Buffer.from(value).toString("latin1"), ...unpacked(value));
    else if (typeof value === "object" && value !== null) for (const one of Object.values(value)) take(one);
    else if (value !== undefined) all.push(String(value));
  };
  for (const { name, stores } of await copyOf(storage)) {
    take(name);
    for (const { name: store, rows } of stores) if (store !== "practice") take([rows]);
  }
  return all;
}

/** In how many of these it lies, as it is or written out. @param {string[]} all @param {string | Uint8Array} secret */
function timesIn(all, secret) {
  const bytes = Buffer.from(secret);
  const forms = [bytes.toString("latin1"), b64u(bytes), bytes.toString("base64"), bytes.toString("hex")];
  return all.filter((one) => forms.some((form) => one.includes(form))).length;
}

test("a copy of a locked phone holds nothing that opens, signs or reads: no word, answer of a passkey, PIN, key or token", async (t) => {
  const office = await makeOffice();
  const ama = office.addPerson("Amaryllis Okonkwo");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  /** Private halves as they leave cryptography. @type {Uint8Array[]} */
  const halves = [];
  const exports = crypto.subtle.exportKey.bind(crypto.subtle);
  t.mock.method(crypto.subtle, "exportKey", async (form, key) => {
    const bytes = await exports(form, key);
    if (form === "pkcs8") halves.push(new Uint8Array(bytes.slice(0)));
    return bytes;
  });
  /** Keys as they are drawn: a vault's, and each family's. @type {Uint8Array[]} */
  const drawn = [];
  const random = (bytes) => {
    crypto.getRandomValues(bytes);
    if (bytes.length === 32) drawn.push(bytes.slice());
    return bytes;
  };
  const phone = startPhone(office, makeStorage(), { random });
  const words = await setUp(phone, { ...ama, name: LABEL });
  const passkey = {
    id: new Uint8Array(20).fill(7),
    salt: new Uint8Array(32).fill(8),
    prf: crypto.getRandomValues(new Uint8Array(32)),
  };
  await phone.ask("passkey.add", { proof: { words }, passkey });
  await phone.ask("pin.keep", { pin: PIN });
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  await phone.ask("draft.keep", { slot, fields: visitNote(child, SENTENCE) });
  const other = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  await phone.ask("send", { slot: other.slot, fields: visitNote(child, SENTENCE), mode: "alone" });
  const [{ vault }] = (await phone.ask("status")).people;
  const isLaid = async () => (await everythingIn(phone.storage)).some((one) => one === ama.id);
  await phone.until(isLaid, "what notes are written with while the phone is locked");
  await phone.ask("lock");
  office.weather = async () => {
    throw new TypeError("Failed to fetch");
  };
  await phone.ask("note.write", { vault, ...NOTE });
  phone.kill();

  const all = await everythingIn(phone.storage);
  for (const open of [ama.id, LABEL]) assert.equal(timesIn(all, open), 1, "what is looked for would be found");
  const secrets = { words, PIN, READ_TOKEN, prf: passkey.prf, name: ama.name, email: ama.email, SENTENCE, ...NOTE };
  for (const [name, secret] of Object.entries(secrets)) assert.equal(timesIn(all, secret), 0, name);
  assert.ok(drawn.length >= 2);
  for (const key of drawn) assert.equal(timesIn(all, key), 0, "a key that was drawn");
  // A signer's, a reader's of notes, and what a locked phone writes notes with: that alone lies open, and reads nothing.
  assert.equal(halves.length, 3);
  assert.deepEqual(halves.map((half) => timesIn(all, half)).sort(), [0, 0, 1]);
});

const outsideOf = ({ indexedDB }) => createOutside({ indexedDB, channel: null, locks: /** @type {any} */ ({}) });
const SELF = /** @type {any} */ ({
  person: { id: "P", name: "Ama", role: "keyworker" },
  device: "D",
  kid: "K",
  pkcs8: "",
  read_token: "",
  nonce: "",
  made_at: "",
});

test("keys of an open vault cannot be taken out of it, and what it signs with is no longer there to be read", async (t) => {
  const outside = outsideOf(makeStorage());
  const name = await makeVault(outside, "apple river stone cloud", KDF_FLOOR, SELF);
  const vault = await unlockVault(outside, name, { words: "apple river stone cloud" });
  const { key } = await vault.newCasefile("C1");
  for (const one of [vault.local, key, await localKey(new Uint8Array(32)), await cacheKey(new Uint8Array(32))])
    await assert.rejects(crypto.subtle.exportKey("raw", one), { name: "InvalidAccessError" });
  vault.close();

  const office = await makeOffice();
  const { openOutbox } = await import("../../static/src/core/outbox.js");
  const { openSession } = await import("../../static/src/core/unlock.js");
  const phone = startPhone(office);
  t.after(() => phone.kill());
  const words = await setUp(phone, office.addPerson("Ama"));
  const [person] = (await phone.ask("status")).people;
  const ties = { tell() {}, soon() {}, saved() {}, later() {}, onGone() {} };
  const session = await openSession(phone.outside, await openOutbox(phone.outside), { vault: person.vault, words }, ties);
  assert.equal(session.vault.self.pkcs8, "");
  await assert.rejects(crypto.subtle.exportKey("pkcs8", session.signer.key), { name: "InvalidAccessError" });
  session.vault.close();
});

test("nothing is sealed twice alike, nor words stretched twice with one salt", async () => {
  const key = await cacheKey(new Uint8Array(32).fill(1));
  const row = new TextEncoder().encode("the same row");
  const starts = await Promise.all(Array.from({ length: 50 }, async () => b64u((await seal(key, row, "here")).subarray(1, 13))));
  assert.equal(new Set(starts).size, 50);
  const wraps = await Promise.all([1, 2].map(() => wrapVaultKey("apple river stone cloud", KDF_FLOOR, row, "v1")));
  const salts = wraps.map((wrap) => wrap.sort === "words" && b64u(wrap.kdf.salt));
  assert.notEqual(salts[0], salts[1]);
  for (const wrap of wraps) assert.deepEqual(await unwrapVaultKey("apple river stone cloud", wrap, "v1"), row);
});

test("a short fact and one of half a line take the same room on a phone", async () => {
  const storage = makeStorage();
  const outside = outsideOf(storage);
  const name = await makeVault(outside, "apple river stone cloud", KDF_FLOOR, SELF);
  const vault = await unlockVault(outside, name, { words: "apple river stone cloud" });
  const texts = ["", "Ada", "a heron by the canal, and a kestrel over the yard"];
  for (const [at, one] of texts.entries()) await vault.keepFact(`fact ${at}`, one);
  vault.close();
  const rows = (await copyOf(storage)).find((one) => one.name === name)?.stores.find((one) => one.name === "meta")?.rows ?? [];
  const sizes = rows.flatMap(({ key, value }) => (String(key).startsWith("fact ") ? [value.length] : []));
  assert.equal(sizes.length, texts.length);
  assert.equal(new Set(sizes).size, 1);
});
