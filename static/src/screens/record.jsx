/** One record for reading: what stands, the question put to it, what was added, versions that nobody has chosen between, every version. */
import { useState } from "preact/hooks";
import { now, printPage, randomId } from "../page.js";
import { Answer, Answers, Asked, Lines, Said } from "../parts/answers.jsx";
import { around, begin, draftPath, useFamily } from "../parts/around.js";
import { Button, Form, Link, Private, Trouble } from "../parts/basic.jsx";
import { Difference } from "../parts/difference.jsx";
import { draftsOf } from "../parts/draft.js";
import { plain, vocabulariesOf } from "../parts/fields.js";
import { Frame, Opening } from "../parts/frame.jsx";
import { Icon } from "../parts/icons.jsx";
import { inText, whoIs } from "../parts/in-text.js";
import { nameOf } from "../parts/people.js";
import { answersIn, withUnknown } from "../parts/reading.js";
import { Scores } from "../parts/scores.jsx";
import { Standing } from "../parts/standing.jsx";
import { useAsked } from "../parts/told.js";
import { Apart, countOf, isParted, Parted, saidOfParted } from "../parts/versions.jsx";
import { asSettled } from "../practice/choosing.js";
import { dayAndTime, period } from "../words/dates.js";
import * as sayFamily from "../words/family.js";
import * as sayMeasure from "../words/measure.js";
import * as sayRecord from "../words/record.js";
import { decision, kindName } from "../words/record.js";
import { openQuestion } from "./draft.jsx";
import { useMeasure } from "./measure.jsx";

/** @import { Around, Fork } from "../parts/controls.jsx" */
/** @import { Definition, Field } from "../parts/shapes.js" */

/** Shown by their own parts, not as answers. */
const DRAWN = new Set([
  "measure",
  "measure_hash",
  "answers",
  "score_only",
  "scores",
  "risk_shown",
  "risk_items",
  "answered_by_name",
]);

/** @param {{record: string}} props */
export function RecordPage({ record }) {
  const { answer: told, error } = useAsked("record", { record }, ["record", "outbox"]);
  if (!told || error) return <Opening title={sayRecord.title} back="" error={error} />;
  return <Told key={record} told={told} />;
}

/** @param {{told: any}} props */
function Told({ told }) {
  const { answer: family, error: gone } = useFamily(told.casefile);
  const { answer: goals } = useAsked("goals", { casefile: told.casefile });
  const { answer: definition, error } = useAsked("definition", { schema: told.schema, hash: told.form || undefined });
  const vocabularies = vocabulariesOf(definition);
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  const back = `family/${told.casefile}`;
  if (!family || (!definition && !error)) return <Opening title={kindName(told.kind)} back={back} family={family} error={gone} />;
  const question = openQuestion(told);
  const fields = plain(told.fields);
  const context = around(family, goals, vocabularies);
  // What somebody was called when this was written is of it, whoever is listed now.
  const { rater, rater_name, answered_by, answered_by_name } = fields;
  context.names = { ...context.names, ...told.names, ...named(rater, rater_name), ...named(answered_by, answered_by_name) };
  const skip = rater && whoIs(rater, context) === rater_name ? new Set([...DRAWN, "rater_name"]) : DRAWN;
  const draft = draftsOf(family).find((one) => one.record === told.record);
  const start = () =>
    begin(told.casefile, told.schema, {
      record: told.record,
      ...(told.may.amend ? {} : { preset: addition(fields, question) }),
    }).catch(setRefused);
  const title = told.kind === "measure_response" ? told.title : (definition?.title ?? kindName(told.kind));
  const when = fields.happened_on ?? fields.completed_on ?? fields.rated_on ?? fields.started_on;
  const forked = Object.values(told.fields).some(isParted);
  return (
    <Frame title={title} back={back} back_label={sayRecord.back} family={family}>
      {when && (
        <p class="govuk-body-l app-when">
          {period(when, fields.started_at ?? fields.happened_at, fields.ended_on, fields.ended_at)}
        </p>
      )}
      <p class="app-row__stands">
        <Standing standing={told.standing} at={told.at} />
      </p>
      <p class="govuk-hint">
        <bdi>
          {sayRecord.written(
            nameOf(told.versions[0]?.author),
            dayAndTime(told.versions[0]?.written_at, now()),
            told.versions[0]?.received_at && dayAndTime(told.versions[0].received_at, now()),
          )}
        </bdi>
      </p>
      <Trouble error={refused} />
      {question && <Asked question={question} when={dayAndTime(question.at, now())} definition={definition} />}
      {forked && <p class="govuk-inset-text">{saidOfParted(told.fields)}</p>}
      <Form class="app-actions app-no-print">
        {draft ? (
          <Link to={draftPath(told.casefile, told.schema, draft.slot)} class="govuk-button">
            {sayFamily.carry_on(kindName(told.kind))}
          </Link>
        ) : (
          (told.may.amend || told.may.add) && (
            <Button kind={question || forked ? undefined : "secondary"} onClick={() => void start()}>
              {question ? sayRecord.answer : !told.may.amend ? sayRecord.add : forked ? sayRecord.choose : sayRecord.change}
            </Button>
          )
        )}
      </Form>
      {definition ? <MeasureTold fields={fields} /> : <p class="govuk-inset-text">{sayRecord.unknown}</p>}
      <Answers
        definition={withUnknown(definition, fields)}
        isRead
        skip={definition && skip}
        fields={fields}
        around={context}
        instead={(field) =>
          isParted(told.fields[field.id]) ? <Apart field={field} fork={told.fields[field.id]} around={context} /> : null
        }
        beside={(field) => <Comments reviews={told.reviews} field={field.id} open={question} />}
      />
      <Reviews told={told} definition={definition} />
      <Versions told={told} definition={definition} around={context} />
      <Form class="app-no-print">
        <Button kind="link" onClick={printPage}>
          {sayRecord.print}
        </Button>
      </Form>
    </Frame>
  );
}

/** @param {unknown} id @param {unknown} name @returns {Record<string, string>} */
const named = (id, name) => (typeof id === "string" && typeof name === "string" && name ? { [id]: name } : {});

/** @param {Record<string, any>} fields @param {any} question @returns {Record<string, any>} an empty addition to write in */
const addition = (fields, question) => ({
  additions: [...(fields.additions ?? []), { id: randomId(), ...(question && { why: "answer" }) }],
});

/** @param {{reviews: any[], field: string, open: any}} props what was asked about this one answer */
function Comments({ reviews, field, open }) {
  return reviews.flatMap((review) =>
    review.comments
      .filter((/** @type {any} */ one) => one.field.split("/")[0] === field)
      .map((/** @type {any} */ { id, text }) => (
        <Asked key={id} question={{ by: review.by, text }} when={dayAndTime(review.at, now())} isPast={review !== open} />
      )),
  );
}

/** @param {{told: any, definition: Definition | undefined}} props */
function Reviews({ told, definition }) {
  if (!told.reviews?.length) return null;
  return (
    <section class="app-section">
      <h2 class="govuk-heading-m">{sayRecord.reviews}</h2>
      <ul class="app-list">
        {told.reviews.map((/** @type {any} */ review) => (
          <li key={review.id} class="app-row">
            <Icon name={review.decision === "question" ? "question" : "signed_off"} />
            <div class="app-row__body">
              <p class="app-row__name">{decision(review.decision)}</p>
              <p class="app-row__when">
                <bdi>{nameOf(review.by)}</bdi> · {dayAndTime(review.at, now())}
              </p>
              <Said text={review.text} comments={review.comments} definition={definition} />
            </div>
          </li>
        ))}
      </ul>
      {told.later?.length > 0 && <p class="govuk-body">{sayRecord.added_after(told.later.length)}</p>}
    </section>
  );
}

/** @param {{told: any, definition: Definition | undefined, around: Around}} props */
function Versions({ told, definition, around }) {
  /** @type {any[]} */
  const versions = told.versions ?? [];
  if (versions.length < 2 && versions.every((one) => one.fields)) return null;
  return (
    <section class="app-section">
      <h2 class="govuk-heading-m">{sayRecord.versions(versions.length)}</h2>
      <p class="govuk-hint">{sayRecord.versions_what}</p>
      {versions
        .map((version, order) => ({ version, order }))
        .reverse()
        .map(({ version, order }) => (
          <details class="govuk-details" key={version.id}>
            <summary class="govuk-details__summary">
              <span class="govuk-details__summary-text">
                <bdi>{sayRecord.version(order + 1, nameOf(version.author), dayAndTime(version.written_at, now()))}</bdi>
                {told.later?.includes(version.id) && ` · ${sayRecord.added_later(1)}`}
                {version.waiting && ` · ${sayRecord.waiting}`}
              </span>
            </summary>
            <div class="govuk-details__text">
              <Private>
                {version.gone ? (
                  <p>{sayRecord.erased}</p>
                ) : version.raw !== undefined ? (
                  <>
                    <p>{sayRecord.unread}</p>
                    <Lines text={version.raw} />
                  </>
                ) : order === 0 ? (
                  <p>{sayRecord.first_version}</p>
                ) : (
                  <Changed version={version} definition={definition} around={around} />
                )}
              </Private>
            </div>
          </details>
        ))}
    </section>
  );
}

/** @param {{version: any, definition: Definition | undefined, around: Around}} props where it settled something, also between what: else all of it would look like its writer's words */
function Changed({ version, definition, around }) {
  const names = /** @type {string[]} */ (version.changed ?? []).filter((name) => !DRAWN.has(name));
  if (names.length === 0) return <p>{sayRecord.nothing_changed}</p>;
  const fields = definition?.sections.flatMap((section) => section.fields) ?? [];
  const had = version.joined ? plain(version.joined) : version.before;
  const list = (
    <dl class="app-changes">
      {names.map((name) => {
        const field = fields.find((one) => one.id === name.split("/")[0]) ?? { id: name, type: "text", label: name };
        /** @type {Fork | undefined} */
        const fork = isParted(version.joined?.[field.id]) ? version.joined[field.id] : undefined;
        const stands = version.fields?.[field.id];
        const stood = fork ? asSettled(fork, had?.[field.id], stands) : had?.[field.id];
        const [before, after] = [stood, stands].map((value) => inText(field, value, around));
        return (
          <div key={name}>
            <dt>{field.label}</dt>
            <dd>
              {fork && (
                <>
                  <p>{sayRecord.joined(countOf(fork))}</p>
                  <Parted field={field} fork={fork} around={around} />
                  <p>{sayRecord.joined_to}</p>
                </>
              )}
              {fork && fork.values.length > 1 ? (
                <Answer field={field} value={stands} around={around} />
              ) : (
                <Difference before={before} after={after} />
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
  return had ? (
    list
  ) : (
    <>
      <p>{sayRecord.unknown_before}</p>
      {list}
    </>
  );
}

/** @param {{fields: any}} props a questionnaire's answers in its own words, and by their ids where this phone has none for them */
function MeasureTold({ fields }) {
  const measure = useMeasure(fields.measure);
  if (!fields.measure) return null;
  const answers = fields.answers ?? {};
  return (
    <section class="app-section">
      <h2 class="govuk-heading-m">
        {sayMeasure.result_title}
        {fields.answered_by_name && (
          <>
            {" · "}
            <Private>
              <bdi>{fields.answered_by_name}</bdi>
            </Private>
          </>
        )}
      </h2>
      <Scores measure={measure} scores={fields.scores} paper={fields.score_only} />
      {Object.keys(answers).length > 0 && (
        <details class="govuk-details">
          <summary class="govuk-details__summary">
            <span class="govuk-details__summary-text">{sayRecord.answers}</span>
          </summary>
          <div class="govuk-details__text">
            <Private>
              <dl class="app-changes">
                {answersIn(measure, answers).map(([question, answer]) => (
                  <div key={question}>
                    <dt>{question}</dt>
                    <dd>{answer}</dd>
                  </div>
                ))}
              </dl>
            </Private>
          </div>
        </details>
      )}
    </section>
  );
}
