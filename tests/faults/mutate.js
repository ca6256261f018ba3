/** `make mutants`: breaks one rule of the core after the other and runs schedules until a promise breaks. A mutant that survives fails the run. */
import { mutants } from "./mutants.js";
import { runMany } from "./pool.js";

const MOST_RUNS = Number(process.env.RUNS || 400);
const wanted = process.env.MUTANT ? [process.env.MUTANT] : Object.keys(mutants);
const survived = [];
for (const mutant of wanted) {
  const { broken, runs, seconds } = await runMany({ seed: 1, runs: MOST_RUNS, mutant, untilBroken: true });
  if (broken.length === 0) survived.push(mutant);
  const how =
    broken.length === 0 ? `SURVIVED ${runs} schedules` : `caught after ${runs} (seed ${broken[0].seed}: ${broken[0].broken})`;
  console.log(`${mutant}: ${how} in ${seconds.toFixed(1)} s`);
}
console.log(`${wanted.length - survived.length} of ${wanted.length} caught`);
process.exit(survived.length > 0 ? 1 : 0);
