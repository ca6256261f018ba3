/** What is said at unlocking. */
import { of } from "./spelling.js";
import { wait } from "./trouble.js";

export const title = "Unlock this phone";
export const who = "Who are you?";
export const hello = (/** @type {string} */ label) => `Hello ${label}.`;
export const words = "Your unlock words";
export const words_hint = "Four words, with spaces between them. This works without signal";
export const wrong =
  "Those are not the unlock words. Nothing is lost, and nothing is ever wiped. Check the order and the spelling";
export const empty = "Type your unlock words";
export const show = "Show the words";
export const hide = "Hide the words";
export const open = "Unlock";
export const opening = "Unlocking…";
export const forgot = "I have forgotten my words";
export const forgot_do =
  "With signal, set up this phone again with your password and code. Notes waiting to be sent are still sent. Drafts come back to you.";
export const unkept =
  "Something typed here could not be kept yet. Do not close this page: it comes back when whoever typed it unlocks.";
export const see = "See what waits";
export const set_up = "Set up again";
export const someone_else = "Somebody else wants to use this phone";

/** @param {number} count @returns {string} */
export const kept = (count) =>
  `${of(count, "note is", "notes are")} waiting on this phone and ${count === 1 ? "is" : "are"} sent also while it is locked.`;

/** @param {number} seconds @returns {string} */
export const waitFor = (seconds) => `You can try again in ${wait(seconds)}.`;

export const own_lock = "Open with this phone’s own lock";
export const own_lock_what =
  "Your finger, your face or the phone’s code then opens your notes with one touch, also without signal. Your unlock words always work as well, so keep the paper. Whoever can unlock this phone can open your notes too.";
export const own_lock_on = "This phone’s own lock opens your notes now. Your unlock words work as before.";
export const or_words = "Or use your unlock words.";
