/** What any chart says beside its lines. */

export const nothing = "Nothing to show yet.";
export const numbers = "The same numbers in a table";
export const day = "Day";
export const band = (/** @type {number} */ width, /** @type {string} */ name) =>
  `The shaded band is ${width} points either side of ${name ? `${name}’s` : "the"} first rating. At its edge or outside it, the change is clear.`;
