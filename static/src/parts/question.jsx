/** One question of a record definition, whatever its type: its versions, what was asked about it, and lists of answers. */
import { now, randomId } from "../page.js";
import { shownInItem } from "../practice/forms.js";
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
  Scale,
  Text,
  Time,
  WholeNumber,
} from "./controls.jsx";
import { asAsked, withAnswer } from "./fields.js";
import { Icon } from "./icons.jsx";
import { childrenOf } from "./people.js";
import { putTogether } from "./sentences.js";
import { countOf, SideBySide, Version } from "./versions.jsx";

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
function Choosing({ field, value, change, around, fork }) {
  const differing = Object.entries(fork.items);
  /** @type {any[]} */
  const list = value ?? fork.values[0]?.value ?? [];
  const withItem = (/** @type {string} */ id, /** @type {any} */ item) => {
    const rest = list.filter((one) => one.id !== id);
    return item === undefined ? rest : [...rest, item];
  };
  /** @param {Wording} one @param {any} shown @param {() => void} use */
  const card = (one, shown, use) => (
    <Version key={one.id} choice={one}>
      <p>
        <Answer field={field} value={shown} around={around} />
      </p>
      <Button kind="secondary" class="app-add" onClick={use}>
        {sayForm.use_this}
      </Button>
    </Version>
  );
  return (
    <>
      <p class="govuk-label">{sayForm.parted(field.label, countOf(fork))}</p>
      <SideBySide>
        {(differing.length ? [] : fork.values).map((one) => card(one, one.value, () => change(one.value)))}
        {differing.flatMap(([id, choices]) =>
          choices.map((one) => card(one, one.value && [one.value], () => change(withItem(id, one.value)))),
        )}
        {field.suggest_merge && <Together field={field} fork={fork} change={change} around={around} />}
      </SideBySide>
    </>
  );
}

/** @param {{field: Field, fork: Fork, change: (value: any) => void, around: Asked["around"]}} props */
function Together({ field, fork, change, around }) {
  const [first, ...rest] = fork.values.map((one) => String(one.value ?? ""));
  const text = rest.reduce((one, other) => putTogether(fork.before ?? "", one, other), first);
  return (
    <div class="app-two__one app-two__both govuk-body">
      <p class="app-two__by">{sayForm.together}</p>
      <p>
        <Answer field={field} value={text} around={around} />
      </p>
      <Button kind="secondary" class="app-add" onClick={() => change(text)}>
        {sayForm.use_together}
      </Button>
    </div>
  );
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
  const children = childrenOf(around.people, now());
  const gone = items.filter((item) => !children.some((child) => child.id === item.person));
  const put = (/** @type {any} */ next) =>
    change(
      items.some((item) => item.id === next.id) ? items.map((item) => (item.id === next.id ? next : item)) : [...items, next],
    );
  return (
    <Group {...props}>
      {children.length === 0 && <p class="govuk-body">{sayForm.no_children}</p>}
      {children.map((child) => {
        const item = items.find((one) => one.person === child.id) ?? { id: child.id, person: child.id };
        return <Item key={child.id} {...props} item={item} fields={fields} title={child.name} put={put} />;
      })}
      {gone.map((item) => (
        <Item key={item.id} {...props} item={item} fields={fields} title={sayForm.child_not_listed} put={put} />
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
  people: People,
  children_seen: ChildrenSeen,
  actions: List,
  risk: List,
  list: List,
};
