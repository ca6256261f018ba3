/** The simulation's cryptography keeps the contract of the door it stands behind: the tests of keys.js, run on it; and both kinds of it give the same schedules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import "./steady.js";

await import("../js/keys.test.js");
const { runSchedule } = await import("./schedule.js");

test("a schedule goes the same way whether the phones' cryptography is the simulation's or the platform's own", async () => {
  for (const seed of [20, 41]) {
    const [own, platform] = [await runSchedule(seed, { isReal: false }), await runSchedule(seed, { isReal: true })];
    assert.deepEqual({ ...own, turns: 0 }, { ...platform, turns: 0 });
  }
});
