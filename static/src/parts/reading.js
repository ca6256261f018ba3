/** What of a record is read, and what it is called there. Pure: whatever was written is shown, whether or not a form would ask for it now. */
import { isAnswered, shownFields, withoutHidden } from "../practice/forms.js";
import { itemsOf } from "../practice/questionnaire.js";
import * as sayMeasure from "../words/measure.js";
import * as sayRecord from "../words/record.js";

/** @import { Definition, Field, Fields, Section } from "./shapes.js" */

/** @param {string} id @returns {Field} for what a newer form may have asked: it is read under its own name */
const unknown = (id) => ({ id, type: "raw", label: id });

/**
 * The names of the answers that may be drawn. Whoever still writes sees what is asked; whoever reads sees all, for of two versions one can hide the question
 * that the other answered.
 *
 * @param {Definition} definition
 * @param {Fields} fields
 * @param {{sent: boolean, isRead?: boolean}} how
 * @returns {Set<string>}
 */
export function toRead(definition, fields, { sent, isRead }) {
  const all = isRead
    ? definition.sections.flatMap((section) => section.fields)
    : shownFields(/** @type {any} */ (definition), fields, { sent });
  return new Set(all.map(({ id }) => id));
}

/** Where this phone has no form for what was written. @type {Definition} */
const NO_FORM = /** @type {any} */ ({ sections: [] });

/** Adds, as a last section, the answers that this definition does not know; where there is none, that is all of them. @param {Definition | undefined} form @param {Fields} fields @returns {Definition} */
export function withUnknown(form, fields) {
  const definition = form ?? NO_FORM;
  const known = toRead(definition, fields, { sent: true, isRead: true });
  const others = Object.keys(fields).filter((name) => !known.has(name));
  const section = { id: "other", title: sayRecord.others, fields: others.sort().map(unknown) };
  return others.length ? { ...definition, sections: [...definition.sections, section] } : definition;
}

/** Lists the questions that an item answers, and those in which versions of it differ. @param {Field[]} asked @param {Fields} item @param {Set<string>} [differing] @returns {Field[]} */
export function answeredIn(asked, item, differing) {
  const known = new Set(["id", ...asked.map(({ id }) => id)]);
  const others = [...new Set([...Object.keys(item), ...(differing ?? [])])].filter((name) => !known.has(name));
  return [...asked, ...others.map(unknown)].filter(({ id }) => isAnswered(item[id]) || differing?.has(id));
}

/**
 * Finds what would not be sent although nobody took it out: answers, and versions, of questions that are not asked any more, in a list beside whom or what they are about.
 *
 * @param {Section[]} sections
 * @param {Set<string>} asked
 * @param {Fields} fields
 * @param {Record<string, unknown>} forks
 * @returns {{fields: Field[], answers: Fields}}
 */
export function leftOut(sections, asked, fields, forks) {
  const all = sections.flatMap((section) => section.fields);
  const answers = Object.fromEntries(
    all.map((one) => [one.id, asked.has(one.id) ? hiddenIn(one, fields[one.id]) : written(fields[one.id])]),
  );
  return { fields: all.filter(({ id }) => isAnswered(answers[id]) || (!asked.has(id) && forks[id])), answers };
}

/** @param {any} value @returns {any} without the rows that a form gives each child, and in which nobody wrote */
const written = (value) =>
  Array.isArray(value)
    ? value.filter((one) => !one?.person || Object.keys(one).some((name) => name !== "id" && name !== "person"))
    : value;

/** @param {Field} field @param {any} value @returns {any[]} of each item of a list the answers that it is not asked any more */
const hiddenIn = ({ item: inner = [] }, value) =>
  (Array.isArray(value) ? value : []).flatMap((one) => {
    const kept = withoutHidden(/** @type {any} */ ({ sections: [{ fields: inner }] }), one ?? {});
    const hidden = Object.entries(one ?? {}).filter(([name, said]) => isAnswered(said) && !Object.hasOwn(kept, name));
    return hidden.length ? [{ id: one.id, person: one.person, name: one.name, ...Object.fromEntries(hidden) }] : [];
  });

/** @param {Definition | undefined} definition @param {string} name @returns {Field | undefined} */
export const fieldOf = (definition, name) =>
  definition?.sections.flatMap((section) => section.fields).find(({ id }) => id === name);

/** Says which question a comment was put to. @param {Definition | undefined} definition @param {string} at @returns {string} */
export function askedAbout(definition, at) {
  const [name] = at.split("/");
  return fieldOf(definition, name)?.label ?? name;
}

/**
 * Each answer of a questionnaire beside what was asked; beside its own id where the questionnaire is not on this phone, or does not ask it.
 *
 * @param {any} measure null where this phone has not got it
 * @param {Record<string, any>} answers
 * @returns {[question: string, answer: string][]}
 */
export function answersIn(measure, answers) {
  const items = measure ? itemsOf(measure) : [];
  const others = Object.keys(answers).filter((id) => !items.some((item) => item.id === id));
  return [
    ...items.map(
      ({ id, text, number, choices }) =>
        /** @type {[string, string]} */ ([
          text ?? sayMeasure.item(number),
          sayMeasure.answer(answers[id], choices.find(({ value }) => value === answers[id])?.label),
        ]),
    ),
    ...others.map((id) => /** @type {[string, string]} */ ([id, sayMeasure.answer(answers[id], undefined)])),
  ];
}

/**
 * What of a person a list has not said by name, relation and age.
 *
 * @param {Fields} person
 * @returns {Fields}
 */
export function unsaidOf({ name: _, relation: __, birth, ...rest }) {
  return { ...rest, ...(!rest.born_on && !rest.due_on && { birth }) };
}

const IN_PARTS_OF_THEIR_OWN = ["opening", "family", "goal", "rating"];

/**
 * Whether it stands among what was written of a family: what a supervisor asks about always does, for it has been counted, and so does a second record about the family itself.
 *
 * @param {import("./shapes.js").Brief} brief
 * @param {string} [about] the record about the family that has a part of its own
 * @returns {boolean}
 */
export const isListed = ({ kind, standing, record }, about) =>
  standing === "question" || (kind === "family" && record !== about) || !IN_PARTS_OF_THEIR_OWN.includes(kind);
