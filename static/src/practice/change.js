/**
 * Says whether a first and a last measurement differ by more than chance: the national reliable-change rule. Compares only
 * the same measure by the same person, and never two first forms. Twin: `fieldapp/practice/change.py`.
 *
 * @typedef {import('./decimals.js').Value} Value
 * @typedef {import('./questionnaire.js').Questionnaire} Questionnaire
 * @typedef {'improved' | 'deteriorated' | 'no_change' | 'not_classed'} ChangeClass
 * @typedef {{id: string, first: Value | null, last: Value | null, change: Value | null, result: ChangeClass}} Change
 * @typedef {{
 *   measure: string, answered_by: string, about?: string | null, point?: string, completed_on: string, entry?: string,
 *   scores?: {id: string, value: Value | null}[], score_only?: {score?: Value, score_id?: string},
 * }} Response the `fields` of a measure response
 * @typedef {{measure: string, answered_by: string, about: string | null, first: Response, last: Response}} Pair
 */

import { isValue, minus, scaled } from "./decimals.js";

/**
 * Compares two lists of scores of the same measure, by the direction and threshold in its file.
 * @param {Questionnaire} definition
 * @param {{id: string, value?: unknown}[]} first
 * @param {{id: string, value?: unknown}[]} last
 * @returns {{scores: Change[], overall: ChangeClass}}
 */
export function change(definition, first, last) {
  const rules = definition.scoring?.scores ?? [];
  const scores = rules.map((rule) => one(rule, valueIn(first, rule.id), valueIn(last, rule.id)));
  return { scores, overall: together(scores.map((each) => each.result)) };
}

/**
 * Joins several results: any deterioration outweighs every improvement, as the national rule has it.
 * @param {ChangeClass[]} results
 * @returns {ChangeClass}
 */
export function together(results) {
  if (results.includes("deteriorated")) return "deteriorated";
  if (results.includes("improved")) return "improved";
  return results.includes("no_change") ? "no_change" : "not_classed";
}

/**
 * Pairs first and last responses of one measure, one rater and one person it is about. Input in the order they were written.
 * A last response marked as a baseline is not paired: SDQ's first form asks about six months and its follow-up about one, so
 * two first forms say nothing. A response without measure, rater or day cannot be paired.
 * @param {Response[]} responses
 * @returns {Pair[]}
 */
export function pairs(responses) {
  /** @type {Map<string, Response[]>} */
  const groups = new Map();
  for (const response of responses) {
    if (![response.measure, response.answered_by, response.completed_on].every((one) => typeof one === "string")) continue;
    const key = JSON.stringify([response.measure, response.answered_by, response.about ?? null]);
    groups.set(key, [...(groups.get(key) ?? []), response]);
  }
  /** @type {Pair[]} */
  const found = [];
  for (const group of groups.values()) {
    const ordered = [...group].sort((a, b) => (a.completed_on < b.completed_on ? -1 : a.completed_on > b.completed_on ? 1 : 0));
    const first = ordered[0];
    const last = ordered.at(-1);
    if (first === undefined || last === undefined || ordered.length < 2 || last.point === "baseline") continue;
    found.push({ measure: first.measure, answered_by: first.answered_by, about: first.about ?? null, first, last });
  }
  return found;
}

/**
 * Lists the scores of a response, computed here or copied from paper.
 * @param {Response} response
 * @returns {{id: string, value?: unknown}[]}
 */
export function scoresOf(response) {
  if (response.entry === "score_only") {
    const paper = response.score_only ?? {};
    return [{ id: paper.score_id || "total", value: paper.score ?? null }];
  }
  return (response.scores ?? []).map(({ id, value }) => ({ id, value }));
}

/** @type {(scores: {id: string, value?: unknown}[], id: string) => Value | null} */
function valueIn(scores, id) {
  const value = scores.find((each) => each.id === id)?.value;
  return isValue(value) ? value : null;
}

/** @type {(rule: import('./questionnaire.js').ScoreRule, first: Value | null, last: Value | null) => Change} */
function one(rule, first, last) {
  if (first === null || last === null) return { id: rule.id, first, last, change: null, result: "not_classed" };
  const difference = minus(last, first);
  const size = scaled(difference);
  /** @type {ChangeClass} */
  let result = "not_classed";
  if (rule.reliable_change !== undefined && rule.reliable_change !== null) {
    result = "no_change";
    if ((size < 0n ? -size : size) >= scaled(rule.reliable_change)) {
      result = size > 0n === (rule.direction === "high_better") ? "improved" : "deteriorated";
    }
  }
  return { id: rule.id, first, last, change: difference, result };
}
