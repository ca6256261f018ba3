/** Sending through every weather: nothing is called sent without a receipt that verifies, and everything arrives when the weather ends. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { before, describe, test } from "node:test";
import fc from "fast-check";
import { sendInBackground } from "../../static/src/core/background.js";
import { json, makeSigner, sign, utf8 } from "../../static/src/core/keys.js";
import { openOutbox } from "../../static/src/core/outbox.js";
import { createOutside } from "../../static/src/core/outside.js";
import { backoff, post, push } from "../../static/src/core/push.js";
import { wordList } from "../../static/src/core/unlock.js";
import { splitJws } from "../../static/src/sync/entry.js";
import { readFrames } from "../../static/src/sync/wire.js";
import { makeOffice } from "./office.js";
import { ready, setUp, startPhone, visitNote } from "./phone.js";

async function given(count = 1) {
  let now = Date.parse("2026-11-21T09:00:00Z");
  const office = await makeOffice(() => now);
  const ama = office.addPerson("Ama");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const phone = startPhone(office, undefined, { now: () => now });
  const words = await setUp(phone, ama);
  office.weather = noSignal;
  const ids = [];
  for (let i = 0; i < count; i++) ids.push((await write(phone, casefile, child, `note ${i}`)).id);
  await phone.ask("sync");
  office.requests.length = 0;
  return { office, ama, casefile, child, phone, ids, words, pass: (ms) => (now += ms), now: () => now };
}

async function write(phone, casefile, child, words) {
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  return phone.ask("send", { slot, fields: visitNote(child, words), mode: "alone" });
}

const noSignal = async () => {
  throw new TypeError("Failed to fetch");
};
const standings = async (phone) => (await phone.ask("outbox")).items.map((item) => item.standing);
const onPush = (change) => async (path, real, body) => (path === "/sync/v1/push" ? change(real, body) : real());
const html = () => new Response("<html>Please sign in to the café Wi-Fi</html>", { headers: { "Content-Type": "text/html" } });

describe("answers that are none", () => {
  const cases = {
    "a captive portal's page": async () => html(),
    "a page that calls itself JSON": async () => new Response("<html>", { headers: { "Content-Type": "application/json" } }),
    "half an answer": async (real) =>
      new Response((await (await real()).text()).slice(0, -40), { headers: { "Content-Type": "application/json" } }),
    "an empty 204": async () => new Response(null, { status: 204 }),
    "an answer without v": async () =>
      new Response(JSON.stringify({ results: [] }), { headers: { "Content-Type": "application/json" } }),
    "an answer of a version nobody knows": async (real) =>
      new Response(JSON.stringify({ ...(await (await real()).json()), v: 2 }), {
        headers: { "Content-Type": "application/json" },
      }),
    "fewer results than were asked for": async () =>
      new Response(JSON.stringify({ v: 1, results: [] }), { headers: { "Content-Type": "application/json" } }),
    "stored, with no receipt": async (real) => changed(await real(), (result) => ({ ...result, receipt: undefined })),
    "stored, with a receipt by a stranger": async (real) => {
      const stranger = await makeSigner();
      return changed(await real(), async (result) => ({
        ...result,
        receipt: (await sign(stranger.signer, "fieldapp-receipt", json(payload(result.receipt)))).jws,
      }));
    },
    "stored, with a receipt in the office's name by a stranger": async (real) => {
      const { signer } = await makeSigner();
      return changed(await real(), async (result) => {
        const { kid } = splitJws(result.receipt, "fieldapp-receipt");
        const { jws } = await sign({ ...signer, kid }, "fieldapp-receipt", json(payload(result.receipt)));
        return { ...result, receipt: jws };
      });
    },
    "stored, with a receipt that says no more than that it is kept aside": async (real, office) =>
      changed(await real(), async (result) => ({
        ...result,
        receipt: await office.receipt({ ...payload(result.receipt), status: "quarantined" }),
      })),
    "stored, with another entry's receipt": async (real, office) =>
      changed(await real(), async (result) => ({
        ...result,
        receipt: await office.receipt({ ...payload(result.receipt), id: "x".repeat(43) }),
      })),
    "an error of the office": async () => new Response("{}", { status: 500, headers: { "Content-Type": "application/json" } }),
    "too many requests": async () =>
      new Response("{}", { status: 429, headers: { "Content-Type": "application/json", "Retry-After": "60" } }),
    "too large, even alone": async () => new Response("{}", { status: 413, headers: { "Content-Type": "application/json" } }),
  };
  const payload = (jws) => JSON.parse(Buffer.from(jws.split(".")[1], "base64url").toString());
  async function changed(response, how) {
    const answer = await response.json();
    return new Response(JSON.stringify({ ...answer, results: await Promise.all(answer.results.map(how)) }), {
      headers: { "Content-Type": "application/json" },
    });
  }
  for (const [name, weather] of Object.entries(cases)) {
    test(`${name} leaves the note waiting, and it is sent once when real answers come`, async () => {
      const { office, phone, ids, pass } = await given(2);
      office.weather = onPush((real) => weather(real, office));
      await phone.ask("sync");
      assert.deepEqual(await standings(phone), ["waiting", "waiting"]);
      // Something answered, so it is not the signal that is missing.
      assert.equal((await phone.ask("outbox")).reach, name.startsWith("stored") ? "ok" : "office_not_answering");
      office.weather = null;
      pass(7 * 3_600_000);
      await phone.ask("sync");
      assert.deepEqual(await standings(phone), []);
      for (const id of ids)
        assert.equal([...office.casefiles.values()].flatMap((file) => file.entries).filter((entry) => entry.id === id).length, 1);
      phone.kill();
    });
  }
});

test("an answer that was lost is asked for again and says duplicate", async () => {
  const { office, phone, ids, pass } = await given(3);
  office.weather = onPush(async (real) => {
    await real();
    throw new TypeError("connection lost");
  });
  await phone.ask("sync");
  assert.equal(office.byId.has(ids[0]), true);
  assert.deepEqual(await standings(phone), ["waiting", "waiting", "waiting"]);
  office.weather = null;
  pass(60_000);
  await phone.ask("sync");
  assert.deepEqual(await standings(phone), []);
  phone.kill();
});

test("one item the office cannot take holds up no other", async () => {
  const { office, phone, ids, pass } = await given(5);
  office.refuse = ({ id }) => (id === ids[2] ? { status: "retry", code: "busy", retry_after: 1 } : null);
  office.weather = null;
  await phone.ask("sync");
  assert.deepEqual(await standings(phone), ["waiting"]);
  const pushes = office.requests.filter((path) => path === "/sync/v1/push").length;
  await phone.ask("sync");
  assert.equal(office.requests.filter((path) => path === "/sync/v1/push").length, pushes, "it waits its turn");
  office.refuse = () => null;
  pass(3_600_000);
  await phone.ask("sync");
  assert.deepEqual(await standings(phone), []);
  phone.kill();
});

test("what the office puts off waits as long as it asks, and the screens are told until when", async () => {
  const { office, phone, ids, pass, now } = await given(1);
  office.refuse = () => ({ status: "retry", code: "full", retry_after: 3600 });
  office.weather = null;
  await phone.ask("sync");
  const { items } = phone.news.findLast(({ news }) => news === "outbox").value;
  const told = items.map(({ id, attempts, next_at }) => ({ id, attempts, next_at }));
  assert.deepEqual(told, [{ id: ids[0], attempts: 1, next_at: now() + 3_600_000 }]);
  office.refuse = () => null;
  pass(3_500_000);
  await phone.ask("sync");
  assert.ok(!office.byId.has(ids[0]), "not yet");
  pass(200_000);
  await phone.ask("sync");
  assert.ok(office.byId.has(ids[0]));
  phone.kill();
});

test("what was put off, and for how long, is known to a phone that was killed and started again", async () => {
  const { office, phone, ids, words, pass } = await given(1);
  office.refuse = () => ({ status: "retry", code: "full", retry_after: 3600 });
  office.weather = null;
  await phone.ask("sync");
  const before = (await phone.ask("outbox")).items.map(({ id, attempts, next_at }) => ({ id, attempts, next_at }));
  assert.deepEqual([before.length, before[0].attempts], [1, 1]);
  phone.kill();

  const again = startPhone(office, phone.storage, { now: phone.outside.now });
  await again.ask("unlock", { vault: (await again.ask("status")).people[0].vault, words });
  await ready(again);
  const after = (await again.ask("outbox")).items.map(({ id, attempts, next_at }) => ({ id, attempts, next_at }));
  assert.deepEqual(after, before, "neither forgotten nor tried before its time");
  office.refuse = () => null;
  pass(3_700_000);
  await again.ask("sync");
  assert.ok(office.byId.has(ids[0]));
  again.kill();
});

test("that the whole line waits is told, and until when", async () => {
  const { office, phone, ids, now } = await given(1);
  office.weather = onPush(async () => new Response("", { status: 429, headers: { "Retry-After": "600" } }));
  await phone.ask("sync");
  const { reach, line_next_at, items } = phone.news.findLast(({ news }) => news === "outbox").value;
  assert.deepEqual([reach, line_next_at], ["office_not_answering", now() + 600_000]);
  assert.deepEqual([items[0].id, items[0].attempts, items[0].next_at], [ids[0], 0, null]);
  phone.kill();
});

test("a phone that is started again asks an office that wants it to wait no sooner", async () => {
  const { office, phone, ids, pass } = await given(1);
  office.weather = onPush(async () => new Response("", { status: 429, headers: { "Retry-After": "600" } }));
  pass(60_000);
  await phone.ask("sync");
  phone.kill();
  office.weather = null;
  const pushes = () => office.requests.filter((path) => path === "/sync/v1/push").length;
  const asked = pushes();

  // Each looks once by itself when it starts, and says then how it stands.
  const again = startPhone(office, phone.storage, { now: phone.outside.now });
  await again.until(() => again.news.some(({ news }) => news === "outbox"), "the first look");
  again.kill();
  assert.equal(pushes(), asked);
  pass(601_000);
  const later = startPhone(office, phone.storage, { now: phone.outside.now });
  await later.until(() => office.byId.has(ids[0]), "the note at the office");
  assert.equal(pushes(), asked + 1);
  later.kill();
});

test("a quarantined note is kept, called sorting, and sent when the office has placed it", async () => {
  const { office, phone, ids, casefile, pass } = await given(1);
  office.refuse = () => ({ code: "no_opening" });
  office.weather = null;
  await phone.ask("sync");
  assert.deepEqual(await standings(phone), ["sorting"]);
  const record = (await phone.ask("outbox")).items[0].record;
  assert.equal((await phone.ask("record", { record })).standing, "sorting");
  const entry = await office.open([...office.quarantine.values()][0].envelope);
  await office.place(entry);
  pass(400_000);
  await phone.ask("sync");
  assert.deepEqual(await standings(phone), []);
  assert.equal((await phone.ask("record", { record })).standing, "sent");
  assert.equal((await phone.ask("family", { casefile })).records.filter((one) => one.record === record).length, 1);
  assert.ok(office.byId.has(ids[0]));
  phone.kill();
});

test("a quarantined note is given again when the office lost it in a restore", async () => {
  const { office, phone, ids, pass } = await given(1);
  office.refuse = () => ({ code: "no_opening" });
  office.weather = null;
  await phone.ask("sync");
  assert.deepEqual(await standings(phone), ["sorting"]);
  const pushes = () => office.requests.filter((path) => path === "/sync/v1/push").length;
  const before = pushes();
  pass(400_000);
  await phone.ask("sync");
  assert.equal(pushes(), before, "what the office has is not sent to it again and again");
  office.quarantine.clear();
  office.refuse = () => null;
  office.epoch = 2;
  await phone.ask("sync");
  await phone.ask("sync");
  assert.ok(office.byId.has(ids[0]));
  phone.kill();
});

test("a note sealed to a key the office has lost is sealed again from its own copy", async () => {
  const { office, phone, ids, words, pass } = await given(1);
  const lost = office.keys.filter((key) => key.use === "ingest");
  pass(1000);
  await office.addIngest();
  office.n = 2;
  for (const key of lost) key.burned_at = office.stamp();
  const open = office.open;
  office.open = async (envelope) => {
    if (lost.some((key) => Buffer.from(envelope.subarray(1, 33)).toString("base64url") === key.kid))
      throw new Error("unknown_key");
    return open(envelope);
  };
  office.weather = null;
  await phone.ask("sync");
  assert.deepEqual(await standings(phone), ["sorting"]);
  phone.kill();
  const again = startPhone(office, phone.storage, { now: phone.outside.now });
  await again.ask("unlock", { vault: (await again.ask("status")).people[0].vault, words });
  await again.until(() => office.byId.has(ids[0]));
  // And the office hears what it need not look for any more, once, also from a phone that was turned off before it could say so.
  again.kill();
  const [unread] = office.quarantine.keys();
  const later = startPhone(office, phone.storage, { now: phone.outside.now });
  await later.ask("unlock", { vault: (await later.ask("status")).people[0].vault, words });
  await later.until(() => office.resealed.length > 0);
  await later.ask("sync");
  await later.ask("sync");
  assert.deepEqual(office.resealed, [{ [unread]: ids[0] }]);
  later.kill();
});

test("a draft sealed to a key the office has lost is sealed again from its own copy at the next unlocking", async () => {
  const { office, phone, casefile, words, pass } = await given(0);
  office.weather = null;
  const lost = office.keys.filter((key) => key.use === "ingest").map(({ kid }) => kid);
  const sealedTo = (envelope) => Buffer.from(envelope.subarray(1, 33)).toString("base64url");
  office.refusesDraft = (envelope) => lost.includes(sealedTo(envelope));
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  await phone.ask("draft.keep", { slot, fields: { what_happened: "half a sentence" } });
  // Heard while it is open, and used by what is unlocked after that.
  pass(1000);
  const kid = await office.addIngest();
  office.n = 2;
  await phone.ask("sync");
  await phone.ask("lock");
  await phone.until(() => office.requests.some((path) => path.endsWith(slot)));
  assert.ok(!office.drafts.has(slot));
  phone.kill();
  const again = startPhone(office, phone.storage, { now: phone.outside.now });
  await again.ask("unlock", { vault: (await again.ask("status")).people[0].vault, words });
  await again.until(() => office.drafts.has(slot));
  assert.equal(sealedTo(office.drafts.get(slot)), kid);
  assert.deepEqual((await again.ask("draft.open", { slot })).fields, { what_happened: "half a sentence" });
  again.kill();
});

test("an unread note is not sealed again to the very key it was sealed to", async () => {
  const { office, phone, words } = await given(1);
  office.open = async () => {
    throw new Error("unknown_key");
  };
  office.weather = null;
  await phone.ask("sync");
  phone.kill();
  const again = startPhone(office, phone.storage, { now: phone.outside.now });
  await again.ask("unlock", { vault: (await again.ask("status")).people[0].vault, words });
  await ready(again);
  await again.ask("sync");
  assert.equal(office.quarantine.size, 1);
  again.kill();
});

test("a push that is too large is split until each half fits", async () => {
  const { office, phone, ids } = await given(9);
  office.weather = onPush(async (real, body) =>
    body.length > 20_000 ? new Response("{}", { status: 413, headers: { "Content-Type": "application/json" } }) : real(),
  );
  await phone.ask("sync");
  assert.ok(ids.every((id) => office.byId.has(id)));
  phone.kill();
});

test("an office that calls every push too large is not asked about each note alone, and gets all of them when it takes any", async () => {
  const { office, phone, ids, pass } = await given(24);
  let pushes = 0;
  office.weather = onPush(async () => {
    pushes++;
    return new Response("{}", { status: 413, headers: { "Content-Type": "application/json" } });
  });
  await phone.ask("sync");
  assert.ok(pushes <= 7, `${pushes} pushes in one round`);
  assert.equal((await phone.ask("outbox")).reach, "office_not_answering");
  office.weather = null;
  pass(7 * 3_600_000);
  await phone.ask("sync");
  assert.ok(ids.every((id) => office.byId.has(id)));
  phone.kill();
});

test("one note that is too large for the way there holds up none beside it", async () => {
  const { office, phone, ids, pass } = await given(9);
  const tooLarge = (await (await openOutbox(phone.outside)).items()).find(([id]) => id === ids[4])[1].sealed;
  office.weather = onPush(async (real, body) =>
    Buffer.from(body).includes(Buffer.from(tooLarge))
      ? new Response("{}", { status: 413, headers: { "Content-Type": "application/json" } })
      : real(),
  );
  await phone.ask("sync");
  assert.deepEqual(
    ids.filter((id) => !office.byId.has(id)),
    [ids[4]],
  );
  office.weather = null;
  pass(7 * 3_600_000);
  await phone.ask("sync");
  assert.ok(office.byId.has(ids[4]));
  phone.kill();
});

test("while a push hangs the screen is told that it is being sent, and while the fetching after it hangs that it is not", async () => {
  const { office, phone: before, words, now, pass } = await given();
  before.kill();
  pass(60_000);
  const ends = {};
  const hangs = (path) => new Promise((resolve) => Object.assign(ends, { [path]: resolve }));
  office.weather = async (path, real, body) => {
    // A locked phone greets as well, and fetches nothing.
    const isFetching = path === "/sync/v1/hello" && Buffer.from(body).includes("digest");
    if (path === "/sync/v1/push" || isFetching) await hangs(path);
    return real();
  };
  // Opened anew, so that nothing but the sending itself has anything to tell.
  const phone = startPhone(office, before.storage, { now });
  const last = () => phone.news.filter(({ news }) => news === "outbox").at(-1)?.value;
  await phone.until(() => ends["/sync/v1/push"] && last()?.sending, "sending on screen");
  assert.equal(last().waiting, 1);
  ends["/sync/v1/push"]();
  await phone.ask("unlock", { vault: (await phone.ask("status")).people[0].vault, words });
  await phone.until(() => ends["/sync/v1/hello"] && last().waiting === 0 && !last().sending, "sent on screen");
  ends["/sync/v1/hello"]();
  phone.kill();
});

test("a locked phone sends what is sealed, and unlocking settles it", async () => {
  const { office, phone, ids, words } = await given(1);
  await phone.ask("lock");
  phone.kill();
  office.weather = null;
  const locked = startPhone(office, phone.storage, { now: phone.outside.now });
  await locked.ask("sync");
  assert.ok(office.byId.has(ids[0]));
  const outbox = await openOutbox(locked.outside);
  assert.deepEqual(
    (await outbox.items()).map(([, item]) => item.state),
    ["answered"],
    "nobody has called it sent",
  );
  await locked.ask("unlock", { vault: (await locked.ask("status")).people[0].vault, words });
  await locked.until(async () => (await locked.ask("outbox")).items.length === 0 && (await locked.ask("caseload")).complete);
  assert.deepEqual((await outbox.inState("sent")).length + (await outbox.inState("answered")).length <= 1, true);
  locked.kill();
});

/** The envelopes of a file, read as the office reads it. */
function envelopesIn(file) {
  const magic = utf8("fieldapp waiting 1\n");
  assert.deepEqual(file.subarray(0, magic.length), magic);
  return file.length > magic.length ? readFrames(file.subarray(magic.length)) : [];
}

test("what waits goes into a file while the phone is locked, nothing is freed for it, and the first contact settles it", async () => {
  const { office, phone, ids, words } = await given(3);
  await phone.ask("lock");
  phone.kill();
  const locked = startPhone(office, phone.storage, { now: phone.outside.now });
  const { file, count } = await locked.ask("outbox.file");
  assert.equal(count, 3);
  const envelopes = envelopesIn(file);
  // Somebody carries it; the office has it now, and the phone has heard nothing.
  const carried = await Promise.all(envelopes.map((one) => office.take(one)));
  assert.deepEqual(new Set(carried.map(({ status, id }) => `${status} ${id}`)), new Set(ids.map((id) => `stored ${id}`)));
  assert.equal((await locked.ask("outbox")).waiting, 3);
  assert.deepEqual((await locked.ask("outbox.file")).file, file, "it may be made again");
  await locked.ask("unlock", { vault: (await locked.ask("status")).people[0].vault, words });
  await locked.until(async () => (await standings(locked)).join() === "waiting,waiting,waiting", "each is shown as waiting");
  office.weather = null;
  await locked.ask("sync");
  await locked.until(async () => (await locked.ask("outbox")).items.length === 0, "all of it is sent");
  assert.equal([...office.casefiles.values()].flatMap((one) => one.entries).filter(({ id }) => ids.includes(id)).length, 3);
  assert.deepEqual(await locked.ask("outbox.file"), { file: utf8("fieldapp waiting 1\n"), count: 0 });
  locked.kill();
});

test("a file holds what the office answered unheard and leaves out what it has", async () => {
  const { office, phone } = await given(2);
  await phone.ask("lock");
  phone.kill();
  office.weather = null;
  const locked = startPhone(office, phone.storage, { now: phone.outside.now });
  await locked.ask("sync");
  // Answered while locked: nobody has verified a receipt, so for the phone it waits.
  assert.equal((await locked.ask("outbox.file")).count, 2);
  locked.kill();

  const other = await given(1);
  other.office.weather = null;
  await other.phone.ask("sync");
  other.office.refuse = () => ({ code: "no_opening" });
  await write(other.phone, other.casefile, other.child, "being sorted");
  await other.phone.ask("sync");
  assert.deepEqual(await standings(other.phone), ["sorting"]);
  other.office.weather = noSignal;
  const { id } = await write(other.phone, other.casefile, other.child, "waits");
  const { file, count } = await other.phone.ask("outbox.file");
  assert.equal(count, 1);
  assert.equal((await other.office.open(envelopesIn(file)[0])).id, id);
  other.phone.kill();
});

test("a file of what waits says nothing of who wrote it, where or about whom", async () => {
  const { phone, ama, casefile, child, ids } = await given(2);
  const { file } = await phone.ask("outbox.file");
  const held = Buffer.from(file);
  for (const told of [ama.id, ama.name, casefile, child, "Tarnley", "note 0", ...ids]) {
    assert.equal(held.includes(told), false, told);
    if (/^[\w-]{22,43}$/.test(told)) assert.equal(held.includes(Buffer.from(told, "base64url")), false, told);
  }
  phone.kill();
});

test("a sender alone, as the service worker has it, sends with no key and gives no verdict", async () => {
  const { office, phone, ids } = await given(2);
  office.weather = null;
  const outbox = await openOutbox(phone.outside);
  assert.equal(await push(phone.outside, outbox, { atOnce: true }), "ok");
  assert.ok(ids.every((id) => office.byId.has(id)));
  assert.deepEqual(
    (await outbox.items()).map(([, item]) => item.state),
    ["answered", "answered"],
  );
  await phone.ask("sync");
  assert.deepEqual(await standings(phone), []);
  phone.kill();
});

test("a service worker that is woken while a page sends sends again when that page is closed before the answer came", async () => {
  const { office, phone, ids } = await given(1);
  /** @type {(name: string) => void} */
  let say;
  const said = (/** @type {string} */ wanted) =>
    /** @type {Promise<void>} */ (new Promise((yes) => (say = (name) => name === wanted && yes())));
  office.weather = onPush(async (real) => {
    await real();
    say("stored");
    return new Promise(() => undefined);
  });
  const stored = said("stored");
  void phone.ask("sync");
  await stored;
  office.weather = null;
  const { storage } = phone;
  const worker = {
    ...phone.outside,
    hold: (name, how, work) => {
      const asked = storage.locks.request(name, how, (lock) => work(lock !== null), {});
      say(name);
      return asked;
    },
  };
  const waits = said("fieldapp push");
  const woken = sendInBackground(worker);
  await waits;
  phone.kill();
  await woken;
  const outbox = await openOutbox(worker);
  assert.deepEqual(
    (await outbox.items()).map(([id, item]) => [id, item.state]),
    [[ids[0], "answered"]],
  );
});

test("an answer that comes late, to what was settled by an earlier one meanwhile, has nobody sort it or send it again", async () => {
  const { office, phone, words, pass, now } = await given(1);
  office.durable = () => "2020-01-01T00:00:00.000Z";
  office.weather = null;
  phone.kill();
  const worker = () => ({ ...phone.outside, hold: (name, how, work) => phone.storage.locks.request(name, how, work, worker) });
  await sendInBackground(worker());
  // Nobody has unlocked the phone for so long that the same note is offered once more, just before they do.
  pass(7 * 3_600_000);
  let answer;
  const asked = new Promise((sent) => {
    office.weather = onPush(async (real) => {
      sent(null);
      await new Promise((go) => (answer = go));
      return real();
    });
  });
  const late = sendInBackground(worker());
  await asked;
  const again = startPhone(office, phone.storage, { now });
  await again.ask("unlock", { vault: (await again.ask("status")).people[0].vault, words });
  await ready(again);
  const outbox = await openOutbox(phone.outside);
  const states = async () => (await outbox.items()).map(([, { state }]) => state);
  assert.deepEqual(await states(), ["sent"]);

  answer();
  await late;
  assert.deepEqual(await states(), ["sent"]);
  assert.equal(await outbox.waiting(), 0);
  again.kill();
});

test("a draft is sent until the office says that it has it, whatever else comes back", async () => {
  const { office, phone, casefile } = await given(0);
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  await phone.ask("draft.keep", { slot, fields: { purpose: "half a sentence" } });
  office.weather = async (path, real) =>
    path.endsWith(slot) ? new Response('{"v":1,"status":"busy"}', { headers: { "Content-Type": "application/json" } }) : real();
  await phone.ask("lock");
  await phone.ask("sync");
  assert.ok(office.requests.some((path) => path.endsWith(slot)));
  office.weather = null;
  await phone.ask("sync");
  assert.ok(office.drafts.has(slot));
  phone.kill();
});

test("what is meant for the office is sent nowhere else, wherever somebody on the way says that it should go", async () => {
  const came = [];
  const elsewhere = createServer(({ url }, response) => {
    came.push(url);
    response.setHeader("Content-Type", "application/json");
    if (url === "/sync/v1/hello") response.writeHead(307, { Location: "/login" });
    response.end('{"v":1}');
  });
  await /** @type {Promise<void>} */ (new Promise((ready) => elsewhere.listen(0, "127.0.0.1", ready)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (elsewhere.address());
  const outside = createOutside({ origin: `http://127.0.0.1:${port}`, channel: null });
  const { status } = await post(outside, "/sync/v1/hello", { v: 1 });
  elsewhere.closeAllConnections();
  elsewhere.close();
  assert.deepEqual(came, ["/sync/v1/hello"]);
  assert.notEqual(status, 200);
});

for (const [
  name,
  asks,
] of /** @type {[string, (outside: import("../../static/src/core/outside.js").Outside) => Promise<unknown>][]} */ ([
  ["to a push", async (outside) => assert.equal((await post(outside, "/sync/v1/push", { v: 1 })).status, -1)],
  ["to what is asked at set-up", (outside) => assert.rejects(wordList(outside), { code: "setup_failed" })],
]))
  test(`an answer without end ${name} is no answer, and is left long before it has filled the memory`, async () => {
    let given = 0;
    const piece = utf8(`{"v":1,"results":["${"x".repeat(1_048_576)}`);
    const outside = createOutside({
      fetch: async () =>
        new Response(
          new ReadableStream({
            // One that nobody ends goes on for as long as any test may wait, and no longer.
            pull: (line) => (++given < 200 ? line.enqueue(piece) : line.close()),
          }),
          { headers: { "Content-Type": "application/json" } },
        ),
      channel: null,
    });
    await asks(outside);
    assert.ok(given < 12, `${given} MiB were read`);
  });

test("what waits on another phone of hers is told to whoever sends from this one, until the office says so no more", async () => {
  const { office, phone, pass } = await given(0);
  const elsewhere = { count: 2, seen_at: "2026-11-18T08:00:00.000Z" };
  const greets = async (/** @type {object} */ more) => {
    office.weather = async (path, real) => {
      const response = await real();
      return path === "/sync/v1/hello" ? Response.json({ ...(await response.json()), ...more }) : response;
    };
    pass(400_000);
    await phone.ask("sync");
    return (await phone.ask("outbox")).elsewhere;
  };
  assert.deepEqual(await greets({ elsewhere }), elsewhere);
  assert.equal(await greets({}), undefined);
  await greets({ elsewhere });
  await phone.ask("lock");
  assert.equal((await phone.ask("outbox")).elsewhere, undefined);
  phone.kill();
});

test("what a verified backup covers is freed, and only that", async () => {
  const { office, phone, pass, now } = await given(1);
  office.durable = () => "2020-01-01T00:00:00.000Z";
  office.weather = null;
  await phone.ask("sync");
  const outbox = await openOutbox(phone.outside);
  assert.equal((await outbox.inState("sent")).length, 1);
  pass(400_000);
  office.durable = () => new Date(now()).toISOString();
  await phone.ask("sync");
  assert.equal((await outbox.items()).length, 0);
  phone.kill();
});

test("what is saved after a phone has slept goes at once, though its timers stood still meanwhile", async () => {
  let now = Date.parse("2026-11-21T09:00:00Z");
  /** Those that are still to run; long ones never do. @type {Map<number, any>} */
  const timers = new Map();
  let last = 0;
  const office = await makeOffice(() => now);
  const ama = office.addPerson("Ama");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const phone = startPhone(office, undefined, {
    now: () => now,
    setTimeout(run, ms) {
      const id = ++last;
      const ends = () => timers.delete(id) && run();
      timers.set(id, ms < 5_000 ? setTimeout(ends, ms).unref() : "long");
      return id;
    },
    clearTimeout(id) {
      clearTimeout(timers.get(id));
      timers.delete(id);
    },
  });
  await setUp(phone, ama);
  await phone.until(() => [...timers.values()].every((one) => one === "long"), "quiet");
  now += 400_000;
  const { id } = await write(phone, casefile, child, "after the nap");
  await phone.until(() => office.byId.has(id), "the note at the office");
  phone.kill();
});

test("tries without signal that somebody asked for make nobody wait longer once it is back", async () => {
  const { phone } = await given(1);
  const outbox = await openOutbox(phone.outside);
  const before = await outbox.fact("line");
  for (let i = 0; i < 9; i++) await phone.ask("sync");
  const { failures, next_at } = await outbox.fact("line");
  assert.equal(failures, before.failures);
  assert.ok(next_at - phone.outside.now() <= 2_000 * 2 ** (failures - 1));
  phone.kill();
});

test("waiting grows with each failure, never beyond its bound, and phones do not march in step", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 999 }), (failures, chance) => {
      const wait = backoff(/** @type {any} */ ({ pick: () => chance }), failures, 2000, 300_000);
      const full = Math.min(300_000, 2000 * 2 ** (failures - 1));
      assert.ok(wait >= full / 2 && wait <= full);
    }),
  );
});

describe("any weather that ends", () => {
  let stage;
  before(async () => {
    stage = await given(0);
  });
  test("leaves nothing unsent and nothing twice", async () => {
    const { office, phone, casefile, child, pass } = stage;
    const weathers = {
      fine: null,
      none: noSignal,
      portal: async () => html(),
      lost: async (_path, real) => {
        await real();
        throw new TypeError("lost");
      },
      cut: async (_path, real) =>
        new Response((await (await real()).text()).slice(0, 30), { headers: { "Content-Type": "application/json" } }),
      twice: async (_path, real) => {
        await real();
        return real();
      },
      failing: async () => new Response("{}", { status: 503, headers: { "Content-Type": "application/json" } }),
    };
    const written = [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("write", "sync", "pass", ...Object.keys(weathers)), { maxLength: 14 }),
        async (steps) => {
          for (const step of steps) {
            if (step === "write") written.push((await write(phone, casefile, child, `note ${written.length}`)).id);
            else if (step === "sync") await phone.ask("sync");
            else if (step === "pass") pass(30_000);
            else office.weather = weathers[step];
            const outbox = await openOutbox(phone.outside);
            const lying = new Set((await outbox.items()).map(([id]) => id));
            assert.ok(
              written.every((id) => lying.has(id) || office.byId.has(id)),
              "saved is somewhere, at every moment",
            );
            outbox.close();
          }
          office.weather = null;
          pass(24 * 3_600_000);
          await phone.ask("sync");
          await phone.ask("sync");
          assert.deepEqual(await standings(phone), []);
          const all = [...office.casefiles.values()].flatMap((file) => file.entries.map((entry) => entry.id));
          assert.equal(new Set(all).size, all.length);
          assert.ok(written.every((id) => all.includes(id)));
        },
      ),
      { numRuns: 25 },
    );
    phone.kill();
  });
});

test("a file kept in a second tab holds what the first has saved since that tab last looked", async () => {
  const { casefile, child, office, phone, now } = await given(0);
  const second = startPhone(office, phone.storage, { now });
  assert.equal((await second.ask("outbox.file")).count, 0);
  await write(phone, casefile, child, "written after that");
  assert.equal((await second.ask("outbox.file")).count, 1);
  second.kill();
  phone.kill();
});

test("a tab that took the place of another counts and sends what that one had begun to save", async () => {
  const { office, phone, words, now } = await given(0);
  const second = startPhone(office, phone.storage, { now });
  await second.ask("continue here");
  await second.ask("unlock", { vault: (await second.ask("status")).people[0].vault, words });
  await second.until(async () => (await second.ask("outbox")).waiting === 0);
  const late = await openOutbox(phone.outside);
  const item = /** @type {import("../../static/src/core/outbox.js").Item} */ ({
    kid: "k",
    n: 1,
    ingest_kid: "i",
    sealed: new Uint8Array(1),
    own: new Uint8Array(1),
    state: "waiting",
    attempts: 0,
    next_at: 0,
  });
  await late.save("k", async () => ({ id: "late", item }));
  assert.equal((await second.ask("outbox")).waiting, 1);
  office.requests.length = 0;
  await second.ask("sync");
  assert.ok(office.requests.includes("/sync/v1/push"));
  second.kill();
  phone.kill();
});
