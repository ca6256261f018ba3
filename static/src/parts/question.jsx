/** One question of a record definition, whatever its type, and the answer it holds. */
import { now, randomId } from "../page.js";
import { shownInItem } from "../practice/forms.js";
import { dayAndTime, dayOf, tidyTime, timeOf } from "../words/dates.js";
import { problemText, say } from "../words/en.js";
import { Answer } from "./answers.jsx";
import { Button, Hush, Private, TYPING } from "./basic.jsx";
import { withAnswer } from "./fields.js";
import { Icon } from "./icons.jsx";
import { optionsOf } from "./options.js";
import { childrenOf, nameOf } from "./people.js";
import { namesHidden } from "./told.js";

/** @import { Field, Fields, Option, Person, Problem } from "./shapes.js" */

/**
 * @typedef {{id: string, value?: any, author?: unknown, written_at?: string}} Choice
 * @typedef {{values: Choice[], items: Record<string, Choice[]>}} Fork
 */

/**
 * @typedef {object} Around what a question may draw on
 * @property {Person[]} people of the family
 * @property {Record<string, {options: Option[]}>} vocabularies
 * @property {{record: string, words: string}[]} goals
 * @property {Problem[]} problems
 * @property {Record<string, Fork>} [forks] answers of which two versions stand side by side
 * @property {Set<string>} [locked] items written before, which are read and not changed
 * @property {{by: unknown, at: string, text: string, comments: import("./shapes.js").Comment[]}} [question] the supervisor's
 */

/**
 * @typedef {object} Asked
 * @property {Field} field
 * @property {any} value
 * @property {string} at the anchor: `purpose`, or `children_seen/ITEM/seen`
 * @property {(value: any) => void} change undefined takes the answer away
 * @property {Around} around
 * @property {boolean} [big] the only question in its block, shown larger
 */

/** Questions about how people met, whose answers many find faster by picture. */
const PICTURED = new Set(["contact_type", "how"]);

/** The id of an anchor's control in the page. */
export const idOf = (/** @type {string} */ at) => `q-${at.replaceAll("/", "-")}`;

/** @param {Asked} props */
export function Question(props) {
  const { field, at, around } = props;
  const problem = around.problems.find((one) => one.at === at);
  const comments = (around.question?.comments ?? []).filter((one) => one.field === at);
  const Control = controls[field.type] ?? Text;
  return (
    <div class={`govuk-form-group${problem ? " govuk-form-group--error" : ""}`} data-field={at}>
      {comments.map((one) => (
        <p key={one.id ?? one.text} class="app-asked">
          <Icon name="question" />
          <span>
            <strong>{say.record.asked_here}</strong> {one.text}
          </span>
        </p>
      ))}
      {around.forks?.[at] && <Choosing {...props} fork={around.forks[at]} />}
      <Control {...props} error={problem && problemText(problem.reason, field)} />
    </div>
  );
}

/** @typedef {Asked & {error?: string}} Held */

/** @param {Asked & {fork: Fork}} props both versions to choose from; what is chosen can still be changed below */
function Choosing({ field, value, at, change, around, fork }) {
  const differing = Object.entries(fork.items);
  /** @type {any[]} */
  const list = value ?? fork.values[0]?.value ?? [];
  const withItem = (/** @type {string} */ id, /** @type {any} */ item) => {
    const rest = list.filter((one) => one.id !== id);
    return item === undefined ? rest : [...rest, item];
  };
  return (
    <div class="app-two">
      {(differing.length ? [] : fork.values).map((one) => (
        <Version key={one.id} choice={one} at={at} use={() => change(one.value)}>
          <Answer field={field} value={one.value} around={around} />
        </Version>
      ))}
      {differing.flatMap(([id, choices]) =>
        choices.map((one) => (
          <Version key={`${id}-${one.id}`} choice={one} at={at} use={() => change(withItem(id, one.value))}>
            <Answer field={field} value={one.value && [one.value]} around={around} />
          </Version>
        )),
      )}
    </div>
  );
}

/** @param {{choice: Choice, at: string, use: () => void, children?: any}} props */
function Version({ choice, use, children }) {
  return (
    <div class="app-two__one">
      <p class="app-two__by">
        <bdi>{nameOf(choice.author)}</bdi> {dayAndTime(choice.written_at, now())}
      </p>
      {children}
      <Button kind="secondary" class="app-add" onClick={use}>
        {say.form.use_this}
      </Button>
    </div>
  );
}

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
          <span class="govuk-visually-hidden">{say.form.error}</span> {error}
        </span>
      )}
    </>
  );
}

const described = (/** @type {string} */ at, /** @type {string|undefined} */ hint, /** @type {string|undefined} */ error) =>
  [hint && `${idOf(at)}-hint`, error && `${idOf(at)}-error`].filter(Boolean).join(" ") || undefined;

const optional = (/** @type {Field} */ field) => (field.required ? field.label : say.form.optional(field.label));

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
function Group({ field, at, error, children }) {
  return (
    <fieldset class="govuk-fieldset" aria-describedby={described(at, field.hint, error)}>
      <legend class="govuk-fieldset__legend govuk-fieldset__legend--s">{optional(field)}</legend>
      <Told at={at} hint={field.hint} error={error} />
      {children}
    </fieldset>
  );
}

/** @param {Held} props */
function Text(props) {
  const { field, at, value, change, error } = props;
  return (
    <>
      <Label {...props} />
      <input
        {...TYPING}
        class={`govuk-input${error ? " govuk-input--error" : ""}`}
        id={idOf(at)}
        type="text"
        aria-describedby={described(at, field.hint, error)}
        value={value ?? ""}
        onInput={(event) => change(event.currentTarget.value || undefined)}
      />
    </>
  );
}

/** @param {Held} props */
function LongText(props) {
  const { field, at, value, change, error } = props;
  return (
    <>
      <Label {...props} />
      <textarea
        {...TYPING}
        class={`govuk-textarea app-grow${error ? " govuk-textarea--error" : ""}`}
        id={idOf(at)}
        rows={field.rows ?? 4}
        aria-describedby={described(at, field.hint, error)}
        value={value ?? ""}
        onInput={(event) => change(event.currentTarget.value || undefined)}
      />
    </>
  );
}

/** @param {Held} props */
function WholeNumber(props) {
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
function Day(props) {
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
            <Shortcut label={say.form.today} about={field.label} on={value === today} onClick={() => change(today)} />
            <Shortcut label={say.form.yesterday} about={field.label} on={value === yesterday} onClick={() => change(yesterday)} />
          </>
        )}
      </div>
    </>
  );
}

/** @param {Held} props */
function Time(props) {
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
          onBlur={(event) => event.currentTarget.value && change(tidyTime(event.currentTarget.value))}
        />
        <Shortcut label={say.form.now} about={field.label} on={false} onClick={() => change(timeOf(now()))} />
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
  const { at, value, change } = props;
  return (
    <Group {...props}>
      <div class={`govuk-radios${options.length <= 2 ? " govuk-radios--inline" : ""}`} data-kind={props.field.id}>
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
              {PICTURED.has(props.field.id) && <Icon name={option.value} class="app-icon--option" />}
              {option.label}
            </label>
          </div>
        ))}
      </div>
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
        <option value="">{say.form.choose}</option>
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
function Choice(props) {
  const options = optionsOf(props.field, props.around);
  return options.length > 8 ? <Select {...props} options={options} /> : <Radios {...props} options={options} />;
}

/** @param {Held} props */
function Choices(props) {
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
function Checks({ at, rows }) {
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

/** @param {Held} props */
function PersonChoice(props) {
  const options = props.around.people.map((person) => ({
    value: person.id,
    label: namesHidden.value ? person.relation || say.frame.hidden : person.name,
  }));
  return options.length > 8 ? <Select {...props} options={options} /> : <Radios {...props} options={options} />;
}

/** @param {Held} props */
function RecordChoice(props) {
  return <Select {...props} options={props.around.goals.map((goal) => ({ value: goal.record, label: goal.words }))} />;
}

/** @param {Held} props people of the family by one tap each, anybody else by name */
function People(props) {
  const { field, at, value, change, around } = props;
  /** @type {any[]} */
  const items = Array.isArray(value) ? value : [];
  const put = (/** @type {any[]} */ list) => change(list.length ? list : undefined);
  const flip = (/** @type {Person} */ person) =>
    items.some((item) => item.person === person.id)
      ? put(items.filter((item) => item.person !== person.id))
      : put([
          ...items,
          { id: randomId(), person: person.id, name: person.name, ...(person.relation && { role: person.relation }) },
        ]);
  const others = items.filter((item) => !item.person);
  const rest = (field.item ?? []).filter((inner) => inner.type !== "person");
  const further = rest.filter((inner) => inner.id !== "name" && inner.id !== "role");
  return (
    <Group {...props}>
      <Checks
        at={at}
        rows={around.people.map((person) => ({
          key: person.id,
          label: <Private>{person.name}</Private>,
          hint: person.relation,
          on: items.some((item) => item.person === person.id),
          flip: () => flip(person),
        }))}
      />
      {further.length > 0 &&
        items
          .filter((item) => item.person)
          .map((item) => (
            <Item
              key={item.id}
              {...props}
              item={item}
              fields={further}
              title={item.name}
              put={(next) => put(items.map((one) => (one.id === item.id ? next : one)))}
            />
          ))}
      {others.map((item, order) => (
        <Item
          key={item.id}
          {...props}
          item={item}
          fields={rest}
          title={say.form.someone_else(order + 1)}
          put={(next) => put(items.map((one) => (one.id === item.id ? next : one)))}
          drop={() => put(items.filter((one) => one.id !== item.id))}
        />
      ))}
      <Button kind="secondary" class="app-add" onClick={() => put([...items, { id: randomId() }])}>
        {say.form.add_someone}
      </Button>
    </Group>
  );
}

/** @param {Held} props each child of the family; nothing is filled in beforehand, because it is evidence */
function ChildrenSeen(props) {
  const { field, value, change, around } = props;
  /** @type {any[]} */
  const items = Array.isArray(value) ? value : [];
  const fields = (field.item ?? []).filter((inner) => inner.type !== "person");
  const children = childrenOf(around.people, now());
  const gone = items.filter((item) => !children.some((child) => child.id === item.person));
  const put = (/** @type {any} */ next) =>
    change(
      items.some((item) => item.id === next.id) ? items.map((item) => (item.id === next.id ? next : item)) : [...items, next],
    );
  return (
    <Group {...props}>
      {children.length === 0 && <p class="govuk-body">{say.form.no_children}</p>}
      {children.map((child) => {
        const item = items.find((one) => one.person === child.id) ?? { id: child.id, person: child.id };
        return <Item key={child.id} {...props} item={item} fields={fields} title={child.name} put={put} />;
      })}
      {gone.map((item) => (
        <Item key={item.id} {...props} item={item} fields={fields} title={say.form.child_not_listed} put={put} />
      ))}
    </Group>
  );
}

/** @param {Held} props a list whose items are added one by one */
function List(props) {
  const { field, at, value, change } = props;
  /** @type {any[]} */
  const items = Array.isArray(value) ? value : [];
  const put = (/** @type {any[]} */ list) => change(list.length ? list : undefined);
  return (
    <Group {...props}>
      {items.some((item) => props.around.locked?.has(item.id)) && (
        <Answer field={field} value={items.filter((item) => props.around.locked?.has(item.id))} around={props.around} />
      )}
      {items.map((item, order) =>
        props.around.locked?.has(item.id) ? null : (
          <Item
            key={item.id}
            {...props}
            item={item}
            fields={field.item ?? []}
            title={say.form.item(field.type, order + 1)}
            put={(next) => put(items.map((one) => (one.id === item.id ? next : one)))}
            drop={() => put(items.filter((one) => one.id !== item.id))}
          />
        ),
      )}
      <button
        type="button"
        class="govuk-button govuk-button--secondary app-add"
        id={items.length ? undefined : idOf(at)}
        onClick={() => put([...items, { id: randomId() }])}
      >
        {say.form.add(field.type, items.length)}
      </button>
    </Group>
  );
}

/** @param {Held & {item: Fields, fields: Field[], title: string, put: (item: Fields) => void, drop?: () => void}} props */
function Item({ at, item, fields, title, put, drop, around }) {
  return (
    <fieldset class="govuk-fieldset app-item">
      <legend class="govuk-fieldset__legend govuk-fieldset__legend--s app-item__title">
        <Private>{title}</Private>
      </legend>
      {shownInItem(fields, item).map((/** @type {Field} */ inner) => (
        <Question
          key={inner.id}
          field={inner}
          value={item[inner.id]}
          at={`${at}/${item.id}/${inner.id}`}
          around={around}
          change={(value) => put(withAnswer(item, inner.id, value))}
        />
      ))}
      {drop && (
        <Button kind="link" onClick={drop}>
          {say.form.remove}
          <Hush> {title}</Hush>
        </Button>
      )}
    </fieldset>
  );
}

/** @param {Held} props */
function Scale(props) {
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

/** @type {Record<string, (props: Held) => any>} */
const controls = {
  text: Text,
  long_text: LongText,
  date: Day,
  time: Time,
  whole_number: WholeNumber,
  scale: Scale,
  yes_no: Choice,
  choice: Choice,
  status: Choice,
  choices: Choices,
  person: PersonChoice,
  record: RecordChoice,
  people: People,
  children_seen: ChildrenSeen,
  actions: List,
  risk: List,
  list: List,
};
