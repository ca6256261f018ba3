/** What opens a vault: words always, a passkey besides; changing either touches nothing that lies in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { KDF_FLOOR, unwrapVaultKey, wrapUnderPasskey, wrapVaultKey } from "../../static/src/core/keys.js";
import { makeMortal } from "./mortal.js";
import { makeOffice } from "./office.js";
import { inVault, makeStorage, ready, setUp, startPhone } from "./phone.js";

const random = (size) => crypto.getRandomValues(new Uint8Array(size));
const makePasskey = () => ({ id: random(20), salt: random(32), prf: random(32) });
const NEW = "lantern pocket mountain seven";

async function given() {
  const office = await makeOffice();
  const ama = office.addPerson("Ama");
  const { casefile } = await office.openFamily(ama, "Tarnley");
  const phone = startPhone(office);
  const words = await setUp(phone, ama);
  const [{ vault }] = (await phone.ask("status")).people;
  return { office, ama, casefile, phone, words, vault };
}

/** The same phone, switched off and on. */
function again({ office, phone }) {
  phone.kill();
  return startPhone(office, phone.storage);
}

test("a passkey opens the vault without signal, and the words go on opening it", async () => {
  const set = await given();
  const passkey = makePasskey();
  await set.phone.ask("passkey.add", { proof: { words: set.words }, passkey });
  set.office.weather = async () => {
    throw new TypeError("Failed to fetch");
  };
  const second = again(set);
  const [{ vault, passkey: asked }] = (await second.ask("status")).people;
  assert.deepEqual(asked, { id: passkey.id, salt: passkey.salt });
  assert.equal((await second.ask("unlock", { vault, passkey })).person.name, "Ama");
  await ready(second);
  assert.equal((await second.ask("caseload")).families.length, 1);
  const third = again({ ...set, phone: second });
  assert.equal((await third.ask("unlock", { vault, words: set.words })).person.name, "Ama");
  third.kill();
});

test("a passkey that is gone, or another one, opens nothing, costs no waiting, and the words still open", async () => {
  const set = await given();
  const passkey = makePasskey();
  await set.phone.ask("passkey.add", { proof: { words: set.words }, passkey });
  const second = again(set);
  const { vault } = set;
  for (let i = 0; i < 8; i++)
    await assert.rejects(second.ask("unlock", { vault, passkey: { ...passkey, prf: random(32) } }), { code: "passkey_wrong" });
  await assert.rejects(second.ask("unlock", { vault, passkey: { ...passkey, prf: new Uint8Array() } }), {
    code: "passkey_unable",
  });
  await second.ask("unlock", { vault, words: set.words });
  await second.ask("passkey.remove");
  assert.equal((await second.ask("status")).people[0].passkey, undefined);
  const third = again({ ...set, phone: second });
  await assert.rejects(third.ask("unlock", { vault, passkey }), { code: "passkey_wrong" });
  assert.equal((await third.ask("unlock", { vault, words: set.words })).person.name, "Ama");
  third.kill();
});

test("nobody adds a passkey or changes the words of an open phone without proving who they are, and guessing there waits too", async () => {
  const { phone, words } = await given();
  await phone.ask("words.offer");
  const wrong = { words: "not these words at all" };
  await assert.rejects(phone.ask("passkey.add", { proof: wrong, passkey: makePasskey() }), { code: "wrong_words" });
  await assert.rejects(phone.ask("words.change", { proof: wrong, words: NEW }), { code: "wrong_words" });
  for (let i = 0; i < 3; i++) await phone.ask("prove", wrong).catch(() => undefined);
  const told = await phone.ask("prove", { words }).catch((error) => error);
  assert.ok(told.code === "wrong_words" && told.untried && told.wait_s > 0);
  phone.kill();
});

test("a phone that was locked answers for nobody, and opens again", async () => {
  const { phone, words, vault, casefile } = await given();
  assert.equal(await phone.ask("pin"), "");
  await phone.ask("pin.keep", { pin: "4821" });
  await phone.ask("lock");
  assert.equal((await phone.ask("status")).state, "locked");
  for (const [ask, more] of /** @type {[string, any][]} */ ([
    ...[
      ["caseload"],
      ["notes"],
      ["pin"],
      ["pin.keep", { pin: "" }],
      ["search", { text: "a" }],
      ["family", { casefile }],
      ["prove", { words }],
    ],
    ["draft.begin", { casefile, schema: "visit-note.1" }],
  ]))
    assert.equal(
      await phone.ask(ask, more).then(
        () => "answered",
        (error) => error.code,
      ),
      "locked",
      ask,
    );
  assert.equal((await phone.ask("unlock", { vault, words })).person.name, "Ama");
  assert.equal(await phone.ask("pin"), "4821", "what was chosen once guards the hidden screen as before");
  phone.kill();
});

test("changing the words wraps the vault key anew and touches nothing else: what lay there opens with the new words only", async () => {
  const set = await given();
  const { phone, vault, words } = set;
  const passkey = makePasskey();
  await phone.ask("passkey.add", { proof: { words }, passkey });
  const read = async (store) => ({
    rows: await inVault(phone, store, (rows) => rows.getAllKeys()),
    values: await inVault(phone, store, (rows) => rows.getAll()),
  });
  const before = await Promise.all(["casefiles", "briefs", "pages", "practice"].map(read));
  const self = await inVault(phone, "meta", (meta) => meta.get("self"));
  const [wasWrap] = await inVault(phone, "meta", (meta) => meta.get("wraps"));
  await assert.rejects(phone.ask("words.change", { proof: { words }, words: "aaaa" }), { code: "words_too_weak" });
  await phone.ask("words.offer");
  await phone.ask("words.change", { proof: { words }, words: NEW });
  assert.deepEqual(await Promise.all(["casefiles", "briefs", "pages", "practice"].map(read)), before);
  assert.deepEqual(await inVault(phone, "meta", (meta) => meta.get("self")), self);
  const wraps = await inVault(phone, "meta", (meta) => meta.get("wraps"));
  assert.deepEqual(wraps.map((one) => one.sort).sort(), ["passkey", "words"]);
  assert.notDeepEqual(wraps.find((one) => one.sort === "words").sealed, wasWrap.sealed);
  const second = again(set);
  await assert.rejects(second.ask("unlock", { vault, words }), { code: "wrong_words" });
  assert.equal((await second.ask("unlock", { vault, words: NEW })).person.name, "Ama");
  await ready(second);
  assert.equal((await second.ask("caseload")).families[0].title, "Tarnley");
  const third = again({ ...set, phone: second });
  assert.equal((await third.ask("unlock", { vault, passkey })).person.name, "Ama");
  third.kill();
});

test("whoever forgot the words and has the passkey chooses new ones", async () => {
  const set = await given();
  const passkey = makePasskey();
  await set.phone.ask("passkey.add", { proof: { words: set.words }, passkey });
  await set.phone.ask("words.offer");
  await set.phone.ask("words.change", { proof: { passkey }, words: NEW });
  const second = again(set);
  assert.equal((await second.ask("unlock", { vault: set.vault, words: NEW })).person.name, "Ama");
  second.kill();
});

test("words that cannot be stored leave the former ones as they were", async (t) => {
  const set = await given();
  await set.phone.ask("words.offer");
  const put = IDBObjectStore.prototype.put;
  t.mock.method(IDBObjectStore.prototype, "put", function (value, key) {
    if (key === "wraps") throw new DOMException("full", "QuotaExceededError");
    return put.call(this, value, key);
  });
  await assert.rejects(set.phone.ask("words.change", { proof: { words: set.words }, words: NEW }), { code: "store_failed" });
  t.mock.restoreAll();
  const second = again(set);
  assert.equal((await second.ask("unlock", { vault: set.vault, words: set.words })).person.name, "Ama");
  second.kill();
});

test("words are changed on a phone whose store died with no word since it was unlocked, at the second try", async () => {
  const office = await makeOffice();
  const storage = makeStorage();
  const store = makeMortal(storage.indexedDB);
  const phone = startPhone(office, { ...storage, indexedDB: store.indexedDB });
  const words = await setUp(phone, office.addPerson("Ama"));
  const change = () => phone.ask("words.change", { proof: { words }, words: NEW });
  store.die((name) => name !== "outbox");
  await assert.rejects(change(), { code: "store_failed" });
  await assert.doesNotReject(change());
  phone.kill();
});

test("a wrap opens in its own vault, for its own passkey, and with none of its bytes changed", async () => {
  const passkey = makePasskey();
  const key = random(32);
  const wrap = await wrapUnderPasskey(passkey, key, "v1");
  assert.deepEqual(await unwrapVaultKey(passkey.prf, wrap, "v1"), key);
  await assert.rejects(unwrapVaultKey(passkey.prf, wrap, "v2"), { code: "passkey_wrong" });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("id", "salt", "sealed", "commit"),
      fc.nat({ max: 999 }),
      fc.integer({ min: 1, max: 255 }),
      async (name, at, flip) => {
        const changed = { ...wrap, [name]: wrap[name].slice() };
        changed[name][at % changed[name].length] ^= flip;
        await assert.rejects(unwrapVaultKey(passkey.prf, changed, "v1"), { code: "passkey_wrong" });
      },
    ),
    { numRuns: 60 },
  );
  const { commit: _, ...without } = wrap;
  await assert.rejects(unwrapVaultKey(passkey.prf, /** @type {any} */ (without), "v1"), { code: "passkey_wrong" });
});

test("a wrap of words whose one key is named opens with no other, and one from before that opens as it did", async () => {
  const key = random(32);
  const wrap = await wrapVaultKey(NEW, KDF_FLOOR, key, "v1");
  const { commit, ...before } = wrap;
  assert.deepEqual(await unwrapVaultKey(NEW, /** @type {any} */ (before), "v1"), key);
  const other = { ...wrap, commit: commit.map((byte) => byte ^ 1) };
  await assert.rejects(unwrapVaultKey(NEW, other, "v1"), { code: "wrong_words" });
});
