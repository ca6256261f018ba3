/**
 * Reads goal ratings as series, one for each goal and rater, and says how far each has moved.
 * Twin: `fieldapp/practice/goals.py`.
 *
 * @typedef {'meaningful' | 'some' | 'same' | 'some_back' | 'moved_away' | 'baseline_only'} Movement
 * @typedef {{goal: string, rater: string, rater_name?: string, value: number, rated_on: string, comment?: string}} Rating
 * @typedef {{on: string, value: number, comment: string | null}} Point
 * @typedef {{
 *   goal: string, rater: string, rater_name: string, points: Point[], baseline: number, latest: number,
 *   change: number | null, movement: Movement,
 * }} Series one person's ratings of one goal, oldest first; two people's ratings are two series and never averaged
 */

import { isDate } from "./forms.js";

/** Points on the 0–10 scale that count: the national threshold for a single goal. */
export const MEANINGFUL = 3;

/**
 * Classes a change of a goal rating: 3 or more is meaningful, 1 or 2 is some, -3 or less has moved away.
 * @param {number} baseline
 * @param {number} latest
 * @returns {Movement}
 */
export function movement(baseline, latest) {
  const change = latest - baseline;
  if (change >= MEANINGFUL) return "meaningful";
  if (change > 0) return "some";
  if (change === 0) return "same";
  return change > -MEANINGFUL ? "some_back" : "moved_away";
}

/**
 * Groups ratings by goal and rater. Ratings of one day stay in the order given. The first is the baseline; without a second
 * there is no change to report. A goal whose meaning changed is another goal with its own id, so a series never joins two
 * meanings. A rating that cannot be placed (no day, or a value off the scale) is left out; it stays readable as a record.
 * @param {Rating[]} ratings
 * @returns {Series[]}
 */
export function series(ratings) {
  /** @type {Map<string, Rating[]>} */
  const groups = new Map();
  for (const rating of ratings.filter(canBePlaced)) {
    const key = JSON.stringify([rating.goal, rating.rater]);
    groups.set(key, [...(groups.get(key) ?? []), rating]);
  }
  return [...groups.values()].flatMap((group) => {
    const ordered = [...group].sort((a, b) => (a.rated_on < b.rated_on ? -1 : a.rated_on > b.rated_on ? 1 : 0));
    const first = ordered[0];
    const last = ordered.at(-1);
    if (first === undefined || last === undefined) return [];
    const alone = ordered.length === 1;
    return [
      {
        goal: first.goal,
        rater: first.rater,
        rater_name: last.rater_name || "",
        points: ordered.map((one) => ({ on: one.rated_on, value: one.value, comment: one.comment ?? null })),
        baseline: first.value,
        latest: last.value,
        change: alone ? null : last.value - first.value,
        movement: /** @type {Movement} */ (alone ? "baseline_only" : movement(first.value, last.value)),
      },
    ];
  });
}

/** @type {(rating: Rating) => boolean} */
function canBePlaced({ goal, rater, value, rated_on }) {
  const isOnScale = Number.isInteger(value) && value >= 0 && value <= 10;
  return typeof goal === "string" && typeof rater === "string" && isOnScale && typeof rated_on === "string" && isDate(rated_on);
}

/**
 * Says whether this person may rate this goal: a bottom line set for safety is not rated by whose goal it is.
 * @param {{bottom_line?: string, owner?: string}} goal
 * @param {string} rater
 * @returns {boolean}
 */
export function mayRate(goal, rater) {
  return goal.bottom_line !== "yes" || rater !== goal.owner;
}
