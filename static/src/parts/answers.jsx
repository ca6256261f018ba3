/** Answers for reading: the check page, what stands, and a version of it. */
import { isAnswered, shownFields, shownInItem } from "../practice/forms.js";
import { longDay } from "../words/dates.js";
import * as sayRecord from "../words/record.js";
import { Private } from "./basic.jsx";
import { asAsked } from "./fields.js";
import { Icon } from "./icons.jsx";
import { optionsOf } from "./options.js";
import { nameOf } from "./people.js";

/** @import { Around } from "./controls.jsx" */
/** @import { Definition, Field, Fields } from "./shapes.js" */

/**
 * Says an answer as plain text, one line for each part; lists become one line for each item.
 *
 * @param {Field} field
 * @param {any} value
 * @param {Around} around
 * @returns {string}
 */
export function inText(field, value, around) {
  if (!isAnswered(value)) return "";
  switch (field.type) {
    case "yes_no":
    case "choice":
    case "status":
    case "programme":
      return optionsOf(field, around).find((option) => option.value === value)?.label ?? String(value);
    case "choices":
      return value
        .map((/** @type {string} */ one) => optionsOf(field, around).find((option) => option.value === one)?.label ?? one)
        .join(", ");
    case "date":
      return longDay(value);
    case "person":
      return around.people.find((person) => person.id === value)?.name ?? sayRecord.person_not_listed;
    case "record":
      return around.goals.find((goal) => goal.record === value)?.words ?? sayRecord.goal_not_listed;
    default:
  }
  if (!Array.isArray(value)) return typeof value === "object" ? JSON.stringify(value) : String(value);
  return value.map((item) => (field.item && item?.id ? itemInText(field, item, around) : String(item))).join("\n");
}

/** @param {Field} field @param {Fields} item @param {Around} around */
function itemInText(field, item, around) {
  const inner = field.item ?? [];
  if (field.type === "people") return [nameOf(item), item.role].filter(Boolean).join(", ");
  return shownInItem(inner, item)
    .filter((one) => isAnswered(item[one.id]))
    .map((one) => `${one.label} ${inText(one, item[one.id], around)}`)
    .join("\n");
}

/** @param {{field: Field, value: any, around: Around}} props */
export function Answer({ field, value, around }) {
  if (!isAnswered(value)) return <span class="app-none">{sayRecord.no_answer}</span>;
  if (field.item && Array.isArray(value) && field.type !== "people") {
    return (
      <>
        {value.map((item) => (
          <dl class="app-item app-item--read" key={item.id}>
            {shownInItem(field.item ?? [], item)
              .filter((inner) => isAnswered(item[inner.id]))
              .map((inner) => (
                <div key={inner.id}>
                  <dt>{inner.label}</dt>
                  <dd>
                    <Private>
                      <Lines text={inText(inner, item[inner.id], around)} />
                    </Private>
                  </dd>
                </div>
              ))}
          </dl>
        ))}
      </>
    );
  }
  const plain = ["yes_no", "choice", "status", "programme", "choices", "date", "time", "scale", "whole_number"].includes(
    field.type,
  );
  const lines = <Lines text={inText(field, value, around)} />;
  return plain ? lines : <Private>{lines}</Private>;
}

/** @param {{text: string}} props text as it was typed, line breaks and direction kept */
export function Lines({ text }) {
  return (
    <span class="app-lines" dir="auto">
      {text}
    </span>
  );
}

/**
 * All answers by section; `beside` draws what belongs under one answer (a question, two versions).
 *
 * @param {object} props
 * @param {Definition} props.definition whole, because what is shown may depend on any answer
 * @param {import("./shapes.js").Section[]} [props.sections] those to draw
 * @param {Set<string>} [props.skip] fields drawn elsewhere
 * @param {Fields} props.fields
 * @param {Around} props.around
 * @param {boolean} [props.sent]
 * @param {boolean} [props.isRead] by others too, and no longer on its writer's check page
 * @param {(field: Field) => any} [props.beside]
 * @param {(field: Field) => any} [props.instead]
 */
export function Answers({
  definition,
  sections = definition.sections,
  skip,
  fields,
  around,
  sent = true,
  isRead,
  beside,
  instead,
}) {
  const shown = new Set(shownFields(/** @type {any} */ (definition), fields, { sent }).map((field) => field.id));
  return (
    <>
      {sections.map((section) => {
        const rows = section.fields.filter(
          (field) => shown.has(field.id) && !skip?.has(field.id) && (instead?.(field) || isAnswered(fields[field.id])),
        );
        if (rows.length === 0) return null;
        return (
          <section key={section.id} class="app-section">
            <h2 class="govuk-heading-m">{(isRead && section.title_read) || section.title}</h2>
            <dl class="govuk-summary-list app-answers">
              {rows.map((field) => (
                <div class="govuk-summary-list__row" key={field.id} data-field={field.id}>
                  <dt class="govuk-summary-list__key">{field.label}</dt>
                  <dd class="govuk-summary-list__value">
                    {instead?.(field) ?? <Answer field={asAsked(field, fields)} value={fields[field.id]} around={around} />}
                    {beside?.(field)}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        );
      })}
    </>
  );
}

/** @param {{by: unknown, text: string, when: string}} props what the supervisor asks */
export function Asked({ by, text, when }) {
  return (
    <div class="app-asked">
      <Icon name="question" />
      <div>
        <p>
          <strong>{sayRecord.asks(nameOf(by), when)}</strong>
        </p>
        {text && (
          <p>
            <Private>
              <Lines text={text} />
            </Private>
          </p>
        )}
      </div>
    </div>
  );
}
