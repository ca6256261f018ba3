/** What the phone itself fills in beside the answers to a questionnaire, and what is wrong with a score typed in from paper. Pure. */
import { isSame } from "../practice/forms.js";

/** @import { Fields } from "./shapes.js" */

/** @param {any} measure @param {any} paper @returns {any} the rule of the score that was on the paper, where there is one */
export const ruleOf = (measure, paper) =>
  measure?.scoring?.scores.find((/** @type {any} */ one) => one.id === (paper?.score_id ?? measure.scoring.primary));

/** @param {any} measure @param {any} paper @returns {"" | "required" | "out_of_range"} */
export function paperProblem(measure, paper) {
  if (!/^-?\d+(\.\d+)?$/.test(paper?.score ?? "")) return "required";
  const rule = ruleOf(measure, paper);
  return rule && (Number(paper.score) < rule.min || Number(paper.score) > rule.max) ? "out_of_range" : "";
}

/**
 * Says what must stand beside the answers and does not: somebody can go back to them by many ways, and neither scores nor a safety prompt of other answers may be sent.
 *
 * @param {Fields} fields
 * @param {any} told the scores of these answers; of a score from paper there are none
 * @returns {[string, any][]}
 */
export function toFillIn(fields, told) {
  const paper = { ...fields.score_only, completed_on: fields.completed_on };
  const risk = told?.risk.length > 0;
  const ofScore = (/** @type {any} */ { id, value, band, prorated, missing }) => ({ id, value, band, prorated, missing });
  const due = {
    ...(told ? {} : { score_only: paper }),
    scores: told?.scores.map(ofScore),
    risk_shown: risk ? "yes" : "no",
    risk_items: risk ? told.risk : undefined,
  };
  return Object.entries(due).filter(([name, value]) => !isSame(fields[name], value));
}
