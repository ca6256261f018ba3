/** What is said while a questionnaire is filled in, and of what came of it. */
import { of } from "./spelling.js";

export const pick = "Which questionnaire?";
export const paper_only = "On paper – type in the score";
export const off = (/** @type {number} */ count) => `${of(count, "questionnaire")} not switched on`;
export const off_why = "A supervisor switches these on, once it is settled who responds when an answer is worrying.";
export const give_title = "Hand over the phone";
export const give = (/** @type {boolean} */ aloud) =>
  aloud
    ? "Read each question aloud as it is written, and tap the answer you are given."
    : "Tap Start, then give the phone to the person who answers. Until you have it back it shows only the questions, nothing of the record.";
export const start = "Start";
export const question = (/** @type {number} */ at, /** @type {number} */ count) => `Question ${at} of ${count}`;
export const item = (/** @type {string} */ number) => `Question ${number}`;
export const not_answered = "No answer is chosen. You can leave it out.";
export const leave_out = "Leave it out";
export const next = "Next";
export const done = "Finish";
export const before = "Go back one question";
export const rather_not = "I would rather not answer this";
export const stop_here = "Stop here and give the phone back";
export const back_title = "Thank you";
export const back = "Please give the phone back now.";
export const is_back = "I have the phone back";
export const result_title = "Scores";
export const out_of = (/** @type {number} */ max) => `out of ${max}`;
export const estimated_short = (/** @type {number} */ count) =>
  count === 1 ? "one answer missing (estimated)" : `${count} answers missing (estimated)`;
export const from_paper = "from paper";
export const worked_out_by = "worked out by";
export const without_score = "no score: too many answers are missing";
export const scored_anew =
  "The answers were changed after they were scored. These are the scores of the answers as they stand now. Look at them before you send.";
export const missing = (/** @type {string[]} */ numbers) =>
  numbers.length === 1 ? `Question ${numbers[0]} has no answer.` : `These questions have no answer: ${numbers.join(", ")}.`;
export const no_rule = "This questionnaire has no rule for a score. The answers are kept.";
export const no_score =
  "Too many answers are missing to work out a score. The answers are kept as they are; a gap is never counted as zero.";
export const estimated =
  "The score is estimated from the other answers, as the questionnaire’s own rule allows, and is marked so.";
export const risk_title = "Only for you: an answer that needs you now";
export const risk_answer = (/** @type {string} */ number, /** @type {string} */ answer) =>
  `Question ${number} was answered “${answer}”.`;
export const risk_do =
  "Ask about it now, in your own words and in private. Stay with them until you know they are safe. If somebody is in danger, ring 999.";
export const responds = (/** @type {string} */ who, /** @type {string|undefined} */ how) =>
  `Then tell ${who}${how ? `: ${how}` : "."}`;
export const responds_nobody = "Then tell your supervisor or the duty worker today, and write down below whom you told.";
export const about = (/** @type {string} */ name) => `about ${name}`;
export const look_again = "Look at the answers again";
export const which_score = "Which score?";
export const paper_score = "The score on the paper";
export const between = (/** @type {number} */ low, /** @type {number} */ high) => `A number from ${low} to ${high}`;
export const paper_error = "Type the score as a number, for example 12";
export const paper_outside = (/** @type {number} */ low, /** @type {number} */ high) =>
  `This score can only be from ${low} to ${high}. Look at the paper again`;
export const paper_by = "Who worked it out? (optional)";
export const answer = (/** @type {unknown} */ value, /** @type {string|undefined} */ label) => {
  if (value === "declined") return "Would rather not answer";
  if (value === undefined || value === "not_asked" || value === "not_appropriate") return "No answer";
  return label && label !== String(value) ? `${label} (${value})` : String(value);
};

/** @param {string} title of a questionnaire @returns {string} its name, without what it is about */
export const measureName = (title) => title.split(":")[0];

/** @param {{value?: unknown, band?: string, of?: string}} measured @returns {string} 9, mild */
export const result = ({ value, band, of: what }) =>
  value === undefined ? "no score" : [what ? `${what} ${value}` : String(value), band].filter(Boolean).join(", ");
