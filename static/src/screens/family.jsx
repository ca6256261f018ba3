/** One family: what is due, the big buttons, notes; goals and questionnaires one tap away. */
import { useState } from "preact/hooks";
import { go, now } from "../page.js";
import { Answer, Answers } from "../parts/answers.jsx";
import { around, begin, draftPath, peopleOf, useFamily } from "../parts/around.js";
import { Button, Form, Link, Private, Trouble } from "../parts/basic.jsx";
import { draftsOf, isUnsaved } from "../parts/draft.js";
import { plain, vocabulariesOf } from "../parts/fields.js";
import { Frame, Onward, Opening } from "../parts/frame.jsx";
import { Icon } from "../parts/icons.jsx";
import { whoIs } from "../parts/in-text.js";
import { nameOf } from "../parts/people.js";
import { answeredIn, fieldOf, isListed, unsaidOf, withUnknown } from "../parts/reading.js";
import { Standing } from "../parts/standing.jsx";
import { useAsked } from "../parts/told.js";
import { Apart, isParted, Parted, ToVersions } from "../parts/versions.jsx";
import { Warning } from "../parts/warning.jsx";
import { dayAndTime } from "../words/dates.js";
import * as sayFamily from "../words/family.js";
import { dueOn } from "../words/family.js";
import * as sayFrame from "../words/frame.js";
import * as sayMeasure from "../words/measure.js";
import { measureName, result } from "../words/measure.js";
import { born } from "../words/people.js";
import * as sayRecord from "../words/record.js";
import { kindName } from "../words/record.js";
import * as saySending from "../words/sending.js";
import { capital } from "../words/spelling.js";

/** @import { Around } from "../parts/controls.jsx" */
/** @import { Brief, Field } from "../parts/shapes.js" */

/** @param {{casefile: string, part: string}} props */
export function Tabs({ casefile, part }) {
  return (
    <nav class="app-tabs" aria-label={sayFamily.parts}>
      <ul>
        {sayFamily.tabs.map((tab) => (
          <li key={tab.part}>
            <Link to={`family/${casefile}${tab.part ? `/${tab.part}` : ""}`} class="app-tabs__link" current={part === tab.part}>
              {tab.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const ROWS = 20;
/** How many rows of a family were opened, for whoever comes back from one of them. @type {Map<string, number>} */
const rowsOpened = new Map();

/** @param {{casefile: string}} props */
export function FamilyPage({ casefile }) {
  const { answer: family, error } = useFamily(casefile);
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  const [most, setMost] = useState(rowsOpened.get(casefile) ?? ROWS);
  if (!family || error) return <Opening title={sayFamily.notes} back="" error={error} />;
  /** @type {Brief[]} */
  const records = family.records.filter((/** @type {Brief} */ one) => isListed(one, family.record));
  const start = (/** @type {string} */ schema) => {
    setRefused(null);
    begin(casefile, schema).catch(setRefused);
  };
  return (
    <Frame title={sayFamily.notes} back="" back_label={sayFamily.all} family={family}>
      <Tabs casefile={casefile} part="" />
      <Trouble error={refused} />
      <Warning family={family} />
      <Form class="app-big" label={sayFamily.record}>
        <button type="button" class="app-big__one" onClick={() => start("visit-note.1")}>
          <Icon name="home" />
          {sayFamily.visit}
        </button>
        <button type="button" class="app-big__one" onClick={() => start("contact.1")}>
          <Icon name="phone" />
          {sayFamily.contact}
        </button>
        <button type="button" class="app-big__one" onClick={() => go(`family/${casefile}/rate`)}>
          <Icon name="goal" />
          {sayFamily.rate}
        </button>
        <button type="button" class="app-big__one" onClick={() => go(`family/${casefile}/measures`)}>
          <Icon name="measure" />
          {sayFamily.measure}
        </button>
      </Form>
      <Form class="app-more-kinds" label={sayFamily.more_kinds}>
        <details class="govuk-details">
          <summary class="govuk-details__summary">
            <span class="govuk-details__summary-text">{sayFamily.more_kinds}</span>
          </summary>
          <div class="govuk-details__text app-more">
            {sayFamily.others.map((one) => (
              <button
                key={one.schema}
                type="button"
                class="govuk-button govuk-button--secondary"
                onClick={() => start(one.schema)}
              >
                {one.label}
              </button>
            ))}
          </div>
        </details>
      </Form>
      <Drafts family={family} casefile={casefile} />
      <Due family={family} />
      <section class="app-section">
        <h2 class="govuk-heading-m">{sayFamily.written}</h2>
        {records.length === 0 && <p class="govuk-body">{sayFamily.nothing_yet}</p>}
        <ul class="app-list">
          {records.slice(0, most).map((one) => (
            <Row key={one.record} brief={one} family={family} />
          ))}
        </ul>
        {records.length > most && (
          <Form>
            <button
              type="button"
              class="govuk-button govuk-button--secondary"
              onClick={() => {
                rowsOpened.set(casefile, most + 2 * ROWS);
                setMost(most + 2 * ROWS);
              }}
            >
              {sayFamily.older(records.length - most)}
            </button>
          </Form>
        )}
      </section>
    </Frame>
  );
}

/** @param {{family: any, casefile: string}} props */
function Drafts({ family, casefile }) {
  const drafts = draftsOf(family);
  if (drafts.length === 0) return null;
  return (
    <section class="app-section">
      <h2 class="govuk-heading-m">{sayFamily.drafts(drafts.length)}</h2>
      <ul class="app-list">
        {drafts.map((/** @type {any} */ draft) => (
          <li key={draft.slot} class="app-row">
            <Icon name="draft" />
            <div class="app-row__body">
              <Link to={draftPath(casefile, draft.schema, draft.slot)} class="app-row__link">
                {sayFamily.carry_on(kindName(draft.kind))}
              </Link>
              <p class="app-row__when">{saySending.written(dayAndTime(draft.written_at, now()))}</p>
              {isUnsaved(draft.slot) ? (
                <span class="app-standing app-standing--question">
                  <Icon name="alert" />
                  <span>{sayFamily.not_kept}</span>
                </span>
              ) : (
                <Standing standing="draft" at={draft.written_at} />
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** @param {any} due @param {Brief[]} records @returns {string} the goal or the questionnaire it is about */
function aboutDue({ what, subject, title = "" }, records) {
  return what === "rating" ? (records.find((one) => one.record === subject)?.title ?? "") : measureName(title);
}

/** Where what is due is done, if one tap can lead there. @type {Record<string, string>} */
const DONE_AT = { rating: "rate", measure: "measures" };

/** @param {{part?: string, casefile: string, children?: any}} props */
const Towards = ({ part, casefile, children }) => (part ? <Link to={`family/${casefile}/${part}`}>{children}</Link> : children);

/** @param {{family: any}} props */
function Due({ family }) {
  if (!family.due?.length) return null;
  return (
    <section class="app-section">
      <h2 class="govuk-heading-m">{sayFamily.due}</h2>
      <ul class="app-due">
        {family.due.map((/** @type {any} */ one) => (
          <li key={`${one.what}-${one.subject}-${one.on}`} class={one.late ? "app-due--late" : ""}>
            <span class="app-due__what">
              <Towards part={DONE_AT[one.what]} casefile={family.casefile}>
                <Private instead={sayFamily.what(one.what, "")}>
                  {sayFamily.what(one.what, aboutDue(one, family.records))}
                </Private>
              </Towards>
            </span>
            <span class="app-due__on">{dueOn(one.on, one.late, now())}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** @param {{brief: Brief, family: any}} props */
function Row({ brief, family }) {
  const { measured } = brief;
  // What a goal or a family is called was typed by somebody; what the others are called stands in their forms.
  const isTyped = brief.kind === "goal" || brief.kind === "family" || brief.kind === "opening";
  const about = measured?.about && sayMeasure.about(whoIs(measured.about, around(family, [], {})));
  const said = [brief.line, about].filter(Boolean).join(" · ");
  return (
    <li class="app-row">
      <Icon name={brief.kind} />
      <div class="app-row__body">
        <Link to={`record/${brief.record}`} class="app-row__link">
          <bdi>
            {measured
              ? measureName(measured.title)
              : isTyped
                ? capital(kindName(brief.kind))
                : brief.title || kindName(brief.kind)}
          </bdi>
          {(measured || isTyped) && (
            <Private instead="">
              {" · "}
              <bdi>{measured ? result(measured) : brief.title}</bdi>
            </Private>
          )}
        </Link>
        <p class="app-row__when">
          {dayAndTime(
            brief.happened_on ? `${brief.happened_on}${brief.happened_at ? `T${brief.happened_at}` : ""}` : brief.written_at,
            now(),
          )}{" "}
          · <bdi>{nameOf(brief.author)}</bdi>
        </p>
        {said && (
          <p class="app-row__line">
            <Private>
              <bdi>{said}</bdi>
            </Private>
          </p>
        )}
        <p class="app-row__stands">
          <Standing standing={brief.standing} at={brief.at} />
          {brief.forked && <span class="app-tag app-tag--question">{sayRecord.parted}</span>}
          {brief.later > 0 && <span class="app-tag">{sayRecord.added_later(brief.later)}</span>}
        </p>
      </div>
    </li>
  );
}

/** What stands in the header, and above the rest, person by person. */
const SAID = new Set(["name_shown", "people"]);

/** @param {{field: Field, person: any, versions?: any[], around: Around}} props all that is written of one person; whole, where versions of it stand side by side */
function About({ field, person, versions, around }) {
  if (versions) return <Parted field={field} fork={{ values: [], items: { [person.id]: versions } }} around={around} />;
  const value = unsaidOf(person);
  return answeredIn(field.item ?? [], value).length > 0 ? <Answer field={field} value={[value]} around={around} /> : null;
}

/** @param {{casefile: string}} props who they are and how to reach them */
export function AboutFamily({ casefile }) {
  const { answer: family, error } = useFamily(casefile);
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  const { answer: definition, error: unformed } = useAsked("definition", { schema: "family.1" });
  const vocabularies = vocabulariesOf(definition);
  const isForked = family?.records.some((/** @type {Brief} */ one) => one.record === family.record && one.forked);
  const { answer: record } = useAsked(isForked ? "record" : "status", isForked ? { record: family.record } : {}, [
    "record",
    "outbox",
  ]);
  if (!family) return <Opening title={sayFamily.about} back="" error={error} />;
  const people = peopleOf(family);
  const written = plain(family.fields ?? {});
  const context = around(family, [], vocabularies);
  const parted = (isForked && record?.fields) || {};
  const asked = fieldOf(definition, "people");
  const draft = draftsOf(family).find((one) => one.kind === "family");
  const change = () => begin(casefile, "family.1", family.record ? { record: family.record } : {}).catch(setRefused);
  return (
    <Frame title={sayFamily.about} back="" back_label={sayFamily.all} family={family}>
      <Tabs casefile={casefile} part="about" />
      <Trouble error={refused} />
      <Warning family={family} />
      {isForked && <ToVersions record={family.record} />}
      <ul class="app-people">
        {people.map((person) => (
          <li key={person.id}>
            <Icon name="person" />
            <div>
              <strong>
                <Private instead={person.relation || sayFrame.hidden}>
                  <bdi>{person.name}</bdi>
                </Private>
              </strong>
              <span>{[person.relation, born(person, now())].filter(Boolean).join(" · ")}</span>
              {asked && <About field={asked} person={person} versions={parted.people?.items[person.id]} around={context} />}
            </div>
          </li>
        ))}
      </ul>
      {!definition && unformed && <p class="govuk-inset-text">{sayRecord.unknown}</p>}
      {(definition || unformed) && (
        <Answers
          definition={withUnknown(definition, written)}
          skip={definition && SAID}
          isRead
          fields={written}
          around={context}
          instead={(field) =>
            isParted(parted[field.id]) ? <Apart field={field} fork={parted[field.id]} around={context} /> : null
          }
        />
      )}
      {draft ? (
        <Onward to={draftPath(casefile, draft.schema, draft.slot)}>{sayFamily.carry_on(kindName(draft.kind))}</Onward>
      ) : (
        <Form>
          <Button kind="secondary" onClick={() => void change()}>
            {sayFamily.change}
          </Button>
        </Form>
      )}
    </Frame>
  );
}
