/** Keys: what must open opens, and everything else refuses. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import fc from "fast-check";
import {
  areStrong,
  cacheKey,
  calibrate,
  checkWords,
  ingestKey,
  json,
  KDF_FLOOR,
  localKey,
  makeReader,
  makeSigner,
  officeKeys,
  open,
  openAsReader,
  placeOf,
  plainWords,
  publicKey,
  readySealing,
  seal,
  sealToOffice,
  sealToReader,
  sign,
  takeKeySet,
  takeSigner,
  unwrapVaultKey,
  verify,
  wrapVaultKey,
} from "../../static/src/core/keys.js";
import { b64u } from "../../static/src/sync/entry.js";
import { envelopeInfo, readEnvelope } from "../../static/src/sync/wire.js";
import { makeOffice } from "./office.js";
import { inVault, makeStorage, setUp, startPhone } from "./phone.js";

const bytes = (size, fill = 7) => new Uint8Array(size).fill(fill);
const utf8 = (text) => new TextEncoder().encode(text);

test("the vault key opens with the words it was wrapped under, however they are typed, and with no others", async () => {
  const wrap = await wrapVaultKey("apple river stone cloud", KDF_FLOOR, bytes(32), "v1");
  assert.deepEqual(await unwrapVaultKey(" Apple  river-Stone cloud", wrap, "v1"), bytes(32));
  await assert.rejects(unwrapVaultKey("apple river stone clouds", wrap, "v1"), { code: "wrong_words" });
  await assert.rejects(unwrapVaultKey("apple river stone cloud", wrap, "v2"), { code: "wrong_words" });
});

test("what is sealed for later reading opens with its private half alone, and as another library's HPKE opens and seals it", async () => {
  const [reader, other] = await Promise.all([makeReader(), makeReader()]);
  const sealed = await sealToReader(reader.point, utf8("a note"));
  assert.deepEqual(await openAsReader(reader, sealed), utf8("a note"));
  await assert.rejects(openAsReader({ ...reader, pkcs8: other.pkcs8 }, sealed), { code: "cannot_open" });
  for (const at of [1, 64, 65, sealed.length - 1]) {
    const changed = sealed.slice();
    changed[at] ^= 1;
    await assert.rejects(openAsReader(reader, changed), { code: "cannot_open" });
  }
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const recipientKey = await crypto.subtle.importKey("pkcs8", Uint8Array.from(reader.pkcs8), curve, true, ["deriveBits"]);
  const info = utf8("fieldapp note 1");
  const opener = await suite.createRecipientContext({ recipientKey, enc: sealed.slice(0, 65), info });
  assert.deepEqual(new Uint8Array(await opener.open(sealed.slice(65))), utf8("a note"));
  const recipientPublicKey = await crypto.subtle.importKey("raw", Uint8Array.from(reader.point), curve, true, []);
  const sender = await suite.createSenderContext({ recipientPublicKey, info });
  const theirs = new Uint8Array([...new Uint8Array(sender.enc), ...new Uint8Array(await sender.seal(utf8("theirs")))]);
  assert.deepEqual(await openAsReader(reader, theirs), utf8("theirs"));
});

test("law: words too few to be stretched are never taken as unlock words, and are wrong words wherever they are typed", async () => {
  const sign = fc.constantFrom(" ", "\u00a0", "\u2003", "-", ".", ",", "a", "B", "7", "é", "\u0301", "家", "🦊", "ﬁ");
  const few = fc.string({ unit: sign, maxLength: 16 }).filter((typed) => utf8(plainWords(typed)).length < 8);
  const list = new Set(
    readFileSync(new URL("../../fieldapp/practice/vocabularies/words.txt", import.meta.url), "utf8").split("\n"),
  );
  const wrap = await wrapVaultKey("apple river stone cloud", KDF_FLOOR, bytes(32), "v1");
  await fc.assert(
    fc.asyncProperty(few, async (typed) => {
      assert.ok(!areStrong(typed, list));
      await assert.rejects(unwrapVaultKey(typed, wrap, "v1"), { code: "wrong_words" });
      await assert.rejects(wrapVaultKey(typed, KDF_FLOOR, bytes(32), "v1"), { code: "wrong_words" });
    }),
    { examples: [[""], ["a"], ["apple"], [" ".repeat(23)], ["\u3000 \u00a0 - "]] },
  );
});

for (const [name, lowered] of [
  ["memory", { m: 8 * 1024 }],
  ["passes", { t: 1 }],
  ["lanes", { p: 2 }],
  ["salt", { salt: bytes(8) }],
  ["algorithm", { alg: "argon2i" }],
  ["a cost nobody could pay", { m: 4 * 1024 * 1024 }],
]) {
  test(`a wrap whose parameters were changed refuses: ${name}`, async () => {
    /** @type {any} */
    const wrap = await wrapVaultKey("apple river stone cloud", KDF_FLOOR, bytes(32), "v1");
    await assert.rejects(
      unwrapVaultKey("apple river stone cloud", { ...wrap, kdf: { ...wrap.kdf, .../** @type {any} */ (lowered) } }, "v1"),
      {
        code: "kdf_below_floor",
      },
    );
  });
}

test("calibration asks more of a fast device, less of a slow one, and never goes below the floor", async () => {
  const clock = (took) => {
    let now = 0;
    return () => {
      now += took;
      return now;
    };
  };
  assert.deepEqual(await calibrate(clock(800)), { m: 64 * 1024, t: 3 });
  assert.deepEqual(await calibrate(clock(250)), { m: 64 * 1024, t: 6 });
  assert.deepEqual(await calibrate(clock(9000)), KDF_FLOOR);
});

test("a sealed row opens only in its own place", async () => {
  const key = await localKey(bytes(32));
  const part = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom("a", "b", "c") });
  const place = fc.tuple(part, part, part, part);
  await fc.assert(
    fc.asyncProperty(place, place, async (here, there) => {
      fc.pre(here.join() !== there.join());
      const sealed = await seal(key, utf8("a row"), placeOf(...here));
      assert.deepEqual(await open(key, sealed, placeOf(...here)), utf8("a row"));
      await assert.rejects(open(key, sealed, placeOf(...there)), { code: "cannot_open" });
    }),
    { numRuns: 60 },
  );
});

test("a sealed row with any byte changed does not open", async () => {
  const key = await cacheKey(bytes(32));
  const sealed = await seal(key, utf8("a row"), "here");
  for (let i = 0; i < sealed.length; i++) {
    const changed = sealed.slice();
    changed[i] ^= 1;
    await assert.rejects(open(key, changed, "here"), { code: "cannot_open" });
  }
});

test("a signer taken back from its bytes signs, and cannot be taken out again", async () => {
  const { jwk, pkcs8, signer } = await makeSigner();
  const again = await takeSigner(signer.kid, pkcs8);
  const { jws, id } = await sign(again, "fieldapp-proof", json({ v: 1 }));
  const told = await verify(jws, "fieldapp-proof", () => jwk);
  assert.equal(told.id, id);
  await assert.rejects(crypto.subtle.exportKey("pkcs8", again.key));
  await assert.rejects(
    verify(jws, "fieldapp-entry", () => jwk),
    { code: "jws_header" },
  );
  await assert.rejects(
    verify(jws, "fieldapp-proof", () => undefined),
    { code: "unknown_key" },
  );
});

test("a public key under another's name is refused", async () => {
  const [a, b] = await Promise.all([makeSigner(), makeSigner()]);
  await assert.rejects(publicKey(a.signer.kid, b.jwk), { code: "wrong_key" });
});

test("a key set counts only from the pinned office key, with its number not falling", async () => {
  const [office, other] = await Promise.all([makeSigner(), makeSigner()]);
  const set = async (signer, n) => (await sign(signer, "fieldapp-keyset", json({ v: 1, n, issued_at: "", keys: [] }))).jws;
  const pinned = { kid: office.signer.kid, jwk: office.jwk };
  assert.equal((await takeKeySet(await set(office.signer, 3), pinned, 3)).n, 3);
  assert.equal((await takeKeySet(await set(office.signer, 4), pinned, 3)).n, 4);
  await assert.rejects(takeKeySet(await set(office.signer, 2), pinned, 3), { code: "keyset_older" });
  await assert.rejects(takeKeySet(await set(other.signer, 9), pinned, 3), { code: "unknown_key" });
  const forged = (await set(other.signer, 9)).split(".");
  const [head] = (await set(office.signer, 9)).split(".");
  await assert.rejects(takeKeySet([head, forged[1], forged[2]].join("."), pinned, 3), { code: "bad_signature" });
});

test("sealing goes to the latest ingest key that is not burned", () => {
  const key = (kid, from, burned_at = null) => ({ kid, use: "ingest", jwk: {}, from, until: null, burned_at });
  const keys = [
    key("old", "2025-01-01"),
    key("new", "2026-01-01"),
    key("burned", "2026-06-01", "2026-06-02"),
    { ...key("receipt", "2027-01-01"), use: "receipt" },
  ];
  assert.equal(ingestKey(/** @type {any} */ ({ keys })).kid, "new");
  assert.throws(() => ingestKey(/** @type {any} */ ({ keys: [] })), { code: "no_ingest_key" });
});

test("a key of the office proves only what it is for, and nothing once it is burned", () => {
  const key = (kid, use, burned_at = null) => ({ kid, use, jwk: { kid }, from: "2026-01-01", until: null, burned_at });
  const keys = [key("receipt", "receipt"), key("desk", "desk"), key("ingest", "ingest"), key("burned", "receipt", "2026-06-02")];
  const provesOf = (use) => keys.filter(({ kid }) => officeKeys(/** @type {any} */ ({ keys }), use)(kid)).map(({ kid }) => kid);
  assert.deepEqual([provesOf("receipt"), provesOf("desk")], [["receipt"], ["desk"]]);
});

test("what is sealed to the office opens with its key alone, for that use alone", async () => {
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const pair = await suite.kem.generateKeyPair();
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const kid = b64u(
    new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`))),
  );
  /** @type {any} */
  const to = { kid, use: "ingest", jwk: { kty, crv, x, y }, from: "", until: null };
  await readySealing(to, "entry");
  const envelope = await sealToOffice(to, utf8("a packet"), "entry");
  const { ingestKid, encapsulated, ciphertext } = readEnvelope(envelope);
  assert.equal(b64u(ingestKid), kid);
  const opened = (use) =>
    suite.open(
      { recipientKey: pair.privateKey, enc: new Uint8Array(encapsulated), info: utf8(envelopeInfo(kid, use)).buffer },
      new Uint8Array(ciphertext),
    );
  assert.deepEqual(new Uint8Array(await opened("entry")), utf8("a packet"));
  await assert.rejects(opened("draft"));
});

test("what was readied for one message serves that message alone, however many are sealed at once", async () => {
  const { signer, jwk } = await makeSigner();
  /** @type {any} */
  const to = { kid: signer.kid, use: "ingest", jwk, from: "", until: null };
  const seal = () => sealToOffice(to, utf8("a packet"), "entry");
  const sealed = [];
  for (let i = 0; i < 3; i++) {
    await Promise.all([readySealing(to, "entry"), readySealing(to, "entry")]);
    sealed.push(...(await Promise.all([seal(), seal(), seal()])), await seal());
  }
  assert.equal(new Set(sealed.map((envelope) => b64u(readEnvelope(envelope).encapsulated))).size, 12);
  assert.equal(new Set(sealed.map((envelope) => b64u(readEnvelope(envelope).ciphertext))).size, 12);
});

test("check words are four of the list and belong to one office key", async () => {
  const list = Array.from({ length: 2048 }, (_, i) => `word${i}`);
  const words = await checkWords("6F4X_TZjP1zZ4GYaEfwIpNWwSpvsI1M5q72entdlk6E", list);
  assert.equal(words.length, 4);
  assert.ok(words.every((word) => list.includes(word)));
  assert.notDeepEqual(words, await checkWords("pMScI61WmiCiwASah3ogkkReHbE8M_U_Y2bSEMQr77Y", list));
});

test("own unlock words must be hard to guess", () => {
  const list = new Set(["apple", "river", "stone", "cloud"]);
  assert.ok(areStrong("apple river stone cloud", list));
  assert.ok(areStrong("my nan keeps seven blue hens", list));
  for (const weak of [
    "",
    "apple apple apple apple",
    "password123",
    "password password password",
    "1234 5678 9012 3456",
    "apple river",
    "cat dog wren",
    "seventeen bluefishswimming",
    "banana banned nab bandana",
  ])
    assert.ok(!areStrong(weak, list), weak);
});

test("wrong words make a person wait longer, over a restart, and right ones then open", async () => {
  let now = Date.parse("2026-11-21T09:00:00Z");
  const office = await makeOffice(() => now);
  const ama = office.addPerson("Ama");
  await office.openFamily(ama, "Tarnley");
  const storage = makeStorage();
  const phone = startPhone(office, storage, { now: () => now });
  const words = await setUp(phone, ama);
  phone.kill();
  const wrong = async () => {
    const tried = startPhone(office, storage, { now: () => now });
    const [{ vault }] = (await tried.ask("status")).people;
    const told = await tried.ask("unlock", { vault, words: "not these words at all" }).catch((error) => error);
    tried.kill();
    return told;
  };
  const waits = [];
  for (let i = 0; i < 6; i++) {
    const { code, wait_s } = await wrong();
    assert.equal(code, "wrong_words");
    waits.push(wait_s);
    now += wait_s * 1000;
  }
  assert.deepEqual(waits, [0, 0, 0, 0, 5, 10]);
  const last = startPhone(office, storage, { now: () => now });
  const [{ vault }] = (await last.ask("status")).people;
  assert.equal((await last.ask("unlock", { vault, words })).person.name, "Ama");
  last.kill();
});

test("words typed before the wait is over are not tried, over a restart too, not even the right ones", async () => {
  let now = Date.parse("2026-11-21T09:00:00Z");
  const office = await makeOffice(() => now);
  const storage = makeStorage();
  const phone = startPhone(office, storage, { now: () => now });
  const words = await setUp(phone, office.addPerson("Ama"));
  const [{ vault }] = (await phone.ask("status")).people;
  await inVault(phone, "meta", (meta) => meta.put({ count: 7, next_at: now + 40_000 }, "attempts"));
  phone.kill();
  const tried = startPhone(office, storage, { now: () => now });
  const told = await tried.ask("unlock", { vault, words }).catch((error) => error);
  assert.deepEqual([told.code, told.wait_s, told.untried], ["wrong_words", 40, true]);
  now += 40_000;
  assert.equal((await tried.ask("unlock", { vault, words })).person.name, "Ama");
  tried.kill();
});
