/** Days on which the clock or the disk is against the phone. */
import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import test from "node:test";
import { IDBDatabase, IDBObjectStore } from "fake-indexeddb";
import { hash, json } from "../../static/src/core/keys.js";
import { openOutbox } from "../../static/src/core/outbox.js";
import { push } from "../../static/src/core/push.js";
import { b64u } from "../../static/src/sync/entry.js";
import { makeOffice } from "./office.js";
import { inVault, makeStorage, ready, setUp, startPhone, visitNote } from "./phone.js";

const TEN_YEARS_MS = 3_652 * 86_400_000;

async function begun(given = {}) {
  const office = await makeOffice();
  const ama = office.addPerson("Ama");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const storage = makeStorage();
  const phone = startPhone(office, storage, given);
  const words = await setUp(phone, ama);
  const write = async (one) => {
    const { slot } = await one.ask("draft.begin", { casefile, schema: "visit-note.1" });
    return one.ask("send", { slot, fields: visitNote(child) });
  };
  return { office, storage, phone, words, write };
}

test("what was saved while the clock was ten years fast is sent once it is right", async () => {
  let off = 0;
  const now = () => Date.now() + off;
  const { office, phone, write } = await begun({ now });
  const before = office.byId.size;
  off = TEN_YEARS_MS;
  const weather = office.weather;
  office.weather = () => {
    throw new TypeError("no signal");
  };
  await write(phone);
  await phone.ask("sync");
  office.weather = weather;
  off = 0;
  await phone.ask("sync");
  assert.equal((await phone.ask("outbox")).waiting, 0);
  assert.equal(office.byId.size, before + 1);
});

/** Refuses every write to a vault, as a full phone does. */
function fillUp(t) {
  const state = { isFull: true };
  for (const name of ["put", "add"]) {
    const real = IDBObjectStore.prototype[name];
    t.mock.method(IDBObjectStore.prototype, name, function (...args) {
      if (state.isFull) throw new DOMException("no room", "QuotaExceededError");
      return real.apply(this, args);
    });
  }
  return state;
}

test("a phone that was full when it was unlocked sends as soon as there is room, without being locked again", async (t) => {
  const { office, storage, phone, words, write } = await begun();
  phone.kill();
  const disk = fillUp(t);
  const again = startPhone(office, storage);
  const { people } = await again.ask("status");
  await again.ask("unlock", { vault: people[0].vault, words });
  await again.until(async () => (await again.ask("caseload")).complete, "a complete caseload");
  await assert.rejects(write(again), { code: "store_failed" });
  disk.isFull = false;
  await write(again);
  again.kill();
});

test("a full phone still tells wrong words from right ones, and opens", async (t) => {
  const { office, storage, phone, words } = await begun();
  phone.kill();
  const again = startPhone(office, storage);
  const { vault } = (await again.ask("status")).people[0];
  await assert.rejects(again.ask("unlock", { vault, words: "not these at all" }), { code: "wrong_words" });
  fillUp(t);
  await assert.rejects(again.ask("unlock", { vault, words: "nor these here now" }), { code: "wrong_words" });
  await again.ask("unlock", { vault, words });
  again.kill();
});

// ── what one fault may not do to anything else ──

const noSignal = async () => {
  throw new TypeError("Failed to fetch");
};
const unlock = async (phone, words) => phone.ask("unlock", { vault: (await phone.ask("status")).people[0].vault, words });

async function working(given = {}) {
  const office = await makeOffice();
  const ama = office.addPerson("Ama");
  const marian = office.addPerson("Marian", "supervisor");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const phone = startPhone(office, undefined, given);
  const words = await setUp(phone, ama);
  const writes = async (one, line) => {
    const { slot } = await one.ask("draft.begin", { casefile, schema: "visit-note.1" });
    return one.ask("send", { slot, fields: visitNote(child, line), mode: "alone" });
  };
  const adds = async (one, record) => {
    const { slot, fields } = await one.ask("draft.begin", { casefile, schema: "visit-note.1", record });
    return one.ask("send", { slot, fields: { ...fields, added_later: "more" }, mode: "alone" });
  };
  return { office, ama, marian, casefile, phone, words, writes, adds };
}

async function spoil(phone, store, which = (/** @type {any[]} */ keys) => keys) {
  for (const key of which(await inVault(phone, store, (rows) => rows.getAllKeys()))) {
    const bytes = await inVault(phone, store, (rows) => rows.get(key));
    bytes[bytes.length - 1] ^= 1;
    await inVault(phone, store, (rows) => rows.put(bytes, key));
  }
}

test("a page of the cache that cannot be read holds up neither sending nor what the office answers", async () => {
  const { office, phone, writes, adds } = await working();
  const first = await writes(phone, "first");
  await phone.ask("sync");
  office.weather = noSignal;
  await adds(phone, first.record);
  await writes(phone, "another");
  await spoil(phone, "pages");
  office.weather = null;
  await phone.ask("sync");
  await phone.ask("sync");
  const { waiting } = await phone.ask("outbox");
  const { versions } = await phone.ask("record", { record: first.record });
  phone.kill();
  assert.equal(waiting, 0);
  assert.equal(versions.length, 2, "what could not be read came again");
});

test("a record whose page in the cache cannot be read says so, is not edited in part, and comes back with signal", async () => {
  const { office, marian, casefile, phone, writes, adds } = await working();
  const { record } = await writes(phone, "first");
  await phone.ask("sync");
  const begun = await phone.ask("draft.begin", { casefile, schema: "visit-note.1", record });
  await phone.ask("draft.keep", { slot: begun.slot, fields: { ...begun.fields, added_later: "half a" } });
  office.weather = noSignal;
  await spoil(phone, "pages");
  for (let i = 0; i < 2; i++) await assert.rejects(phone.ask("record", { record }), { code: "record_unreadable" });
  assert.equal((await phone.ask("draft.open", { slot: begun.slot })).fields.added_later, "half a");
  await phone.ask("draft.discard", { slot: begun.slot });
  await assert.rejects(adds(phone, record), { code: "record_unreadable" });
  // What came meanwhile is beside what is read again, not in its place.
  await office.write(marian, { kind: "contact", schema: "contact.1", casefile, fields: { line: "a kestrel" } });
  office.weather = null;
  await phone.ask("sync");
  assert.equal((await phone.ask("record", { record })).versions.length, 1);
  assert.equal((await phone.ask("search", { text: "kestrel" })).length, 1);
  phone.kill();
});

test("what is new of a record whose page cannot be read has the whole of it read again", async () => {
  const { office, marian, casefile, phone, writes } = await working();
  const { id, record } = await writes(phone, "first");
  await phone.ask("sync");
  await spoil(phone, "pages");
  const covers = { decision: "signed_off", covers: [id], comments: [], text: "" };
  await office.write(marian, { kind: "review", schema: "review.1", casefile, record, parents: [id], fields: covers });
  await phone.ask("sync");
  await phone.ask("sync");
  const { versions, reviews } = await phone.ask("record", { record });
  assert.equal(versions.length, 1);
  assert.equal(reviews.length, 1);
  phone.kill();
});

test("a vault that cannot be written makes nobody send the same again and again", async (t) => {
  const { office, phone, writes } = await working();
  await phone.ask("sync");
  const real = IDBDatabase.prototype.transaction;
  office.weather = noSignal;
  await writes(phone, "a");
  t.mock.method(IDBDatabase.prototype, "transaction", function (stores, mode, options) {
    if (this.name !== "outbox" && mode === "readwrite") throw new DOMException("full", "QuotaExceededError");
    return real.call(this, stores, mode, options);
  });
  office.weather = null;
  const before = office.requests.length;
  const failed = () => phone.news.filter(({ news, value }) => news === "office" && value.status === "store_failed").length;
  const told = failed();
  await phone.ask("sync");
  await phone.until(() => failed() > told, "the failure on screen");
  for (let i = 0; i < 3; i++) await phone.ask("sync");
  phone.kill();
  assert.deepEqual(
    office.requests.slice(before).filter((path) => path === "/sync/v1/push"),
    ["/sync/v1/push"],
  );
});

test("what was sent late because a clock ran ahead, and the wait after a failure, end when the clock is right", async () => {
  let off = TEN_YEARS_MS;
  const { office, phone, writes } = await working({ now: () => Date.now() + off });
  office.weather = noSignal;
  await writes(phone, "first");
  await phone.ask("sync");
  office.weather = null;
  off = 0;
  const { id } = await writes(phone, "second");
  // By itself, with nobody asking.
  await phone.until(() => office.byId.has(id), "the note at the office");
  phone.kill();
});

test("an answer judged before the cache is read takes no version off the phone", async (t) => {
  const { office, phone, words, writes, adds } = await working();
  for (let i = 0; i < 26; i++) {
    await writes(phone, `Visit ${i}`);
    await phone.ask("sync");
  }
  const first = await writes(phone, "The kitchen was warm.");
  await phone.ask("sync");
  office.weather = noSignal;
  await adds(phone, first.record);
  office.weather = null;
  office.refuse = () => ({ code: "not_allowed" });
  await phone.ask("lock");
  phone.kill();
  const locked = startPhone(office, phone.storage);
  await locked.ask("sync");
  locked.kill();
  const again = startPhone(office, phone.storage);
  const real = IDBObjectStore.prototype.getAll;
  const slow = t.mock.method(IDBObjectStore.prototype, "getAll", function (...args) {
    if (this.name === "briefs") for (let i = 0; i < 3_000; i++) this.count();
    return real.apply(this, args);
  });
  await unlock(again, words);
  await again.ask("measures");
  await again.ask("sync");
  slow.mock.restore();
  await ready(again);
  await again.ask("sync");
  again.kill();
  office.weather = noSignal;
  const third = startPhone(office, phone.storage);
  await unlock(third, words);
  await ready(third);
  const { versions } = await third.ask("record", { record: first.record });
  third.kill();
  assert.equal(versions.length, 2);
});

test("a tab that lost its place writes nothing more over what the next one keeps", async () => {
  const { office, marian, casefile, phone, words, writes } = await working();
  await phone.ask("sync");
  const atDesk = (line) => office.write(marian, { kind: "contact", schema: "contact.1", casefile, fields: { line } });
  await atDesk("desk one");
  let go = () => {};
  let asked = () => {};
  const held = new Promise((resolve) => {
    go = () => resolve(undefined);
  });
  const isAsked = new Promise((resolve) => {
    asked = () => resolve(undefined);
  });
  office.weather = async (path, real) => {
    const response = await real();
    if (path === "/sync/v1/pull") {
      asked();
      await held;
    }
    return response;
  };
  const first = phone.ask("sync").catch(() => undefined);
  await isAsked;
  office.weather = null;
  await atDesk("desk two");
  const second = startPhone(office, phone.storage);
  await second.ask("status");
  await second.ask("continue here");
  await unlock(second, words);
  await ready(second);
  go();
  await first;
  await writes(second, "kitchen");
  await second.ask("sync");
  const had = (await second.ask("family", { casefile })).records.length;
  second.kill();
  phone.kill();
  const third = startPhone(office, phone.storage);
  await unlock(third, words);
  await ready(third);
  await third.ask("sync");
  const has = (await third.ask("family", { casefile })).records.length;
  third.kill();
  assert.equal(has, had);
});

test("what cannot be read of the cache stays where it is until the office was heard", async () => {
  const { office, phone, words, writes } = await working();
  await writes(phone, "kitchen");
  await phone.ask("sync");
  phone.kill();
  await spoil(phone, "briefs", (keys) => keys.slice(-1));
  const [last] = (await inVault(phone, "briefs", (rows) => rows.getAllKeys())).slice(-1);
  office.weather = noSignal;
  const again = startPhone(office, phone.storage);
  await unlock(again, words);
  await ready(again);
  const left = await inVault(again, "briefs", (rows) => rows.getAllKeys());
  again.kill();
  assert.ok(left.some((/** @type {any[]} */ key) => key[1] === last[1]));
});

test("a tidying that fails is no failure of sending", async (t) => {
  const { office, phone, words, writes } = await working();
  for (let i = 0; i < 26; i++) {
    await writes(phone, `Visit ${i}`);
    await phone.ask("sync");
  }
  phone.kill();
  const again = startPhone(office, phone.storage);
  const real = IDBObjectStore.prototype.delete;
  let tried = 0;
  t.mock.method(IDBObjectStore.prototype, "delete", function (...args) {
    if (this.name !== "briefs") return real.apply(this, args);
    tried++;
    throw new DOMException("full", "QuotaExceededError");
  });
  await unlock(again, words);
  await ready(again);
  again.kill();
  assert.ok(tried > 0);
  assert.ok(!again.news.some(({ value }) => value?.status === "store_failed"));
});

test("one failed read at unlocking does not end the session's sending", async (t) => {
  const { office, casefile, phone, words, writes } = await working();
  await writes(phone, "first");
  await phone.ask("sync");
  phone.kill();
  const again = startPhone(office, phone.storage);
  const real = IDBObjectStore.prototype.getAll;
  let failed = 0;
  t.mock.method(IDBObjectStore.prototype, "getAll", function (...args) {
    if (this.name === "briefs" && failed++ === 0) throw new DOMException("flaky", "UnknownError");
    return real.apply(this, args);
  });
  await unlock(again, words);
  await again.until(() => failed > 0 && again.news.some(({ value }) => value?.status === "store_failed"), "the failure");
  assert.equal((await writes(again, "second")).standing, "waiting");
  assert.equal((await again.ask("family", { casefile })).records.length, 4);
  again.kill();
});

test("a checkpoint older than the one kept never takes its place, and the kept one is shown at the next greeting", async () => {
  const { office, phone } = await working();
  await phone.ask("sync");
  /** @type {any[]} */
  const greetings = [];
  let n = 50;
  office.weather = async (path, real, body) => {
    const response = await real();
    if (path !== "/sync/v1/hello") return response;
    greetings.push(JSON.parse(new TextDecoder().decode(body)));
    return new Response(JSON.stringify({ ...(await response.json()), checkpoint: await office.checkpoint(n) }), {
      headers: { "Content-Type": "application/json" },
    });
  };
  await phone.ask("sync");
  n = 41;
  await phone.ask("sync");
  await phone.ask("sync");
  const kept = await (await openOutbox(phone.outside)).fact("checkpoint");
  phone.kill();
  assert.equal(kept.n, 50);
  assert.equal(greetings.at(-1).checkpoint, kept.jws);
});

test("one form the office cannot give holds up no record and no other form", async () => {
  const { office, marian, casefile, phone } = await working();
  await phone.ask("sync");
  await office.write(marian, { kind: "contact", schema: "contact.1", casefile, fields: { line: "rang school" } });
  const named = async (/** @type {Uint8Array} */ bytes) => {
    const name = b64u(await hash(bytes));
    office.practice.files.set(name, bytes);
    return name;
  };
  const index = JSON.parse(new TextDecoder().decode(office.practice.files.get(office.practice.index)));
  index.records["new.1"] = await named(json({ id: "new.1", title: "New", sections: [] }));
  index.records["lost.1"] = "A".repeat(43);
  office.practice.index = await named(json(index));
  await phone.ask("sync");
  const { records } = await phone.ask("family", { casefile });
  const { title } = await phone.ask("definition", { hash: index.records["new.1"] }).catch((error) => error);
  phone.kill();
  assert.equal(records.length, 3);
  assert.equal(title, "New");
});

test("the oldest that waits is told, and stands first, however many are being sorted", async () => {
  const { office, phone, writes } = await working();
  await phone.ask("sync");
  office.refuse = () => ({ code: "not_allowed" });
  for (let i = 0; i < 200; i++) await writes(phone, `note ${i}`);
  await phone.ask("sync");
  office.weather = noSignal;
  const { id } = await writes(phone, "the one that waits");
  const told = await phone.ask("outbox");
  phone.kill();
  assert.ok(told.oldest_at);
  assert.equal(told.items[0].id, id);
});

test("nothing is still being taken in when the sender's lock is let go", async () => {
  let reads = 0;
  let now = 0;
  let taking = 0;
  const outbox = {
    fact: async () => undefined,
    keepFact: async () => {},
    recall: async () => {},
    delay: async () => {},
    dueDrafts: async () => [],
    due: async () => {
      if (++reads > 1) throw new Error("store_failed");
      return [["a", { sealed: new Uint8Array(3), attempts: 0, next_at: 0 }]];
    },
  };
  const answer = { v: 1, epoch: 1, results: [{ status: "stored", receipt: "x" }] };
  const outside = {
    now: () => (now += 2_000),
    pick: () => 0,
    hold: (/** @type {string} */ _name, /** @type {any} */ _how, /** @type {any} */ work) => work(true),
    ask: async () => new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } }),
  };
  const take = async () => {
    taking++;
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    taking--;
  };
  await assert.rejects(push(/** @type {any} */ (outside), /** @type {any} */ (outbox), { atOnce: true, take }));
  assert.equal(taking, 0);
});

test("an envelope on which the office stumbles is passed by in the end", async () => {
  const { office, phone, writes } = await working();
  office.weather = noSignal;
  const ids = [];
  for (let i = 0; i < 9; i++) ids.push((await writes(phone, `note ${i}`)).id);
  await phone.ask("sync");
  const rows = await (await openOutbox(phone.outside)).items();
  const poison = Buffer.from(rows.find(([id]) => id === ids[0])?.[1].sealed ?? "");
  office.weather = async (path, real, body) =>
    path === "/sync/v1/push" && Buffer.from(body).includes(poison)
      ? new Response("{}", { status: 500, headers: { "Content-Type": "application/json" } })
      : real();
  for (let i = 0; i < 20; i++) await phone.ask("sync");
  phone.kill();
  assert.ok(ids.slice(1).every((id) => office.byId.has(id)));
  assert.ok(!office.byId.has(ids[0]));
});

test("a phone whose browser dropped the device token gets another, and what waits is sent", async () => {
  const { office, phone, words, writes } = await working();
  await phone.ask("sync");
  office.isKnown = false;
  const { id } = await writes(phone, "after the clock was put right");
  await phone.ask("sync");
  assert.ok(office.byId.has(id));
  assert.equal((await phone.ask("outbox")).fetching, "ok");

  // And with nothing to send, when it only fetches.
  office.isKnown = false;
  await phone.ask("sync");
  assert.equal((await phone.ask("outbox")).fetching, "ok");

  // Locked it cannot prove itself: what waits stays, and goes when somebody unlocks.
  office.weather = noSignal;
  const late = await writes(phone, "before locking");
  await phone.ask("lock");
  phone.kill();
  office.weather = null;
  office.isKnown = false;
  const locked = startPhone(office, phone.storage);
  await locked.ask("sync");
  assert.ok(!office.byId.has(late.id));
  await unlock(locked, words);
  await locked.until(() => office.byId.has(late.id), "the note at the office");
  locked.kill();
});

test("what waited under forgotten words is sent, and no longer waits once its person has new ones", async () => {
  const { office, ama, phone, writes } = await working();
  await phone.ask("sync");
  office.weather = noSignal;
  const { id } = await writes(phone, "before the words were forgotten");
  await phone.ask("lock");
  phone.kill();
  office.weather = null;

  const again = startPhone(office, phone.storage);
  const [{ vault }] = (await again.ask("status")).people;
  const { offered_words } = await again.ask("setup.start", { email: ama.email, password: "correct", code: "123456" });
  await again.ask("setup.finish", { words: offered_words.join(" "), label: "Ama", replaces: vault });
  await ready(again);
  await again.ask("sync");
  assert.ok(office.byId.has(id));
  const { waiting, items } = await again.ask("outbox");
  again.kill();
  assert.deepEqual([waiting, items], [0, []]);
});

test("what somebody adds to a note that is taken away meanwhile is sent all the same", async () => {
  const { office, casefile, phone, writes } = await working();
  const { record } = await writes(phone, "first");
  await phone.ask("sync");
  const draft = await phone.ask("draft.begin", { casefile, schema: "visit-note.1", record });
  const fields = { ...draft.fields, additions: [{ id: "AAAAAAAAAAAAAAAAAAAAAA", why: "more", text: "The gate was open." }] };
  await phone.ask("draft.keep", { slot: draft.slot, fields });
  office.scope.delete(casefile);
  office.removed = [{ casefile, reason: "ended" }];
  await phone.ask("sync");
  const { id } = await phone.ask("send", { slot: draft.slot, fields, mode: "alone" });
  await phone.ask("sync");
  assert.ok(office.byId.has(id));
  assert.ok(!(await phone.ask("caseload")).families.some((one) => one.casefile === casefile));
  phone.kill();
});

test("what was typed about a family that is taken away meanwhile is kept anew and reaches the office", async () => {
  const { office, casefile, phone, writes } = await working();
  const { record, id } = await writes(phone, "first");
  await phone.ask("sync");
  office.scope.delete(casefile);
  office.removed = [{ casefile, reason: "ended" }];
  await phone.ask("sync");
  const begin = (more) => phone.ask("draft.begin", { casefile, schema: "visit-note.1", ...more }).catch(({ code }) => ({ code }));
  assert.deepEqual([await begin({}), await begin({ record })], [{ code: "unknown_casefile" }, { code: "unknown_record" }]);

  // What stood on the screen before it went is all that is known of it.
  const [own, added] = [await begin({ heads: [] }), await begin({ record, heads: [id] })];
  assert.deepEqual([own.heads, added.record, added.heads], [[], record, [id]]);
  assert.notEqual(own.record, record);
  for (const { slot } of [own, added]) await phone.ask("draft.keep", { slot, fields: { purpose: "The gate was open." } });
  assert.equal((await phone.ask("draft.open", { slot: own.slot })).fields.purpose, "The gate was open.");
  await phone.ask("lock");
  await phone.until(() => [own, added].every(({ slot }) => office.drafts.has(slot)), "both drafts at the office");
  phone.kill();
});
