/** Two people's words put together, for a third look by one of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { beforeParting } from "../../static/src/core/parting.js";
import { putTogether } from "../../static/src/parts/sentences.js";

const sentence = fc.constantFrom("Ada was quiet.", "The dog barked!", "Who came?", "Mum cooked.", "It was late.", "Luka slept.");
const text = fc.array(sentence, { maxLength: 6 }).map((all) => all.join(" "));
const sentencesOf = (/** @type {string} */ all) => all.match(/[^.!?]+[.!?]/g)?.map((one) => one.trim()) ?? [];

test("what each added stands, and what one took out is gone", () => {
  const before = "Ada was quiet. The dog barked! Mum cooked.";
  const one = "Ada was quiet. Luka slept. The dog barked! Mum cooked.";
  const other = "Ada was quiet. Mum cooked. It was late.";
  assert.equal(putTogether(before, one, other), "Ada was quiet. Luka slept. Mum cooked. It was late.");
});

test("where both changed one sentence, both stand whole", () => {
  const found = putTogether("The dog was there.", "The dog was fierce.", "The dog was asleep.");
  assert.equal(found, "The dog was fierce. The dog was asleep.");
});

test("law: a version against what stood before is that version", () => {
  fc.assert(
    fc.property(text, text, (before, one) => {
      assert.equal(putTogether(before, one, before), one);
      assert.equal(putTogether(before, before, one), one);
      assert.equal(putTogether(before, one, one), one);
    }),
  );
});

test("law: a sentence only one of them wrote is there, and none that nobody wrote", () => {
  fc.assert(
    fc.property(text, text, text, (before, one, other) => {
      const found = sentencesOf(putTogether(before, one, other));
      const [then, mine, theirs] = [before, one, other].map((all) => new Set(sentencesOf(all)));
      for (const each of [...mine, ...theirs]) if (!then.has(each)) assert.ok(found.includes(each), each);
      for (const each of found) assert.ok(mine.has(each) || theirs.has(each), each);
    }),
  );
});

test("what stood before is the view of all that both had before them, criss-cross included", () => {
  const entry = (/** @type {string} */ id, /** @type {string[]} */ parents, /** @type {string} */ said) =>
    /** @type {any} */ ({ id, header: { parents }, fields: { said } });
  const parted = [entry("a", [], "First."), entry("b", ["a"], "Mine."), entry("c", ["a"], "Theirs.")];
  assert.equal(beforeParting(parted, ["b", "c"], "said"), "First.");
  const crossed = [...parted, entry("d", ["b", "c"], "One."), entry("e", ["b", "c"], "Another.")];
  assert.equal(beforeParting(crossed, ["d", "e"], "said"), "", "what they share is itself parted");
  assert.equal(beforeParting([entry("a", [], "Alone.")], ["a", "z"], "said"), "");
});
