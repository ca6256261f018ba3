/** Everything sealed in a vault, and an author's own copies in the outbox, open where they were put and nowhere else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { KDF_FLOOR } from "../../static/src/core/keys.js";
import { createOutside } from "../../static/src/core/outside.js";
import { makeVault, unlockVault } from "../../static/src/core/vault.js";
import { makeStorage } from "./phone.js";
import { copyOf, storageWith } from "./tampering.js";

const WORDS = "lantern pocket mountain seven";
const SELF = {
  person: { id: "P1", name: "Ama", role: "keyworker" },
  device: "D1",
  kid: "K",
  pkcs8: "",
  read_token: "",
  nonce: "",
  made_at: "",
};
const outsideOf = ({ indexedDB }) =>
  createOutside({ indexedDB, channel: null, locks: /** @type {any} */ ({}), origin: "http://office.example" });
const brief = (/** @type {string} */ record, /** @type {number[]} */ pages) => /** @type {any} */ ({ record, pages });
const kept = (/** @type {string} */ record) => /** @type {any} */ ({ id: record, record });

/** A vault with two facts and two casefiles of two pages each. */
async function filled(self = SELF) {
  const storage = makeStorage();
  const outside = outsideOf(storage);
  const name = await makeVault(outside, WORDS, KDF_FLOOR, self);
  const vault = await unlockVault(outside, name, { words: WORDS });
  await vault.keepFact("a", "of a");
  await vault.keepFact("b", "of b");
  for (const casefile of ["C1", "C2"]) {
    const of = await vault.newCasefile(casefile);
    for (const at of [1, 2]) {
      const record = `${casefile} R${at}`;
      await vault.keep([
        { of, head: { seq: at, log_hash: "" }, pages: [{ page: at, entries: [kept(record)] }], briefs: [brief(record, [at])] },
      ]);
    }
  }
  const own = await vault.sealOwn(new Uint8Array([1, 2, 3]), "items", "one");
  vault.close();
  return { storage, name, own };
}

const given = await filled();

/** The same vault with two rows of a store exchanged, by their keys or their places in the order of keys. @param {string} store @param {(number | string)[]} which */
async function exchanged(store, ...which) {
  const copied = await copyOf(given.storage);
  const rows = copied.find(({ name }) => name === given.name)?.stores.find(({ name }) => name === store)?.rows ?? [];
  const [a, b] = which.map((one) => (typeof one === "number" ? rows[one] : rows.find(({ key }) => key === one)));
  assert.ok(a && b && a !== b);
  [a.value, b.value] = [b.value, a.value];
  return unlockVault(outsideOf(await storageWith(copied)), given.name, { words: WORDS });
}

test("two facts that changed places are both unknown", async () => {
  const vault = await exchanged("meta", "a", "b");
  assert.deepEqual([await vault.fact("a"), await vault.fact("b")], [undefined, undefined]);
});

test("two families' rows that changed places open as neither", async () => {
  const vault = await exchanged("casefiles", 0, 1);
  assert.equal((await vault.casefiles()).length, 0);
});

// Two rows for each of two families, in the order of their keys.
for (const [what, one, other] of /** @type {[string, number, number][]} */ ([
  ["of one family", 0, 1],
  ["of two families", 1, 3],
])) {
  test(`two rows of briefs ${what} that changed places are read from the office again`, async () => {
    const vault = await exchanged("briefs", one, other);
    const told = await Promise.all((await vault.casefiles()).map((of) => vault.briefs(of)));
    assert.ok(told.some(({ isWhole }) => !isWhole));
    const of = await vault.casefiles();
    for (const [i, { briefs }] of told.entries()) for (const { record } of briefs) assert.ok(record.startsWith(of[i].casefile));
  });

  test(`two pages ${what} that changed places are no longer read`, async () => {
    const vault = await exchanged("pages", one, other);
    let unread = 0;
    for (const of of await vault.casefiles())
      for (const page of [1, 2]) {
        const [found] = await vault.pages(of, [page]).catch((error) => {
          assert.equal(error.code, "cannot_open");
          unread++;
          return [];
        });
        if (found) assert.equal(found.record, `${of.casefile} R${page}`);
      }
    assert.equal(unread, 2);
  });
}

test("an author's own copy opens in its own row and store, and for no other person and on no other phone", async () => {
  const { storage, name, own } = given;
  const vault = await unlockVault(outsideOf(storage), name, { words: WORDS });
  assert.deepEqual(await vault.openOwn(own, "items", "one"), new Uint8Array([1, 2, 3]));
  await assert.rejects(vault.openOwn(own, "items", "two"), { code: "cannot_open" });
  await assert.rejects(vault.openOwn(own, "drafts", "one"), { code: "cannot_open" });
  for (const self of [
    { ...SELF, device: "D2" },
    { ...SELF, person: { ...SELF.person, id: "P2" } },
  ]) {
    const other = await filled(self);
    const theirs = await unlockVault(outsideOf(other.storage), other.name, { words: WORDS });
    await assert.rejects(theirs.openOwn(own, "items", "one"), { code: "cannot_open" });
    theirs.close();
  }
});
