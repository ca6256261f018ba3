/** A short run of the simulation, with every kind of fault in it, and that it is the same every time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runMany } from "./pool.js";

const RUNS = 200;
/** Each happens in any two hundred schedules; a kind that never does is not tested at all. */
const KINDS = [
  "kill",
  "restore",
  "office dies",
  "office down",
  "clock",
  "removal",
  "removal in a push",
  "mistaken removal",
  "transfer",
  "cloned phone",
  "cleared phone",
  "opening",
  // Whether it is placed or put away: little is left to decide in so few.
  "desk",
  "grant",
  "key rotation",
  "second tab",
  "frozen tab",
  "frozen in the middle",
  "vault vanished",
  "vault read empty",
  "sent beside a frozen tab",
  ...["start", "end"].map((kind) => `store hung: ${kind}`),
  "service worker",
  "store request",
  "store commit",
  "store transaction",
  "store open",
  "store lost",
  "store died",
  "timers stood still",
  ...[
    "lost",
    "silent",
    "answer_lost",
    "answer_silent",
    "late",
    "cut",
    "html",
    "busy",
    "twice",
    "forged",
    "swapped",
    "tampered",
    "old_keys",
    "put_off",
  ].map((kind) => `net ${kind}`),
];

test(`nothing saved is lost in ${RUNS} short schedules of faults`, async (t) => {
  const sum = await runMany({ seed: 1, runs: RUNS, most: 20, untilBroken: true });
  const told = sum.broken.map(({ seed, broken }) => `seed ${seed}: ${broken} (make faults SEED=${seed} RUNS=1 MOST=20)`);
  assert.deepEqual(told, []);
  assert.equal(sum.runs, RUNS);
  assert.ok(sum.saved > RUNS, `only ${sum.saved} entries were saved`);
  assert.deepEqual(
    KINDS.filter((kind) => !sum.faults.has(kind) && ![...sum.faults.keys()].some((name) => name.startsWith(`${kind}: `))),
    [],
    "kinds of fault that never happened",
  );
  t.diagnostic([...sum.faults].map(([name, times]) => `${name} ${times}`).join(", "));
});

test("a seed replays exactly", async () => {
  const steady = await import("./steady.js");
  assert.ok(steady);
  const { runSchedule } = await import("./schedule.js");
  for (const seed of [11, 12, 13]) {
    const [one, other] = [await runSchedule(seed), await runSchedule(seed)];
    assert.deepEqual(one, other);
  }
});
