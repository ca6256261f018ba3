/** What a form and a record page need to know around a definition: the people, the goals, the shared options. */
import { go } from "../page.js";
import { beginDraft } from "./draft.js";
import { useAsked } from "./told.js";

/** @import { Definition, Family, Goal, Person } from "./shapes.js" */
/** @import { Around } from "./controls.jsx" */

/** @param {string} casefile @returns {{answer: any, error: any, again: () => void}} kept up to date */
export function useFamily(casefile) {
  return useAsked("family", { casefile }, ["caseload", "record", "outbox"]);
}

/**
 * The people of a family, children told apart from adults where the family record says so.
 *
 * @param {any} family as the core tells it
 * @returns {Person[]}
 */
export function peopleOf(family) {
  const written = family?.fields?.people;
  /** @type {any[]} */
  const listed = written?.values?.[0]?.value ?? (Array.isArray(written) ? written : []);
  return (family?.people ?? []).map((/** @type {Person} */ person) => ({
    ...listed.find((one) => one.id === person.id),
    ...person,
  }));
}

/** @param {any} family @returns {Record<string, string>} what those are called who are listed no longer, or in another record about the family only */
export const formerOf = (family) => ({
  ...family?.others,
  ...family?.records?.find((/** @type {any} */ one) => one.record === family.record)?.former,
});

/**
 * @param {any} family
 * @param {Goal[] | undefined} goals
 * @param {Around["vocabularies"]} vocabularies
 * @returns {Around}
 */
export function around(family, goals, vocabularies) {
  return { people: peopleOf(family), names: formerOf(family), goals: goals ?? [], vocabularies, problems: [] };
}

/**
 * Begins a draft and moves to it.
 *
 * @param {string} casefile
 * @param {string} schema
 * @param {{record?: string, preset?: Record<string, unknown>}} [more]
 */
export async function begin(casefile, schema, more = {}) {
  const { slot } = await beginDraft({ casefile, schema, ...more });
  go(draftPath(casefile, schema, slot));
}

/** @param {string} casefile @param {string} schema @param {string} slot */
export function draftPath(casefile, schema, slot) {
  return `family/${casefile}/${schema.startsWith("measure-response") ? "measure" : "draft"}/${slot}`;
}
