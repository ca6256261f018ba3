/**
 * Says which measures may be offered. Twin of `may_be_used` in `fieldapp/practice/measures.py`.
 * @typedef {import('./questionnaire.js').Questionnaire} Questionnaire
 */

import { measureId } from "./questionnaire.js";

/**
 * Says whether a measure may be offered. One with risk items stays off until a supervisor has named who responds and how:
 * asking somebody about thoughts of dying with nobody to answer is worse than not asking.
 * @param {Questionnaire} definition
 * @param {Record<string, {who?: string, how?: string}>} responders {measure id without version: {who, how}}
 * @returns {boolean}
 */
export function mayBeUsed(definition, responders) {
  if ((definition.scoring?.risk_items ?? []).length === 0) return true;
  const id = measureId(definition).split("@")[0] ?? "";
  const named = Object.hasOwn(responders, id) ? responders[id] : undefined;
  return Boolean(named?.who?.trim()) && Boolean(named?.how?.trim());
}

/**
 * Says whether the words of a measure are here. A skeleton has none: answers or a score are then copied from paper.
 * @param {Questionnaire} definition
 * @returns {boolean}
 */
export function hasText(definition) {
  return definition.scoring === undefined || !definition.scoring.text_required;
}
