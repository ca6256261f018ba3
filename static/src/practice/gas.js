/**
 * Goal attainment scaling: one T score from goals rated -2 (much less than expected) to +2 (much more).
 * T = 50 + 10·Σwx / √(0.7·Σw² + 0.3·(Σw)²), the formula with ρ = 0.30. Twin: `fieldapp/practice/gas.py`. Report it with the
 * levels themselves: they are ranks, and two families with one T may have little in common.
 */

import { written } from "./decimals.js";

const PLACES = 4;

/**
 * Gives T rounded to four places, or null without goals; throws a RangeError outside -2…2 and weights 1…4. Worked out with
 * whole-number square roots, so that both languages agree to the last digit.
 * @param {number[]} levels
 * @param {number[]} [weights]
 * @returns {import('./decimals.js').Value | null}
 */
export function tScore(levels, weights = levels.map(() => 1)) {
  if (weights.length !== levels.length) throw new RangeError("as many weights as levels are needed");
  const fits = (/** @type {number} */ one, /** @type {number} */ low, /** @type {number} */ high) =>
    Number.isInteger(one) && one >= low && one <= high;
  if (!levels.every((one) => fits(one, -2, 2)) || !weights.every((one) => fits(one, 1, 4))) {
    throw new RangeError("levels go from -2 to 2 and weights from 1 to 4");
  }
  if (levels.length === 0) return null;
  const sum = (/** @type {number[]} */ all) => all.reduce((so_far, one) => so_far + one, 0);
  const weighted = BigInt(sum(levels.map((level, i) => level * (weights[i] ?? 0))));
  const spread = BigInt(7 * sum(weights.map((weight) => weight * weight)) + 3 * sum(weights) ** 2);
  const twice = root((4n * 10n ** BigInt(2 * PLACES) * 1000n * weighted * weighted) / spread);
  const distance = (twice + 1n) / 2n;
  return written(50n * 10n ** BigInt(PLACES) + (weighted >= 0n ? distance : -distance), PLACES);
}

/** @type {(number: bigint) => bigint} The largest whole number whose square is not above `number`. */
function root(number) {
  if (number < 2n) return number;
  let guess = number;
  for (let next = (guess + 1n) / 2n; next < guess; next = (guess + number / guess) / 2n) guess = next;
  return guess;
}
