/** One question of a record definition, whatever its type: its versions, what was asked about it, and lists of answers. */
import { now, randomId } from "../page.js";
import { bothItems, bothWhole, isList, leftToChoose, openPeople, WHOLE, withItem } from "../practice/choosing.js";
import { isSame, shownInItem } from "../practice/forms.js";
import * as sayForm from "../words/form.js";
import { problemText } from "../words/form.js";
import * as sayRecord from "../words/record.js";
import { Answer } from "./answers.jsx";
import { Button, Hush, Private } from "./basic.jsx";
import {
  Checks,
  Choice,
  Choices,
  Day,
  Group,
  idOf,
  LongText,
  PersonChoice,
  RecordChoice,
  RecordChoices,
  Scale,
  Text,
  Time,
  WholeNumber,
} from "./controls.jsx";
import { asAsked, withAnswer } from "./fields.js";
import { Icon } from "./icons.jsx";
import { childrenOf, flipped } from "./people.js";
import { putTogether } from "./sentences.js";
import { countOf, OneOf, SideBySide, Version } from "./versions.jsx";

/** @import { Asked, Fork, Held, Wording } from "./controls.jsx" */
/** @import { Field, Fields, Person } from "./shapes.js" */

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
            <strong>{sayRecord.asked_here}</strong> <Private>{one.text}</Private>
          </span>
        </p>
      ))}
      {around.forks?.[at] && <Choosing {...props} fork={around.forks[at]} />}
      <Control {...props} error={problem && problemText(problem.reason, field)} />
    </div>
  );
}

/** @param {Asked & {fork: Fork}} props the versions to choose from, and of text all put together; nothing is chosen beforehand, and what is can still be changed below */
function Choosing(props) {
  const { field, value, change, at, around, fork } = props;
  const chosen = around.chosen?.[at];
  if (!isList(fork))
    return (
      <>
        <p class="govuk-label">{sayForm.parted(field.label, countOf(fork))}</p>
        <Cards
          {...props}
          choices={fork.values}
          now={value ?? (chosen?.includes(WHOLE) ? null : undefined)}
          take={(one) => change(one, one === undefined ? WHOLE : undefined)}
        >
          {field.suggest_merge ? (
            <Together {...props} />
          ) : (
            <Both {...props} both={bothWhole(field.type, textsOf(fork.values))} take={change} />
          )}
        </Cards>
      </>
    );
  /** @type {any[]} */
  const list = Array.isArray(value) ? value : [];
  return (
    <>
      <p class="govuk-label">{sayForm.parted_list(field.label, leftToChoose(fork, chosen).length)}</p>
      {Object.entries(fork.items).map(([id, choices]) => {
        const take = (/** @type {any} */ item) => {
          const next = withItem(fork, list, id, item);
          change(next.length > 0 ? next : undefined, id);
        };
        const versions = choices.map((one) => one.value);
        return (
          <Cards
            key={id}
            {...props}
            choices={choices}
            now={chosen?.includes(id) ? (list.find((one) => one.id === id) ?? null) : undefined}
            take={take}
            asList
          >
            <Both {...props} both={bothItems(field.item ?? [], versions)} take={take} asList />
          </Cards>
        );
      })}
    </>
  );
}

/** @param {import("./controls.jsx").Wording[]} versions */
const textsOf = (versions) => versions.map((one) => one.value);

/** @param {Asked & {choices: import("./controls.jsx").Wording[], now: any, take: (value: any) => void, asList?: boolean, children?: any}} props versions of one thing; `now`: what stands of it since somebody chose, null where it was taken out */
function Cards({ field, around, choices, now: stands, take, asList, children }) {
  const isGone = choices.some((one) => one.value === undefined);
  return (
    <SideBySide>
      {choices.map((one) => (
        <Version key={one.id} choice={one}>
          <OneOf {...{ field, around, asList }} versions={choices} value={one.value} />
          <Button kind="secondary" class="app-add" onClick={() => take(one.value)}>
            {stands !== undefined && isSame(stands, one.value)
              ? sayForm.taken
              : one.value === undefined
                ? sayForm.take_out
                : isGone
                  ? sayForm.keep_it
                  : sayForm.use_this}
          </Button>
        </Version>
      ))}
      {children}
    </SideBySide>
  );
}

/** @param {Asked & {fork: Fork}} props */
function Together(props) {
  const [first, ...rest] = props.fork.values.map((one) => String(one.value ?? ""));
  const text = rest.reduce((one, other) => putTogether(props.fork.before ?? "", one, other), first);
  return <Both {...props} both={text} take={props.change} by={sayForm.together} use={sayForm.use_together} />;
}

/** @param {Asked & {both: any, take: (value: any) => void, asList?: boolean, by?: string, use?: string}} props all versions at once, where they can be: never more than an offer */
function Both({ field, around, both, take, asList, by = sayForm.both(field.type), use = sayForm.use_both }) {
  if (both === undefined) return null;
  return (
    <div class="app-two__one app-two__both govuk-body">
      <p class="app-two__by">{by}</p>
      <Answer field={field} value={asList ? [both] : both} around={around} />
      <Button kind="secondary" class="app-add" onClick={() => take(both)}>
        {use}
      </Button>
    </div>
  );
}

/** Of whom two versions stand side by side is not asked about anew beside them. @param {Held} props @returns {Person[]} */
function askedAbout({ at, around }) {
  const open = openPeople(around.forks?.[at], around.chosen?.[at]);
  return around.people.filter((person) => !open.has(person.id));
}

/** @param {Held} props people of the family by one tap each, anybody else by name; who is no longer listed stays until they are taken out */
function People(props) {
  const { field, at, value, change, around } = props;
  /** @type {any[]} */
  const items = Array.isArray(value) ? value : [];
  const put = (/** @type {any[]} */ list) => change(list.length ? list : undefined);
  const others = items.filter((item) => !item.person);
  const unlisted = items.filter((item) => item.person && !around.people.some((person) => person.id === item.person));
  const rest = (field.item ?? []).filter((inner) => inner.type !== "person");
  const further = rest.filter((inner) => inner.id !== "name" && inner.id !== "role");
  return (
    <Group {...props}>
      <Checks
        at={at}
        rows={[
          ...askedAbout(props).map((person) => ({
            key: person.id,
            label: <Private>{person.name}</Private>,
            hint: person.relation,
            on: items.some((item) => item.person === person.id),
            flip: () => put(flipped(items, person)),
          })),
          ...unlisted.map((item) => ({
            key: item.id,
            label: <Private>{item.name || item.role}</Private>,
            hint: sayRecord.person_not_listed,
            on: true,
            flip: () => put(items.filter((one) => one !== item)),
          })),
        ]}
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
          title={sayForm.someone_else(order + 1)}
          put={(next) => put(items.map((one) => (one.id === item.id ? next : one)))}
          drop={() => put(items.filter((one) => one.id !== item.id))}
        />
      ))}
      <Button kind="secondary" class="app-add" onClick={() => put([...items, { id: randomId() }])}>
        {sayForm.add_someone}
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
  const children = childrenOf(askedAbout(props), now());
  const listed = childrenOf(around.people, now());
  const gone = items.filter((item) => !listed.some((child) => child.id === item.person));
  const put = (/** @type {any} */ next) =>
    change(
      items.some((item) => item.id === next.id) ? items.map((item) => (item.id === next.id ? next : item)) : [...items, next],
    );
  return (
    <Group {...props}>
      {listed.length === 0 && <p class="govuk-body">{sayForm.no_children}</p>}
      {children.map((child) => {
        const item = items.find((one) => one.person === child.id) ?? { id: child.id, person: child.id };
        return <Item key={child.id} {...props} item={item} fields={fields} title={child.name} put={put} />;
      })}
      {gone.map((item) => (
        <Item
          key={item.id}
          {...props}
          item={item}
          fields={fields}
          title={sayForm.child_not_listed}
          put={put}
          drop={() => change(items.length > 1 ? items.filter((one) => one.id !== item.id) : undefined)}
        />
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
            title={item.name || sayForm.item(field.type, order + 1)}
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
        {sayForm.add(field.type, items.length)}
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
          field={asAsked(inner, item)}
          value={item[inner.id]}
          at={`${at}/${item.id}/${inner.id}`}
          around={around}
          change={(value) => put(withAnswer(item, inner.id, value))}
        />
      ))}
      {drop && (
        <Button kind="link" onClick={drop}>
          {sayForm.remove}
          <Hush>
            {" "}
            <Private>{title}</Private>
          </Hush>
        </Button>
      )}
    </fieldset>
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
  programme: Choice,
  choices: Choices,
  person: PersonChoice,
  record: RecordChoice,
  records: RecordChoices,
  people: People,
  children_seen: ChildrenSeen,
  actions: List,
  risk: List,
  list: List,
};
