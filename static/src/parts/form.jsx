/** One form for any record definition: its questions by section, what is wrong with them, and that the draft is kept. */
import { useState } from "preact/hooks";
import { focusOn, now } from "../page.js";
import { shownFields } from "../practice/forms.js";
import * as sayForm from "../words/form.js";
import { draftKept, problemText } from "../words/form.js";
import { Button, Private, Trouble } from "./basic.jsx";
import { idOf } from "./controls.jsx";
import { asAsked } from "./fields.js";
import { Icon } from "./icons.jsx";
import { nameOf } from "./people.js";
import { Question } from "./question.jsx";
import { unkept } from "./told.js";

/** @import { Around } from "./controls.jsx" */
/** @import { Definition, Field, Fields, Person, Problem, Section } from "./shapes.js" */

/**
 * @param {object} props
 * @param {Section[]} props.sections
 * @param {Set<string>} props.shown ids of the fields asked now
 * @param {Fields} props.fields
 * @param {Around} props.around
 * @param {(name: string, value: any, chosen?: string) => void} props.change
 * @param {string} [props.title] of the screen, not said twice
 */
export function Sections({ sections, shown, fields, around, change, title }) {
  return (
    <>
      {sections.map((section) => {
        const asked = section.fields.filter((field) => shown.has(field.id));
        if (asked.length === 0) return null;
        return (
          <section key={section.id} class="app-section" aria-label={section.title}>
            {sections.length > 1 && section.title !== title && (
              <h2 class="govuk-heading-m" id={`s-${section.id}`} tabIndex={-1}>
                {section.title}
              </h2>
            )}
            {section.hint && <p class="govuk-hint">{section.hint}</p>}
            {asked.map((field) => (
              <Question
                key={field.id}
                field={asAsked(field, fields)}
                value={fields[field.id]}
                at={field.id}
                around={around}
                change={(value, chosen) => change(field.id, value, chosen)}
              />
            ))}
          </section>
        );
      })}
    </>
  );
}

/**
 * @param {Definition} definition
 * @param {Fields} fields
 * @param {boolean} sent
 * @returns {Set<string>}
 */
export function shownIds(definition, fields, sent) {
  return new Set(shownFields(/** @type {any} */ (definition), fields, { sent }).map((field) => field.id));
}

/** @param {Definition} definition @param {string} at @returns {Field | undefined} the field an anchor names */
export function fieldAt(definition, at) {
  const [name, , inner] = at.split("/");
  const field = definition.sections.flatMap((section) => section.fields).find((one) => one.id === name);
  return inner ? field?.item?.find((one) => one.id === inner) : field;
}

/** @param {{title: string, kept: string, lines: {to: string, text: string, whose?: string}[]}} props what to put right, each line leading to its question */
export function Summary({ title, kept, lines }) {
  return (
    <div class="govuk-error-summary" tabIndex={-1} id="problems">
      <div role="alert">
        <h2 class="govuk-error-summary__title">{title}</h2>
        <div class="govuk-error-summary__body">
          <p>{kept}</p>
          <ul class="govuk-list govuk-error-summary__list">
            {lines.map(({ to, text, whose }) => (
              <li key={to}>
                <button type="button" class="app-link-button app-link-button--error" onClick={() => focusOn(`#${to}`)}>
                  {text}
                  {whose && (
                    <>
                      {" – "}
                      <Private>
                        <bdi>{whose}</bdi>
                      </Private>
                    </>
                  )}
                </button>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </div>
  );
}

/** @param {{definition: Definition, problems: Problem[], fields?: Fields, people?: Person[], unkept?: boolean}} props fields and people: to say of whom a question is asked that is asked of several */
export function Problems({ definition, problems, fields = {}, people = [], unkept: isUnkept = false }) {
  if (problems.length === 0) return null;
  const lines = problems.map(({ at, reason }) => {
    const field = fieldAt(definition, at);
    const text = field ? problemText(reason, field) : sayForm.something_missing;
    return { to: idOf(at), text, whose: whoseOf(at, definition, fields, people) };
  });
  const kept = isUnkept ? sayForm.still_here : sayForm.nothing_lost;
  return <Summary title={sayForm.problem_title(problems.length)} kept={kept} lines={lines} />;
}

/** @param {string} at @param {Definition} definition @param {Fields} fields @param {Person[]} people @returns {string} the child, person or part within which it is asked */
function whoseOf(at, definition, fields, people) {
  const [name, id] = at.split("/");
  const items = fields[name];
  if (!id || !Array.isArray(items)) return "";
  const order = items.findIndex((one) => one.id === id);
  const item = items[order];
  return item?.name || nameOf(item?.person, people) || sayForm.item(fieldAt(definition, name)?.type ?? "", order + 1);
}

/** @param {{sections: Section[], shown: Set<string>, fields: Fields}} props a way to the parts of a long form */
export function Parts({ sections, shown, fields }) {
  const there = sections.filter((section) => section.fields.some((field) => shown.has(field.id)));
  if (there.length < 4) return null;
  return (
    <nav class="app-parts" aria-label={sayForm.parts}>
      <ul>
        {there.map((section) => {
          const asked = section.fields.filter((field) => shown.has(field.id) && field.required);
          const left = asked.filter((field) => fields[field.id] === undefined).length;
          return (
            <li key={section.id}>
              <button type="button" class="app-chip" onClick={() => focusOn(`#s-${section.id}`)}>
                {left === 0 && asked.length > 0 && <Icon name="sent" />}
                {section.title}
                <span class="govuk-visually-hidden"> {sayForm.left(left)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** @param {{kept_at?: string, error?: any}} props stays in sight while writing, beside whom it is about */
export function DraftSaid({ kept_at, error }) {
  return (
    <p class="app-draft-said">
      <Icon name={error ? "alert" : "draft"} />
      {error ? (
        <button type="button" class="app-link-button" onClick={() => focusOn(".app-draft-foot .govuk-error-summary")}>
          {sayForm.not_kept}
        </button>
      ) : (
        <span>{draftKept(unkept.value > 0 ? undefined : kept_at, now())}</span>
      )}
    </p>
  );
}

/** @param {{error?: any, again: () => void, discard?: () => void}} props what to do when a draft could not be kept, and a way to drop it */
export function DraftFoot({ error, again, discard }) {
  const [sure, setSure] = useState(false);
  if (!error && !discard) return null;
  return (
    <div class="app-draft-foot">
      <Trouble error={error} again={again} unasked />
      {discard && !sure && (
        <Button kind="link" onClick={() => setSure(true)}>
          {sayForm.discard}
        </Button>
      )}
      {discard && sure && (
        <div class="app-sure" role="group" aria-label={sayForm.discard_sure}>
          <p>{sayForm.discard_sure}</p>
          <Button kind="warning" onClick={discard}>
            {sayForm.discard_yes}
          </Button>
          <Button kind="secondary" onClick={() => setSure(false)}>
            {sayForm.discard_no}
          </Button>
        </div>
      )}
    </div>
  );
}
