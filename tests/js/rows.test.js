// What a list says of a record in one row, and what a form asks beside other answers.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { excerpt, makeBrief, measuredIn } from "../../static/src/core/briefs.js";
import { goalsOf } from "../../static/src/core/progress.js";
import { asAsked } from "../../static/src/parts/fields.js";
import { measureName, result } from "../../static/src/words/measure.js";

const PHQ = { title: "PHQ-9: low mood", scoring: { primary: "total", scores: [{ id: "total", title: "Total" }] } };
const ONS = {
  title: "ONS4: personal well-being",
  scoring: {
    primary: "satisfied",
    scores: [
      { id: "satisfied", title: "Satisfied with life" },
      { id: "anxious", title: "Anxious yesterday" },
    ],
  },
};

test("a questionnaire is told by its name and its main score", () => {
  const told = measuredIn({ measure: "phq-9@1", scores: [{ id: "total", value: 9, band: "mild" }] }, PHQ);
  assert.equal(`${measureName(told.title)} · ${result(told)}`, "PHQ-9 · 9, mild");
  const scores = [
    { id: "anxious", value: 3, band: "low" },
    { id: "satisfied", value: 6, band: "medium" },
  ];
  assert.equal(result(measuredIn({ measure: "ons4@1", scores }, ONS)), "Satisfied with life 6, medium");
});

test("a score from paper is told, and a score that could not be worked out is not called zero", () => {
  const paper = { measure: "core-10@1", entry: "score_only", score_only: { score_id: "total", score: "17" } };
  assert.equal(result(measuredIn(paper, PHQ)), "17");
  assert.equal(result(measuredIn({ measure: "phq-9@1", scores: [{ id: "total", value: null }] }, PHQ)), "no score");
  assert.equal(result(measuredIn({ measure: "phq-9@1", scores: [{ id: "total", value: 0 }] }, PHQ)), "0");
});

test("a questionnaire says whom it is about, where that is somebody else than who answered", () => {
  assert.equal(measuredIn({ measure: "phq-9@1", about: "mia" }, PHQ).about, "mia");
  assert.equal(Object.hasOwn(measuredIn({ measure: "phq-9@1" }, PHQ), "about"), false);
});

test("a questionnaire this phone has not got is told by its id", () => {
  assert.equal(measuredIn({ measure: "new-one@3", scores: [] }, null).title, "new-one@3");
});

test("a questionnaire bears its measure's title wherever a record is named, and its form's nowhere", () => {
  const form = { title: "Questionnaire", sections: [] };
  const header = /** @type {any} */ ({
    ...{ kind: "measure_response", schema: "measure-response.1", form: "FORM", record: "R", parents: [], author: "ama" },
    written_at: "2026-11-21T10:00:00Z",
  });
  const named = (/** @type {string} */ hash, /** @type {any} */ measures) =>
    makeBrief(
      [{ id: "E", jws: "", header, fields: { measure: "phq-9@1", measure_hash: hash } }],
      (name, id) => measures[name] ?? measures[id] ?? (name === "FORM" ? form : undefined),
      [],
    ).title;
  assert.equal(named("OLD", { OLD: { title: "PHQ-9: mood" }, "phq-9@1": PHQ }), "PHQ-9: mood");
  assert.equal(named("GONE", { "phq-9@1": PHQ }), "PHQ-9: low mood");
  assert.equal(named("GONE", {}), "phq-9@1");
});

test("an excerpt is cut at whole words and says that there is more", () => {
  assert.equal(excerpt("He had brought two flasks", 0, 80), "He had brought two flasks");
  assert.equal(excerpt("He had brought two flasks", 0, 17), "He had brought …");
  assert.equal(excerpt("He had brought two flasks", 4, 20), "… brought two …");
  assert.equal(excerpt("x".repeat(100), 0, 80), `${"x".repeat(80)} …`);
  assert.equal(excerpt(`He ${"x".repeat(100)}`, 0, 80), `He ${"x".repeat(77)} …`);
});

test("an excerpt holds nothing that is not in the text", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.nat(60), fc.nat(40), (text, from, more) => {
      const cut = excerpt(text, from, from + more)
        .replace(/^… /, "")
        .replace(/ …$/, "");
      assert.ok(text.includes(cut));
    }),
  );
});

test("a question is optional only while nothing else makes it needed", () => {
  const field = { id: "why", type: "text", label: "Why?", required_when: { field: "seen", in: ["no"] } };
  assert.equal(asAsked(field, { seen: "yes" }).required, false);
  assert.equal(asAsked(field, { seen: "no" }).required, true);
  assert.equal(asAsked({ ...field, required_when: undefined }, { seen: "no" }).required, false);
});

test("a status is chosen from those of the programme", () => {
  const options = [
    { value: "active", label: "Working together", of: "joint-team" },
    { value: "active", label: "At work", of: "staying-together" },
  ];
  const field = { id: "status", type: "status", label: "Where are we?", options };
  assert.deepEqual(asAsked(field, { programme: "staying-together" }).options, [options[1]]);
});

test("a casefile goes by the name its opening first gave, whatever a later version says", () => {
  const header = (/** @type {string[]} */ parents) =>
    /** @type {any} */ ({
      kind: "opening",
      record: "r",
      schema: "opening.1",
      form: "",
      parents,
      author: "a",
      written_at: "2026-11-21T10:00:00.000Z",
    });
  const reading = (/** @type {string} */ id, /** @type {string[]} */ parents, /** @type {string} */ title) =>
    /** @type {any} */ ({ id, jws: "", header: header(parents), fields: { title } });
  const brief = makeBrief([reading("b", ["a"], "Renamed"), reading("a", [], "Tarnley")], () => undefined, []);
  assert.equal(brief.title, "Tarnley");
  assert.equal(brief.fields?.title, "Tarnley");
});

test("a goal of which two versions stand is told as such: the list of notes does not have it", () => {
  const goal = (/** @type {string} */ id, /** @type {string[]} */ parents, /** @type {string} */ words) =>
    /** @type {any} */ ({
      id,
      jws: "",
      fields: { agreed_words: words },
      header: {
        kind: "goal",
        record: "G",
        schema: "goal.1",
        form: "",
        parents,
        author: "ama",
        written_at: "2026-11-21T10:00:00Z",
      },
    });
  const versions = [goal("a", [], "Talk"), goal("b", ["a"], "Talk without shouting"), goal("c", ["a"], "Eat together")];
  const forked = (/** @type {any[]} */ readings) => goalsOf([makeBrief(readings, () => undefined, [])]).map((one) => one.forked);
  assert.deepEqual(forked(versions), [true]);
  assert.deepEqual(forked(versions.slice(0, 2)), [false]);
});
