/** Versions of one answer beside each other: whose words they are, and when they were written. */
import { now } from "../page.js";
import { beforeChoosing, differing, isList } from "../practice/choosing.js";
import { dayAndTime } from "../words/dates.js";
import * as sayForm from "../words/form.js";
import * as sayRecord from "../words/record.js";
import { Answer, Answers } from "./answers.jsx";
import { Link } from "./basic.jsx";
import { nameOf } from "./people.js";
import { leftOut } from "./reading.js";

/** @import { Around, Fork, Wording } from "./controls.jsx" */
/** @import { Definition, Field, Fields, Section } from "./shapes.js" */

/** @param {any} held @returns {boolean} whether versions of it stand beside each other */
export const isParted = (held) => held?.values?.length > 1 || Object.keys(held?.items ?? {}).length > 0;

/** The versions of an answer, or of each item of a list on which they differ. @param {Fork} fork @returns {Wording[][]} */
export const partsOf = (fork) => (isList(fork) ? Object.values(fork.items) : [fork.values]);

/** How many versions there are, at the most, of one thing. @param {Fork} fork */
export const countOf = (fork) => Math.max(...partsOf(fork).map((versions) => versions.length));

/** Says whose versions stand beside each other: one person may have written all. @param {{[name: string]: any}} fields @returns {string} */
export function saidOfParted(fields) {
  const writers = Object.values(fields).filter(isParted).flatMap(partsOf).flat();
  const names = new Map(writers.map(({ author }) => [/** @type {any} */ (author)?.id, nameOf(author)]));
  return sayRecord.parted_long([...names.values()]);
}

/** @param {{children?: any}} props */
export function SideBySide({ children }) {
  return <div class="app-two">{children}</div>;
}

/** @param {{choice: Wording, children?: any}} props */
export function Version({ choice, children }) {
  return (
    <div class="app-two__one govuk-body">
      <p class="app-two__by">
        <bdi>{nameOf(choice.author)}</bdi> · {dayAndTime(choice.written_at, now())}
      </p>
      {children}
    </div>
  );
}

/** @param {{field: Field, around: Around, versions: Wording[], value: any, asList?: boolean}} props one of these versions, with what the others have otherwise marked; `asList`: they are of one item */
export function OneOf({ field, around, versions, value, asList }) {
  if (value === undefined) return <span class="app-none">{sayRecord.gone_from}</span>;
  if (!asList) return <Answer field={field} value={value} around={around} />;
  return <Answer field={field} value={[value]} around={around} differing={differing(versions.map((one) => one.value))} />;
}

/** @param {{field: Field, fork: Fork, around: Around}} props everybody's words side by side; nobody's are dropped */
export function Parted({ field, fork, around }) {
  const asList = isList(fork);
  return (
    <SideBySide>
      {partsOf(fork).flatMap((versions) =>
        versions.map((one) => (
          <Version key={one.id} choice={one}>
            <OneOf {...{ field, around, versions, asList }} value={one.value} />
          </Version>
        )),
      )}
    </SideBySide>
  );
}

/** @param {{field: Field, fork: Fork, around: Around}} props for reading: of a list also what nobody has otherwise, which stands beside no version of anything */
export function Apart({ field, fork, around }) {
  const rest = beforeChoosing(fork, fork.values.find(({ value }) => Array.isArray(value))?.value);
  return (
    <>
      {rest && <Answer field={field} value={rest} around={around} />}
      <Parted field={field} fork={fork} around={around} />
    </>
  );
}

/** @param {{definition: Definition, sections: Section[], shown: Set<string>, fields: Fields, around: Around}} props what goes out with nothing, because another answer took its question away */
export function LeftOut({ definition, sections, shown, fields, around }) {
  const { forks = {} } = around;
  const left_out = leftOut(sections, shown, fields, forks);
  return left_out.fields.length > 0 ? (
    <div class="govuk-inset-text">
      <p>{sayForm.left_out_why}</p>
      <Answers
        definition={definition}
        sections={[{ id: "left_out", title: sayForm.left_out, fields: left_out.fields }]}
        isRead
        fields={left_out.answers}
        around={around}
        instead={(field) => forks[field.id] && <Parted field={field} fork={forks[field.id]} around={around} />}
      />
    </div>
  ) : null;
}

/** @param {{record: string}} props that versions of it stand which nobody has chosen between, and the way to them */
export function ToVersions({ record }) {
  return (
    <div class="govuk-inset-text">
      <p>{sayRecord.parted}</p>
      <Link to={`record/${record}`}>{sayRecord.parted_see}</Link>
    </div>
  );
}
