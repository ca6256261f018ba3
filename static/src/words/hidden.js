/** What is said on a hidden screen: as little as possible, and nothing of what the app is for. */
import { of } from "./spelling.js";

export const tap = "Tap to go on";
export const pin = "PIN";
export const go_on = "Go on";
export const lock = "Lock";
export const own_lock = "Use this phone’s own lock";
export const not_this = "That did not open it.";

/** After the last try it is locked, unless the phone would not keep what was typed: then it locks as soon as it does. @param {number} tries @returns {string} */
export const left = (tries) =>
  tries > 0 ? `That is not the PIN. ${of(tries, "try is", "tries are")} left` : "It locks once all is kept";
