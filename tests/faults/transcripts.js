/** Writes what the model of the office lived through, one line of JSON for each happening, for the real office to live through too: `node transcripts.js SEED RUNS`. */
import { writeSync } from "node:fs";
import "./steady.js";

const { runSchedule } = await import("./schedule.js");
const [seed, runs] = process.argv.slice(2).map(Number);
for (let i = 0; i < runs; i++) {
  const lines = [];
  const { broken, at, may } = await runSchedule(seed + i, { record: (event) => lines.push(JSON.stringify(event)) });
  lines.push(JSON.stringify({ what: "over", seed: seed + i, broken, at, ...may }));
  const bytes = Buffer.from(`${lines.join("\n")}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}
process.exit(0);
