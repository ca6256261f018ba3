/** The controls that hold one answer each: text, days, times, choices, numbers. */
import { focusOn, now } from "../page.js";
import { dayOf, tidyTime, timeOf } from "../words/dates.js";
import * as sayForm from "../words/form.js";
import * as sayFrame from "../words/frame.js";
import * as sayGoals from "../words/goals.js";
import * as sayRecord from "../words/record.js";
import { TYPING } from "./basic.jsx";
import { Icon } from "./icons.jsx";
import { optionsOf } from "./options.js";
import { namesHidden } from "./told.js";
import { Typed } from "./typed.jsx";

/** @import { Field, Option, Person, Problem } from "./shapes.js" */

/**
 * @typedef {{id: string, value?: any, author?: unknown, written_at?: string}} Wording one of two versions of an answer
 * @typedef {{values: Wording[], items: Record<string, Wording[]>, before?: string}} Fork
 */

/**
 * @typedef {object} Around what a question may draw on
 * @property {Person[]} people of the family
 * @property {Record<string, string>} [names] by id: those who were of the family, and who else a record names
 * @property {Record<string, {options: Option[]}>} vocabularies
 * @property {{record: string, words: string}[]} goals
 * @property {Problem[]} problems
 * @property {Record<string, Fork>} [forks] answers of which two versions stand side by side
 * @property {import("../practice/choosing.js").Chosen} [chosen] between which of them somebody has chosen
 * @property {Set<string>} [locked] items written before, which are read and not changed
 * @property {{by: unknown, at: string, text: string, comments: import("./shapes.js").Comment[]}} [question] the supervisor's
 */

/**
 * @typedef {object} Asked
 * @property {Field} field
 * @property {any} value
 * @property {string} at the anchor: `purpose`, or `children_seen/ITEM/seen`
 * @property {(value: any, chosen?: string) => void} change undefined takes the answer away; `chosen`: the id of what was chosen with it, where versions stand side by side
 * @property {Around} around
 */

/** Questions about how people met, whose answers many find faster by picture. */
const PICTURED = new Set(["contact_type", "how"]);

/** The id of an anchor's control in the page. */
export const idOf = (/** @type {string} */ at) => `q-${at.replaceAll("/", "-")}`;

/** @typedef {Asked & {error?: string}} Held */

/** @param {{at: string, hint?: string, error?: string}} props */
function Told({ at, hint, error }) {
  return (
    <>
      {hint && (
        <span class="govuk-hint app-block" id={`${idOf(at)}-hint`}>
          {hint}
        </span>
      )}
      {error && (
        <span class="govuk-error-message app-block" id={`${idOf(at)}-error`}>
          <span class="govuk-visually-hidden">{sayForm.error}</span> {error}
        </span>
      )}
    </>
  );
}

const described = (/** @type {string} */ at, /** @type {string|undefined} */ hint, /** @type {string|undefined} */ error) =>
  [hint && `${idOf(at)}-hint`, error && `${idOf(at)}-error`].filter(Boolean).join(" ") || undefined;

const optional = (/** @type {Field} */ field) => (field.required ? field.label : sayForm.optional(field.label));

/** @param {Held} props */
function Label({ field, at, error }) {
  return (
    <>
      <label class="govuk-label govuk-label--s" for={idOf(at)}>
        {optional(field)}
      </label>
      <Told at={at} hint={field.hint} error={error} />
    </>
  );
}

/** @param {Held & {children?: any}} props */
export function Group({ field, at, error, children }) {
  return (
    <fieldset class="govuk-fieldset" aria-describedby={described(at, field.hint, error)}>
      <legend class="govuk-fieldset__legend govuk-fieldset__legend--s">{optional(field)}</legend>
      <Told at={at} hint={field.hint} error={error} />
      {children}
    </fieldset>
  );
}

/** @param {Held} props */
export function Text(props) {
  const { field, at, value, change, error } = props;
  return (
    <>
      <Label {...props} />
      <Typed id={idOf(at)} value={value} change={change} described={described(at, field.hint, error)} wrong={Boolean(error)} />
    </>
  );
}

/** @param {Held} props */
export function LongText(props) {
  const { field, at, value, change, error } = props;
  return (
    <>
      <Label {...props} />
      <Typed
        id={idOf(at)}
        value={value}
        change={change}
        rows={field.rows ?? 4}
        described={described(at, field.hint, error)}
        wrong={Boolean(error)}
      />
    </>
  );
}

/** @param {Held} props */
export function WholeNumber(props) {
  const { field, at, value, change, error } = props;
  return (
    <>
      <Label {...props} />
      <input
        {...TYPING}
        class={`govuk-input govuk-input--width-4${error ? " govuk-input--error" : ""}`}
        id={idOf(at)}
        type="text"
        inputMode="numeric"
        aria-describedby={described(at, field.hint, error)}
        value={value ?? ""}
        onInput={(event) => {
          const text = event.currentTarget.value.trim();
          change(/^\d{1,9}$/.test(text) ? Number(text) : text || undefined);
        }}
      />
    </>
  );
}

/** @param {Held} props */
export function Day(props) {
  const { field, at, value, change, error } = props;
  const today = dayOf(now());
  const yesterday = dayOf(new Date(now().getTime() - 86_400_000));
  const past = !/^(due_on|next_|by_on|review_on)/.test(field.id);
  return (
    <>
      <Label {...props} />
      <div class="app-with-shortcuts">
        <input
          {...TYPING}
          class={`govuk-input app-date${error ? " govuk-input--error" : ""}`}
          id={idOf(at)}
          type="date"
          aria-describedby={described(at, field.hint, error)}
          value={value ?? ""}
          onInput={(event) => change(event.currentTarget.value || undefined)}
        />
        {past && (
          <>
            <Shortcut label={sayForm.today} about={field.label} on={value === today} onClick={() => change(today)} />
            <Shortcut label={sayForm.yesterday} about={field.label} on={value === yesterday} onClick={() => change(yesterday)} />
          </>
        )}
      </div>
    </>
  );
}

/** @param {Held} props */
export function Time(props) {
  const { field, at, value, change, error } = props;
  return (
    <>
      <Label {...props} />
      <div class="app-with-shortcuts">
        <input
          {...TYPING}
          class={`govuk-input app-time${error ? " govuk-input--error" : ""}`}
          id={idOf(at)}
          type="text"
          inputMode="numeric"
          maxLength={8}
          aria-describedby={described(at, field.hint, error)}
          value={value ?? ""}
          onInput={(event) => change(event.currentTarget.value || undefined)}
          onBlur={(event) => {
            // Only what is another time: a change takes the complaint away, and the list would move from under the finger that taps its next line.
            const tidy = tidyTime(event.currentTarget.value);
            if (tidy !== event.currentTarget.value) change(tidy);
          }}
        />
        <Shortcut label={sayForm.now} about={field.label} on={false} onClick={() => change(timeOf(now()))} />
      </div>
    </>
  );
}

/** @param {{label: string, about: string, on: boolean, onClick: () => void}} props */
function Shortcut({ label, about, on, onClick }) {
  return (
    <button type="button" class="app-chip" aria-pressed={on} onClick={onClick}>
      {label}
      <span class="govuk-visually-hidden"> {about}</span>
    </button>
  );
}

/** @param {Held & {options: Option[]}} props */
function Radios({ options, ...props }) {
  const { at, field, value, change } = props;
  return (
    <Group {...props}>
      <div class={`govuk-radios${options.length <= 2 ? " govuk-radios--inline" : ""}`} data-kind={field.id}>
        {options.map((option, order) => (
          <div class="govuk-radios__item" key={option.value}>
            <input
              class="govuk-radios__input"
              id={order === 0 ? idOf(at) : `${idOf(at)}-${order}`}
              name={idOf(at)}
              type="radio"
              checked={value === option.value}
              onChange={() => change(option.value)}
            />
            <label class="govuk-label govuk-radios__label" for={order === 0 ? idOf(at) : `${idOf(at)}-${order}`}>
              {PICTURED.has(field.id) && <Icon name={option.value} class="app-icon--option" />}
              {option.label}
            </label>
          </div>
        ))}
      </div>
      {!field.required && value !== undefined && (
        <button
          type="button"
          class="app-link-button"
          onClick={() => {
            change(undefined);
            // The button goes with the answer, and whoever pressed it by key or voice would be nowhere.
            focusOn(`#${idOf(at)}`);
          }}
        >
          {sayForm.clear}
          <span class="govuk-visually-hidden"> {field.label}</span>
        </button>
      )}
    </Group>
  );
}

/** @param {Held & {options: Option[]}} props */
function Select({ options, ...props }) {
  const { field, at, value, change, error } = props;
  const groups = [...new Set(options.map((option) => option.group ?? ""))];
  const one = (/** @type {Option} */ option) => (
    <option key={option.value} value={option.value}>
      {option.label}
    </option>
  );
  return (
    <>
      <Label {...props} />
      <select
        class={`govuk-select app-select${error ? " govuk-select--error" : ""}`}
        id={idOf(at)}
        aria-describedby={described(at, field.hint, error)}
        value={value ?? ""}
        onChange={(event) => change(event.currentTarget.value || undefined)}
      >
        <option value="">{sayForm.choose}</option>
        {groups.map((group) => {
          const inside = options.filter((option) => (option.group ?? "") === group);
          return group ? (
            <optgroup key={group} label={group}>
              {inside.map(one)}
            </optgroup>
          ) : (
            inside.map(one)
          );
        })}
      </select>
    </>
  );
}

/** @param {Held} props */
export function Choice(props) {
  const options = optionsOf(props.field, props.around);
  return options.length > 8 ? <Select {...props} options={options} /> : <Radios {...props} options={options} />;
}

/** @param {Held} props */
export function Choices(props) {
  const { at, field, value, change, around } = props;
  const chosen = new Set(Array.isArray(value) ? value : []);
  const options = optionsOf(field, around);
  const flip = (/** @type {string} */ one) => {
    const kept = options.map((option) => option.value).filter((each) => (each === one ? !chosen.has(each) : chosen.has(each)));
    change(kept.length ? kept : undefined);
  };
  return (
    <Group {...props}>
      <Checks
        at={at}
        rows={options.map((option) => ({
          key: option.value,
          label: option.label,
          on: chosen.has(option.value),
          flip: () => flip(option.value),
        }))}
      />
    </Group>
  );
}

/** @param {{at: string, rows: {key: string, label: any, hint?: string, on: boolean, flip: () => void}[]}} props */
export function Checks({ at, rows }) {
  return (
    <div class="govuk-checkboxes">
      {rows.map((row, order) => {
        const id = order === 0 ? idOf(at) : `${idOf(at)}-${order}`;
        return (
          <div class="govuk-checkboxes__item" key={row.key}>
            <input
              class="govuk-checkboxes__input"
              id={id}
              type="checkbox"
              checked={row.on}
              onChange={row.flip}
              aria-describedby={row.hint && `${id}-hint`}
            />
            <label class="govuk-label govuk-checkboxes__label" for={id}>
              {row.label}
            </label>
            {row.hint && (
              <div class="govuk-hint govuk-checkboxes__hint" id={`${id}-hint`}>
                {row.hint}
              </div>
            )}
          </div>
        );
      })}
    </div>
  );
}

/** @param {Held} props one of the family; who is no longer listed stays until somebody else is chosen */
export function PersonChoice(props) {
  const options = props.around.people.map((person) => ({
    value: person.id,
    label: namesHidden.value ? person.relation || sayFrame.hidden : person.name,
  }));
  if (props.value && !options.some((one) => one.value === props.value))
    options.push({ value: props.value, label: sayRecord.person_not_listed });
  if (options.length === 0)
    return (
      <Group {...props}>
        <p class="govuk-body" id={idOf(props.at)} tabIndex={-1}>
          {sayForm.no_people}
        </p>
      </Group>
    );
  return options.length > 8 ? <Select {...props} options={options} /> : <Radios {...props} options={options} />;
}

/** @param {Held} props the family's goals by name, or by number while names are hidden */
const goalsOf = ({ around }) =>
  around.goals.map(({ record, words }, order) => ({
    value: record,
    label: namesHidden.value ? `${sayGoals.hidden} ${order + 1}` : words,
  }));

/** @param {Held} props */
export function RecordChoice(props) {
  return <Select {...props} options={goalsOf(props)} />;
}

/** @param {Held} props several of them; one that is no longer listed stays until it is taken out */
export function RecordChoices(props) {
  const { at, value, change } = props;
  /** @type {string[]} */
  const chosen = Array.isArray(value) ? value : [];
  const listed = goalsOf(props);
  const options = [
    ...listed,
    ...chosen
      .filter((one) => !listed.some((goal) => goal.value === one))
      .map((one) => ({ value: one, label: sayRecord.goal_not_listed })),
  ];
  const flip = (/** @type {string} */ one) => {
    const next = chosen.includes(one) ? chosen.filter((each) => each !== one) : [...chosen, one];
    change(next.length ? next : undefined);
  };
  return (
    <Group {...props}>
      {options.length === 0 && <p class="govuk-body">{sayGoals.none}</p>}
      <Checks
        at={at}
        rows={options.map((option) => ({
          key: option.value,
          label: option.label,
          on: chosen.includes(option.value),
          flip: () => flip(option.value),
        }))}
      />
    </Group>
  );
}

/** @param {Held} props */
export function Scale(props) {
  const { field, at, value, change } = props;
  const low = field.min ?? 0;
  const high = field.max ?? 10;
  return (
    <Group {...props}>
      <Steps id={idOf(at)} low={low} high={high} value={value} change={change} ends={[field.low_label, field.high_label]} />
    </Group>
  );
}

/**
 * Numbers as thumb targets.
 *
 * @param {{id: string, low: number, high: number, value?: number, change: (value: number) => void, ends?: (string|undefined)[]}} props
 */
export function Steps({ id, low, high, value, change, ends = [] }) {
  const numbers = Array.from({ length: high - low + 1 }, (_, step) => low + step);
  return (
    <>
      <div class="app-steps">
        {numbers.map((number, order) => (
          <div class="app-steps__one" key={number}>
            <input
              class="app-steps__input"
              type="radio"
              name={id}
              id={order === 0 ? id : `${id}-${number}`}
              checked={value === number}
              onChange={() => change(number)}
            />
            <label class="app-steps__label" for={order === 0 ? id : `${id}-${number}`}>
              {number}
            </label>
          </div>
        ))}
      </div>
      {(ends[0] || ends[1]) && (
        <p class="app-steps__ends govuk-hint">
          <span>
            {low} {ends[0]}
          </span>
          <span>
            {high} {ends[1]}
          </span>
        </p>
      )}
    </>
  );
}
