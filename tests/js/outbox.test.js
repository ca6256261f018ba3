/** The outbox's contract: what was called saved is stored, whatever the store does. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IDBDatabase, IDBFactory, IDBObjectStore } from "fake-indexeddb";
import fc from "fast-check";
import { openOutbox } from "../../static/src/core/outbox.js";
import { createOutside } from "../../static/src/core/outside.js";
import { makeMortal } from "./mortal.js";
import { makeOffice } from "./office.js";
import { makeStorage, ready, setUp, startPhone, visitNote } from "./phone.js";

const outsideOf = (indexedDB) => createOutside({ indexedDB, channel: null });
/** @type {(n: number, more?: any) => any} */
const item = (n, more = {}) => ({
  kid: "k",
  n,
  ingest_kid: "i",
  sealed: new Uint8Array([n]),
  own: new Uint8Array([n]),
  state: "waiting",
  attempts: 0,
  next_at: 0,
  ...more,
});
/** @type {(name: string) => (head: any) => Promise<any>} */
const maker = (name) => (head) => Promise.resolve({ id: `${name}-${head.n + 1}`, item: { ...item(head.n + 1), prev: head.id } });

test("two savers at once never fork the chain", async () => {
  const factory = new IDBFactory();
  const savers = await Promise.all([
    openOutbox(outsideOf(factory)),
    openOutbox(outsideOf(factory)),
    openOutbox(outsideOf(factory)),
  ]);
  await Promise.all(savers.flatMap((saver, s) => Array.from({ length: 10 }, (_, i) => saver.save("k", maker(`${s}.${i}`)))));
  const rows = (await savers[0].items()).sort(([, a], [, b]) => a.n - b.n);
  assert.deepEqual(
    rows.map(([, row]) => row.n),
    Array.from({ length: 30 }, (_, i) => i + 1),
  );
  for (const [i, [, row]] of rows.entries()) assert.equal(/** @type {any} */ (row).prev, i === 0 ? "" : rows[i - 1][0]);
  assert.deepEqual(await (await openOutbox(outsideOf(factory))).head("k"), { n: 30, id: rows.at(-1)[0] });
});

test("a saved entry takes its draft away in the same transaction, and a failed one keeps it", async () => {
  const outbox = await openOutbox(outsideOf(new IDBFactory()));
  await outbox.keepDraft("s", { kid: "k", n: 1, sealed: new Uint8Array(1), own: new Uint8Array(1) });
  await outbox.save("k", maker("a"), ["s"]);
  assert.deepEqual(await outbox.drafts(), []);
  await outbox.keepDraft("s", { kid: "k", n: 2, sealed: new Uint8Array(1), own: new Uint8Array(1) });
  await assert.rejects(
    outbox.save("k", async (head) => ({ id: "a-1", item: item(head.n + 1) }), ["s"]),
    { code: "store_failed", fields: { reason: "ConstraintError" } },
  );
  assert.equal((await outbox.drafts()).length, 1);
  assert.deepEqual(await outbox.head("k"), { n: 1, id: "a-1" });
});

test("what was answered is due no more, whatever state somebody wrote into it", async () => {
  for (const state of ["waiting", "answered", "sent", "sorting", "x", "", 0, true, {}, []]) {
    const outbox = await openOutbox(outsideOf(new IDBFactory()));
    await outbox.save("k", async () => ({ id: "a", item: item(1, { state }) }));
    const answer = { status: "stored", at: 1000 };
    await outbox.answered([["a", /** @type {any} */ (answer)]]);
    assert.deepEqual(await outbox.due(1000), [], String(state));
    const [[, kept]] = await outbox.items();
    assert.deepEqual([kept.state, kept.answer], ["answered", answer], String(state));
  }
});

test("everything a promise depends on is written with strict durability", async (t) => {
  const seen = [];
  const real = IDBDatabase.prototype.transaction;
  t.mock.method(IDBDatabase.prototype, "transaction", function (stores, mode, options) {
    seen.push([[stores].flat().join(), mode, options?.durability]);
    return real.call(this, stores, mode, options);
  });
  const outbox = await openOutbox(outsideOf(new IDBFactory()));
  await outbox.save("k", maker("a"), ["s"]);
  await outbox.keepDraft("s", { kid: "k", n: 1, sealed: new Uint8Array(1), own: new Uint8Array(1) });
  const writes = seen.filter(([, mode]) => mode === "readwrite");
  assert.deepEqual(writes, [
    ["items,drafts,chain", "readwrite", "strict"],
    ["drafts", "readwrite", "strict"],
  ]);
});

test("an older draft never overwrites a newer one", async () => {
  const outbox = await openOutbox(outsideOf(new IDBFactory()));
  const draft = (n) => ({ kid: "k", n, sealed: new Uint8Array([n]), own: new Uint8Array([n]) });
  await outbox.keepDraft("s", draft(2));
  await assert.rejects(outbox.keepDraft("s", draft(1)), { code: "draft_older" });
  assert.equal((await outbox.draft("s")).n, 2);
});

describe("freeing", () => {
  const kept = (received_at, epoch) => ({ state: "sent", next_at: undefined, kept: { received_at, epoch } });
  for (const [name, more, isFreed] of [
    ["a verified receipt that a backup of this epoch covers", kept("2026-11-21T10:00:00.000Z", 2), true],
    ["a receipt newer than the backup", kept("2026-11-21T10:00:00.001Z", 2), false],
    ["a receipt of an epoch before a restore", kept("2026-11-20T10:00:00.000Z", 1), false],
    ["an answer nobody verified", { state: "answered", answer: { result: { status: "stored" } } }, false],
    ["a quarantine receipt", { state: "sorting" }, false],
    ["no answer", {}, false],
  ]) {
    test(`${name} ${isFreed ? "frees" : "keeps"}`, async () => {
      const outbox = await openOutbox(outsideOf(new IDBFactory()));
      await outbox.save("k", async (head) => ({ id: "a", item: item(head.n + 1, more) }));
      await outbox.prune(2, "2026-11-21T10:00:00.000Z");
      assert.equal((await outbox.items()).length, isFreed ? 0 : 1);
    });
  }
});

test("a store that hangs at its first opening is opened again", async () => {
  const factory = new IDBFactory();
  let tries = 0;
  /** @type {any} */
  const hanging = {
    open: (...args) => (++tries === 1 ? /** @type {any} */ ({}) : factory.open(.../** @type {[string, number]} */ (args))),
  };
  const outbox = await openOutbox(
    createOutside({ indexedDB: hanging, channel: null, setTimeout: (run, ms) => setTimeout(run, tries === 1 ? 5 : ms) }),
  );
  assert.equal(await outbox.waiting(), 0);
});

for (const reason of ["UnknownError", "InvalidStateError"])
  test(`a store whose process died, with no word to who held it open, is opened anew after one ${reason}`, async () => {
    const store = makeMortal(new IDBFactory());
    const outbox = await openOutbox(outsideOf(store.indexedDB));
    const saves = (id) => outbox.save("k", async (head) => ({ id, item: item(head.n + 1, {}) }));
    await saves("before");
    store.die(undefined, reason);
    await assert.rejects(saves("while it is gone"), { code: "store_failed" });
    await assert.doesNotReject(saves("after"));
    const ids = (await outbox.items()).map(([id]) => id);
    assert.deepEqual(ids.sort(), ["after", "before"]);
  });

test("a store that died is opened anew once, however many wait for it", async () => {
  const store = makeMortal(new IDBFactory());
  const outbox = await openOutbox(outsideOf(store.indexedDB));
  const asks = () => Promise.allSettled([outbox.people(), outbox.drafts(), outbox.fact("office"), outbox.items()]);
  const failed = async () => (await asks()).filter(({ status }) => status === "rejected").length;
  store.die();
  assert.equal(await failed(), 4);
  assert.equal(await failed(), 0);
  assert.deepEqual(store.opened(), ["outbox", "outbox"]);
});

test("a whole day without signal is written with strict durability, from set-up to a note on the locked phone", async (t) => {
  const office = await makeOffice();
  const ama = office.addPerson("Ama");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const how = new WeakMap();
  const begins = IDBDatabase.prototype.transaction;
  t.mock.method(IDBDatabase.prototype, "transaction", function (stores, mode, options) {
    const tx = begins.call(this, stores, mode, options);
    how.set(tx, options?.durability);
    return tx;
  });
  /** @type {Set<string>} */
  const written = new Set();
  for (const name of /** @type {const} */ (["put", "add"])) {
    const real = IDBObjectStore.prototype[name];
    t.mock.method(IDBObjectStore.prototype, name, function (...args) {
      const where = this.transaction.db.name === "outbox" ? this.name : "the vault's own";
      if (this.transaction.mode === "readwrite") written.add(`${where} ${name} ${how.get(this.transaction)}`);
      return real.apply(this, args);
    });
  }
  const phone = startPhone(office);
  await setUp(phone, ama);
  office.weather = async () => {
    throw new TypeError("Failed to fetch");
  };
  const [{ vault }] = (await phone.ask("status")).people;
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  await phone.ask("draft.keep", { slot, fields: { purpose: "Weekly" } });
  await phone.ask("send", { slot, fields: visitNote(child), mode: "alone" });
  const other = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  await phone.ask("draft.keep", { slot: other.slot, fields: { purpose: "Half a" } });
  await phone.ask("lock");
  phone.kill();
  const locked = startPhone(office, phone.storage);
  await locked.ask("note.write", { vault, about: "The Tarnleys", text: "He is at the door." });
  locked.kill();
  const promised = [...written].filter((one) => /^(items add|drafts|chain|people)/.test(one)).sort();
  assert.deepEqual(promised, ["chain put strict", "drafts put strict", "items add strict", "people put strict"]);
});

test("nothing that a phone keeps needs a browser that gives keys back", async (t) => {
  // As in private windows and under Apple's Lockdown Mode: a key is refused wherever it is to be stored, at whatever depth.
  const holdsKey = (/** @type {any} */ value) =>
    value instanceof CryptoKey ||
    (typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && Object.values(value).some(holdsKey));
  for (const name of /** @type {const} */ (["put", "add"])) {
    const real = IDBObjectStore.prototype[name];
    t.mock.method(IDBObjectStore.prototype, name, function (value, key) {
      if (holdsKey(value)) throw new DOMException("a key could not be cloned", "DataCloneError");
      return real.call(this, value, key);
    });
  }
  const office = await makeOffice();
  const ama = office.addPerson("Ama");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const phone = startPhone(office);
  const words = await setUp(phone, ama);
  const [{ vault }] = (await phone.ask("status")).people;
  phone.kill();
  const again = startPhone(office, phone.storage);
  await again.ask("note.write", { vault, about: "The Tarnleys", text: "He is at the door." });
  await again.ask("unlock", { vault, words });
  await ready(again);
  const { slot } = await again.ask("draft.begin", { casefile, schema: "visit-note.1" });
  const { id } = await again.ask("send", { slot, fields: visitNote(child), mode: "alone" });
  await again.ask("sync");
  assert.ok(office.byId.has(id));
  assert.equal((await again.ask("family", { casefile })).title, "Tarnley");
  again.kill();
});

/**
 * Counts every call on a store and breaks the k-th: by throwing at once, or by aborting the transaction before the call is answered. With "commit" it counts
 * transactions that write: every call of the k-th succeeds, and nothing of it is kept, which is what a full disk looks like.
 */
function breaking(t) {
  const state = { count: 0, at: Number.POSITIVE_INFINITY, how: "throw" };
  const begins = IDBDatabase.prototype.transaction;
  t.mock.method(IDBDatabase.prototype, "transaction", function (...args) {
    const tx = begins.apply(this, args);
    if (state.how !== "commit" || tx.mode !== "readwrite") return tx;
    state.count += 1;
    if (state.count === state.at) failAtCommit(tx);
    return tx;
  });
  for (const name of ["put", "add", "get", "delete", "getAll", "getAllKeys", "index"]) {
    const real = IDBObjectStore.prototype[name];
    t.mock.method(IDBObjectStore.prototype, name, function (...args) {
      if (state.how === "commit") return real.apply(this, args);
      state.count += 1;
      if (state.count !== state.at) return real.apply(this, args);
      if (state.how === "throw") throw new DOMException("injected", "UnknownError");
      const result = real.apply(this, args);
      this.transaction.abort();
      return result;
    });
  }
  return state;
}

/** Lets every request of a transaction succeed, and aborts it when it would be complete. */
function failAtCommit(/** @type {any} */ tx) {
  const start = tx._start;
  tx._start = function () {
    const isOver = this._started && this._requests.every((/** @type {any} */ { request }) => request.readyState === "done");
    return isOver && this._state !== "finished" ? this._abort("QuotaExceededError") : start.call(this);
  };
}

for (const how of ["throw", "abort", "commit"]) {
  test(`whichever call of the store fails (${how}), what was called saved is stored, and the rest is told`, async (t) => {
    const office = await makeOffice();
    const ama = office.addPerson("Ama");
    const { casefile, child } = await office.openFamily(ama, "Tarnley");
    const storage = makeStorage();
    // Nothing runs by itself: on a slow machine it would be what fails, in place of the saving.
    const phone = startPhone(office, storage, { setTimeout: () => 0, clearTimeout: () => undefined });
    await setUp(phone, ama);
    office.weather = async () => {
      throw new TypeError("Failed to fetch");
    };
    const broken = breaking(t);
    broken.how = how;
    const saved = [];
    const refused = [];
    for (let k = 1; k <= 40; k++) {
      const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
      broken.count = 0;
      // A keeping and a sending are one transaction each.
      broken.at = how === "commit" ? 1 + (k % 2) : k;
      const kept = await phone.ask("draft.keep", { slot, fields: { purpose: `draft ${k}` } }).then(
        () => true,
        (error) => error.code,
      );
      const sent = await phone
        .ask("send", { slot, fields: visitNote(child, `note ${k}`), mode: "alone" })
        .catch((error) => error);
      broken.at = Number.POSITIVE_INFINITY;
      if (sent.id) saved.push(sent.id);
      else {
        refused.push(sent.code);
        // The screen still has the text and simply tries again.
        const retried = await phone.ask("send", { slot, fields: visitNote(child, `note ${k}`), mode: "alone" });
        saved.push(retried.id);
      }
      if (kept !== true) refused.push(kept);
    }
    assert.ok(refused.length >= (how === "commit" ? 40 : 4), `only ${refused.length} failures were met`);
    assert.deepEqual([...new Set(refused)], ["store_failed"]);
    const outbox = await openOutbox(outsideOf(storage.indexedDB));
    const rows = (await outbox.items()).sort(([, a], [, b]) => a.n - b.n);
    assert.deepEqual(
      saved.filter((id) => !rows.some(([stored]) => stored === id)),
      [],
    );
    assert.deepEqual(
      rows.map(([, row]) => row.n),
      rows.map((_, i) => i + 1),
      "the chain has no gap and no fork",
    );
    phone.kill();
  });
}

test("sent items are looked through only when there is something to free or to ask for again", async () => {
  const factory = new IDBFactory();
  const outbox = await openOutbox(outsideOf(factory));
  for (const id of ["a", "b", "c"]) await outbox.save("k", async (head) => ({ id, item: item(head.n + 1) }));
  const at = (/** @type {string} */ received_at, epoch = 2) => ({ received_at, epoch });
  await outbox.sent([["a", at("2026-11-21T10:00:00.000Z")]]);
  assert.deepEqual(await outbox.prune(2, "2026-11-01T00:00:00.000Z"), []);
  // Noted after the first look: neither may be forgotten by the notes.
  await outbox.sent([["b", at("2026-11-20T10:00:00.000Z")]]);
  await outbox.sent([["c", at("2026-11-22T10:00:00.000Z", 1)]]);
  assert.deepEqual(await outbox.prune(2, "2026-11-20T12:00:00.000Z"), ["c"], "another epoch is asked about");
  assert.deepEqual(
    (await outbox.items()).map(([id]) => id),
    ["a", "c"],
  );
  assert.deepEqual(await outbox.prune(3, "2026-11-01T00:00:00.000Z"), ["a", "c"], "after a restore all of them are");
  assert.deepEqual(await outbox.prune(2, "2026-11-21T10:00:00.000Z"), ["c"]);
  assert.deepEqual(
    (await outbox.items()).map(([id]) => id),
    ["c"],
  );
});

test("law: what waits is found, counted and timed, whatever the clock does and whoever else writes", async () => {
  const id = fc.integer({ min: 0, max: 5 }).map(String);
  const at = fc.integer({ min: 0, max: 40 });
  const step = fc.oneof(
    fc.record({ do: fc.constant("save"), id, at }),
    fc.record({ do: fc.constant("delay"), id, at }),
    fc.record({ do: fc.constant("sent"), id }),
    fc.record({ do: fc.constant("again"), id, at }),
    fc.record({ do: fc.constant("another sends"), id }),
    fc.record({ do: fc.constant("the clock is set"), at }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const factory = new IDBFactory();
      let clock = 20;
      const outside = { ...outsideOf(factory), now: () => clock };
      const [outbox, other] = [await openOutbox(outside), await openOutbox(outside)];
      /** @type {Map<string, number | undefined>} */
      const model = new Map();
      for (const one of steps) {
        if (one.do === "the clock is set") clock = one.at;
        const known = "id" in one && model.has(one.id);
        if (one.do === "save" && !known) {
          await outbox.save("k", async (head) => ({ id: one.id, item: item(head.n + 1, { next_at: one.at }) }));
          model.set(one.id, one.at);
        }
        if (one.do === "delay" && known && model.get(one.id) !== undefined) {
          await outbox.delay([[one.id, one.at]]);
          model.set(one.id, one.at);
        }
        if (one.do === "sent" && known) {
          await outbox.sent([[one.id, { received_at: "2026-11-21T10:00:00.000Z", epoch: 1 }]]);
          model.set(one.id, undefined);
        }
        if (one.do === "again" && known) {
          await outbox.offerAgain([[one.id, { next_at: one.at }]]);
          model.set(one.id, one.at);
        }
        if (one.do === "another sends" && known) {
          // As the service worker does: it tells, and what this one believed is read anew.
          await other.offerAgain([[one.id, { next_at: 0 }]]);
          outbox.reread();
          model.set(one.id, 0);
        }
        const due = [...model].filter(([, next_at]) => next_at !== undefined && next_at <= clock).map(([name]) => name);
        const times = [...model.values()].filter((next_at) => next_at !== undefined);
        assert.deepEqual((await outbox.due(clock, 100)).map(([name]) => name).sort(), due.sort());
        assert.equal(await outbox.waiting(), times.length);
        assert.equal(await outbox.nextAt(), times.length ? Math.min(...times) : null);
      }
    }),
    { numRuns: 60 },
  );
});

for (const [how, first] of /** @type {[string, (outbox: any) => Promise<unknown>][]} */ ([
  ["counted", async (outbox) => assert.equal(await outbox.waiting(), 1)],
  ["known to be next", async (outbox) => assert.equal(await outbox.nextAt(), 15)],
  ["offered", async (outbox) => assert.equal((await outbox.due(18)).length, 1)],
]))
  test(`what another put off by a clock that was set back is ${how}, before its word that it did comes`, async () => {
    const factory = new IDBFactory();
    let clock = 20;
    const outside = { ...outsideOf(factory), now: () => clock };
    const [outbox, other] = [await openOutbox(outside), await openOutbox(outside)];
    await outbox.save("k", async (head) => ({ id: "a", item: item(head.n + 1, { next_at: 30 }) }));
    assert.deepEqual(await outbox.due(clock), [], "it is not due, and what is believed begins now");
    clock = 14;
    await other.delay([["a", 15]]);
    clock = 18;
    await first(outbox);
  });
