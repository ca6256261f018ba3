// What of a record is drawn where it is read: nothing that was written is left out, and each thing under its question.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import fc from "fast-check";
import { answersIn, askedAbout, isListed, leftOut, toRead, unsaidOf, withUnknown } from "../../static/src/parts/reading.js";
import { holds, isAnswered, withoutHidden } from "../../static/src/practice/forms.js";
import { period } from "../../static/src/words/dates.js";

const shipped = (/** @type {string} */ schema) =>
  JSON.parse(readFileSync(new URL(`../../fieldapp/practice/records/${schema}.json`, import.meta.url), "utf8"));
const FAMILY = shipped("family.1");
const GOAL = shipped("goal.1");
const FIELDS = GOAL.sections.flatMap((/** @type {any} */ section) => section.fields);

test("an answer is read, also where another version of an earlier answer hides its question", () => {
  const fields = { status: "achieved", reason: "Mum asked us to stop" };
  assert.ok(toRead(GOAL, fields, { sent: true, isRead: true }).has("reason"));
  assert.ok(!toRead(GOAL, fields, { sent: true }).has("reason"), "where it is written it is not asked");
});

test("answers that no form on this phone asks are read last, under their own names", () => {
  const told = withUnknown(FAMILY, { name_shown: "Tarnley", bail: "Not within 100 m", alarm: "yes" });
  assert.deepEqual(
    told.sections.at(-1)?.fields.map(({ label }) => label),
    ["alarm", "bail"],
  );
  assert.equal(withUnknown(FAMILY, { name_shown: "Tarnley" }), FAMILY);
  const bare = withUnknown(undefined, { name_shown: "Tarnley", safe_contact: "Never by text" });
  assert.deepEqual([...toRead(bare, {}, { sent: true, isRead: true })], ["name_shown", "safe_contact"]);
});

test("law: every answer that an edit will not send again is listed before it is sent", () => {
  const values = fc.constantFrom("active", "achieved", "paused", "changed", "no", "yes", "why", undefined);
  const fields = fc.dictionary(fc.constantFrom(...FIELDS.map((/** @type {any} */ one) => one.id)), values);
  fc.assert(
    fc.property(fields, (typed) => {
      const sent = withoutHidden(GOAL, typed, { sent: false });
      const listed = leftOut(GOAL.sections, toRead(GOAL, typed, { sent: false }), typed, {}).fields.map(({ id }) => id);
      const lost = Object.keys(typed).filter((name) => isAnswered(typed[name]) && !Object.hasOwn(sent, name));
      assert.deepEqual(listed.sort(), lost.sort());
    }),
  );
});

test("versions of a question that is not asked any more are listed before they are sent away", () => {
  const typed = { interpreter_needed: "no" };
  const asked = toRead(FAMILY, typed, { sent: false });
  const listed = leftOut(FAMILY.sections, asked, typed, { interpreter_language: { values: [{ id: "a" }, { id: "b" }] } });
  assert.deepEqual(
    listed.fields.map(({ id }) => id),
    ["interpreter_language"],
  );
  assert.ok(!holds({ field: "interpreter_needed", in: ["sometimes", "always"] }, typed));
});

test("what was written of a child and is not asked any more is listed with that child before the rest is sent", () => {
  const VISIT = shipped("visit-note.1");
  const seen = { id: "k", person: "kay", seen: "no", why_not_seen: "asleep", presentation: "Bruise under the left eye" };
  const typed = { contact_type: "home_visit", children_seen: [seen, { id: "j", person: "jay", seen: "yes" }] };
  const { fields, answers } = leftOut(VISIT.sections, toRead(VISIT, typed, { sent: false }), typed, {});
  assert.deepEqual(
    fields.map(({ id }) => id),
    ["children_seen"],
  );
  assert.deepEqual(answers.children_seen, [
    { id: "k", person: "kay", name: undefined, presentation: "Bruise under the left eye" },
  ]);
  const failed = { contact_type: "failed_visit", children_seen: [seen, { id: "j", person: "jay" }] };
  const gone = leftOut(VISIT.sections, toRead(VISIT, failed, { sent: false }), failed, {});
  assert.deepEqual(gone.answers.children_seen, [seen], "a row in which nobody wrote is nothing that was written");
});

test("a comment says which answer it is about, also where that answer has no row of its own", () => {
  const measured = shipped("measure-response.1");
  assert.equal(askedAbout(measured, "scores"), "Scores");
  assert.equal(askedAbout(measured, "answers/phq9_9"), "Answers");
  assert.equal(askedAbout(undefined, "scores"), "scores");
});

test("each answer of a questionnaire is read, by its id where the questionnaire is not on this phone or does not ask it", () => {
  assert.deepEqual(answersIn(null, { q1: 2, q9: "declined" }), [
    ["q1", "2"],
    ["q9", "Would rather not answer"],
  ]);
  const measure = {
    resourceType: "Questionnaire",
    item: [{ linkId: "q1", prefix: "1", text: "Low mood?", type: "integer" }],
  };
  assert.deepEqual(answersIn(measure, { q1: 2, q9: 3 }), [
    ["Low mood?", "2"],
    ["q9", "3"],
  ]);
});

test("how to reach somebody, and all else that is written of them, is left to read beside their name", () => {
  const person = {
    id: "p",
    name: "Paul",
    relation: "stepfather",
    birth: "known",
    born_on: "1990-01-02",
    safe_contact: "Never by text",
  };
  assert.deepEqual(unsaidOf(person), { id: "p", born_on: "1990-01-02", safe_contact: "Never by text" });
  assert.equal(unsaidOf({ id: "p", name: "Paul", birth: "unknown" }).birth, "unknown");
});

test("what a supervisor asks about stands among what was written, whatever it is", () => {
  const brief = (/** @type {string} */ kind, /** @type {string} */ standing) => isListed(/** @type {any} */ ({ kind, standing }));
  assert.ok(brief("goal", "question") && brief("family", "question") && brief("visit_note", "sent"));
  assert.ok(!brief("goal", "sent") && !brief("family", "signed_off"));
  const page = (/** @type {string} */ record) =>
    isListed(/** @type {any} */ ({ kind: "family", standing: "sent", record }), "R0");
  assert.ok(page("R1") && !page("R0"), "a second record about the family stands nowhere else");
});

test("what lasted for days is not said as hours of one day", () => {
  assert.equal(period("2026-03-02", "17:00", "2026-03-05", "18:30"), "Mon 2 March 2026 · 17:00 – Thu 5 March 2026 · 18:30");
  assert.equal(period("2026-03-02", "17:00", "2026-03-05"), "Mon 2 March 2026 · 17:00 – Thu 5 March 2026");
  assert.equal(period("2026-03-02", "17:00", "2026-03-02", "18:30"), "Mon 2 March 2026 · 17:00–18:30");
  assert.equal(period("2026-03-02", "17:00", undefined, "18:30"), "Mon 2 March 2026 · 17:00–18:30");
  assert.equal(period("2026-03-02"), "Mon 2 March 2026");
});
