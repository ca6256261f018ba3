/**
 * `make faults`: runs seeded schedules (SEED is the first, RUNS how many), says what faults were injected and how many schedules a second it did, and for each that
 * broke a promise its steps and the command that replays it.
 */
import { runMany } from "./pool.js";

const seed = Number(process.env.SEED || 1);
const runs = Number(process.env.RUNS || 3000);
const most = Number(process.env.MOST || 40);
const SHOWN = 5;
const TOLD_EVERY_MS = 10_000;

let toldAt = performance.now();
const sum = await runMany({
  seed,
  runs,
  most,
  onProgress(done) {
    if (performance.now() - toldAt < TOLD_EVERY_MS) return;
    toldAt = performance.now();
    console.log(`${done} of ${runs} schedules`);
  },
});
for (const { seed: one, broken, steps } of sum.broken.slice(0, SHOWN)) {
  console.log(
    `\n${steps.join("\n")}\nBROKEN: ${broken}\nreplay: make faults SEED=${one} RUNS=1${most === 40 ? "" : ` MOST=${most}`}`,
  );
}
if (sum.broken.length > SHOWN)
  console.log(
    `\nand ${sum.broken.length - SHOWN} more: ${sum.broken
      .slice(SHOWN)
      .map((one) => one.seed)
      .join(" ")}`,
  );
const faults = [...sum.faults].sort(([, a], [, b]) => b - a).map(([name, times]) => `${name} ${times}`);
const injected = [...sum.faults.values()].reduce((a, b) => a + b, 0);
console.log(`\nfaults injected: ${injected} (${faults.join(" · ")})`);
console.log(
  `${sum.runs} schedules in ${sum.seconds.toFixed(1)} s (${(sum.runs / sum.seconds).toFixed(1)} a second), ${sum.saved} entries saved, ${sum.broken.length} schedules broke a promise`,
);
if (runs > 1 && injected === 0) console.log("nothing was injected: that proves nothing");
process.exit(sum.broken.length > 0 || (runs > 1 && injected === 0) ? 1 : 0);
