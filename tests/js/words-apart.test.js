/** What changed, word by word. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { wordsApart } from "../../static/src/parts/words-apart.js";

const told = (before, after) =>
  wordsApart(before, after)
    .map(({ value, added, removed }) => (added ? `[+${value}]` : removed ? `[-${value}]` : value))
    .join("");

for (const [before, after, shown] of [
  ["Ada was home.", "Ada was home alone.", "Ada was home[+ alone]."],
  ["Ada was home", "Today Ada was home", "[+Today] Ada was home"],
  ["Today Ada was home", "Ada was home", "[-Today] Ada was home"],
  ["Ada cried", "Ada laughed", "Ada[- cried][+ laughed]"],
  ["Mum said no.", "Dad said no.", "[-Mum][+Dad] said no."],
  ["one\n\ntwo", "one\n\ntwo, three", "one\n\ntwo[+, three]"],
  ["", "Ada", "[+Ada]"],
  ["Ada", "", "[-Ada]"],
  ["", "", ""],
])
  test(`only the words that differ are marked: ${JSON.stringify(after)}`, () => assert.equal(told(before, after), shown));

test("without what was added it is the one text, without what was removed the other, but for space at the very start", () => {
  const text = fc
    .array(fc.constantFrom("Ada", "o’clock", " ", "  ", "\n", ".", "é", "constructor", "👩‍👧"))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const parts = wordsApart(before, after);
      const read = (without) =>
        parts
          .filter((part) => !part[without])
          .map(({ value }) => value)
          .join("")
          .trimStart();
      assert.equal(read("added"), before.trimStart());
      assert.equal(read("removed"), after.trimStart());
    }),
  );
});
