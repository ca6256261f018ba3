/**
 * Scores the answers to a measure by the rule in its file, or says why there is no score. Pure, and exact on whole numbers:
 * Python and JavaScript give the same bytes (`fieldapp/practice/examples/scoring.json`). A missing answer is never a zero.
 * Nothing is dropped silently: what cannot be scored is named in `warnings`. Twin: `fieldapp/practice/scoring.py`.
 */

import { byCodePoint } from "./code-points.js";
import { isValue, rounded, scaled } from "./decimals.js";
import { itemsOf, MISSING_STATES } from "./questionnaire.js";

/**
 * @typedef {import('./questionnaire.js').Questionnaire} Questionnaire
 * @typedef {import('./questionnaire.js').ScoreRule} ScoreRule
 * @typedef {import('./questionnaire.js').Item} Item
 * @typedef {import('./decimals.js').Value} Value
 * @typedef {Record<string, unknown>} Answers {item id: integer, or a state of MISSING_STATES}
 * @typedef {{
 *   id: string, value: Value | null, band: string | null, prorated: boolean, missing: string[], reason: string | null,
 * }} Score `reason`: too_many_missing, part_without_score; `prorated`: estimated from the other answers
 * @typedef {{id: string, state: string}} Gap declined, not_asked, not_appropriate, unusable or empty
 * @typedef {{id: string, reason: string}} Warning out_of_range, not_a_whole_number or unknown_item
 * @typedef {{
 *   scores: Score[], missing: Gap[], risk: string[], warnings: Warning[], reason: string | null,
 * }} Result `risk`: items whose answer asks for a person's attention now; `reason`: no_score_rule or null
 */

/**
 * Scores `answers` by the rule in `definition`. A foreign Questionnaire without our rule keeps its answers, without a score.
 * @param {Questionnaire} definition
 * @param {Answers} answers
 * @returns {Result}
 */
export function score(definition, answers) {
  const items = itemsOf(definition);
  const rule = definition.scoring;
  /** @type {Map<string, number>} */
  const usable = new Map();
  /** @type {Gap[]} */
  const missing = [];
  /** @type {Warning[]} */
  const warnings = [];
  for (const item of items) {
    const answer = own(answers, item.id);
    const { state, reason } = read(item, answer, rule !== undefined);
    if (reason !== null) warnings.push({ id: item.id, reason });
    if (isWords(item)) continue;
    if (state !== null) {
      if (!rule?.unscored.includes(item.id)) missing.push({ id: item.id, state });
    } else if (rule !== undefined) {
      usable.set(item.id, /** @type {number} */ (answer));
    }
  }
  const known = new Set(items.map((item) => item.id));
  for (const id of Object.keys(answers).sort(byCodePoint)) {
    if (!known.has(id)) warnings.push({ id, reason: "unknown_item" });
  }
  if (rule === undefined) return { scores: [], missing, risk: [], warnings, reason: "no_score_rule" };

  /** @type {Map<string, number>} */
  const turned = new Map();
  for (const item of items) {
    const value = usable.get(item.id);
    if (value === undefined) continue;
    turned.set(item.id, rule.reversed.includes(item.id) ? ends(item) - value : value);
  }
  /** @type {Score[]} */
  const scores = [];
  for (const one of rule.scores) {
    scores.push(one.method === "sum_of_scores" ? ofScores(one, scores) : ofItems(one, turned));
  }
  return { scores, missing, risk: riskItems(definition, answers), warnings, reason: null };
}

/**
 * Lists the items whose answer asks for a person's attention now, however few of the others were answered. An answer above
 * the range counts: a slip of the thumb must not hide a warning.
 * @param {Questionnaire} definition
 * @param {Answers} answers
 * @returns {string[]}
 */
export function riskItems(definition, answers) {
  return (definition.scoring?.risk_items ?? [])
    .filter((one) => {
      const answer = own(answers, one.item);
      return Number.isInteger(answer) && /** @type {number} */ (answer) >= one.at_least;
    })
    .map((one) => one.item);
}

/**
 * Names the band of a score, also of one copied from paper and of one between whole numbers, such as 8.89.
 * @param {Questionnaire} definition
 * @param {string} scoreId
 * @param {unknown} value
 * @returns {string | null}
 */
export function bandOf(definition, scoreId, value) {
  const one = definition.scoring?.scores.find((rule) => rule.id === scoreId);
  return one === undefined || !isValue(value) ? null : band(one, value);
}

/** @type {(answers: Answers, id: string) => unknown} */
const own = (answers, id) => (Object.hasOwn(answers, id) ? answers[id] : undefined);

/** @type {(item: Item) => boolean} */
const isWords = (item) => item.type === "text" || item.type === "string";

/** @type {(item: Item, answer: unknown, strict: boolean) => {state: string | null, reason: string | null}} */
function read(item, answer, strict) {
  if (answer === undefined || answer === null || answer === "") return { state: "empty", reason: null };
  if (typeof answer === "string" && MISSING_STATES.includes(answer)) return { state: answer, reason: null };
  if (!strict || isWords(item)) return { state: null, reason: null };
  if (!Number.isInteger(answer)) return { state: "unusable", reason: "not_a_whole_number" };
  if (item.choices.length > 0 && !item.choices.some((choice) => choice.value === answer)) {
    return { state: "unusable", reason: "out_of_range" };
  }
  return { state: null, reason: null };
}

/** @type {(item: Item) => number} Lowest plus highest value: what an answer is taken from to reverse it. */
function ends(item) {
  const values = item.choices.flatMap((choice) => (typeof choice.value === "number" ? [choice.value] : []));
  return values.length === 0 ? 0 : Math.min(...values) + Math.max(...values);
}

/** @type {(one: ScoreRule, turned: Map<string, number>) => Score} */
function ofItems(one, turned) {
  const items = one.items ?? [];
  const missing = items.filter((id) => !turned.has(id));
  const answered = items.length - missing.length;
  if (answered === 0 || missing.length > (one.at_most_missing ?? 0)) return noScore(one, missing, "too_many_missing");
  const sum = items.reduce((so_far, id) => so_far + (turned.get(id) ?? 0), 0);
  const total = sum * (one.times ?? 1);
  const places = one.decimals ?? 0;
  /** @type {Value} */
  let value = total;
  if (one.method === "mean") value = rounded(total, answered, places);
  else if (missing.length > 0) value = rounded(total * items.length, answered, places);
  if (one.table !== undefined) value = one.table[String(value)] ?? value;
  return { id: one.id, value, band: band(one, value), prorated: missing.length > 0, missing, reason: null };
}

/** @type {(one: ScoreRule, before: Score[]) => Score} */
function ofScores(one, before) {
  const parts = before.filter((part) => (one.of ?? []).includes(part.id));
  const missing = parts.flatMap((part) => part.missing);
  let total = 0;
  for (const part of parts) {
    if (typeof part.value !== "number") return noScore(one, missing, "part_without_score");
    total += part.value;
  }
  const prorated = parts.some((part) => part.prorated);
  return { id: one.id, value: total, band: band(one, total), prorated, missing, reason: null };
}

/** @type {(one: ScoreRule, missing: string[], reason: string) => Score} */
function noScore(one, missing, reason) {
  return { id: one.id, value: null, band: null, prorated: false, missing, reason };
}

/** @type {(one: ScoreRule, value: Value) => string | null} */
function band(one, value) {
  const reached = (one.bands ?? []).filter((each) => scaled(value) >= scaled(each.from));
  return reached.at(-1)?.label ?? null;
}
