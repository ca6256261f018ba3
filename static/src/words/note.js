/** What is said about notes written before unlocking. */
import { dayAndTime } from "./dates.js";

export const write = "Write a note now, without unlocking";
export const another = "Write another note";
export const text = "What happened?";
export const text_hint = "It is locked away as soon as you keep it: nobody reads it on this phone before it is unlocked";
export const about = "Whom is it about? Any words will do";
export const keep = "Keep and send";
export const leave = "Leave it";
export const kept =
  "Your note is kept, and sent as soon as there is signal. Your supervisor can read it. Unlock this phone when you can, and make it a note of yours.";
export const title = "Written before unlocking";
export const written = (/** @type {string} */ at, /** @type {Date} */ now) =>
  `You wrote a note before unlocking, ${dayAndTime(at, now)}.`;
export const see = "Read it and decide";
export const sent = "The office has it. Your supervisor sees it as not confirmed.";
export const waiting = "It waits on this phone to be sent.";
export const not_you = "Did somebody else write this on your phone? Then put it aside, and tell your supervisor.";
export const whose = "Whose record does it belong to?";
export const whose_missing = "Choose a family";
export const as_visit = "Go on in a visit note";
export const as_contact = "Go on in a call or message";
export const stays =
  "This note stays here until you send something that has its words as they stand. You can write more around them.";
export const aside = "Put it aside";
export const aside_what = "It is taken off this phone. The office keeps it, and your supervisor decides.";
export const none = "No note waits for your word.";
