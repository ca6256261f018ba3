/** What is said of questionnaires over time. */
import { longDay } from "./dates.js";

export const title = "Questionnaires";
export const none = "No questionnaire has been filled in yet.";
export const chart = (/** @type {string} */ title) => `${title}: scores over time`;
export const change = (/** @type {unknown} */ first, /** @type {unknown} */ last, /** @type {string} */ what) =>
  `${first} at first, ${last} now – ${what}`;
export const open = (/** @type {string} */ on) => `Answers of ${longDay(on)}`;

/** @param {string} what class of a change, as practice computes it @returns {string} */
export function changeInWords(what) {
  /** @type {Record<string, string>} */
  const known = {
    improved: "clear change for the better",
    meaningful: "clear change for the better",
    some: "some movement",
    same: "no change",
    no_change: "no clear change",
    some_back: "some movement back",
    moved_away: "clear change for the worse",
    deteriorated: "clear change for the worse",
    baseline_only: "only one rating so far",
  };
  return known[what] ?? what.replaceAll("_", " ");
}
