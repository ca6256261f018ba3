/** What a phone takes from its office: only what is signed, what follows, and what was said twice where once is not enough. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hash, json, makeSigner, sign } from "../../static/src/core/keys.js";
import { openOutbox } from "../../static/src/core/outbox.js";
import { b64u, compact, splitJws } from "../../static/src/sync/entry.js";
import { makeMortal } from "./mortal.js";
import { makeOffice, newId } from "./office.js";
import { inVault, makeStorage, ready, setUp, startPhone, visitNote } from "./phone.js";

async function given() {
  let ahead = 0;
  const office = await makeOffice();
  const ama = office.addPerson("Ama");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const phone = startPhone(office, undefined, { now: () => Date.now() + ahead });
  const words = await setUp(phone, ama);
  await ready(phone);
  return { office, ama, casefile, child, phone, words, pass: (ms) => (ahead += ms) };
}

test("what is kept for reading is opened anew when the store's process died with no word: fetching goes on, and nobody unlocks for it", async () => {
  const office = await makeOffice();
  const ama = office.addPerson("Ama");
  const { casefile } = await office.openFamily(ama, "Tarnley");
  const storage = makeStorage();
  const store = makeMortal(storage.indexedDB);
  const phone = startPhone(office, { ...storage, indexedDB: store.indexedDB });
  await setUp(phone, ama);
  await ready(phone);
  store.die((name) => !name.includes("outbox"));
  await office.write(ama, { kind: "contact", schema: "contact.1", casefile, fields: { line: "a heron by the canal" } });
  await phone.ask("sync");
  await phone.ask("sync");
  assert.equal((await phone.ask("search", { text: "heron" })).length, 1);
  assert.ok(
    phone.news.some(({ news, value }) => news === "office" && value.status === "store_failed"),
    "it was told meanwhile",
  );
  phone.kill();
});

const familiesOf = async (phone) => (await phone.ask("caseload")).families.map((one) => one.casefile);
const CACHED = ["casefiles", "briefs", "pages"];
const cached = (phone) => Promise.all(CACHED.map((store) => inVault(phone, store, (rows) => rows.count())));

describe("an entry of a colleague", () => {
  /** Reece, set up on a phone of his own, and what he signs. */
  async function colleague({ office, casefile }) {
    const reece = office.addPerson("Reece");
    const { signer, jwk } = await makeSigner();
    const device = newId();
    const enrolment = await sign(signer, "fieldapp-enrolment", json({ v: 1, person: reece.id, device, jwk }));
    office.enrolments.push({ jws: enrolment.jws, n: 1, received_at: office.stamp(), log_hash: "" });
    return async (more = {}, by = signer) => {
      const body = new TextDecoder().decode(json({ salt: newId(), fields: { line: "a kestrel over the yard" } }));
      const header = {
        v: 1,
        kind: "contact",
        schema: "contact.1",
        form: "",
        app: "test",
        casefile,
        record: newId(),
        parents: [],
        author: reece.id,
        device,
        written_at: office.stamp(),
        zone: "Europe/London",
        mode: "",
        body_hash: b64u(await hash(new TextEncoder().encode(body))),
        slip_hash: "",
        blobs: [],
        ...more,
      };
      const { id, jws } = await sign(by, "fieldapp-entry", json(header));
      return { id, jws, body, header: { casefile } };
    };
  }
  const stranger = async () => (await makeSigner()).signer;
  /** @type {{[name: string]: [shown: number, makes: (writes: any, here: any) => Promise<any>]}} */
  const cases = {
    "that is whole is shown": [1, (writes) => writes()],
    "by a key nobody enrolled is never shown": [0, async (writes) => writes({}, await stranger())],
    "with another's signature is never shown": [
      0,
      async (writes) => {
        const [mine, other] = [await writes(), await writes()];
        return {
          ...mine,
          jws: compact(splitJws(mine.jws, "fieldapp-entry").input, splitJws(other.jws, "fieldapp-entry").signature),
        };
      },
    ],
    "in the name of somebody else is never shown": [0, (writes, { ama }) => writes({ author: ama.id })],
    "from a phone that is not the signer's is never shown": [0, (writes) => writes({ device: newId() })],
    "with other words than were signed is never shown": [
      0,
      async (writes) => {
        const mine = await writes();
        return { ...mine, body: mine.body.replace("over the yard", "in the house") };
      },
    ],
    "of another family is never shown": [0, (writes) => writes({ casefile: newId() })],
  };
  for (const [name, [shown, makes]] of Object.entries(cases)) {
    test(`an entry ${name}`, async () => {
      const here = await given();
      const { office, phone, casefile } = here;
      const before = office.casefiles.get(casefile).seq;
      await office.place(await makes(await colleague(here), here));
      await phone.ask("sync");
      assert.equal((await phone.ask("search", { text: "kestrel" })).length, shown);
      // It is kept as it came, and asked for no more: what is wrong with one entry hides none that follow.
      assert.equal(office.casefiles.get(casefile).seq, before + 1);
      const pulls = () => office.requests.filter((path) => path === "/sync/v1/pull").length;
      const asked = pulls();
      await phone.ask("sync");
      assert.equal(pulls(), asked);
      phone.kill();
    });
  }
});

for (const [when, times] of /** @type {[string, number][]} */ ([
  ["once", 1],
  ["each time in other words, for as long as the line is bad", 3],
]))
  test(`words that were changed on their way are read again, and shown as they were written: ${when}`, async () => {
    const { office, ama, casefile, phone } = await given();
    const contact = (line) => office.write(ama, { kind: "contact", schema: "contact.1", casefile, fields: { line } });
    await contact("a kestrel over the yard");
    await contact("a wren in the hedge");
    let pulls = 0;
    office.weather = async (path, real) => {
      const response = await real();
      if (path !== "/sync/v1/pull" || pulls++ >= times) return response;
      return new Response((await response.text()).replace("over the yard", `in house ${pulls}`), response);
    };
    await phone.ask("sync");
    assert.equal(pulls, 2, "asked again at once, and once");
    assert.deepEqual(
      await Promise.all(["kestrel", "yard", "wren", "house"].map(async (text) => (await phone.ask("search", { text })).length)),
      times === 1 ? [1, 1, 1, 0] : [0, 0, 0, 0],
    );
    await phone.ask("sync");
    assert.equal((await phone.ask("search", { text: "over the yard" })).length, 1);
    assert.equal((await phone.ask("search", { text: "wren" })).length, 1);
    const asked = pulls;
    await phone.ask("sync");
    assert.equal(pulls, asked);
    phone.kill();
  });

test("a sudden removal is done only as far as two answers in a row say the same", async () => {
  const { office, ama, casefile, phone } = await given();
  const other = await office.openFamily(ama, "Velmire");
  await phone.ask("sync");
  assert.equal((await familiesOf(phone)).length, 2);
  const gone = (of) => [{ casefile: of, reason: "mistake" }];
  office.removed = gone(casefile);
  office.confirm = true;
  let pulls = 0;
  office.weather = async (path, real) => {
    const response = await real();
    if (path === "/sync/v1/pull") office.removed = ++pulls === 1 ? gone(other.casefile) : [];
    return response;
  };
  await phone.ask("sync");
  assert.equal(pulls, 3);
  assert.equal((await familiesOf(phone)).length, 2);
  phone.kill();
});

const told = (value) => new Response(JSON.stringify(value), { headers: { "Content-Type": "application/json" } });

/** Has every pull answered otherwise, and every greeting say that there is something new. @param {any} given @param {(page: any, pulls: number) => any} change */
function changePulls({ office, pass }, change) {
  let pulls = 0;
  office.weather = async (path, real) => {
    // Three hundred requests a minute are the most there ever are.
    pass(1_000);
    const response = await real();
    if (response.status !== 200 || !["/sync/v1/hello", "/sync/v1/pull"].includes(path)) return response;
    const answer = await response.json();
    return told(path === "/sync/v1/hello" ? { ...answer, same: false } : change(answer, ++pulls));
  };
  return () => pulls;
}

/** @type {{[name: string]: (given: any, page: any, pulls: number) => any}} */
const ENDLESS = {
  "takes away another family each time it is asked again": ({ both }, page, pulls) => ({
    ...page,
    removed: [{ casefile: both[pulls % 2], reason: "mistake" }],
    confirm: true,
  }),
  "always has one more family whose history does not hold": ({ office, both }, page) => ({
    ...page,
    more: true,
    total: 1,
    casefiles: [{ ...office.casefiles.get(both[0]), id: newId() }],
  }),
};
const ENDS_AFTER = 1_500;
for (const [name, change] of Object.entries(ENDLESS))
  test(`an office that ${name} holds up nothing that waits to be sent`, async () => {
    const here = await given();
    const { office, ama, casefile, child, phone, pass } = here;
    const both = [casefile, (await office.openFamily(ama, "Velmire")).casefile];
    await phone.ask("sync");
    // It comes to an end after all, or a phone that waits for that would never be done.
    const pulls = changePulls(here, (page, times) => (times > ENDS_AFTER ? page : change({ office, both }, page, times)));
    pass(400_000);
    const round = phone.ask("sync");
    await phone.until(() => pulls() > 2, "an answer that is followed by another");
    const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
    const { id } = await phone.ask("send", { slot, fields: visitNote(child) });
    await phone.until(() => office.byId.has(id), "the note at the office");
    assert.ok(pulls() < ENDS_AFTER, `it went after ${pulls()} answers`);
    await round;
    assert.deepEqual((await familiesOf(phone)).sort(), both.sort());
    phone.kill();
  });

test("an answer that nobody foresaw is no answer: neither is fetching paused by it, nor has the phone no room", async () => {
  const here = await given();
  const { office, phone, pass } = here;
  for (const more of [{ people: 7 }, { removed: [null] }, { enrolments: [{ jws: "half.a.signature" }] }]) {
    changePulls(here, (page) => ({ ...page, ...more }));
    pass(400_000);
    phone.news.length = 0;
    await phone.ask("sync");
    const { reach, fetching } = await phone.ask("outbox");
    assert.deepEqual([reach, fetching], ["office_not_answering", "ok"]);
    assert.ok(phone.news.every(({ news, value }) => news !== "office" || value.status === "ok"));
  }
  office.weather = null;
  pass(400_000);
  await phone.ask("sync");
  assert.equal((await phone.ask("outbox")).reach, "ok");
  phone.kill();
});

test("what was taken away leaves neither key nor row in the cache", async () => {
  const { office, casefile, phone } = await given();
  assert.ok((await cached(phone)).every((count) => count > 0));
  office.scope.delete(casefile);
  office.removed = [{ casefile, reason: "ended" }];
  await phone.ask("sync");
  assert.deepEqual(await cached(phone), [0, 0, 0]);
  phone.kill();
});

for (const [how, answer, wait] of /** @type {const} */ ([
  ["asked to wait", () => new Response("{}", { status: 429, headers: { "Retry-After": "3600" } }), 0],
  ["refused", () => new Response("", { status: 503 }), 0],
  ["lost on the way", () => Promise.reject(new TypeError("Failed to fetch")), 300_000],
]))
  test(`what was taken away is heard while everything that is sent is ${how}`, async () => {
    const { office, casefile, child, phone, pass } = await given();
    office.weather = (path, real) => (path === "/sync/v1/push" ? answer() : real());
    const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
    office.scope.delete(casefile);
    office.removed = [{ casefile, reason: "ended" }];
    pass(wait);
    const { id } = await phone.ask("send", { slot, fields: visitNote(child), mode: "alone" });
    await phone.ask("sync");
    assert.deepEqual(await cached(phone), [0, 0, 0]);
    assert.equal(office.hello.waiting.count, 1);
    assert.equal((await phone.ask("outbox")).waiting, 1);
    office.weather = null;
    pass(3_600_000);
    await phone.ask("sync");
    assert.ok(office.byId.has(id));
    phone.kill();
  });

test("unsent work about a family that was taken away waits, and goes when it can", async () => {
  const { office, casefile, child, phone, pass } = await given();
  office.refuse = () => ({ status: "retry", code: "busy", retry_after: 60 });
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  const { id } = await phone.ask("send", { slot, fields: visitNote(child), mode: "alone" });
  office.scope.delete(casefile);
  office.removed = [{ casefile, reason: "ended" }];
  await phone.ask("sync");
  assert.deepEqual(await cached(phone), [0, 0, 0]);
  assert.ok(!office.byId.has(id));
  office.refuse = () => null;
  pass(3_600_000);
  await phone.ask("sync");
  assert.ok(office.byId.has(id));
  phone.kill();
});

test("what the office lost in a restore comes back also from a family that was taken away", async () => {
  const { office, casefile, child, phone } = await given();
  office.durable = () => "2020-01-01T00:00:00.000Z";
  const before = structuredClone([office.casefiles, office.byId]);
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  const { id } = await phone.ask("send", { slot, fields: visitNote(child), mode: "alone" });
  await phone.ask("sync");
  assert.ok(office.byId.has(id));
  office.scope.delete(casefile);
  office.removed = [{ casefile, reason: "ended" }];
  await phone.ask("sync");
  assert.deepEqual(await cached(phone), [0, 0, 0]);
  [office.casefiles, office.byId] = before;
  office.epoch = 2;
  await phone.ask("sync");
  await phone.ask("sync");
  assert.ok(office.byId.has(id));
  phone.kill();
});

test("a casefile that is not the one this phone followed is read again from its start", async () => {
  const { office, ama, casefile, phone } = await given();
  const contact = (line) => office.write(ama, { kind: "contact", schema: "contact.1", casefile, fields: { line } });
  await contact("a heron by the canal");
  await phone.ask("sync");
  assert.equal((await phone.ask("search", { text: "heron" })).length, 1);
  // A restore lost the last entry, and others came after it.
  const file = office.casefiles.get(casefile);
  file.entries.pop();
  const { seq, log_hash } = file.entries.at(-1);
  Object.assign(file, { seq, log_hash });
  await contact("a wren in the hedge");
  await contact("a kestrel over the yard");
  await phone.ask("sync");
  assert.equal((await phone.ask("search", { text: "wren" })).length, 1);
  assert.equal((await phone.ask("search", { text: "kestrel" })).length, 1);
  // At once, and not because a chain that does not hold was found.
  assert.ok(!phone.news.some((/** @type {any} */ { value }) => value?.status === "chain_broken"));
  phone.kill();
});

test("a place in its own chain that no entry could have is not taken from anybody", async () => {
  const { office, casefile, child, phone, pass } = await given();
  const kid = [...office.signers.keys()].at(-1);
  const id = "A".repeat(43);
  for (const told of [{ n: 3.5 }, { n: 1e300 }, { n: "7" }, { id: null }, { id: "" }, { id: {} }]) {
    office.heads = new Map([[kid, { n: 7, id, ...told }]]);
    pass(400_000);
    await phone.ask("sync");
  }
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  const { id: sent } = await phone.ask("send", { slot, fields: visitNote(child), mode: "alone" });
  await phone.ask("sync");
  assert.deepEqual([...office.numbers], [[sent, 1]]);
  assert.ok(office.byId.has(sent));
  phone.kill();
});

test("a phone whose store was cleared goes on in its own chain where the office says that it stands", async () => {
  const { office, casefile, child, phone } = await given();
  const kid = [...office.signers.keys()].at(-1);
  office.heads = new Map([[kid, { n: 7, id: "A".repeat(43) }]]);
  await phone.ask("sync");
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  const { id } = await phone.ask("send", { slot, fields: visitNote(child), mode: "alone" });
  const outbox = await openOutbox(phone.outside);
  const [, item] = (await outbox.items()).find(([one]) => one === id);
  assert.equal(item.n, 8);
  outbox.close();
  phone.kill();
});

test("an edit names what stood on the screen when it began, not what came since", async () => {
  const { office, ama, casefile, phone } = await given();
  const detail = (await phone.ask("family", { casefile })).record;
  const draft = await phone.ask("draft.begin", { casefile, schema: "family.1", record: detail });
  await phone.ask("draft.keep", { slot: draft.slot, fields: { ...draft.fields, warning: "Dog in the yard" } });
  const fields = { ...draft.fields, warning: "Do not go alone" };
  await office.write(ama, { kind: "family", schema: "family.1", casefile, record: detail, parents: draft.heads, fields });
  await phone.ask("sync");
  await phone.ask("send", { slot: draft.slot, fields: { ...draft.fields, warning: "Dog in the yard" }, mode: "alone" });
  const { warning } = (await phone.ask("record", { record: detail })).fields;
  assert.deepEqual(warning.values.map((one) => one.value).sort(), ["Do not go alone", "Dog in the yard"]);
  phone.kill();
});
