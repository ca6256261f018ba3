/** Who belongs to a family. */
import { childrenAndUnborn } from "../parts/people.js";
import { longDay, months, years } from "./dates.js";
import { of } from "./spelling.js";

/** @import { Person } from "../parts/shapes.js" */

/** @param {Person} person @param {Date} now @returns {string} how old, in words */
export function born(person, now) {
  if (person.due_on) return `expected ${longDay(person.due_on)}`;
  if (!person.born_on) return "";
  const age = years(person.born_on, now);
  if (age < 0) return "";
  return age < 2 ? of(Math.max(0, months(person.born_on, now)), "month") : String(age);
}

/**
 * The children with their ages, so that a wrong record is noticed at once.
 *
 * @param {Person[]} people
 * @param {Date} now
 * @param {boolean} [nameless]
 * @returns {string} Kayleigh 14, Jayden 9, unborn
 */
export function ages(people, now, nameless = false) {
  return childrenAndUnborn(people, now)
    .map((person) => {
      const age = person.due_on ? "expected" : born(person, now);
      return nameless ? age : [apart(person.name.split(" ")[0]), age].filter(Boolean).join(" ");
    })
    .filter(Boolean)
    .join(", ");
}

const FROM_RIGHT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** A name written from right to left, kept to itself: else the age behind it would be drawn before it, as if it were the next child’s. @param {string} name */
const apart = (name) => (FROM_RIGHT.test(name) ? `\u2068${name}\u2069` : name);
