/** What a form begins with that is begun from a note written before unlocking: all its words, and of a call the time of writing, which may be days ago. Pure. */
import { dayOf, timeOf } from "../words/dates.js";

/** @typedef {{about: string, text: string, written_at: string}} Written */

/** @param {Written} note whom it is about was all there was time for where both are the same */
const wordsOf = ({ about, text }) => (text.includes(about) ? text : `${about}\n\n${text}`);

/** Of a visit its writer says the day: it may have been another. @param {Written} note */
export const asVisit = (note) => ({ seen_and_heard: wordsOf(note) });

/** A form of a call begins with today and now, which nobody would look at again. @param {Written} note */
export const asContact = (note) => {
  const at = new Date(note.written_at);
  return { more: wordsOf(note), happened_on: dayOf(at), happened_at: timeOf(at) };
};
