/** What a note’s page says: where it stands, its versions, what was asked about it. */
import { dayAndTime } from "./dates.js";
import { capital, of } from "./spelling.js";

/** @import { Standing } from "../parts/shapes.js" */

export const title = "Note";
export const back = "Back to the family";
export const no_answer = "Not answered";
export const others = "Other answers, as they were sent";
export const about = (/** @type {string} */ label) => `About “${label}”:`;
export const gone_from = "Taken out";
export const differs = "not the same";
export const person_not_listed = "Somebody no longer listed";
export const goal_not_listed = "A goal no longer listed";
export const asked_here = "Asked:";
export const asks = (/** @type {string} */ name, /** @type {string} */ when) => `${name || "Your supervisor"} asks, ${when}`;
export const written = (/** @type {string} */ name, /** @type {string} */ when, /** @type {string|undefined} */ received) =>
  `Written by ${name || "you"}, ${when}${received ? `; at the office ${received}` : ""}`;
export const answer = "Answer the question";
export const add = "Add to this note";
export const change = "Change this";
export const choose = "Choose what should stand";
export const parted = "Different versions, you choose";
export const parted_see = "See the versions";
export const parted_long = (/** @type {string[]} */ names) =>
  `${names.length === 1 ? `${names[0] || "The same person"} wrote different things, perhaps on two phones,` : "Different people wrote different things"} without seeing what else was written. All is kept, side by side. Choose or write what should stand.`;
export const joined = (/** @type {number} */ count) => `There were ${count} versions:`;
export const joined_to = "Chosen or put together from them:";
export const added_later = (/** @type {number} */ count) => (count === 1 ? "added later" : `${count} added later`);
export const added_after = (/** @type {number} */ count) => `${of(count, "version was", "versions were")} added after that.`;
export const waiting = "waiting to send";
export const reviews = "What your supervisor said";
export const versions = (/** @type {number} */ count) => `All ${count} versions`;
export const versions_what = "Nothing is ever overwritten. Open one to see what changed in it.";
export const version = (/** @type {number} */ number, /** @type {string} */ name, /** @type {string} */ when) =>
  `Version ${number} · ${name} · ${when}`;
export const erased = "The office took out what stood here. Who wrote it and when is kept.";
export const unread = "This version of the app cannot read what was written here. It is kept; here it is as it came:";
export const unknown_before = "What stood before this is not here any more, so nobody can see what changed in it:";
export const first_version = "This is how it was first sent.";
export const nothing_changed = "Nothing that is shown here changed.";
export const added = "added:";
export const taken_out = "taken out:";
export const answers = "Each answer";
export const unknown =
  "This phone does not have the form that this was written in. Everything in it is kept; here it is as it came.";
export const print = "Print";

/** @type {Record<string, string>} */
const KINDS = {
  visit_note: "visit note",
  contact: "call or message",
  goal: "goal",
  rating: "goal rating",
  measure_response: "questionnaire",
  incident: "missing from home",
  plan: "plan",
  family: "family details",
  opening: "new record",
  review: "review",
};

/** @param {string} kind @returns {string} */
export const kindName = (kind) => KINDS[kind] ?? "note";

/** @param {Standing} standing @param {string|null|undefined} at @param {Date} now @returns {string} */
export function standing(standing, at, now) {
  const when = at ? ` ${dayAndTime(at, now)}` : "";
  switch (standing) {
    case "draft":
      return `Draft kept on this phone${when}`;
    case "waiting":
      return "Saved, waiting to send";
    case "sent":
      return `Sent, the office has it${when}`;
    case "sorting":
      return "Safe at the office, being sorted";
    case "put_away":
      return "The office has looked at this and put it aside";
    case "question":
      return `Sent back with a question${when}`;
    case "signed_off":
      return `Signed off${when}`;
    default:
      return "";
  }
}

/** @param {string} what @returns {string} */
export const decision = (what) =>
  ({ signed_off: "Signed off", question: "Sent back with a question", noted: "Read and noted" })[what] ??
  capital(what.replaceAll("_", " "));
