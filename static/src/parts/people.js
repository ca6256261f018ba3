/** Who is meant: names, children told apart from adults. Pure. */
import { years } from "../words/dates.js";

/** @import { Person } from "./shapes.js" */

/**
 * The name of whoever is meant, however the core says it: an object with a name, an id of the family, or a name.
 *
 * @param {any} who
 * @param {Person[]} [people]
 * @returns {string}
 */
export function nameOf(who, people = []) {
  if (who === null || who === undefined) return "";
  if (typeof who === "object") return who.name ?? nameOf(who.id, people);
  return people.find((person) => person.id === who)?.name ?? String(who);
}

/** @param {any} who @param {Person[]} people @returns {Person} with an empty id when not of the family */
export function personOf(who, people) {
  const id = typeof who === "object" ? who?.id : who;
  const name = nameOf(who, people);
  return people.find((person) => person.id === id) ?? people.find((person) => person.name === name) ?? { id: "", name };
}

/** @param {Person} person @param {Date} now @returns {boolean} */
export function isChild(person, now) {
  if (person.group) return person.group === "child";
  return person.born_on !== undefined && person.born_on !== null && years(person.born_on, now) < 18;
}

/** @param {Person[]} people @param {Date} now @returns {Person[]} children who are born: those who can be seen */
export const childrenOf = (people, now) => people.filter((person) => isChild(person, now) && !person.due_on);

/** @param {Person[]} people @param {Date} now @returns {Person[]} children, born or expected */
export const childrenAndUnborn = (people, now) =>
  people.filter((person) => isChild(person, now) || person.group === "unborn" || Boolean(person.due_on));

/**
 * Ticks somebody of the family in a list of people, or takes the tick away.
 *
 * @param {any[]} items as they stand
 * @param {Person} person
 * @returns {any[]} the item has the person's own id: two who tick the same person apart from each other have ticked one, and not two
 */
export const flipped = (items, { id, name, relation }) =>
  items.some((item) => item.person === id)
    ? items.filter((item) => item.person !== id)
    : [...items, { id, person: id, name, ...(relation && { role: relation }) }];
