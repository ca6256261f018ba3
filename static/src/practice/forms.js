/**
 * What a form asks and what still lacks an answer: pure rules over a record definition and its `fields`.
 * Twin of `fieldapp/practice/forms.py`; both run `fieldapp/practice/examples/forms.json`.
 */

import { byCodePoint } from "./code-points.js";

/**
 * @typedef {{field: string, in: string[]}} When
 * @typedef {{value: string, label: string, hint?: string, group?: string, factors?: string[]}} Option
 * @typedef {{
 *   id: string, type: string, label: string, hint?: string, required?: boolean, required_when?: When, when?: When,
 *   options?: Option[], vocabulary?: string, min?: number, max?: number,
 *   low_label?: string, middle_label?: string, high_label?: string,
 *   rows?: number, suggest_merge?: boolean, starts_as?: 'today' | 'now', item?: Field[],
 * }} Field
 * @typedef {{
 *   id: string, title: string, title_read?: string, hint?: string, when?: When, later?: 'only' | 'also',
 *   worker_only?: boolean, fields: Field[],
 * }} Section
 * @typedef {{
 *   schema: string, kind: string, title: string, insert_only: boolean, final_when_sent: boolean,
 *   risk_answers: When[], sections: Section[],
 * }} Definition
 * @typedef {Record<string, unknown>} Fields
 * @typedef {{id: string, title: string, source: string, options: Option[]}} Vocabulary
 * @typedef {{at: string, reason: string}} Problem `at` is an anchor: `purpose`, or `children_seen/ITEM/seen`
 */

const LISTS = new Set(["people", "children_seen", "actions", "risk", "list"]);
const TEXTS = new Set(["text", "long_text", "person", "record", "measure", "hash", "programme", "status", "field"]);
const PLAIN_LISTS = new Set(["records", "entries", "strings", "staff", "scores"]);
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
// What Python's str.strip() takes away; JavaScript's trim() leaves five of these standing and takes U+FEFF.
const BLANK = new Set(
  "\t\n\v\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
);

/**
 * Tells an answer from a gap: nothing, blank text, an empty list or object are gaps; 0 and "no" are answers.
 * @param {unknown} value
 * @returns {boolean}
 */
export function isAnswered(value) {
  if (value === undefined || value === null) return false;
  if (typeof value === "string") return Array.from(value).some((sign) => !BLANK.has(sign));
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object") return Object.keys(value).length > 0;
  return true;
}

/**
 * Says whether a `when` holds; no `when` always does.
 * @param {When | undefined} when
 * @param {Fields} fields
 * @returns {boolean}
 */
export function holds(when, fields) {
  if (when === undefined || when === null) return true;
  const value = own(fields, when.field);
  const values = Array.isArray(value) ? value : [value];
  return values.some((one) => when.in.includes(/** @type {string} */ (one)));
}

/**
 * Lists the fields to ask for, in order. A condition on a hidden field does not hold, whatever that field once said: who
 * changes "visit" to "it did not happen" must not leave its questions standing because of an answer nobody sees any more.
 * @param {{sections: Pick<Section, 'when' | 'later' | 'fields'>[]}} definition
 * @param {Fields} fields
 * @param {{sent?: boolean}} [options] `sent`: also what is only asked after sending
 * @returns {Field[]}
 */
export function shownFields(definition, fields, { sent = false } = {}) {
  /** @type {Map<string, boolean>} */
  const seen = new Map();
  const pending = definition.sections
    .filter((section) => sent || section.later !== "only")
    .flatMap((section) => section.fields.map((field) => ({ whens: [section.when, field.when], field })));
  const byId = new Map(pending.map((one) => [one.field.id, one]));

  /** @type {(id: string, asked: string[]) => boolean} */
  const visible = (id, asked) => {
    const known = seen.get(id);
    if (known !== undefined) return known;
    const found = byId.get(id);
    if (found === undefined || asked.includes(id)) return false;
    const chain = [...asked, id];
    const answer = found.whens.every(
      (when) => when === undefined || when === null || (visible(when.field, chain) && holds(when, fields)),
    );
    seen.set(id, answer);
    return answer;
  };

  return pending.filter((one) => visible(one.field.id, [])).map((one) => one.field);
}

/**
 * Lists the fields to ask for inside one item of a list.
 * @param {Field[]} itemFields
 * @param {Fields} item
 * @returns {Field[]}
 */
export function shownInItem(itemFields, item) {
  return shownFields({ sections: [{ fields: itemFields }] }, item);
}

/**
 * Lists what stands between these answers and sending, in the order of the form. Reasons: required, not_an_option,
 * not_a_date, not_a_time, not_a_whole_number, out_of_range, not_text, not_a_list.
 * @param {Definition} definition
 * @param {Fields} fields
 * @param {Record<string, Pick<Vocabulary, 'options'>>} vocabularies
 * @param {{sent?: boolean}} [options]
 * @returns {Problem[]}
 */
export function problems(definition, fields, vocabularies, options = {}) {
  /** @type {Problem[]} */
  const found = [];
  for (const field of shownFields(definition, fields, options)) {
    judge(field, fields, field.id, vocabularies, found);
  }
  return found;
}

/**
 * Leaves out the answers to questions that are not shown, so that no unseen answer is ever sent. Names the definition does
 * not know stay: a newer phone may have written them.
 * @param {Definition} definition
 * @param {Fields} fields
 * @param {{sent?: boolean}} [options]
 * @returns {Fields}
 */
export function withoutHidden(definition, fields, options = {}) {
  const known = new Set(definition.sections.flatMap((section) => section.fields.map((field) => field.id)));
  const shown = new Map(shownFields(definition, fields, options).map((field) => [field.id, field]));
  /** @type {[string, unknown][]} */
  const kept = [];
  for (const [name, value] of Object.entries(fields)) {
    const field = shown.get(name);
    if (known.has(name) && field === undefined) continue;
    const inner = field !== undefined && LISTS.has(field.type) && Array.isArray(value);
    kept.push([name, inner ? value.map((item) => itemWithoutHidden(field.item ?? [], item)) : value]);
  }
  return Object.fromEntries(kept);
}

/**
 * Says whether an answer is one a supervisor must see.
 * @param {Definition} definition
 * @param {Fields} fields
 * @returns {boolean}
 */
export function hasRiskAnswer(definition, fields) {
  return definition.risk_answers.some((when) => holds(when, fields));
}

/**
 * Names the fields that differ though they may not change once sent: all but those of sections with `later`. Used on a
 * record that is final: an empty list means that only additions were made. Unknown names count as fixed.
 * @param {Definition} definition
 * @param {Fields} before
 * @param {Fields} after
 * @returns {string[]}
 */
export function changesAfterSending(definition, before, after) {
  const open = new Set(definition.sections.flatMap((section) => (section.later ? section.fields.map((field) => field.id) : [])));
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(byCodePoint);
  return names.filter((name) => !open.has(name) && !isSame(own(before, name), own(after, name)));
}

/**
 * Says whether this is a time of day such as 17:40.
 * @param {unknown} value
 * @returns {value is string}
 */
export function isTime(value) {
  return typeof value === "string" && TIME.test(value);
}

/**
 * Says whether text is a day that exists, such as 2028-02-29; the year 0 does not.
 * @param {string} text
 * @returns {boolean}
 */
export function isDate(text) {
  if (!DATE.test(text)) return false;
  const [year = 0, month = 0, day = 0] = text.split("-").map(Number);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > (DAYS[month - 1] ?? 0)) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month !== 2 || day < 29 || leap;
}

/** @type {(fields: Fields, name: string) => unknown} */
const own = (fields, name) => (Object.hasOwn(fields, name) ? fields[name] : undefined);

/** Whether two answers say the same, whatever the order of their names; null is no answer. @type {(a: unknown, b: unknown) => boolean} */
export const isSame = (a, b) => {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  const left = /** @type {Fields} */ (a);
  const right = /** @type {Fields} */ (b);
  return names.every((name) => Object.hasOwn(right, name) && isSame(left[name], right[name]));
};

/**
 * @param {unknown} value
 * @returns {value is Fields}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @type {(itemFields: Field[], item: unknown) => unknown} */
function itemWithoutHidden(itemFields, item) {
  if (!isObject(item)) return item;
  const known = new Set(itemFields.map((field) => field.id));
  const shown = new Set(shownInItem(itemFields, item).map((field) => field.id));
  return Object.fromEntries(Object.entries(item).filter(([name]) => !known.has(name) || shown.has(name)));
}

/** @type {(field: Field, fields: Fields, at: string, vocabularies: Record<string, Pick<Vocabulary, 'options'>>, found: Problem[]) => void} */
function judge(field, fields, at, vocabularies, found) {
  const value = own(fields, field.id);
  if (!isAnswered(value)) {
    // The family gives this list its rows, and not the writer: in one without a born child nobody could add what is missing.
    if (field.type === "children_seen") return;
    const neededBecause = field.required_when;
    if (field.required || (neededBecause !== undefined && holds(neededBecause, fields))) {
      found.push({ at, reason: "required" });
    }
    return;
  }
  if (!LISTS.has(field.type)) {
    const reason = fault(field, value, vocabularies);
    if (reason !== null) found.push({ at, reason });
    return;
  }
  if (!Array.isArray(value) || !value.every((item) => isObject(item) && typeof item.id === "string" && item.id !== "")) {
    found.push({ at, reason: "not_a_list" });
    return;
  }
  for (const item of value) {
    for (const inner of shownInItem(field.item ?? [], item)) {
      judge(inner, item, `${at}/${item.id}/${inner.id}`, vocabularies, found);
    }
  }
}

/** @type {(field: Field, value: unknown, vocabularies: Record<string, Pick<Vocabulary, 'options'>>) => string | null} */
function fault(field, value, vocabularies) {
  const { type } = field;
  if (TEXTS.has(type)) return typeof value === "string" ? null : "not_text";
  if (type === "yes_no") return value === "yes" || value === "no" ? null : "not_an_option";
  if (type === "choice" || type === "choices") {
    const options = field.vocabulary === undefined ? field.options : vocabularies[field.vocabulary]?.options;
    const chosen = type === "choices" && Array.isArray(value) ? value : [value];
    return chosen.every((one) => (options ?? []).some((option) => option.value === one)) ? null : "not_an_option";
  }
  if (type === "date") return typeof value === "string" && isDate(value) ? null : "not_a_date";
  if (type === "time") return isTime(value) ? null : "not_a_time";
  if (type === "whole_number" || type === "scale") {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) return "not_a_whole_number";
    const low = field.min ?? Number.MIN_SAFE_INTEGER;
    const high = field.max ?? Number.MAX_SAFE_INTEGER;
    return value < low || value > high ? "out_of_range" : null;
  }
  if (PLAIN_LISTS.has(type)) return Array.isArray(value) ? null : "not_a_list";
  return null;
}
