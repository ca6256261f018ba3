// Scoring, change, goals, days and what is due: the same examples as tests/unit, and laws.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import fc from "fast-check";
import { change, pairs, scoresOf, together } from "../../static/src/practice/change.js";
import { dayNumber, dayText, plusDays } from "../../static/src/practice/days.js";
import { rounded, scaled } from "../../static/src/practice/decimals.js";
import { due, recordBy, wasWrittenInTime } from "../../static/src/practice/due.js";
import { tScore } from "../../static/src/practice/gas.js";
import { mayRate, movement, series } from "../../static/src/practice/goals.js";
import { hasText, mayBeUsed } from "../../static/src/practice/measures.js";
import { introOf, itemsOf, MISSING_STATES, measureId } from "../../static/src/practice/questionnaire.js";
import { bandOf, riskItems, score } from "../../static/src/practice/scoring.js";

const room = new URL("../../fieldapp/practice/", import.meta.url);
const read = (/** @type {string} */ name) => JSON.parse(readFileSync(new URL(name, room), "utf8"));
const folder = (/** @type {string} */ name) => readdirSync(new URL(name, room)).map((file) => read(`${name}/${file}`));
const measures = new Map(folder("measures").map((measure) => [measureId(measure), measure]));
const programmes = new Map(folder("programmes").map((one) => [`${one.id}@${one.version}`, one]));
const numbered = (/** @type {unknown[]} */ values) => Object.fromEntries(values.map((value, i) => [String(i + 1), value]));
const total = (/** @type {string} */ id, /** @type {Record<string, unknown>} */ answers) =>
  score(measures.get(`${id}@1`), answers).scores.find((one) => one.id === "total");

const scoring = read("examples/scoring.json");
for (const example of scoring.examples) {
  test(`a score agrees with the example: ${example.name}`, () => {
    const result = score(measures.get(example.measure), example.answers);
    // As text too: both languages must give the same bytes, not only equal values.
    assert.equal(JSON.stringify(result), JSON.stringify(example.result));
  });
}
for (const example of scoring.foreign) {
  test(`a foreign questionnaire agrees with the example: ${example.name}`, () => {
    assert.deepEqual(score(example.definition, example.answers), example.result);
  });
}

const changes = read("examples/change.json");
for (const example of changes.examples) {
  test(`a change agrees with the example: ${example.name}`, () => {
    assert.deepEqual(change(measures.get(example.measure), example.first, example.last), example.result);
  });
}
for (const example of changes.pairs) {
  test(`pairs agree with the example: ${example.name}`, () => {
    assert.deepEqual(pairs(example.responses), example.result);
  });
}

const goals = read("examples/goals.json");
test("movements agree with the examples", () => {
  for (const one of goals.movement) assert.equal(movement(one.baseline, one.latest), one.result);
});
for (const example of goals.series) {
  test(`series agree with the example: ${example.name}`, () => {
    assert.deepEqual(series(example.ratings), example.result);
  });
}

test("goal attainment agrees with the examples", () => {
  for (const { levels, weights, t } of read("examples/gas.json").examples) assert.equal(tScore(levels, weights), t);
  assert.throws(() => tScore([3]), RangeError);
  assert.throws(() => tScore([1], [5]), RangeError);
});

const dues = read("examples/due.json");
for (const example of dues.due) {
  test(`what is due agrees with the example: ${example.name}`, () => {
    assert.deepEqual(due(programmes.get(example.programme), example.facts, example.now), example.result);
  });
}
for (const example of dues.record_by) {
  test(`a recording target agrees with the example: ${example.name}`, () => {
    const { kind, ended, holidays, by } = example;
    assert.equal(recordBy(programmes.get(example.programme), kind, ended, holidays), by);
  });
}
test("days agree with the examples", () => {
  for (const { day, number } of dues.days) {
    assert.equal(dayNumber(day), number);
    assert.equal(dayText(number), day);
  }
});

test("a missing answer is never a zero", () => {
  for (const state of [...MISSING_STATES, null, ""]) {
    assert.equal(total("phq-9", { ...numbered([3, 3, 3, 3, 3, 3, 3, 3]), 9: state })?.value, 27);
  }
});

test("PHQ-9 with three missing has no partial total, and item 9 still asks for a person", () => {
  const answers = { 1: 3, 2: 3, 3: 3, 4: 3, 5: 3, 9: 1 };
  assert.equal(total("phq-9", answers)?.value, null);
  assert.deepEqual(riskItems(measures.get("phq-9@1"), answers), ["9"]);
});

test("a decimal finds its band", () => {
  const core = measures.get("core-10@1");
  assert.equal(bandOf(core, "total", "8.89"), "below the cut-off");
  assert.equal(bandOf(core, "total", "11.11"), "mild");
  assert.equal(bandOf(core, "total", "none"), null);
});

test('GAD-7 starts at "Not at all", with its instruction above', () => {
  const gad = measures.get("gad-7@1");
  assert.ok(itemsOf(gad).every((item) => item.choices[0]?.label === "Not at all"));
  assert.equal(introOf(gad).length, 1);
});

test("a skeleton has numbers and no text", () => {
  const sdq = itemsOf(measures.get("sdq-p-4-17@1"));
  assert.ok(sdq.every((item) => item.text === null));
  assert.deepEqual([sdq[0]?.number, sdq.at(-1)?.number], ["1", "30"]);
});

test("a score from paper is compared like a computed one", () => {
  const paper = scoresOf({
    measure: "phq-9@1",
    answered_by: "d",
    completed_on: "2026-03-02",
    entry: "score_only",
    score_only: { score: "16" },
  });
  assert.equal(change(measures.get("phq-9@1"), paper, [{ id: "total", value: 9 }]).overall, "improved");
  assert.equal(together(["improved", "deteriorated"]), "deteriorated");
});

test("a bottom line is not rated by whose goal it is", () => {
  assert.equal(mayRate({ bottom_line: "yes", owner: "dawn" }, "dawn"), false);
  assert.equal(mayRate({ bottom_line: "yes", owner: "dawn" }, "tamsin"), true);
});

test("an old note is judged by the old target", () => {
  const programme = programmes.get("staying-together@1");
  assert.equal(wasWrittenInTime(programme, "visit_note", "2024-04-26T16:00", "2024-04-30T16:00", []), true);
  assert.equal(wasWrittenInTime(programme, "visit_note", "2024-05-03T16:00", "2024-05-07T16:00", []), false);
});

const answered = fc
  .constantFrom(...measures.values())
  .chain((measure) =>
    fc
      .tuple(
        ...itemsOf(measure).map((item) =>
          fc.constantFrom(...item.choices.map((choice) => choice.value), ...MISSING_STATES, null),
        ),
      )
      .map((values) => ({ measure, entries: itemsOf(measure).map((item, i) => [item.id, values[i]]) })),
  );

test("law: a score stays in its range, whatever is missing", () => {
  fc.assert(
    fc.property(answered, ({ measure, entries }) => {
      const result = score(measure, Object.fromEntries(entries));
      for (const [i, one] of result.scores.entries()) {
        const rule = measure.scoring.scores[i];
        if (one.value === null) assert.notEqual(one.reason, null);
        else assert.ok(scaled(one.value) >= scaled(rule.min) && scaled(one.value) <= scaled(rule.max));
      }
    }),
  );
});

test("law: the order of answers does not matter", () => {
  fc.assert(
    fc.property(answered, ({ measure, entries }) => {
      const forwards = score(measure, Object.fromEntries(entries));
      assert.deepEqual(score(measure, Object.fromEntries([...entries].reverse())), forwards);
    }),
  );
});

test("law: rounding is at most half a step off", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 50 }), fc.nat(4), (numerator, denominator, places) => {
      const off = scaled(rounded(numerator, denominator, places)) * BigInt(denominator) - BigInt(numerator) * 1_000_000n;
      const step = 10n ** BigInt(6 - places) * BigInt(denominator);
      assert.ok(-step < 2n * off && 2n * off <= step);
    }),
  );
});

test("law: days count on and back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3_600_000 }), fc.nat(3000), (number, more) => {
      assert.equal(dayNumber(dayText(number)), number);
      assert.equal(dayNumber(plusDays(dayText(number), more)), number + more);
    }),
  );
});

test("a measure with a risk item is off until someone is named to respond", () => {
  const phq = measures.get("phq-9@1");
  assert.equal(mayBeUsed(phq, {}), false);
  assert.equal(mayBeUsed(phq, { "phq-9": { who: "Marian Holt-Vane", how: " " } }), false);
  assert.equal(mayBeUsed(phq, { "phq-9": { who: "Marian Holt-Vane", how: "Ring at once" } }), true);
  assert.equal(mayBeUsed(measures.get("gad-7@1"), {}), true);
  assert.deepEqual([hasText(phq), hasText(measures.get("core-10@1"))], [true, false]);
});
