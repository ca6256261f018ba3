/** Notes written while the phone is locked: kept and sent, readable by nobody who holds the phone, confirmed by their author. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asContact, asVisit } from "../../static/src/parts/written-before.js";
import { splitJws } from "../../static/src/sync/entry.js";
import { makeOffice } from "./office.js";
import { ready, setUp, startPhone, visitNote } from "./phone.js";

const NOTE = { about: "The Tarnleys", text: "He is at the door and she will not open." };
const noSignal = async () => {
  throw new TypeError("Failed to fetch");
};

/** A locked phone, whose person has unlocked it at least once. */
async function locked() {
  const office = await makeOffice();
  const ama = office.addPerson("Ama");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const phone = startPhone(office);
  const words = await setUp(phone, ama);
  const [{ vault }] = (await phone.ask("status")).people;
  const person = () => store(phone, "people", (rows) => rows.get(vault));
  await phone.until(async () => (await person()).pen, "what notes are written with");
  phone.kill();
  const again = startPhone(office, phone.storage);
  return { office, ama, casefile, child, words, vault, phone: again };
}

/** Reads the outbox as nobody should. */
async function store(phone, name, work) {
  const db = await new Promise((resolve) => {
    const asked = phone.storage.indexedDB.open("outbox");
    asked.onsuccess = () => resolve(asked.result);
  });
  const asked = work(db.transaction(name).objectStore(name));
  const found = await new Promise((resolve) => {
    asked.onsuccess = () => resolve(asked.result);
  });
  db.close();
  return found;
}

const rows = (phone) => store(phone, "drafts", (drafts) => drafts.getAll());

/** Every byte and text in a row. */
const bytesOf = (value) =>
  value instanceof Uint8Array
    ? Buffer.from(value).toString("latin1")
    : typeof value === "object" && value !== null
      ? Object.values(value).map(bytesOf).join(" ")
      : String(value);

test("a note written on a locked phone is kept sealed, and goes when there is signal without anybody unlocking", async () => {
  const { office, vault, phone } = await locked();
  office.weather = noSignal;
  await phone.ask("note.write", { vault, ...NOTE });
  const [row] = await rows(phone);
  assert.ok(row.next_at !== undefined);
  const kept = await phone.ask("outbox");
  assert.deepEqual([kept.waiting, kept.items, (await phone.ask("outbox.file")).count], [1, [], 1]);
  for (const word of ["Tarnley", "door"]) assert.ok(!bytesOf(row).includes(word));
  await assert.rejects(phone.ask("notes"), { code: "locked" });
  office.weather = null;
  await phone.ask("sync");
  await phone.until(async () => (await rows(phone))[0].next_at === undefined, "the note at the office");
  const [note] = office.locked_notes;
  assert.deepEqual({ about: note.fields.about, text: note.fields.text }, NOTE);
  assert.equal((await phone.ask("outbox")).waiting, 0);
  phone.kill();
});

test("it is in the list of what waits for its author, as what it is and where it stands, and the office hears how many wait", async () => {
  const { office, vault, phone, words } = await locked();
  office.weather = (path, real) => (path === "/sync/v1/push" ? new Response("", { status: 429 }) : real());
  await phone.ask("note.write", { vault, ...NOTE });
  await phone.ask("unlock", { vault, words });
  await ready(phone);
  const [{ slot, written_at }] = await phone.ask("notes");
  const before = await phone.ask("outbox");
  const told = { id: slot, record: slot, kind: "locked_note", written_at, at: written_at, attempts: 0, next_at: null };
  assert.deepEqual(before.items, [{ ...told, standing: "waiting" }]);
  assert.deepEqual([before.waiting, before.oldest_at], [1, written_at]);
  assert.equal(office.hello.waiting.count, 1);
  office.weather = null;
  await phone.ask("sync");
  const { waiting, items, oldest_at } = await phone.ask("outbox");
  assert.deepEqual([waiting, oldest_at], [0, null]);
  assert.deepEqual(items, [{ ...told, standing: "sorting" }]);
  phone.kill();
});

test("its author reads it after unlocking, and an entry of theirs takes its place in one step", async () => {
  const { office, vault, phone, words, casefile, child } = await locked();
  await phone.ask("note.write", { vault, ...NOTE });
  await phone.ask("unlock", { vault, words });
  await ready(phone);
  await phone.until(async () => (await phone.ask("notes"))[0].is_sent, "the note at the office");
  const [{ slot, id, is_sent: _, written_at: __, ...told }] = await phone.ask("notes");
  assert.deepEqual(told, NOTE);
  const draft = await phone.ask("draft.begin", { casefile, schema: "visit-note.1", note: { slot, id } });
  await phone.ask("draft.keep", { slot: draft.slot, fields: { purpose: "Half" } });
  phone.kill();
  const again = startPhone(office, phone.storage);
  await again.ask("unlock", { vault, words });
  await ready(again);
  assert.equal((await again.ask("notes")).length, 1);
  await again.ask("send", { slot: draft.slot, fields: visitNote(child, NOTE.text), mode: "alone" });
  assert.deepEqual(await again.ask("notes"), []);
  assert.equal((await rows(again)).length, 0);
  await again.ask("sync");
  const sent = office.casefiles.get(casefile).entries.at(-1);
  const { payload } = splitJws(sent.jws, "fieldapp-entry");
  assert.equal(JSON.parse(Buffer.from(payload).toString()).confirms, id);
  again.kill();
});

/** What goes out of a visit that did not happen. */
const failedVisit = {
  contact_type: "failed_visit",
  failed_reason: "no_reply",
  failed_tried: "Rang twice",
  happened_on: "2026-11-20",
  started_at: "10:00",
  place: "At the door",
  planned: "planned",
  announced: "yes",
  anything_worrying: "no",
  unsafe_now: "no",
  next_visit: "to_arrange",
  written_where: "in_car",
};
const confirmedBy = (entry) => JSON.parse(Buffer.from(splitJws(entry.jws, "fieldapp-entry").payload).toString()).confirms;

/** An unlocked phone on which a visit note was begun from a note that has not been sent. */
async function begunFromIt() {
  const given = await locked();
  const { office, vault, words, casefile, phone } = given;
  office.weather = noSignal;
  await phone.ask("note.write", { vault, ...NOTE });
  await phone.ask("unlock", { vault, words });
  await phone.until(async () => (await phone.ask("caseload")).complete, "a complete caseload");
  const [{ slot, id }] = await phone.ask("notes");
  const preset = { seen_and_heard: NOTE.text };
  const draft = await phone.ask("draft.begin", { casefile, schema: "visit-note.1", preset, note: { slot, id } });
  await phone.ask("draft.keep", { slot: draft.slot, fields: { ...failedVisit, ...preset } });
  const sent = async () => {
    office.weather = null;
    await phone.ask("sync");
    await phone.until(async () => (await phone.ask("outbox")).waiting === 0, "everything at the office");
    return office.casefiles.get(casefile).entries.at(-1);
  };
  return { ...given, slot, draft, sent };
}

test("a note whose words are hidden in what is sent, because the visit did not happen, stays to be read and reaches the office", async () => {
  const { office, phone, draft, sent } = await begunFromIt();
  await phone.ask("send", { slot: draft.slot, fields: { ...failedVisit, seen_and_heard: NOTE.text } });
  assert.deepEqual(
    (await phone.ask("notes")).map(({ about, text }) => ({ about, text })),
    [NOTE],
  );
  assert.equal((await rows(phone)).length, 1);
  assert.equal(confirmedBy(await sent()), undefined);
  assert.deepEqual(
    office.locked_notes.map(({ fields }) => fields),
    [NOTE],
  );
  phone.kill();
});

test("a note that a screen leaves out of what is sent stays, and one whose words stand in any answer is confirmed by it", async () => {
  const { casefile, phone, slot, draft, sent } = await begunFromIt();
  await phone.ask("send", { slot: draft.slot, fields: { ...failedVisit, failed_tried: "He is at the door" } });
  const [{ id }] = await phone.ask("notes");
  const again = await phone.ask("draft.begin", { casefile, schema: "visit-note.1", note: { slot, id } });
  const failed_tried = `The Tarnleys\n\n${NOTE.text.replace(" and", "\nand")} I left.`;
  await phone.ask("send", { slot: again.slot, fields: { ...failedVisit, failed_tried } });
  assert.deepEqual(await phone.ask("notes"), []);
  assert.equal((await rows(phone)).length, 0);
  assert.equal(confirmedBy(await sent()), id);
  phone.kill();
});

test("a note that was put aside while a form was open on it still goes when the form is sent without its words", async () => {
  const { office, phone, slot, draft, sent } = await begunFromIt();
  await phone.ask("note.aside", { slot });
  await phone.ask("send", { slot: draft.slot, fields: failedVisit });
  await sent();
  assert.deepEqual(
    office.locked_notes.map(({ fields }) => fields),
    [NOTE],
  );
  phone.kill();
});

test("a form begun from a note has all its words, and a call the day and time of its writing", () => {
  const note = { ...NOTE, written_at: new Date(2026, 10, 18, 23, 4).toISOString() };
  const words = `${NOTE.about}\n\n${NOTE.text}`;
  assert.deepEqual(asVisit(note), { seen_and_heard: words });
  assert.deepEqual(asContact(note), { more: words, happened_on: "2026-11-18", happened_at: "23:04" });
  assert.equal(asVisit({ ...note, about: "" }).seen_and_heard, NOTE.text);
  assert.equal(asVisit({ ...note, about: NOTE.text }).seen_and_heard, NOTE.text);
});

test("a note that is put aside before it was sent still goes, and nothing of it stays here to be read", async () => {
  const { office, vault, phone, words } = await locked();
  office.weather = noSignal;
  await phone.ask("note.write", { vault, ...NOTE });
  await phone.ask("unlock", { vault, words });
  const [{ slot }] = await phone.ask("notes");
  await phone.ask("note.aside", { slot });
  assert.deepEqual(await phone.ask("notes"), []);
  await ready(phone);
  const { waiting, is_listed, items } = await phone.ask("outbox");
  assert.deepEqual([waiting, is_listed, items], [1, true, []]);
  office.weather = null;
  await phone.ask("sync");
  await phone.until(async () => (await rows(phone)).length === 0, "nothing left of it");
  assert.equal(office.locked_notes.length, 1);
  phone.kill();
});

test("a note that cannot be kept is not said to be", async (t) => {
  const { vault, phone } = await locked();
  t.mock.method(IDBObjectStore.prototype, "put", () => {
    throw new DOMException("full", "QuotaExceededError");
  });
  await assert.rejects(phone.ask("note.write", { vault, ...NOTE }), { code: "store_failed" });
  t.mock.restoreAll();
  assert.equal((await rows(phone)).length, 0);
  phone.kill();
});

test("somebody else who unlocks the same phone is not shown it", async () => {
  const { office, vault, phone } = await locked();
  await phone.ask("note.write", { vault, ...NOTE });
  const reece = office.addPerson("Reece");
  await setUp(phone, reece);
  assert.deepEqual(await phone.ask("notes"), []);
  assert.equal((await rows(phone)).length, 1);
  phone.kill();
});
