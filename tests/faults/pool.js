/** Runs many schedules on all cores, each process a share of the seeds, and adds up what they met. */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";

/**
 * @param {{seed: number, runs: number, most?: number, processes?: number, untilBroken?: boolean, onProgress?: (done: number) => void}} asked
 *   `untilBroken` ends with the first broken promise
 * @returns {Promise<{runs: number, saved: number, turns: number, faults: Map<string, number>, broken: {seed: number, broken: string, steps: string[]}[], seconds: number}>}
 */
export async function runMany({ seed, runs, most = 40, processes = availableParallelism(), untilBroken, onProgress }) {
  const begun = performance.now();
  const sum = { runs: 0, saved: 0, turns: 0, faults: new Map(), broken: [], seconds: 0 };
  const shares = Math.max(1, Math.min(processes, runs));
  await Promise.all(
    Array.from({ length: shares }, (_, share) => {
      const { env } = process;
      const child = fork(new URL("share.js", import.meta.url), [seed, runs, share, shares, most].map(String), {
        env: { ...env, TZ: "Europe/London" },
        execArgv: [],
      });
      child.on("message", (told) => {
        sum.runs += told.runs;
        sum.saved += told.saved;
        sum.turns += told.turns;
        for (const [name, times] of told.faults) sum.faults.set(name, (sum.faults.get(name) ?? 0) + times);
        sum.broken.push(...told.broken);
        if (untilBroken && sum.broken.length > 0) child.kill();
        onProgress?.(sum.runs);
      });
      return new Promise((resolve, reject) => {
        child.on("exit", (code, signal) =>
          code === 0 || signal === "SIGTERM"
            ? resolve()
            : reject(new Error(`a process of the simulation ended with ${code ?? signal}`)),
        );
      });
    }),
  );
  sum.broken.sort((a, b) => a.seed - b.seed);
  sum.seconds = (performance.now() - begun) / 1000;
  return sum;
}
