/** A phone that is lost, somebody who no longer uses one, one that was not heard from, words that were forgotten: what goes, what stays, what comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { json, text } from "../../static/src/core/keys.js";
import { splitJws } from "../../static/src/sync/entry.js";
import { makeOffice, newId } from "./office.js";
import { ready, setUp, startPhone, visitNote } from "./phone.js";

const DAY = 86_400_000;
const vaultsOf = async (phone) =>
  (await phone.storage.indexedDB.databases()).map(({ name }) => name).filter((name) => name !== "outbox");
const parted = (phone) => phone.until(() => phone.news.some(({ news }) => news === "parted"), "word that it is over");
const noSignal = async () => {
  throw new TypeError("Failed to fetch");
};

/** Ama's phone with one family, two notes that wait and one draft, without signal. */
async function given(how = {}, policy = {}) {
  const office = await makeOffice(undefined, policy);
  const ama = office.addPerson("Ama");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const phone = startPhone(office, undefined, how);
  const words = await setUp(phone, ama);
  office.weather = noSignal;
  for (const line of ["First of two.", "Second of two."]) {
    const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
    await phone.ask("send", { slot, fields: visitNote(child, line) });
  }
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  await phone.ask("draft.keep", { slot, fields: { seen_and_heard: "Not finished yet." } });
  return { office, ama, casefile, child, phone, words, slot };
}

test("a phone that hears it is lost drops everything that can be read, says so signed, and goes on sending", async () => {
  const { office, phone } = await given();
  const [{ kid }] = [...office.enrolments.map(({ jws }) => splitJws(jws, "fieldapp-enrolment"))];
  office.status = "lost";
  office.refuse = () => ({ code: "device_ended" });
  office.weather = null;
  void phone.ask("sync").catch(() => undefined);
  await parted(phone);
  assert.deepEqual(await vaultsOf(phone), []);
  assert.equal((await phone.ask("status")).state, "fresh");
  assert.deepEqual(office.dropped, [[kid, true]]);
  await assert.rejects(phone.ask("caseload"), { code: "locked" });
  // What waited went, and so did the draft, which nobody can open here any more.
  await phone.until(() => office.quarantine.size === 2 && office.drafts.size === 1, "what waited, at the office");
  phone.kill();
});

test("a lost phone keeps what waits until it can be sent, over any number of restarts", async () => {
  const { office, phone } = await given();
  office.status = "lost";
  // The greeting gets through, and none of the notes is taken yet.
  office.refuse = () => ({ status: "retry", retry_after: 3600 });
  office.weather = null;
  phone.kill();
  const second = startPhone(office, phone.storage);
  await second.ask("sync");
  await parted(second);
  assert.deepEqual(await vaultsOf(second), []);
  second.kill();
  office.refuse = () => null;
  const third = startPhone(office, phone.storage, { now: () => Date.now() + 2 * 3_600_000 });
  assert.equal((await third.ask("status")).state, "fresh");
  await third.until(() => office.byId.size === 4 && office.drafts.size === 1, "both notes and the draft at the office");
  third.kill();
});

test("a locked phone hears that it is lost, also while what it sends is refused, and its word is not signed", async () => {
  const { office, phone } = await given();
  phone.kill();
  office.weather = (path, real) => (path === "/sync/v1/push" ? new Response("", { status: 503 }) : real());
  office.status = "lost";
  const locked = startPhone(office, phone.storage);
  await parted(locked);
  assert.deepEqual(await vaultsOf(locked), []);
  office.weather = null;
  await locked.ask("sync");
  await locked.until(() => office.dropped.length === 1, "its word");
  assert.equal(office.dropped[0][1], false);
  await locked.ask("sync");
  assert.equal(office.dropped.length, 1);
  locked.kill();
});

for (const [what, name] of [
  ["deleted what could be read, and could not write that down", "put"],
  ["was to delete what could be read, and could not yet", "deleteDatabase"],
])
  test(`a phone that ${what}, does so and says so when it can, whatever the office says by then`, async (t) => {
    const { office, phone } = await given();
    const [{ kid }] = office.enrolments.map(({ jws }) => splitJws(jws, "fieldapp-enrolment"));
    office.endedSigners.add(kid);
    /** @type {any} */
    const of = name === "put" ? IDBObjectStore.prototype : IDBFactory.prototype;
    const real = of[name];
    const stopped = t.mock.method(of, name, function (value, key) {
      if (key === "dropped" || name !== "put") throw new DOMException("failed", "QuotaExceededError");
      return real.call(this, value, key);
    });
    office.weather = (path, answer) => (path === "/sync/v1/push" ? new Response("", { status: 503 }) : answer());
    await phone.ask("sync");
    phone.kill();
    assert.ok(stopped.mock.calls.some(({ error }) => error));
    assert.deepEqual([office.dropped, (await vaultsOf(phone)).length], [[], name === "put" ? 0 : 1]);
    stopped.mock.restore();
    office.weather = null;
    const later = startPhone(office, phone.storage);
    await later.until(() => office.dropped.length === 1, "its word");
    assert.deepEqual(office.dropped, [[kid, false]]);
    assert.deepEqual(await vaultsOf(later), []);
    const { state, parted: gone } = await later.ask("status");
    assert.deepEqual([state, gone], ["fresh", "Ama"]);
    await later.until(() => office.byId.size === 4 && office.drafts.size === 1, "both notes and the draft at the office");
    later.kill();
  });

test("a phone too full to write down that it is lost has deleted what could be read all the same", async (t) => {
  const { office, phone } = await given();
  const put = IDBObjectStore.prototype.put;
  const full = t.mock.method(IDBObjectStore.prototype, "put", function (value, key) {
    if (key === "dropped") throw new DOMException("full", "QuotaExceededError");
    return put.call(this, value, key);
  });
  office.status = "lost";
  office.weather = null;
  await phone.ask("sync");
  phone.kill();
  assert.ok(full.mock.calls.some(({ error }) => error instanceof DOMException));
  assert.deepEqual(await vaultsOf(phone), []);
});

test("no silence, no failure and no answer but the office's own word makes a phone drop anything", async () => {
  const { office, phone, words } = await given();
  const answers = [
    () => new Response("<p>Log in to this wifi</p>", { status: 200, headers: { "Content-Type": "text/html" } }),
    () => new Response('{"v":1,"error":"read_token"}', { status: 401, headers: { "Content-Type": "application/json" } }),
    () => new Response('{"v":1,"error":"device"}', { status: 401, headers: { "Content-Type": "application/json" } }),
    () => new Response('{"v":1,"device":{"status":"cloned"}}', { status: 200, headers: { "Content-Type": "application/json" } }),
    () => new Response("", { status: 503 }),
  ];
  for (const answer of answers) {
    office.weather = async () => answer();
    await phone.ask("sync");
  }
  phone.kill();
  for (const answer of answers) {
    office.weather = async () => answer();
    const locked = startPhone(office, phone.storage);
    await locked.ask("sync");
    locked.kill();
  }
  const again = startPhone(office, phone.storage);
  const { people } = await again.ask("status");
  await again.ask("unlock", { vault: people[0].vault, words });
  assert.deepEqual(
    (await again.ask("caseload")).families.map(({ title }) => title),
    ["Tarnley"],
  );
  again.kill();
});

test("a phone that hears that two say they are it keeps all that can be read, says why nothing is fetched, and goes on sending", async () => {
  const { office, casefile, phone } = await given();
  office.status = "cloned";
  office.weather = null;
  await phone.ask("sync");
  await phone.until(() => office.byId.size === 4, "both notes at the office");
  assert.equal((await phone.ask("outbox")).fetching, "cloned");
  assert.ok(!phone.news.some(({ news }) => news === "parted"));
  assert.deepEqual([(await phone.ask("family", { casefile })).records.length > 2, office.dropped], [true, []]);
  office.status = "ok";
  await phone.ask("sync");
  assert.equal((await phone.ask("outbox")).fetching, "ok");
  phone.kill();
});

test("one person's use of a shared phone ends: theirs goes, the other's stays, and what both wrote goes on", async () => {
  const { office, phone, words } = await given();
  office.weather = null;
  await setUp(phone, office.addPerson("Reece"));
  const [{ kid }] = office.enrolments.map(({ jws }) => splitJws(jws, "fieldapp-enrolment"));
  const { people } = await phone.ask("status");
  office.endedSigners.add(kid);
  await phone.ask("unlock", { vault: people.find(({ label }) => label === "Ama").vault, words });
  await parted(phone);
  assert.deepEqual(office.dropped, [[kid, true]]);
  assert.equal((await vaultsOf(phone)).length, 1);
  const { people: left, parted: gone } = await phone.ask("status");
  assert.deepEqual(
    left.map(({ label }) => label),
    ["Reece"],
  );
  // Whoever takes the phone up next month is told whose families went from it, without unlocking anything.
  assert.equal(gone, "Ama");
  await phone.until(() => office.byId.size === 4, "what Ama had written");
  phone.kill();
});

test("a phone that was not heard from for 14 days drops its families and keeps what waits and drafts; before that it warns", async () => {
  let ahead = 0;
  const { office, phone, words, slot, casefile } = await given({ now: () => Date.now() + ahead });
  const opens = async (days) => {
    ahead = days * DAY;
    const again = startPhone(office, phone.storage, { now: () => Date.now() + ahead });
    const { people } = await again.ask("status");
    await again.ask("unlock", { vault: people[0].vault, words });
    return again;
  };
  phone.kill();
  const told = (one) => one.news.filter(({ news }) => news === "office").map(({ value }) => value.status);
  const early = await opens(10);
  assert.equal((await early.ask("caseload")).families.length, 1);
  assert.deepEqual(told(early), []);
  early.kill();
  const warned = await opens(12);
  assert.deepEqual(told(warned), ["lapses"]);
  assert.equal((await warned.ask("family", { casefile })).title, "Tarnley");
  warned.kill();
  const lapsed = await opens(15);
  assert.deepEqual(told(lapsed), ["lapsed"]);
  await lapsed.until(async () => (await lapsed.ask("outbox")).waiting === 2, "what waits");
  assert.equal((await lapsed.ask("draft.open", { slot })).fields.seen_and_heard, "Not finished yet.");
  assert.ok((await lapsed.ask("caseload")).families.every(({ title }) => title !== "Tarnley"));
  office.weather = null;
  await ready(lapsed);
  await lapsed.until(async () => (await lapsed.ask("caseload")).families.some(({ title }) => title === "Tarnley"), "Tarnley");
  lapsed.kill();
});

test("a policy that says other days for what lies on a phone is obeyed", async () => {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  /** @type {[number, [number, string][]][]} */
  const policies = [
    [
      6,
      [
        [4, "lapses"],
        [7, "lapsed"],
      ],
    ],
    [40, [[20, ""]]],
  ];
  for (const [cache_kept_days, told] of policies) {
    ahead = 0;
    const { office, phone, words } = await given({ now }, { cache_kept_days, lock_after_minutes: 3 });
    assert.equal((await phone.ask("policy")).lock_after_minutes, 3);
    phone.kill();
    for (const [days, status] of told) {
      ahead = days * DAY;
      const again = startPhone(office, phone.storage, { now });
      const { people } = await again.ask("status");
      await again.ask("unlock", { vault: people[0].vault, words });
      const [first] = again.news.filter(({ news }) => news === "office");
      assert.equal(first?.value.status ?? "", status);
      const titles = (await again.ask("caseload")).families.map(({ title }) => title);
      assert.equal(titles.includes("Tarnley"), status !== "lapsed");
      again.kill();
    }
  }
});

test("forgotten words: what waited is sent under its author's name, and the draft comes back and can be sent", async () => {
  const { office, ama, casefile, child, phone, slot } = await given();
  const { people } = await phone.ask("status");
  phone.kill();
  office.weather = null;
  const record = newId();
  const header = {
    v: 1,
    slot,
    n: 1,
    kind: "visit_note",
    schema: "visit-note.1",
    casefile,
    record,
    parents: [],
    written_at: office.stamp(),
  };
  const body = text(json({ salt: newId(), fields: { seen_and_heard: "Not finished yet." } }));
  office.leftDrafts = [{ slot, n: 1, header: text(json(header)), body }];
  const again = startPhone(office, phone.storage);
  const { offered_words } = await again.ask("setup.start", { email: ama.email, password: "correct", code: "123456" });
  await again.ask("setup.finish", { words: offered_words.join(" "), label: ama.name, replaces: people[0].vault });
  await ready(again);
  await again.until(() => office.byId.size === 4, "both notes at the office");
  await again.until(async () => (await again.ask("family", { casefile })).drafts.length === 1, "the draft");
  await again.until(() => office.drafts.has(slot), "the draft at the office, under the new signer");
  office.leftDrafts = [];
  assert.equal((await again.ask("draft.open", { slot })).fields.seen_and_heard, "Not finished yet.");
  await again.ask("send", { slot, fields: visitNote(child, "Finished now.") });
  await again.until(() => office.byId.size === 5, "the finished note");
  assert.deepEqual((await again.ask("family", { casefile })).drafts, []);
  again.kill();
});

test("forgotten words: what the office has of a draft is not laid over the newer one that lies here, which goes there first", async () => {
  const { office, ama, casefile, phone, slot } = await given();
  const about = {
    kind: "visit_note",
    schema: "visit-note.1",
    casefile,
    record: newId(),
    parents: [],
    written_at: office.stamp(),
  };
  const body = text(json({ salt: newId(), fields: { seen_and_heard: "Not fin" } }));
  await phone.ask("draft.keep", { slot, fields: { seen_and_heard: "Not finished yet, and more." } });
  const { people } = await phone.ask("status");
  phone.kill();
  office.leftDrafts = [{ slot, n: 1, header: text(json({ v: 1, slot, n: 1, ...about })), body }];
  const again = startPhone(office, phone.storage);
  const refusing = async (path, real) => (path.startsWith("/sync/v1/drafts/") ? new Response("", { status: 503 }) : real());
  office.weather = refusing;
  const { offered_words } = await again.ask("setup.start", { email: ama.email, password: "correct", code: "123456" });
  await again.ask("setup.finish", { words: offered_words.join(" "), label: ama.name, replaces: people[0].vault });
  await ready(again);
  await again.until(() => office.requests.includes("/sync/v1/drafts"), "what the office has of it");
  office.weather = null;
  await again.ask("sync");
  await again.until(() => office.drafts.has(slot), "the draft at the office");
  const { parts } = await office.unseal(office.drafts.get(slot), "draft");
  assert.equal(JSON.parse(text(parts.body)).fields.seen_and_heard, "Not finished yet, and more.");
  again.kill();
});

test("forgotten words: a draft that came back and was sent does not come back once more, although the office still tells of it", async () => {
  const { office, ama, casefile, child, phone, slot } = await given();
  const { people } = await phone.ask("status");
  phone.kill();
  const record = newId();
  const about = { kind: "visit_note", schema: "visit-note.1", casefile, record, parents: [], written_at: office.stamp() };
  const body = text(json({ salt: newId(), fields: { seen_and_heard: "Not finished yet." } }));
  office.leftDrafts = [{ slot, n: 1, header: text(json({ v: 1, slot, n: 1, ...about })), body }];
  office.weather = null;
  office.refuse = () => ({ status: "retry", retry_after: 3600 });
  const again = startPhone(office, phone.storage);
  const { offered_words } = await again.ask("setup.start", { email: ama.email, password: "correct", code: "123456" });
  await again.ask("setup.finish", { words: offered_words.join(" "), label: ama.name, replaces: people[0].vault });
  await ready(again);
  const drafts = async () => (await again.ask("family", { casefile })).drafts.map((one) => one.slot);
  await again.until(async () => (await drafts()).length === 1, "the draft");
  await again.ask("send", { slot, fields: visitNote(child, "Finished now.") });
  const told = office.requests.length;
  await again.ask("sync");
  assert.ok(office.requests.slice(told).includes("/sync/v1/drafts"));
  assert.deepEqual(await drafts(), []);
  again.kill();
});

test("a draft that is thrown away after it was sent is emptied at the office too, also without signal at that moment", async () => {
  const { office, casefile, phone, words, slot } = await given();
  const rows = () => phone.outside.open("outbox", 1, () => {}).then(drafts);
  const drafts = async (db) => {
    const asked = db.transaction("drafts").objectStore("drafts").getAll();
    await new Promise((resolve) => {
      asked.onsuccess = resolve;
    });
    db.close();
    return asked.result;
  };
  office.weather = null;
  await phone.ask("lock");
  await phone.until(() => office.drafts.has(slot), "the draft at the office");
  const kept = office.drafts.get(slot);
  office.weather = noSignal;
  const [{ vault }] = (await phone.ask("status")).people;
  await phone.ask("unlock", { vault, words });
  await phone.until(async () => (await phone.ask("family", { casefile })).drafts.length === 1, "the draft");
  await phone.ask("draft.discard", { slot });
  assert.deepEqual((await phone.ask("family", { casefile })).drafts, []);
  await assert.rejects(phone.ask("draft.open", { slot }), { code: "unknown_slot" });
  const [row] = await rows();
  assert.equal(row?.own.length, 0);
  office.weather = null;
  await phone.ask("sync");
  await phone.until(async () => (await rows()).length === 0, "nothing left of it");
  assert.notDeepEqual(office.drafts.get(slot), kept);
  const { header, body } = (await office.unseal(office.drafts.get(slot), "draft")).parts;
  const { n, discarded } = JSON.parse(text(header));
  assert.deepEqual([n, discarded, JSON.parse(text(body)).fields], [2, true, {}]);
  phone.kill();
});

test("what is shown on a phone is told with the next greeting, once for each record and day, whichever screen showed it", async () => {
  const { office, ama, casefile, phone } = await given();
  const day = office.stamp().slice(0, 10);
  const told = async () => {
    office.weather = null;
    await phone.ask("sync");
    const reads = office.reads.splice(0).map(([of, record, on]) => [of === casefile, record, on === day]);
    return reads.map(([isOf, record, isOn]) => (isOf && isOn ? record : "of another family or day"));
  };
  await phone.ask("caseload");
  assert.deepEqual(await told(), []);
  const { record: about, records } = await phone.ask("family", { casefile });
  assert.deepEqual(await told(), [about]);
  const note = records.find((one) => one.kind === "visit_note").record;
  await phone.ask("record", { record: note });
  await phone.ask("record", { record: note });
  assert.deepEqual(await told(), [note]);

  const [goal, answered] = [newId(), newId()];
  const words = { agreed_words: "Sleep in one bed" };
  await office.write(ama, { kind: "goal", schema: "goal.1", casefile, record: goal, fields: words });
  const fields = { measure: "gad-7@1", answered_by_name: "Dawn", completed_on: day };
  await office.write(ama, { kind: "measure_response", schema: "measure-response.1", casefile, record: answered, fields });
  await told();
  await phone.ask("goals", { casefile });
  assert.deepEqual(await told(), [goal]);
  await phone.ask("results", { casefile });
  assert.deepEqual(await told(), [answered]);
  // To change what was written is to have it on screen, whole.
  await phone.ask("draft.begin", { casefile, schema: "visit-note.1", record: note });
  assert.deepEqual(await told(), [note]);
  await told();
  assert.deepEqual(await told(), []);
  phone.kill();
});
