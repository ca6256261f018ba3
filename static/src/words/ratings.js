/** What is said while goals are rated. */
import { of } from "./spelling.js";

export const title = "Goal ratings";
export const low = "not started";
export const high = "reached";
export const last = (/** @type {number} */ value, /** @type {string} */ day) => `Last time: ${value}, on ${day}`;
export const first = "This is the first rating.";
export const why = "What makes it that number? (optional)";
export const someone = "Somebody else rates this goal too";
export const day = "Which day?";
export const days = "Not all were given on one day: the day stands at each number. What you choose here counts for all.";
export const on = (/** @type {string} */ day) => `Given on ${day}`;
export const unlisted = "Not listed in this family. List them first, among the family’s details, and they can rate here.";
export const unlisted_given =
  "Not listed in this family: this number cannot be sent yet, and stays on this phone. List them first, among the family’s details.";
export const ended = "This goal is not rated any more. What was given before is here, and is sent with the rest.";
export const save = (/** @type {number} */ count) => (count === 0 ? "Save ratings" : `Save ${of(count, "rating")}`);
export const saved = (/** @type {number} */ count) => `${of(count, "rating")} saved, waiting to send`;
export const none = "There is no goal to rate. Goals are written down first, in the family’s own words.";
export const to_goals = "Go to the goals";
