/** An office that was put back from yesterday is given what it lost, whoever wrote it; and what a person at the office put aside says so on the phone. */
import assert from "node:assert/strict";
import test from "node:test";
import { makeOffice } from "./office.js";
import { makeStorage, ready, setUp, startPhone, visitNote } from "./phone.js";

/** A phone that has read a family, with so many notes of somebody else's about it. */
async function begun(notes = 3) {
  const office = await makeOffice();
  const ama = office.addPerson("Ama");
  const reece = office.addPerson("Reece");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const told = { kind: "visit_note", schema: "visit-note.1", casefile };
  for (let i = 0; i < notes; i++) await office.write(reece, { ...told, fields: visitNote(child, `Line ${i} of Reece`) });
  const storage = makeStorage();
  const phone = startPhone(office, storage);
  const words = await setUp(phone, ama);
  const writes = async (line) => {
    const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
    const { record } = await phone.ask("send", { slot, fields: visitNote(child, line), mode: "alone" });
    await phone.ask("sync");
    return record;
  };
  return { office, ama, casefile, child, storage, phone, words, writes, told, reece };
}

const ids = (office, casefile) => (office.casefiles.get(casefile)?.entries ?? []).map(({ id }) => id).sort();
const asks = (office, path) => office.requests.filter((one) => one === `/sync/v1/${path}`).length;

for (const [name, kept] of /** @type {[string, number][]} */ ([
  ["the last day of a family", 2],
  ["a whole family", 0],
])) {
  test(`${name} comes back from a phone that only read it`, async () => {
    const { office, casefile, phone } = await begun();
    const before = ids(office, casefile);
    await office.putBack(casefile, kept);
    await phone.ask("sync");
    assert.deepEqual(ids(office, casefile), before);
    assert.equal((await phone.ask("search", { text: "of Reece" })).length, 3);

    // And the phone goes on from the new chain, with nothing left to say.
    office.requests.length = 0;
    await phone.ask("sync");
    assert.deepEqual(office.requests, ["/sync/v1/hello"]);
    phone.kill();
  });
}

test("what this phone wrote itself goes back whole, with its own number, and is settled again", async () => {
  const { office, casefile, phone, writes } = await begun();
  const record = await writes("The gate is mended");
  const [mine] = office.numbers.keys();
  await office.putBack(casefile, 2);
  office.numbers.clear();
  await phone.ask("sync");
  await phone.ask("sync");
  assert.deepEqual([...office.numbers], [[mine, 1]]);
  assert.ok(office.byId.has(mine));
  assert.equal((await phone.ask("record", { record })).standing, "sent");
  assert.equal((await phone.ask("outbox")).waiting, 0);
  phone.kill();
});

test("thousands go in pushes the office allows, and only those it lacks", async () => {
  const { office, casefile, phone } = await begun(150);
  const before = ids(office, casefile);
  const lost = await office.putBack(casefile, 12);
  // Another phone was quicker with the first of them.
  office.pushes.length = 0;
  for (const id of lost.slice(0, 30)) office.held.add(id);
  await phone.ask("sync");
  assert.ok(Math.max(...office.pushes) <= 64);
  assert.equal(
    office.pushes.reduce((sum, one) => sum + one, 0),
    before.length - 12 - 30,
  );
  phone.kill();
});

test("a phone that is killed before it could give back does so when it is unlocked again", async () => {
  const { office, casefile, storage, phone, words } = await begun();
  const before = ids(office, casefile);
  await office.putBack(casefile, 2);
  office.weather = async (path, real) => {
    if (path === "/sync/v1/have") throw new TypeError("no signal");
    return real();
  };
  await phone.ask("sync");
  phone.kill();
  assert.equal(ids(office, casefile).length, 2);

  office.weather = null;
  const again = startPhone(office, storage);
  await again.ask("unlock", { vault: (await again.ask("status")).people[0].vault, words });
  await ready(again);
  assert.deepEqual(ids(office, casefile), before);
  again.kill();
});

test("what is to be given back is given before the family is taken away", async () => {
  const { office, casefile, phone } = await begun();
  const before = ids(office, casefile);
  await office.putBack(casefile, 2);
  office.weather = async (path, real) => {
    if (path === "/sync/v1/have") throw new TypeError("no signal");
    return real();
  };
  await phone.ask("sync");
  office.weather = null;
  office.scope.delete(casefile);
  office.removed = [{ casefile, reason: "ended" }];
  await phone.ask("sync");
  assert.deepEqual(ids(office, casefile), before);
  assert.deepEqual((await phone.ask("caseload")).families, []);
  phone.kill();
});

test("a family that is lost and taken away in one day is given back before it goes, however many pages come before", async () => {
  const { office, ama, casefile, child, phone, told, reece } = await begun();
  const other = await office.openFamily(ama, "Velmire");
  await phone.ask("sync");
  const before = ids(office, casefile);
  await office.putBack(casefile, 2);
  office.scope.delete(casefile);
  office.removed = [{ casefile, reason: "ended" }];
  for (let i = 0; i < 6; i++)
    await office.write(reece, { ...told, casefile: other.casefile, fields: visitNote(child, `New ${i}`) });
  office.pageEntries = 2;
  await phone.ask("sync");
  assert.deepEqual(ids(office, casefile), before);
  assert.equal((await phone.ask("caseload")).families.length, 1);
  phone.kill();
});

test("a family that is taken away stays until an office that takes nothing more today has taken it back", async () => {
  const { office, casefile, phone } = await begun();
  const before = ids(office, casefile);
  await office.putBack(casefile, 2);
  office.scope.delete(casefile);
  office.removed = [{ casefile, reason: "ended" }];
  office.refuse = () => ({ status: "retry", code: "full", retry_after: 3600 });
  await phone.ask("sync");
  await phone.ask("sync");
  assert.equal((await phone.ask("search", { text: "of Reece" })).length, 3);

  office.refuse = () => null;
  phone.outside.now = () => Date.now() + 7 * 3_600_000;
  await phone.ask("sync");
  assert.deepEqual(ids(office, casefile), before);
  assert.deepEqual((await phone.ask("caseload")).families, []);
  phone.kill();
});

test("a phone that was reported lost with something to give back says that fetching is paused, and not that nothing is sent", async () => {
  const { office, casefile, phone } = await begun();
  await office.putBack(casefile, 2);
  office.refuse = () => ({ status: "retry", code: "full", retry_after: 1 });
  await phone.ask("sync");
  office.status = "lost";
  const refused = JSON.stringify({ v: 1, error: "device" });
  office.weather = async (path, real) =>
    ["/sync/v1/have", "/sync/v1/devices/renew"].includes(path)
      ? new Response(refused, { status: 401, headers: { "Content-Type": "application/json" } })
      : real();
  phone.outside.now = () => Date.now() + 7 * 3_600_000;
  await phone.ask("sync");
  assert.equal((await phone.ask("outbox")).fetching, "lost");
  phone.kill();
});

test("what the office cannot place again is kept there once, and not brought again and again", async () => {
  const { office, casefile, phone } = await begun();
  await office.putBack(casefile);
  office.refuse = () => ({ code: "not_allowed" });
  await phone.ask("sync");
  const kept = office.quarantine.size;
  assert.equal(kept, 5);
  for (let i = 0; i < 3; i++) await phone.ask("sync");
  assert.equal(office.quarantine.size, kept);
  // It still reads here what the office cannot.
  assert.equal((await phone.ask("search", { text: "of Reece" })).length, 3);

  // Put back once more, it has lost that too, and is given it once more.
  office.epoch += 1;
  office.held.clear();
  await phone.ask("sync");
  assert.equal(office.quarantine.size, 2 * kept);
  phone.kill();
});

test("an office that takes nothing more today is not asked at once again, and fetching goes on", async () => {
  const { office, casefile, child, phone, told, reece } = await begun();
  const before = ids(office, casefile);
  await office.putBack(casefile, 2);
  office.refuse = () => ({ status: "retry", code: "full", retry_after: 3600 });
  await phone.ask("sync");
  const pushes = asks(office, "push");
  await office.write(reece, { ...told, fields: visitNote(child, "Something new") });
  await phone.ask("sync");
  assert.equal(asks(office, "push"), pushes);
  assert.equal((await phone.ask("search", { text: "Something new" })).length, 1);
  assert.equal((await phone.ask("outbox")).reach, "ok");
  assert.equal(ids(office, casefile).length, 3);
  assert.equal(before.length, 5);
  phone.kill();
});

test("what a person at the office put aside says so, is still readable, and is being sorted again when it is put back", async () => {
  const { office, casefile, storage, phone, words, writes, child } = await begun();
  office.refuse = () => ({ code: "not_allowed" });
  const record = await writes("The gate is mended");
  const standings = async (one) => (await one.ask("outbox")).items.map((/** @type {any} */ item) => item.standing);
  assert.deepEqual(await standings(phone), ["sorting"]);

  const [id] = office.held;
  office.putAway.add(id);
  await phone.ask("sync");
  assert.deepEqual(await standings(phone), ["put_away"]);
  const told = await phone.ask("record", { record });
  assert.equal(told.standing, "put_away");
  assert.match(JSON.stringify(told.fields), /The gate is mended/);

  // It is read from the store: a phone that was locked says the same.
  phone.kill();
  const again = startPhone(office, storage);
  const { vault } = (await again.ask("status")).people[0];
  office.weather = async () => {
    throw new TypeError("no signal");
  };
  await again.ask("unlock", { vault, words });
  await again.until(async () => (await again.ask("caseload")).complete, "a complete caseload");
  assert.deepEqual(await standings(again), ["put_away"]);

  office.weather = null;
  office.putAway.clear();
  await again.ask("sync");
  assert.deepEqual(await standings(again), ["sorting"]);
  assert.equal((await again.ask("record", { record })).standing, "sorting");
  assert.ok(casefile && child);
  again.kill();
});

test("a phone that is set up anew shows the enrolment of the signer it replaces", async () => {
  const { office, ama, phone } = await begun();
  const [{ jws }] = office.enrolments;
  const { vault } = (await phone.ask("status")).people[0];
  const { offered_words } = await phone.ask("setup.start", { email: ama.email, password: "correct", code: "1" });
  await phone.ask("setup.finish", { words: offered_words.join(" "), label: "Ama", replaces: vault });
  assert.equal(office.replaced, jws);
  phone.kill();
});
