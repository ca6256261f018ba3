/** What the list of families says. */
import { daysSince, nearDay } from "./dates.js";
import { of } from "./spelling.js";

/** @import { Family } from "../parts/shapes.js" */

export const title = "My families";
export const practice = "Practice – nothing here is real or counted";
export const none = "No family is shared with you yet. Your supervisor does that; they appear here by themselves.";
/** To a supervisor, whose team is read at the desk: what is not here is no fault. */
export const not_the_team =
  "A phone holds only the families its person works with: to have another of your team’s here, choose “Put it on my phone” at the desk, under “Who can read this, and why”.";
export const none_yet = "Your families are on their way.";
export const more_coming = "More is on its way. You can begin with what is here.";
export const family_hidden = "A family";

/** @param {string|null|undefined} on @param {Date} now @returns {string} */
export const lastContact = (on, now) => (on ? `Last contact ${nearDay(on, now)}` : "No contact yet");

/** @param {string} on @param {Date} now @returns {string} */
export const nextVisit = (on, now) =>
  daysSince(on, now) > 0 ? `next visit was due ${nearDay(on, now)}` : `next visit ${nearDay(on, now)}`;

/** @param {Family} family @returns {{kind: string, text: string}[]} what waits for the worker in this family */
export function waits({ questions, drafts, waiting }) {
  return [
    { kind: "question", count: questions, text: of(questions, "question") },
    { kind: "draft", count: drafts, text: of(drafts, "draft") },
    { kind: "waiting", count: waiting, text: `${waiting} waiting to send` },
  ].filter(({ count }) => count > 0);
}
