/** What only the demo says. */

export const title = "This is a demo";
export const sign_in = (/** @type {string} */ password, /** @type {string} */ code) =>
  `Every family in it is invented. The password is ${password} and the code is ${code}. Tap a person to fill in everything:`;
export const fill = (/** @type {string} */ email) => `Be ${email}`;
export const check = "In this demo nobody can stand in between, so you can go on.";
export const families = "This is a demo with invented families. Do not write about real people here.";
