// What stands beside the answers to a questionnaire is of those answers, whatever way somebody came from them.
import assert from "node:assert/strict";
import test from "node:test";
import { paperProblem, toFillIn } from "../../static/src/parts/measured.js";

const total = (/** @type {number | null} */ value) => ({ id: "total", value, band: null, prorated: false, missing: [] });
const PHQ = {
  scoring: {
    primary: "total",
    scores: [
      { id: "total", min: 0, max: 27 },
      { id: "change", min: -9, max: 9 },
    ],
  },
};
const DAY = "2026-11-10";

test("scores and a safety prompt of other answers are replaced, and those of these answers stay", () => {
  const scored = { entry: "here", scores: [total(0)], risk_shown: "no" };
  const told = { scores: [{ ...total(2), reason: null }], risk: ["phq9-9"], warnings: [] };
  const due = toFillIn(scored, told);
  assert.deepEqual(due, [
    ["scores", [total(2)]],
    ["risk_shown", "yes"],
    ["risk_items", ["phq9-9"]],
  ]);
  assert.deepEqual(toFillIn({ ...scored, ...Object.fromEntries(due) }, told), []);
  const back = toFillIn({ ...scored, ...Object.fromEntries(due) }, { scores: [total(0)], risk: [] });
  assert.deepEqual(Object.fromEntries(back), { scores: [total(0)], risk_shown: "no", risk_items: undefined });
});

test("a score from paper stands without the scores of answers that were given up, and is of the day that is said now", () => {
  const fields = {
    ...{ entry: "score_only", completed_on: DAY, answers: { a: 3 }, scores: [total(21)], risk_shown: "yes", risk_items: ["a"] },
    score_only: { score_id: "total", score: "4", scored_by: "Dawn", completed_on: "2026-11-20" },
  };
  assert.deepEqual(Object.fromEntries(toFillIn(fields, null)), {
    score_only: { score_id: "total", score: "4", scored_by: "Dawn", completed_on: DAY },
    scores: undefined,
    risk_shown: "no",
    risk_items: undefined,
  });
});

test("a score from paper is a number that this score can be", () => {
  const said = (/** @type {string | undefined} */ score, more = {}) => paperProblem(PHQ, { score, ...more });
  assert.deepEqual(
    ["0", "27", "4.5"].map((score) => said(score)),
    ["", "", ""],
  );
  assert.deepEqual(
    ["999", "-5", "27.1"].map((score) => said(score)),
    ["out_of_range", "out_of_range", "out_of_range"],
  );
  assert.deepEqual(
    [undefined, "", "twelve", "1,5"].map((score) => said(score)),
    Array(4).fill("required"),
  );
  assert.equal(said("-5", { score_id: "change" }), "");
  assert.equal(paperProblem(undefined, undefined), "required");
  assert.equal(paperProblem({}, { score: "999" }), "");
});
