/** One process of the pool: runs its share of the seeds and tells what it met, a few schedules at a time. */
import "./steady.js";

const { runSchedule } = await import("./schedule.js");
const [seed, runs, share, shares, most] = process.argv.slice(2).map(Number);
const TOLD_EVERY = 10;

const empty = () => ({ runs: 0, saved: 0, turns: 0, faults: new Map(), broken: [] });
let told = empty();
const tell = () =>
  new Promise((resolve) => {
    process.send({ ...told, faults: [...told.faults] }, resolve);
    told = empty();
  });
for (let i = share; i < runs; i += shares) {
  const { steps, faults, saved, turns, broken } = await runSchedule(seed + i, { most });
  told.runs += 1;
  told.saved += saved;
  told.turns += turns;
  for (const [name, times] of faults) told.faults.set(name, (told.faults.get(name) ?? 0) + times);
  if (broken) told.broken.push({ seed: seed + i, broken, steps });
  if (told.runs === TOLD_EVERY || broken) await tell();
}
if (told.runs > 0) await tell();
process.exit(0);
