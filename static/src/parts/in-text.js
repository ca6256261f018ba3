/** An answer as plain text: for reading, and for comparing two versions word by word. Pure. */
import { isAnswered } from "../practice/forms.js";
import { longDay } from "../words/dates.js";
import * as sayRecord from "../words/record.js";
import { optionsOf } from "./options.js";
import { nameOf } from "./people.js";
import { answeredIn } from "./reading.js";

/** @import { Around } from "./controls.jsx" */
/** @import { Field, Fields } from "./shapes.js" */

/**
 * Says an answer as plain text, one line for each part; lists become one line for each item. Whatever another phone may have sent, this gives text and never fails.
 *
 * @param {Field} field
 * @param {any} value
 * @param {Around} around
 * @returns {string}
 */
export function inText(field, value, around) {
  if (!isAnswered(value)) return "";
  if (Array.isArray(value)) {
    const said = value.map((one) => (isItem(one) ? itemInText(field, one, around) : oneInText(field, one, around)));
    return said.join(field.type === "choices" ? ", " : "\n");
  }
  return oneInText(field, value, around);
}

/** @param {any} value @returns {boolean} whether it can be an item of a list */
export const isItem = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {any} id @param {Pick<Around, "people" | "names">} around @returns {string} the name somebody goes by, or went by while they were listed; never an id */
export const whoIs = (id, { people, names = {} }) =>
  people.find((person) => person.id === id)?.name || (Object.hasOwn(names, id) && names[id]) || sayRecord.person_not_listed;

/** @param {Field} field @param {any} value @param {Around} around @returns {string} */
function oneInText(field, value, around) {
  if (typeof value === "object") return JSON.stringify(value);
  switch (field.type) {
    case "yes_no":
    case "choice":
    case "choices":
    case "status":
    case "programme":
      return optionsOf(field, around).find((option) => option.value === value)?.label ?? String(value);
    case "date":
      return longDay(String(value));
    case "person":
    case "staff":
      return whoIs(value, around);
    case "record":
    case "records":
      return around.goals.find((goal) => goal.record === value)?.words ?? sayRecord.goal_not_listed;
    default:
      return String(value);
  }
}

/** @param {Field} field @param {Fields} item @param {Around} around */
function itemInText(field, item, around) {
  if (!field.item) return JSON.stringify(item);
  const said = answeredIn(field.item, item).map((one) => ({ one, text: inText(one, item[one.id], around) }));
  if (field.type !== "people") return said.map(({ one, text }) => `${one.label} ${text}`).join("\n");
  // Whatever is asked of each belongs beside the name: of whoever did not agree to a plan, the name alone reads as if they had.
  const rest = said.filter(({ one }) => one.type !== "person" && one.id !== "name").map(({ text }) => text);
  return [nameOf(item), ...rest].filter(Boolean).join(", ");
}
