/** What any form says, and the page where it is checked before it is sent. */
import { dayAndTime } from "./dates.js";
import { of } from "./spelling.js";

/** @import { Field } from "../parts/shapes.js" */

export const error = "Error:";
export const optional = (/** @type {string} */ label) => `${label} (optional)`;
export const yes_no = [
  { value: "yes", label: "Yes" },
  { value: "no", label: "No" },
];
export const today = "Today";
export const yesterday = "Yesterday";
export const now = "Now";
export const choose = "Choose one";
export const clear = "Clear this answer";
export const add_someone = "Add someone else";
export const someone_else = (/** @type {number} */ number) => (number === 1 ? "Someone else" : `Someone else (${number})`);
export const no_people = "Nobody is listed yet. List people first, among the family’s details. What you type here is kept.";
export const no_children =
  "No child who is born is listed in this family. If there is one, list them first, among the family’s details. What you type here is kept.";
export const child_not_listed = "A child who is no longer listed";
export const item = (/** @type {string} */ type, /** @type {number} */ number) =>
  `${{ actions: "Action", risk: "Worry" }[type] ?? "Part"} ${number}`;
export const add = (/** @type {string} */ type, /** @type {number} */ count) =>
  `Add ${count ? "another" : ({ actions: "an", risk: "a" }[type] ?? "one")} ${{ actions: "action", risk: "worry" }[type] ?? ""}`.trim();
export const remove = "Take this out";
export const parts = "Parts of this note";
export const left = (/** @type {number} */ count) => (count === 0 ? "answered" : `${of(count, "question")} left`);
export const problem_title = (/** @type {number} */ count) =>
  count === 1 ? "One thing is missing before this can be sent" : `${count} things are missing before this can be sent`;
export const still_here = "Everything you typed is still here.";
export const nothing_lost = "Everything you typed is still here, and kept as a draft.";
export const something_missing = "Something is missing";
export const check_and_send = "Check and send";
export const save_and_send = "Save and send";
export const go_on = "Go on";
export const check_title = "Check before you send";
/** @param {{final_when_sent: boolean}} definition */
export const checkIntro = ({ final_when_sent }) =>
  `This is what your office will read. ${final_when_sent ? "Once sent it cannot be rewritten, only added to." : "You can change it later; what stood here before can still be read."}`;
export const check_adding = "This is what will be added. What was sent before stays as it was.";
export const signed_off_meanwhile =
  "It was signed off while you were writing. What you change is kept and can be sent: it is shown as added later, and your supervisor reads it again.";
export const settles = (/** @type {number} */ count) =>
  `${count} versions were written. What stands above is what you chose or wrote in their place:`;
export const left_out = "Not asked any more";
export const left_out_why =
  "What you chose or changed takes some questions away. Their answers, below, are not sent. What was sent before stays in the earlier versions; what you typed only now is kept nowhere else. If that is wrong, go back.";
export const back_to_writing = "Go back and change something";
export const send = "Send";
export const what_sending_does = "Without signal it is saved on this phone and sent by itself as soon as there is signal.";
export const not_kept = "Not kept yet – see below";
export const covered = (/** @type {boolean} */ written) =>
  written ? "Hidden. Show names to read it" : "Nothing yet. Show names to write";
export const discard = "Throw this draft away";
export const discard_sure = "Throw this draft away? What you typed here cannot be brought back.";
export const discard_yes = "Throw it away";
export const discard_no = "Keep it";
export const gone_title = "This draft is not here any more";
export const use_this = "Take these words";
export const parted = (/** @type {string} */ label, /** @type {number} */ count) =>
  `${label}: ${count} versions were written. Take one, or write below what should stand.`;
/** @param {string} label @param {number} left @returns {string} of a list: what is chosen of it stands below */
export const parted_list = (label, left) =>
  left > 0
    ? `${label}: different versions were written of ${of(left, "thing")} in it. Choose for each. What you choose stands below, where you can change it.`
    : `${label}: you have chosen between all versions. What you chose stands below, where you can change it.`;
export const taken = "Taken";
export const keep_it = "Keep it";
export const take_out = "Take it out";
/** @param {string} type of the question @returns {string} */
export const both = (type) =>
  `${{ text: "Both whole, one after the other", long_text: "Both whole, one below the other" }[type] ?? "Both, with what differs one after the other"}. Read it before you take it.`;
export const use_both = "Take both";
export const together = "All put together. Read it before you take it: it may say things twice.";
export const use_together = "Take it all together";
export const gone = "It was sent, thrown away, or nothing had been typed. If it was sent, you find it among the family’s notes.";
export const to_family = "Go to the family";

/** @param {string} reason @param {Field} field @returns {string} */
export function problemText(reason, field) {
  const label = field.label.replace(/\?$/, "");
  const about = `“${field.label}”`;
  switch (reason) {
    case "required":
      return ["text", "long_text"].includes(field.type)
        ? `Write an answer to ${about}`
        : ["people", "children_seen", "actions", "risk", "list"].includes(field.type)
          ? `Add at least one to ${about}`
          : `Answer ${about}`;
    case "two_versions":
      return `${about}: different versions were written. Choose one, or write what should stand`;
    case "not_a_date":
      return `${label}: this day does not exist`;
    case "not_a_time":
      return `${label}: write the time like 17:40`;
    case "not_a_whole_number":
      return `${label}: write a whole number`;
    case "out_of_range":
      return `${label}: choose a number from ${field.min ?? 0} to ${field.max ?? "the highest shown"}`;
    default:
      return `${label}: choose one of the answers`;
  }
}

/** @param {{title: string}} definition @param {boolean} changing @param {boolean} adding @returns {string} */
export function formTitle(definition, changing, adding) {
  if (adding) return `Add to: ${definition.title}`;
  return changing ? `Change: ${definition.title}` : definition.title;
}

/** @param {string|undefined} at @param {Date} now @returns {string} */
export const draftKept = (at, now) =>
  at ? `Draft kept on this phone ${dayAndTime(at, now)}` : "What you type is kept on this phone as you go";
