/** Is this phone ready? What a browser says of itself, judged line by line: in order, or one sentence that says what to change. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isAtRisk, readiness } from "../../static/src/parts/readiness.js";
import { says, lines as words } from "../../static/src/words/ready.js";

const NOW = new Date("2026-11-22T09:00:00Z");
const READY = {
  installed: true,
  apple: false,
  persisted: true,
  share: 0.1,
  odd: false,
  passkey: true,
  camera: true,
  background: true,
};
const HEARD = { at: "2026-11-22T08:55:00.000Z", offset: 1200 };
const judge = (facts = {}, heard = {}) => readiness({ ...READY, ...facts }, { ...HEARD, ...heard }, NOW);
const changes = (lines) => Object.fromEntries(lines.filter(({ is }) => is !== "good").map(({ about, is }) => [about, is]));

test("a phone on the home screen whose browser keeps its promise is ready", () => {
  assert.deepEqual(changes(judge()), {});
  assert.equal(isAtRisk(judge()), false);
});

test("a hidden screen that anybody brings back is named to whoever has unlocked, and nothing is said of it while the phone is locked", () => {
  const hidden = (guarded) => readiness(READY, HEARD, NOW, guarded).filter(({ about }) => about === "hidden");
  assert.deepEqual(hidden(false), [{ about: "hidden", is: "not" }]);
  assert.deepEqual(hidden(true), [{ about: "hidden", is: "good" }]);
  assert.deepEqual(hidden(undefined), []);
  for (const line of [...hidden(false), ...hidden(true)]) assert.ok(says(line, HEARD, NOW));
});

describe("one thing that is not so changes one line", () => {
  /** @type {[string, object, object, object, boolean][]} */
  const cases = [
    ["storage the browser does not promise to keep", { persisted: false }, {}, { kept: "not" }, true],
    ["not on the home screen", { installed: false }, {}, { home: "not" }, false],
    ["an Apple device outside the home screen", { installed: false, apple: true }, {}, { home: "apple" }, true],
    ["an Apple device on the home screen", { apple: true }, {}, {}, false],
    ["a browser that refuses what private windows refuse", { odd: true }, {}, { window: "odd" }, true],
    ["room running short", { share: 0.8 }, {}, { room: "short" }, false],
    ["almost no room", { share: 0.97 }, {}, { room: "none" }, false],
    ["never in contact", {}, { at: undefined, offset: undefined }, { contact: "never", clock: "unknown" }, false],
    ["no contact for days", {}, { at: "2026-11-18T08:55:00.000Z" }, { contact: "long" }, false],
    [
      "a contact in days to come, by a clock that was set back",
      {},
      { at: "2036-11-22T08:55:00.000Z" },
      { contact: "long" },
      false,
    ],
    ["a clock ten minutes slow", {}, { offset: 600_000 }, { clock: "wrong" }, false],
    ["a clock ten minutes fast", {}, { offset: -600_000 }, { clock: "wrong" }, false],
    ["a clock nobody would notice", {}, { offset: -599_000 }, {}, false],
    ["no sending while closed", { background: false }, {}, { background: "not" }, false],
    ["no lock of the phone’s own", { passkey: false }, {}, { passkey: "not" }, false],
    ["no camera", { camera: false }, {}, { camera: "not" }, false],
  ];
  for (const [name, facts, heard, expected, risky] of cases)
    test(name, () => {
      const lines = judge(facts, heard);
      assert.deepEqual(changes(lines), expected);
      assert.equal(isAtRisk(lines), risky);
    });
});

test("nothing is called no private window where that cannot be known", () => {
  const lines = judge({ installed: false, persisted: false });
  assert.equal(lines.find(({ about }) => about === "window")?.is, "unknown");
  assert.match(says({ about: "window", is: "unknown" }, HEARD, NOW), /Browsers hide/);
});

test("law: whatever a browser says, the same lines stand in the same order and each says something", () => {
  const facts = fc.record({
    installed: fc.boolean(),
    apple: fc.boolean(),
    persisted: fc.boolean(),
    share: fc.double({ min: 0, max: 4, noNaN: true }),
    odd: fc.boolean(),
    passkey: fc.boolean(),
    camera: fc.boolean(),
    background: fc.boolean(),
  });
  const heard = fc.record(
    {
      at: fc
        .date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
        .map((at) => at.toISOString()),
      offset: fc.integer({ min: -4e11, max: 4e11 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(facts, heard, fc.boolean(), (given, told, guarded) => {
      const lines = readiness(given, told, NOW, guarded);
      assert.deepEqual(
        lines.map(({ about }) => about),
        Object.keys(words),
      );
      for (const line of lines) {
        assert.ok(words[line.about].title);
        assert.match(says(line, told, NOW), /^\S.{9,}\.$/s, `${line.about} ${line.is}`);
      }
    }),
  );
});
