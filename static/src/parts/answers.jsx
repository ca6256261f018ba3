/** Answers for reading: the check page, what stands, and a version of it. */
import { isAnswered } from "../practice/forms.js";
import * as sayRecord from "../words/record.js";
import { Private } from "./basic.jsx";
import { asRead } from "./fields.js";
import { Icon } from "./icons.jsx";
import { inText, isItem } from "./in-text.js";
import { nameOf } from "./people.js";
import { answeredIn, askedAbout, toRead } from "./reading.js";

/** @import { Around } from "./controls.jsx" */
/** @import { Definition, Field, Fields } from "./shapes.js" */

/** @param {{field: Field, value: any, around: Around, differing?: Set<string>}} props `differing`: the answers within an item that other versions of it have otherwise, which are shown also where there is none */
export function Answer({ field, value, around, differing }) {
  if (!isAnswered(value)) return <span class="app-none">{sayRecord.no_answer}</span>;
  if (field.item && Array.isArray(value) && value.every(isItem) && field.type !== "people") {
    return (
      <>
        {value.map((item) => (
          <dl class="app-item app-item--read" key={item.id}>
            {answeredIn(field.item ?? [], item, differing).map((inner) => (
              <div key={inner.id}>
                <dt>
                  {inner.label}
                  {differing?.has(inner.id) && <strong> · {sayRecord.differs}</strong>}
                </dt>
                <dd>
                  <Private>
                    <Lines text={inText(inner, item[inner.id], around) || sayRecord.no_answer} />
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
 * @param {boolean} [props.isRead] by others too, and no longer on its writer's check page: then nothing that was written is left out
 * @param {(field: Field) => any} [props.beside]
 * @param {(field: Field) => any} [props.instead]
 * @param {Record<string, unknown>} [props.chosen] answers that have a row of their own also where nothing was chosen
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
  chosen = {},
}) {
  const shown = toRead(definition, fields, { sent, isRead });
  return (
    <>
      {sections.map((section) => {
        const rows = section.fields.filter(
          (field) =>
            shown.has(field.id) && !skip?.has(field.id) && (instead?.(field) || chosen[field.id] || isAnswered(fields[field.id])),
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
                    {instead?.(field) ?? <Answer field={asRead(field, fields)} value={fields[field.id]} around={around} />}
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

/** @param {{question: any, when: string, definition?: Definition, isPast?: boolean}} props what the supervisor asks, of the whole and of single answers: not each of these has a row beside which it would be read */
export function Asked({ question: { by, text, comments }, when, definition, isPast }) {
  return (
    <div class={`app-asked${isPast ? " app-asked--past" : ""}`}>
      <Icon name="question" />
      <div>
        <p>
          <strong>{sayRecord.asks(nameOf(by), when)}</strong>
        </p>
        <Said text={text} comments={comments} definition={definition} />
      </div>
    </div>
  );
}

/** @param {{text: string, comments?: import("./shapes.js").Comment[], definition?: Definition}} props a review in its writer's words */
export function Said({ text, comments = [], definition }) {
  return (
    <>
      {[{ text, field: "" }, ...comments].map(
        (one, order) =>
          one.text && (
            <p key={order} class="app-row__line">
              {one.field && <>{sayRecord.about(askedAbout(definition, one.field))} </>}
              <Private>
                <Lines text={one.text} />
              </Private>
            </p>
          ),
      )}
    </>
  );
}
