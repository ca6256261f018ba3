/** What the settings say. */
import { of } from "./spelling.js";

export const title = "Settings";
export const you = "You";
export const person = (/** @type {string} */ name) => `This phone is open for ${name}.`;
export const lock = "Lock";
export const lock_what = "Locking closes your notes until you open them again. What waits is still sent.";
export const update = "A newer version is ready";
export const update_what = "It takes a few seconds. Your notes and drafts stay.";
export const update_waits = "It waits until what you are writing is kept.";
export const update_now = "Use the newer version";
export const ready_what = "See whether notes are safe on this phone, and what to change if not. This works without signal.";
export const another = "Somebody else on this phone";
export const another_what =
  "Lock first, then choose “Somebody else wants to use this phone”. Nobody can read another person’s notes, and all that waits is sent.";
export const version = (/** @type {string} */ release) => `Version ${release}`;
export const own_lock_remove = "Stop opening with this phone’s own lock";
export const own_lock_off = "This phone’s own lock does not open your notes any more";
export const prove = "Your unlock words now";
export const words = "Unlock words";
export const words_what = "Your notes stay as they are; only what opens them changes.";
export const words_change = "Change your unlock words";
export const words_before =
  "This needs signal. The words you have now open nothing on this phone afterwards. If somebody copied this phone before and knows the old words, tell your administrator.";
export const words_changed = "Your unlock words are changed";
export const forgotten = "I forgot them: use this phone’s own lock";
export const go_on = "Go on";
export const hiding = (/** @type {{hide_after_seconds: number, lock_after_minutes: number}} */ policy) =>
  `“Hide screen” leaves only a clock. It hides by itself when you are away for ${of(policy.hide_after_seconds, "second")}, and locks when untouched for ${of(policy.lock_after_minutes, "minute")}; what you were writing is kept.`;
export const hiding_limits =
  "Without a PIN or this phone’s own lock, one tap brings the screen back for anybody. The phone’s list of open apps may still show a picture of your screen.";
export const pin = "A PIN that brings the screen back";
export const pin_hint = "At least four digits. After five wrong tries the phone locks, and your unlock words open it";
export const pin_short = "Type at least four digits, and only digits";
export const pin_set = "Use this PIN";
export const pin_on = "A PIN brings the screen back. If you forget it, lock the phone and unlock it with your words.";
export const pin_off = "Take the PIN off";
