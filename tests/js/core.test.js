/** A phone from set-up to signed off, against an office with real keys. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readHeader } from "../../static/src/sync/entry.js";
import { makeOffice, newId } from "./office.js";
import { inVault, ready, setUp, startPhone, visitNote } from "./phone.js";

async function given(policy = {}) {
  const office = await makeOffice(undefined, policy);
  const ama = office.addPerson("Ama");
  const marian = office.addPerson("Marian", "supervisor");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const phone = startPhone(office);
  const words = await setUp(phone, ama);
  return { office, ama, marian, casefile, child, phone, words };
}

async function writeNote(phone, casefile, child, words) {
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  return phone.ask("send", { slot, fields: visitNote(child, words), mode: "alone" });
}

const rowsIn = (phone, store) => inVault(phone, store, (rows) => rows.count());
/** Changes one byte of one sealed row. */
async function spoilOneRow(phone, store) {
  const [key] = await inVault(phone, store, (rows) => rows.getAllKeys());
  const bytes = await inVault(phone, store, (rows) => rows.get(key));
  bytes[bytes.length - 1] ^= 1;
  await inVault(phone, store, (rows) => rows.put(bytes, key));
}

const noSignal = async () => {
  throw new TypeError("Failed to fetch");
};
const standing = async (phone, record) => (await phone.ask("record", { record })).standing;

describe("a working day", () => {
  test("a note written without signal is sent when signal returns, over a killed browser", async () => {
    const { office, casefile, child, phone, words } = await given();
    office.weather = noSignal;
    const { record, id, standing: first } = await writeNote(phone, casefile, child);
    assert.equal(first, "waiting");
    phone.kill();

    const again = startPhone(office, phone.storage);
    const { people, state } = await again.ask("status");
    assert.equal(state, "locked");
    await again.ask("unlock", { vault: people[0].vault, words });
    await again.until(async () => (await again.ask("caseload")).complete);
    assert.equal(await standing(again, record), "waiting");
    assert.deepEqual(
      (await again.ask("outbox")).items.map((item) => [item.record, item.standing]),
      [[record, "waiting"]],
    );

    office.weather = null;
    await again.ask("sync");
    assert.equal(await standing(again, record), "sent");
    assert.ok(office.byId.has(id));
    assert.equal((await again.ask("outbox")).waiting, 0);
    assert.ok((await again.ask("outbox")).last_sent_at);
    again.kill();
  });

  test("a question comes back, is answered offline, and is signed off", async () => {
    const { office, marian, casefile, child, phone } = await given();
    const { record, id } = await writeNote(phone, casefile, child);
    await phone.ask("sync");
    await office.write(marian, {
      kind: "review",
      schema: "review.1",
      casefile,
      record,
      parents: [id],
      fields: {
        decision: "question",
        covers: [id],
        question: "Where was he?",
        comments: [{ id: "AAAAAAAAAAAAAAAAAAAAAA", field: "seen_and_heard", text: "In which room?" }],
      },
    });
    await phone.ask("sync");
    const asked = (await phone.ask("family", { casefile })).records.find((brief) => brief.record === record);
    assert.equal(asked.standing, "question");
    assert.equal(asked.question.by.name, "Marian");
    assert.equal((await phone.ask("caseload")).families[0].questions, 1);

    office.weather = noSignal;
    const draft = await phone.ask("draft.begin", { casefile, schema: "visit-note.1", record });
    assert.deepEqual(draft.heads, [id]);
    assert.equal(draft.fields.seen_and_heard, "Ada showed us her drawings.");
    const additions = [{ id: "AAAAAAAAAAAAAAAAAAAAAA", why: "answer", text: "In the kitchen" }];
    const sent = await phone.ask("send", {
      slot: draft.slot,
      fields: { ...draft.fields, purpose: "something else", additions },
      mode: "alone",
    });
    const detail = await phone.ask("record", { record });
    assert.deepEqual(detail.versions.at(-1).changed, ["additions"], "a final note is only added to");
    assert.equal(detail.standing, "waiting");

    office.weather = null;
    await phone.ask("sync");
    assert.equal(await standing(phone, record), "sent");
    await office.write(marian, {
      kind: "review",
      schema: "review.1",
      casefile,
      record,
      parents: [sent.id],
      fields: { decision: "signed_off", covers: [id, sent.id] },
    });
    await phone.ask("sync");
    assert.equal(await standing(phone, record), "signed_off");
    phone.kill();
  });

  test("what is written while a note is signed off is called added later until a review has seen it", async () => {
    const { office, marian, casefile, child, phone } = await given();
    const { record, id } = await writeNote(phone, casefile, child);
    await phone.ask("sync");
    const signsOff = (/** @type {string[]} */ ...seen) =>
      office.write(marian, {
        kind: "review",
        schema: "review.1",
        casefile,
        record,
        parents: seen.slice(-1),
        fields: { decision: "signed_off", covers: seen },
      });
    const stands = async () => {
      const { standing, later } = await phone.ask("record", { record });
      const brief = (await phone.ask("family", { casefile })).records.find((one) => one.record === record);
      return [standing, later, brief.standing, brief.later];
    };

    office.weather = noSignal;
    const draft = await phone.ask("draft.begin", { casefile, schema: "visit-note.1", record });
    const additions = [{ id: "AAAAAAAAAAAAAAAAAAAAAA", why: "more", text: "And Luka slept" }];
    const sent = await phone.ask("send", { slot: draft.slot, fields: { ...draft.fields, additions }, mode: "alone" });
    await signsOff(id);
    office.weather = null;
    await phone.ask("sync");
    assert.deepEqual(await stands(), ["sent", [sent.id], "sent", 1], "the sign-off is of what it saw");

    await signsOff(sent.id);
    await phone.ask("sync");
    assert.deepEqual(await stands(), ["signed_off", [], "signed_off", 0]);
    phone.kill();
  });

  test("what somebody changed in a note is sent as they wrote it when it was signed off meanwhile", async () => {
    const { office, marian, casefile, child, phone } = await given({ sign_off: { visit_note: { needs: "sign_off" } } });
    const { record, id } = await writeNote(phone, casefile, child);
    await phone.ask("sync");
    const { slot, fields, before } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1", record });
    assert.deepEqual(before, fields);
    const changed = { ...fields, seen_and_heard: "Ada hid her drawings from us." };
    await phone.ask("draft.keep", { slot, fields: changed });
    await office.write(marian, {
      kind: "review",
      schema: "review.1",
      casefile,
      record,
      parents: [id],
      fields: { decision: "signed_off", covers: [id] },
    });
    await phone.ask("sync");
    assert.deepEqual((await phone.ask("record", { record })).may, { amend: false, signs_off: true, add: true });
    assert.deepEqual((await phone.ask("draft.open", { slot })).before, fields, "what the writer had before them");

    const sent = await phone.ask("send", { slot, fields: changed, mode: "" });
    const { versions, later } = await phone.ask("record", { record });
    assert.equal(versions.at(-1).fields.seen_and_heard, "Ada hid her drawings from us.");
    assert.deepEqual(later, [sent.id]);
    phone.kill();
  });

  test("what somebody changed in a note is sent as they wrote it where the phone cannot tell whether it may be changed", async () => {
    const { office, casefile, child, phone, words } = await given({ sign_off: { visit_note: { needs: "sign_off" } } });
    const { record } = await writeNote(phone, casefile, child);
    await phone.ask("sync");
    const { slot, fields } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1", record });
    const seen_and_heard = "Ada hid her drawings from us.";
    await phone.ask("draft.keep", { slot, fields: { ...fields, seen_and_heard } });
    const { policy } = JSON.parse(new TextDecoder().decode(office.practice.files.get(office.practice.index)));
    await inVault(phone, "practice", (rows) => rows.delete(policy));
    phone.kill();

    office.weather = noSignal;
    const again = startPhone(office, phone.storage);
    const { people } = await again.ask("status");
    await again.ask("unlock", { vault: people[0].vault, words });
    const draft = await again.ask("draft.open", { slot });
    const { may } = await again.ask("record", { record });
    assert.deepEqual(may, { amend: false, signs_off: true, add: true }, "what is changed is shown, and nothing new begun");
    await again.ask("send", { slot, fields: draft.fields, mode: "" });
    const { versions } = await again.ask("record", { record });
    assert.equal(versions.at(-1).fields.seen_and_heard, seen_and_heard);
    again.kill();
  });

  test("whoever adds to what was signed off takes out nothing that one of two versions hides", async () => {
    const { office, ama, marian, casefile, child, phone } = await given({ sign_off: { visit_note: { needs: "sign_off" } } });
    const about = { kind: "visit_note", schema: "visit-note.1", casefile };
    const told = { indicator: "alcohol_parent", level: "present", told: "Marian" };
    const first = {
      ...visitNote(child),
      anything_worrying: "yes",
      risks: [{ id: "A".repeat(22), ...told, evidence: "A hole in the door" }],
    };
    const record = newId();
    const { id } = await office.write(ama, { ...about, record, fields: first });
    await phone.ask("sync");
    const { slot, fields } = await phone.ask("draft.begin", { ...about, record });
    const calm = await phone.ask("send", { slot, fields: { ...fields, anything_worrying: "no" }, mode: "" });
    const heard = { id: "Q".repeat(22), ...told, evidence: "He hit her, Ada says" };
    const worried = { ...first, risks: [...first.risks, heard] };
    const other = await office.write(ama, { ...about, record, parents: [id], fields: worried });
    await phone.ask("sync");
    const covers = [calm.id, other.id];
    const review = { kind: "review", schema: "review.1", casefile, record, parents: covers };
    await office.write(marian, { ...review, fields: { decision: "signed_off", covers } });
    await phone.ask("sync");

    const risks = async () => (await phone.ask("record", { record })).fields.risks?.values[0].value;
    assert.deepEqual(await risks(), [heard]);
    const draft = await phone.ask("draft.begin", { ...about, record });
    const additions = [{ id: "A".repeat(22), why: "more", text: "And Luka slept" }];
    await phone.ask("send", { slot: draft.slot, fields: { ...draft.fields, additions }, mode: "" });
    assert.deepEqual(await risks(), [heard], "what was sent before stays as it was");
    phone.kill();
  });

  test("what may only be added to is not said to be changed until somebody signs it off", async () => {
    const { casefile, child, phone } = await given();
    const { slot, record } = await phone.ask("draft.begin", { casefile, schema: "incident.1" });
    const fields = { person: child, type: "M", started_on: "2026-11-20", started_at: "21:00", returned: "no" };
    await phone.ask("send", { slot, fields, mode: "" });
    const { may } = await phone.ask("record", { record });
    assert.deepEqual(may, { amend: false, signs_off: false, add: true });
    phone.kill();
  });

  test("a note on more versions than an entry may name is one the office can place", async () => {
    const { office, ama, casefile, child, phone } = await given();
    const { record, id } = await writeNote(phone, casefile, child);
    await phone.ask("sync");
    for (let i = 10; i < 80; i++) {
      const additions = [{ id: `${i}AAAAAAAAAAAAAAAAAAAA`, why: "answer", text: `version ${i}` }];
      const fields = { ...visitNote(child), additions };
      await office.write(ama, { kind: "visit_note", schema: "visit-note.1", casefile, record, parents: [id], fields });
    }
    await phone.ask("sync");
    const draft = await phone.ask("draft.begin", { casefile, schema: "visit-note.1", record });
    assert.equal(draft.heads.length, 70);
    const addition = { id: "AAAAAAAAAAAAAAAAAAAAAA", why: "answer", text: "after all of them" };
    const sent = await phone.ask("send", {
      slot: draft.slot,
      fields: { ...draft.fields, additions: [...draft.fields.additions, addition] },
      mode: "alone",
    });
    await phone.ask("sync");
    const placed = office.casefiles.get(casefile).entries.find((entry) => entry.id === sent.id);
    assert.ok(placed, "the office placed it");
    const { jws } = placed;
    const header = readHeader(Buffer.from(jws.split(".")[1], "base64url").toString());
    assert.deepEqual(header.parents, draft.heads.slice(0, 64));
    phone.kill();
  });

  test("two versions of one field stand side by side until somebody chooses", async () => {
    const { office, ama, casefile, phone } = await given();
    const detail = (await phone.ask("family", { casefile })).record;
    office.weather = noSignal;
    const draft = await phone.ask("draft.begin", { casefile, schema: "family.1", record: detail });
    await phone.ask("send", { slot: draft.slot, fields: { ...draft.fields, warning: "Dog in the yard" }, mode: "alone" });
    const entry = office.casefiles.get(casefile).entries.at(-1);
    await office.write(ama, {
      kind: "family",
      schema: "family.1",
      casefile,
      record: detail,
      parents: [entry.id],
      fields: { ...draft.fields, warning: "Do not go alone" },
    });
    office.weather = null;
    await phone.ask("sync");
    const forked = await phone.ask("record", { record: detail });
    assert.deepEqual(forked.fields.warning.values.map((one) => one.value).sort(), ["Do not go alone", "Dog in the yard"]);
    const warned = async () => {
      const { warning } = (await phone.ask("family", { casefile })).fields;
      return warning.values?.map((one) => one.value).sort() ?? warning;
    };
    assert.deepEqual(await warned(), ["Do not go alone", "Dog in the yard"]);
    const [begun, ...both] = forked.versions;
    assert.deepEqual(
      both.map(({ before }) => before),
      [begun.fields, begun.fields],
      "each is compared with what its writer had",
    );
    const choosing = await phone.ask("draft.begin", { casefile, schema: "family.1", record: detail });
    assert.ok(!("warning" in choosing.fields) && choosing.forks.warning);
    // Half a choice is a draft like any other: both versions are there again with what was typed.
    await phone.ask("draft.keep", { slot: choosing.slot, fields: { ...choosing.fields, warning: "Dog in" } });
    const reopened = await phone.ask("draft.open", { slot: choosing.slot });
    assert.equal(reopened.fields.warning, "Dog in");
    assert.deepEqual(reopened.forks, choosing.forks);
    assert.equal(choosing.forks.warning.values.length, 2);
    assert.ok(choosing.forks.warning.values.every((/** @type {any} */ one) => one.author && one.written_at));
    await assert.rejects(
      phone.ask("send", { slot: choosing.slot, fields: choosing.fields, mode: "" }),
      (/** @type {any} */ error) => error.problems.some((one) => one.reason === "two_versions"),
    );
    await phone.ask("send", {
      slot: choosing.slot,
      fields: { ...choosing.fields, warning: "Dog in the yard, do not go alone" },
      mode: "",
    });
    const settled = await phone.ask("record", { record: detail });
    assert.equal(settled.fields.warning.values.length, 1);
    assert.equal(await warned(), "Dog in the yard, do not go alone");
    // Whoever joins two versions had both: neither is compared away, and whose they were is said.
    assert.deepEqual(settled.versions.at(-1).joined, forked.fields);
    assert.ok(settled.versions.slice(0, -1).every(({ joined }) => joined === undefined));
    phone.kill();
  });

  test("what one person edits again and again while answers are slow or lost is one line, here and at the office", async () => {
    const { office, casefile, phone } = await given();
    const detail = (await phone.ask("family", { casefile })).record;
    /** @type {string[]} */
    const sent = [];
    const edits = async (/** @type {string} */ warning) => {
      const { slot, fields } = await phone.ask("draft.begin", { casefile, schema: "family.1", record: detail });
      await phone.ask("draft.keep", { slot, fields: { ...fields, warning: "" } });
      sent.push((await phone.ask("send", { slot, fields: { ...fields, warning }, mode: "" })).id);
    };
    let letsGo = () => {};
    /** What is answered slowly is answered once the next is saved. */
    let saved = Promise.resolve();
    const weathers = [
      noSignal,
      async (/** @type {string} */ _, /** @type {() => any} */ real) => {
        await real();
        throw new TypeError("lost");
      },
      async (/** @type {string} */ _, /** @type {() => any} */ real) => {
        const [answer] = await Promise.all([real(), saved]);
        return answer;
      },
    ];
    for (let i = 0; i < 24; i++) {
      saved = new Promise((resolve) => {
        letsGo = () => resolve(undefined);
      });
      office.weather = weathers[i % 3];
      void phone.ask("sync").catch(() => undefined);
      await edits(`warning ${i}`);
      letsGo();
    }
    office.weather = null;
    await phone.until(async () => {
      await phone.ask("sync");
      return sent.every((id) => office.byId.has(id));
    }, "every version at the office");
    const payload = (/** @type {string} */ jws) => Buffer.from(jws.split(".")[1], "base64url").toString();
    const parents = sent.map((id) => readHeader(payload(office.byId.get(id).jws)).parents);
    assert.deepEqual(
      parents.slice(1),
      sent.slice(0, -1).map((id) => [id]),
      "each follows the one before",
    );
    const { fields, versions } = await phone.ask("record", { record: detail });
    assert.deepEqual([fields.warning.values.map((one) => one.value), versions.length], [["warning 23"], 25]);
    phone.kill();
  });

  test("what a newer form asked for stays when a phone that does not know it changes something else", async () => {
    const { office, ama, casefile, phone } = await given();
    const file = office.casefiles.get(casefile);
    const detail = (await phone.ask("family", { casefile })).record;
    const [{ id: head, fields: before }] = file.entries.slice(-1).map(({ id, body }) => ({ id, ...JSON.parse(body) }));
    const newer = {
      colour_of_the_door: { main: "green", since: "2026-10" },
      people: before.people.map((one) => ({ ...one, shoe_size: 31 })),
    };
    const fields = { ...before, ...newer };
    await office.write(ama, { kind: "family", schema: "family.1", casefile, record: detail, parents: [head], fields });
    const record = newId();
    await office.write(ama, { kind: "weather_report", schema: "weather-report.9", casefile, record, fields: { sky: "grey" } });
    await phone.ask("sync");
    const { slot, fields: here } = await phone.ask("draft.begin", { casefile, schema: "family.1", record: detail });
    const { id } = await phone.ask("send", { slot, fields: { ...here, warning: "Dog in the yard" }, mode: "" });
    await phone.ask("sync");
    const told = JSON.parse(office.byId.get(id).body).fields;
    assert.deepEqual(told, { ...fields, warning: "Dog in the yard" });
    // And a kind of record nobody here knows stands among the others and can be opened.
    const { fields: strange } = await phone.ask("record", { record });
    assert.deepEqual(
      strange.sky.values.map((/** @type {any} */ one) => one.value),
      ["grey"],
    );
    phone.kill();
  });

  test("whoever edits a record anew that they have begun to edit goes on where they were", async () => {
    const { casefile, phone } = await given();
    const { record } = await phone.ask("family", { casefile });
    const edit = () => phone.ask("draft.begin", { casefile, schema: "family.1", record });
    const { slot, fields } = await edit();
    await phone.ask("draft.keep", { slot, fields: { ...fields, warning: "Dog in the yard" } });
    const again = await edit();
    assert.deepEqual([again.slot, again.fields.warning], [slot, "Dog in the yard"]);
    phone.kill();
  });

  test("of two forms that keep one draft at the same time the later stands, and neither is refused", async () => {
    const { casefile, phone } = await given();
    const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
    const keeps = (/** @type {string} */ purpose) => phone.ask("draft.keep", { slot, fields: { purpose } });
    const kept = await Promise.allSettled(["See Kayleigh", "See Kayleigh tonight", "Ring Dawn"].map(keeps));
    assert.ok(kept.every(({ status }) => status === "fulfilled"));
    assert.equal((await phone.ask("draft.open", { slot })).fields.purpose, "Ring Dawn");
    phone.kill();
  });

  test("a draft that is sent while it is still being kept is sent once, and does not come back", async () => {
    const { casefile, child, phone } = await given();
    const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
    const fields = visitNote(child, "Calm");
    await Promise.all([
      ...["Calm", "Calm now"].map((words) => phone.ask("draft.keep", { slot, fields: visitNote(child, words) })),
      phone.ask("send", { slot, fields, mode: "alone" }),
    ]);
    assert.deepEqual((await phone.ask("family", { casefile })).drafts, []);
    const { length } = (await phone.ask("family", { casefile })).records.filter(
      (/** @type {any} */ one) => one.kind === "visit_note",
    );
    assert.equal(length, 1);
    phone.kill();
  });

  test("what is missing is named, and the draft stays", async () => {
    const { casefile, phone } = await given();
    const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
    await phone.ask("draft.keep", { slot, fields: { purpose: "Weekly" } });
    await assert.rejects(
      phone.ask("send", { slot, fields: { purpose: "Weekly" } }),
      (/** @type {any} */ error) => error.code === "not_complete" && error.problems.some((one) => one.at === "happened_on"),
    );
    assert.equal((await phone.ask("draft.open", { slot })).fields.purpose, "Weekly");
    assert.equal((await phone.ask("family", { casefile })).drafts.length, 1);
    phone.kill();
  });

  test("a draft outlives the browser and reaches the office at lock", async () => {
    const { office, casefile, phone, words } = await given();
    const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
    await phone.ask("draft.keep", { slot, fields: { purpose: "Half a sent" } });
    assert.equal(office.drafts.size, 0);
    await phone.ask("lock");
    await phone.until(() => office.drafts.has(slot));
    phone.kill();
    const again = startPhone(office, phone.storage);
    const [{ vault }] = (await again.ask("status")).people;
    await again.ask("unlock", { vault, words });
    await again.until(async () => (await again.ask("caseload")).complete);
    assert.equal((await again.ask("draft.open", { slot })).fields.purpose, "Half a sent");
    again.kill();
  });

  test("search finds words whatever their case and accents, and nothing once locked", async () => {
    const { casefile, child, phone } = await given();
    await writeNote(phone, casefile, child, "Zoë’s café visit went well");
    const [hit] = await phone.ask("search", { text: "zoe's CAFE" });
    assert.equal(hit.casefile, casefile);
    assert.match(hit.where, /Zoë’s café/);
    await phone.ask("lock");
    await assert.rejects(phone.ask("search", { text: "zoe" }), { code: "locked" });
    phone.kill();
  });

  test("goals and results are drawn from what was rated and scored on the phone", async () => {
    const { casefile, child, phone } = await given();
    const send = async (schema, fields) => {
      const { slot } = await phone.ask("draft.begin", { casefile, schema });
      return phone.ask("send", { slot, fields, mode: "together" });
    };
    const goal = await send("goal.1", {
      family_words: "Mornings without shouting",
      agreed_words: "Calm mornings",
      owner: child,
      type: "routine",
      bottom_line: "no",
      status: "active",
      agreed_on: "2026-10-01",
    });
    for (const [day, value] of [
      ["2026-10-01", 2],
      ["2026-10-22", 6],
    ])
      await send("rating.1", { goal: goal.record, rater: child, rater_name: "Ada", value, rated_on: day });
    const [shown] = await phone.ask("goals", { casefile });
    assert.deepEqual(
      shown.series[0].points.map((point) => point.value),
      [2, 6],
    );
    assert.equal(shown.change[0].class, "meaningful");

    const gad = await phone.ask("measure", { id: "gad-7@1" });
    const answers = Object.fromEntries(gad.item.filter((item) => item.answerOption).map((item) => [item.linkId, 1]));
    const scored = await phone.ask("score", { measure: "gad-7@1", answers });
    assert.equal(scored.scores[0].value, 7);
    phone.kill();
  });
});

describe("two tabs and two people", () => {
  test("the second tab writes nothing until it is told to go on there", async () => {
    const { office, casefile, phone } = await given();
    const second = startPhone(office, phone.storage);
    assert.equal((await second.ask("status")).second_tab, true);
    await assert.rejects(second.ask("caseload"), { code: "second_tab" });
    await second.ask("continue here");
    await phone.until(() => phone.news.some(({ news }) => news === "second_tab"));
    await assert.rejects(phone.ask("draft.begin", { casefile, schema: "contact.1" }), { code: "second_tab" });
    assert.equal((await second.ask("status")).second_tab, false);
    phone.kill();
    second.kill();
  });

  test("a tab that has not stirred for half a minute gives way to a new one, and writes nothing when it wakes", async () => {
    const { office, casefile, phone, words } = await given();
    const fresh = startPhone(office, phone.storage, { now: () => Date.now() + 40_000 });
    const { second_tab, people } = await fresh.ask("status");
    assert.equal(second_tab, false);
    await fresh.ask("unlock", { vault: people[0].vault, words });
    await assert.rejects(phone.ask("draft.begin", { casefile, schema: "contact.1" }), { code: "second_tab" });
    phone.kill();
    fresh.kill();
  });

  test("another person's set-up and sending leave the first one's note under her own name", async () => {
    const { office, ama, casefile, child, phone } = await given();
    office.weather = noSignal;
    const { id } = await writeNote(phone, casefile, child);
    await phone.ask("lock");
    phone.kill();
    office.weather = null;
    const reece = office.addPerson("Reece");
    const other = startPhone(office, phone.storage);
    await setUp(other, reece);
    await other.until(() => office.byId.has(id));
    const header = JSON.parse(Buffer.from(office.byId.get(id).jws.split(".")[1], "base64url").toString());
    assert.equal(header.author, ama.id);
    assert.equal((await other.ask("status")).people.length, 2);
    other.kill();
  });
});

describe("what the office takes away or has lost", () => {
  test("a casefile that a phone may hold no more leaves no row, and unsent work about it still goes", async () => {
    const { office, ama, casefile, child, phone } = await given();
    assert.equal((await phone.ask("caseload")).role, "keyworker");
    office.people.get(ama.id).role = "supervisor";
    office.weather = noSignal;
    const { id } = await writeNote(phone, casefile, child);
    office.weather = null;
    office.scope.delete(casefile);
    office.removed = [{ casefile, reason: "ended" }];
    await phone.ask("sync");
    assert.ok(office.byId.has(id));
    // Why the list is empty is said by what its person is now, not by what they were at set-up.
    const { families, role } = await phone.ask("caseload");
    assert.deepEqual([families, role], [[], "supervisor"]);
    assert.deepEqual(await Promise.all(["casefiles", "briefs", "pages"].map((store) => rowsIn(phone, store))), [0, 0, 0]);
    phone.kill();
  });

  test("a sudden removal of many needs a second, confirming answer", async () => {
    const { office, casefile, phone } = await given();
    office.removed = [{ casefile, reason: "mistake" }];
    office.confirm = true;
    let pulls = 0;
    office.weather = async (path, real) => {
      const response = await real();
      if (path === "/sync/v1/pull" && ++pulls === 1) office.removed = [];
      return response;
    };
    await phone.ask("sync");
    assert.equal((await phone.ask("caseload")).families.length, 1);
    assert.ok(pulls >= 2);
    assert.ok((await phone.ask("family", { casefile })).records.length > 0);
    phone.kill();
  });

  test("after a restore the office is given again what it lost", async () => {
    const { office, casefile, child, phone } = await given();
    office.durable = () => "2020-01-01T00:00:00.000Z";
    const before = structuredClone([office.casefiles, office.byId]);
    const { id, record } = await writeNote(phone, casefile, child);
    await phone.ask("sync");
    assert.equal(await standing(phone, record), "sent");
    [office.casefiles, office.byId] = before;
    office.epoch = 2;
    await phone.ask("sync");
    await phone.ask("sync");
    assert.ok(office.byId.has(id));
    phone.kill();
  });

  test("a broken chain or a forged signature is never shown", async () => {
    const { office, marian, casefile, phone } = await given();
    await office.write(marian, { kind: "contact", schema: "contact.1", casefile, fields: { line: "true words" } });
    const entry = office.casefiles.get(casefile).entries.at(-1);
    const { record } = JSON.parse(Buffer.from(entry.jws.split(".")[1], "base64url").toString());
    const honest = await office.write(marian, {
      kind: "contact",
      schema: "contact.1",
      casefile,
      record,
      fields: { line: "honest" },
    });
    entry.body = entry.body.replace("true", "false");
    await phone.ask("sync");
    assert.deepEqual(await phone.ask("search", { text: "words" }), []);
    const shown = await phone.ask("record", { record });
    assert.deepEqual(
      shown.versions.map((one) => one.id),
      [honest.id],
      "not even beside an honest version of the same record",
    );
    const next = await office.write(marian, { kind: "contact", schema: "contact.1", casefile, fields: { line: "later words" } });
    next.received_at = "2020-01-01T00:00:00.000Z";
    await phone.ask("sync");
    assert.deepEqual(await phone.ask("search", { text: "later" }), []);
    assert.ok(phone.news.some(({ news, value }) => news === "office" && value.status === "chain_broken"));
    phone.kill();
  });

  test("nothing new is one request of less than a kilobyte", async () => {
    const { office, phone } = await given();
    await phone.ask("sync");
    const [from, bytesIn, bytesOut] = [office.requests.length, office.bytesIn, office.bytesOut];
    await phone.ask("sync");
    assert.deepEqual(office.requests.slice(from), ["/sync/v1/hello"]);
    assert.ok(office.bytesIn - bytesIn < 1024 && office.bytesOut - bytesOut < 1024);
    phone.kill();
  });

  test("the office's last checkpoint is shown once after each unlocking, and named by its number at other times", async () => {
    const { office, phone, words } = await given();
    await phone.ask("sync");
    assert.deepEqual([office.hello.checkpoint_n, office.hello.checkpoint], [1, undefined]);
    phone.kill();
    const again = startPhone(office, phone.storage);
    await again.ask("unlock", { vault: (await again.ask("status")).people[0].vault, words });
    const shown = [];
    office.weather = async (path, real, body) => {
      if (path === "/sync/v1/hello") shown.push(Boolean(JSON.parse(new TextDecoder().decode(body)).checkpoint));
      return real();
    };
    await ready(again);
    await again.ask("sync");
    assert.deepEqual([shown[0], shown.slice(1).some(Boolean)], [true, false]);
    again.kill();
  });

  test("what cannot be read of the cache is read from the office again, once", async () => {
    const { office, casefile, child, phone, words } = await given();
    await writeNote(phone, casefile, child, "The kitchen was warm.");
    await phone.ask("sync");
    phone.kill();
    await spoilOneRow(phone, "briefs");

    const again = startPhone(office, phone.storage);
    await again.ask("unlock", { vault: (await again.ask("status")).people[0].vault, words });
    await ready(again);
    await again.until(async () => (await again.ask("search", { text: "kitchen" })).length === 1, "the note, read again");
    again.kill();

    const third = startPhone(office, phone.storage);
    await third.ask("unlock", { vault: (await third.ask("status")).people[0].vault, words });
    const before = office.requests.length;
    await ready(third);
    assert.ok(!office.requests.slice(before).includes("/sync/v1/pull"), "the spoilt row is gone");
    assert.equal((await third.ask("search", { text: "kitchen" })).length, 1);
    third.kill();
  });

  test("a casefile that came in many pieces is written anew as one, and reads the same", async () => {
    const { office, casefile, child, phone, words } = await given();
    const lines = Array.from({ length: 30 }, (_, i) => `Visit number ${i} went well.`);
    for (const line of lines) {
      await writeNote(phone, casefile, child, line);
      await phone.ask("sync");
    }
    const count = await rowsIn(phone, "briefs");
    assert.ok(count > 24);
    phone.kill();
    const again = startPhone(office, phone.storage);
    await again.ask("unlock", { vault: (await again.ask("status")).people[0].vault, words });
    await ready(again);
    assert.ok((await rowsIn(again, "briefs")) < count - 20);
    again.kill();
    const third = startPhone(office, phone.storage);
    await third.ask("unlock", { vault: (await third.ask("status")).people[0].vault, words });
    await ready(third);
    assert.equal((await third.ask("search", { text: "went well" })).length, 30);
    third.kill();
  });

  test("what this phone wrote itself is not fetched again", async () => {
    const { office, casefile, child, phone } = await given();
    await phone.ask("sync");
    const before = office.requests.length;
    const { record } = await writeNote(phone, casefile, child);
    await phone.ask("sync");
    assert.equal(await standing(phone, record), "sent");
    assert.deepEqual(office.requests.slice(before), ["/sync/v1/push", "/sync/v1/hello"]);
    phone.kill();
  });

  test("progress of an arrival never goes back", async () => {
    const office = await makeOffice();
    const ama = office.addPerson("Ama");
    const { casefile } = await office.openFamily(ama, "Tarnley");
    for (let i = 0; i < 30; i++)
      await office.write(ama, { kind: "contact", schema: "contact.1", casefile, fields: { line: `call ${i}` } });
    office.pageEntries = 7;
    const phone = startPhone(office);
    await setUp(phone, ama);
    const steps = phone.news
      .filter(({ news, value }) => news === "arrival" && value.stage === "records")
      .map(({ value }) => value.done / value.total);
    assert.ok(steps.length >= 4);
    assert.deepEqual(
      steps,
      [...steps].sort((a, b) => a - b),
    );
    assert.equal(steps.at(-1), 1);
    assert.equal((await phone.ask("family", { casefile })).records.length, 32);
    phone.kill();
  });
});

test("nothing this phone stores holds a word that was typed or a name that was read", async () => {
  const { office, casefile, child, phone } = await given();
  office.weather = noSignal;
  await writeNote(phone, casefile, child, "canaryword in the kitchen");
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  await phone.ask("draft.keep", { slot, fields: { purpose: "canaryword again" } });
  await phone.ask("search", { text: "canaryword" });
  const found = [];
  for (const { name } of await phone.storage.indexedDB.databases()) {
    const db = await new Promise((resolve) => {
      const asked = phone.storage.indexedDB.open(name);
      asked.onsuccess = () => resolve(asked.result);
    });
    for (const store of db.objectStoreNames) {
      if (store === "practice") continue;
      const rows = await new Promise((resolve) => {
        const all = [];
        const asked = db.transaction(store).objectStore(store).openCursor();
        asked.onsuccess = () => {
          if (!asked.result) return resolve(all);
          all.push(asked.result.key, asked.result.value);
          asked.result.continue();
        };
      });
      const flat = JSON.stringify([name, store, rows], (_, value) =>
        ArrayBuffer.isView(value) ? Buffer.from(/** @type {any} */ (value)).toString("latin1") : value,
      );
      for (const word of ["canaryword", "Tarnley", "Ada", casefile]) if (flat.includes(word)) found.push([store, word]);
    }
    db.close();
  }
  assert.deepEqual(found, []);
  phone.kill();
});
