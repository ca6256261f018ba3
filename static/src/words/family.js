/** What a family’s page says: what is due, what was written, who they are. */
import { nearDay } from "./dates.js";
import { capital, of } from "./spelling.js";

export const notes = "Notes";
export const all = "My families";
export const parts = "Parts of this record";
export const tabs = [
  { part: "", label: "Notes" },
  { part: "goals", label: "Goals" },
  { part: "results", label: "Questionnaires" },
  { part: "about", label: "Family" },
];
export const record = "Write something down";
export const visit = "Visit note";
export const contact = "Call or text";
export const rate = "Goal ratings";
export const measure = "Questionnaire";
export const more_kinds = "More to write";
export const others = [
  { schema: "incident.1", label: "Missing from home" },
  { schema: "plan.1", label: "Family plan" },
  { schema: "goal.1", label: "New goal" },
];
export const before_you_go = "Before you go:";
export const before_hidden = "there is something to read before any contact. Show names to read it.";
export const drafts = (/** @type {number} */ count) => (count === 1 ? "Not finished" : `Not finished (${count})`);
export const carry_on = (/** @type {string} */ kind) => `Carry on with the ${kind}`;
export const not_kept = "Not kept yet: open it and try again";
export const due = "What is due";
export const what = (/** @type {string} */ what, /** @type {string} */ about) =>
  `${DUE[what] ?? capital(what.replaceAll("_", " "))}${about ? `: ${about}` : ""}`;
export const written = "What has been written";
export const nothing_yet = "Nothing has been written yet.";
export const older = (/** @type {number} */ count) => `Show ${of(count, "older one")}`;
export const about = "The family";
export const change = "Change these details";

/** @type {Record<string, string>} */
const DUE = {
  visit: "Visit",
  rating: "Goal rating",
  measure: "Questionnaire",
  return_interview: "Return-home interview",
  recording: "Visit note still to write",
  plan_review: "Look at the plan together",
};

/** @param {string} on @param {boolean} late @param {Date} now @returns {string} */
export const dueOn = (on, late, now) => (late ? `was due ${nearDay(on, now)}` : `due ${nearDay(on, now)}`);
