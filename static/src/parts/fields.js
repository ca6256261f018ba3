/** What happens to answers between the core and the screen. Pure. */
import { holds, isAnswered } from "../practice/forms.js";
import { dayOf, timeOf } from "../words/dates.js";
import { childrenOf } from "./people.js";

/** @import { Around, Fork } from "./controls.jsx" */
/** @import { Definition, Field, Fields, Person, Problem } from "./shapes.js" */

/** @param {Fields} fields @param {string} name @param {any} value @returns {Fields} a copy; no answer is no name */
export function withAnswer(fields, name, value) {
  const { [name]: _, ...rest } = fields;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/**
 * A field as it is asked beside these answers: whether it must be answered, and which statuses the programme has.
 *
 * @param {Field} field
 * @param {Fields} fields
 * @returns {Field}
 */
export function asAsked(field, fields) {
  const required = field.required || (field.required_when !== undefined && holds(field.required_when, fields));
  if (field.type !== "status") return required === field.required ? field : { ...field, required };
  return { ...field, required, options: field.options?.filter((option) => option.of === fields.programme) };
}

/**
 * A field as its answer is read: a status by what its own programme calls it, and one of an earlier programme, which nobody can choose any more, by what that one does.
 *
 * @param {Field} field
 * @param {Fields} fields
 * @returns {Field}
 */
export const asRead = (field, fields) =>
  field.type === "status" ? { ...field, options: [...(asAsked(field, fields).options ?? []), ...(field.options ?? [])] } : field;

/**
 * Finds a status that the programme beside it does not have: nothing would look chosen, nothing be due, and its name shown raw. Of a programme this phone does not know
 * nothing is said.
 *
 * @param {Definition} definition
 * @param {Fields} fields
 * @returns {Problem[]}
 */
export function strangeStatuses(definition, fields) {
  return definition.sections
    .flatMap((section) => section.fields)
    .filter(({ id, type }) => type === "status" && isAnswered(fields[id]))
    .map((field) => asAsked(field, fields))
    .filter(({ id, options = [] }) => options.length > 0 && !options.some(({ value }) => value === fields[id]))
    .map(({ id }) => ({ at: id, reason: "not_an_option" }));
}

/** Times of calls and ratings may begin as now; nothing that is evidence is ever filled in. @param {Definition} definition @param {Fields} fields @param {Date} now */
export function begun(definition, fields, now) {
  const first = { ...fields };
  for (const field of definition.sections.flatMap((section) => section.fields)) {
    if (first[field.id] !== undefined || !field.starts_as) continue;
    first[field.id] = field.starts_as === "today" ? dayOf(now) : timeOf(now);
  }
  return first;
}

/**
 * Gives each living child of the family its row, so that a child nobody answered for is asked about by name.
 *
 * @param {Definition} definition
 * @param {Fields} fields
 * @param {Person[]} people
 * @param {Date} now
 */
export function withEveryChild(definition, fields, people, now) {
  const field = definition.sections.flatMap((section) => section.fields).find((one) => one.type === "children_seen");
  if (!field) return fields;
  /** @type {any[]} */
  const items = fields[field.id] ?? [];
  const missing = childrenOf(people, now).filter((child) => !items.some((item) => item.person === child.id));
  return missing.length
    ? { ...fields, [field.id]: [...items, ...missing.map((child) => ({ id: child.id, person: child.id }))] }
    : fields;
}

/**
 * Whom a form may ask about: of the family's own details also whoever is being listed in them now. Whom nobody has chosen yet, of versions that stand side by side, stays.
 *
 * @param {Definition} definition
 * @param {Fields} fields
 * @param {Person[]} listed
 * @param {Record<string, Fork>} [forks]
 * @returns {Person[]}
 */
export function peopleIn(definition, fields, listed, forks) {
  if (definition.kind !== "family") return listed;
  /** @type {Person[]} */
  const typed = Array.isArray(fields.people) ? fields.people : [];
  const parted = forks?.people?.items ?? {};
  const open = listed.filter(({ id }) => Object.hasOwn(parted, id) && !typed.some((one) => one.id === id));
  return [...typed.filter(({ name }) => isAnswered(name)), ...open];
}

/**
 * Leaves out an addition nobody wrote, unless nothing else was changed either: then its question asks what to add.
 *
 * @param {Fields} fields
 * @param {Fields} before
 * @returns {Fields}
 */
export function withoutEmptyAdditions(fields, before) {
  const { additions, ...rest } = fields;
  if (!Array.isArray(additions)) return fields;
  const written = additions.filter((item) => isAnswered(item.text));
  const next = written.length ? { ...rest, additions: written } : rest;
  return written.length === additions.length || same(next, before) ? fields : next;
}

/** @param {Fields} a @param {Fields} b */
const same = (a, b) =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => JSON.stringify(a[name]) === JSON.stringify(b[name]));

/**
 * The shared options of a definition, which the core has written into its fields.
 *
 * @param {Definition | undefined} definition
 * @returns {Around["vocabularies"]}
 */
export function vocabulariesOf(definition) {
  const fields =
    definition?.sections.flatMap((section) => section.fields).flatMap((field) => [field, ...(field.item ?? [])]) ?? [];
  return Object.fromEntries(
    fields.filter((field) => field.vocabulary).map((field) => [field.vocabulary, { options: field.options ?? [] }]),
  );
}

/** @param {Record<string, any>} fields plain or with the values that stand @returns {Record<string, any>} */
export function plain(fields) {
  return Object.fromEntries(
    Object.entries(fields).map(([name, held]) => [
      name,
      held && typeof held === "object" && Array.isArray(held.values) ? held.values[0]?.value : held,
    ]),
  );
}
