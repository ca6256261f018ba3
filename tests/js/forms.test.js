// What a form asks and what still lacks an answer; the same examples run in tests/unit/test_forms.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { changesAfterSending, hasRiskAnswer, problems, shownFields, withoutHidden } from "../../static/src/practice/forms.js";

const file = new URL("../../fieldapp/practice/examples/forms.json", import.meta.url);
const { definition, vocabularies, examples, after_sending } = JSON.parse(readFileSync(file, "utf8"));

for (const example of examples) {
  test(`a form agrees with the example: ${example.name}`, () => {
    assert.deepEqual(
      shownFields(definition, example.fields).map((field) => field.id),
      example.shown,
    );
    assert.deepEqual(problems(definition, example.fields, vocabularies), example.problems);
    assert.equal(hasRiskAnswer(definition, example.fields), example.risk);
    assert.deepEqual(withoutHidden(definition, example.fields), example.sent);
  });
}

for (const example of after_sending) {
  test(`changes after sending agree with the example: ${example.name}`, () => {
    assert.deepEqual(changesAfterSending(definition, example.before, example.after), example.closed);
  });
}

test("additions are asked for only after sending", () => {
  const ids = (/** @type {boolean} */ sent) => shownFields(definition, {}, { sent }).map((field) => field.id);
  assert.ok(!ids(false).includes("added"));
  assert.ok(ids(true).includes("added"));
});
