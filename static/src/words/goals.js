/** What is said of goals over time. */

export const title = "Goals";
export const add = "Add a goal";
export const none = "No goal has been written down yet.";
export const hidden = "A goal";
export const owner = (/** @type {string} */ name) => `${name}’s goal`;
export const chart = "Ratings from 0, not started, to 10, reached, over time";
export const change = (
  /** @type {string} */ name,
  /** @type {number} */ first,
  /** @type {number} */ last,
  /** @type {string} */ what,
) => `${name}: ${first} at first, ${last} now – ${what}`;
export const whole = "All that is written of this goal";
export const edit = "Change this goal";
