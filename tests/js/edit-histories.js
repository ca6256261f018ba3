/** Prints what so many scripts, drawn by a seed, came to: tests/unit/test_twins_agree.py folds the same in Python. `node edit-histories.js SEED COUNT` */
import fc from "fast-check";
import { play, script } from "./edit-scripts.js";

const [seed, count] = process.argv.slice(2).map(Number);
process.stdout.write(JSON.stringify(fc.sample(script, { numRuns: count, seed }).map((given) => play(given).versions)));
