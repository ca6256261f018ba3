/** The answers a question offers. */
import * as sayForm from "../words/form.js";

/** @import { Around } from "./controls.jsx" */
/** @import { Field, Option } from "./shapes.js" */

/** @param {Field} field @param {Around} around @returns {Option[]} */
export function optionsOf(field, around) {
  if (field.type === "yes_no") return sayForm.yes_no;
  return field.options ?? around.vocabularies[field.vocabulary ?? ""]?.options ?? [];
}
