/** What the settings say. */

export const title = "Settings";
export const you = "You";
export const person = (/** @type {string} */ name) => `This phone is open for ${name}.`;
export const lock = "Lock";
export const lock_what = "Locking closes your notes until the unlock words are typed. Notes waiting to be sent are still sent.";
export const update = "A newer version is ready";
export const update_what = "It takes a few seconds. Your notes and drafts stay.";
export const update_waits = "It waits until what you are writing is kept.";
export const update_now = "Use the newer version";
export const ready_what = "See whether notes are safe on this phone, and what to change if not. This works without signal.";
export const another = "Somebody else on this phone";
export const another_what =
  "Lock first, then choose “Somebody else wants to use this phone”. Nobody can read another person’s notes, and both people’s waiting notes are sent.";
export const version = (/** @type {string} */ release) => `Version ${release}`;
