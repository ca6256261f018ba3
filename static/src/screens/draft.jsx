/** Writing any record: the form, the check page, sending. A short record is checked on the form itself. */
import { useState } from "preact/hooks";
import { focusOn, go, later, now } from "../page.js";
import { Answers, Asked } from "../parts/answers.jsx";
import { around, useFamily } from "../parts/around.js";
import { Form, Save, Trouble } from "../parts/basic.jsx";
import { useDraft } from "../parts/draft.js";
import {
  begun,
  peopleIn,
  plain,
  strangeStatuses,
  vocabulariesOf,
  withEveryChild,
  withoutEmptyAdditions,
} from "../parts/fields.js";
import { DraftFoot, DraftSaid, Parts, Problems, Sections, shownIds } from "../parts/form.jsx";
import { Frame, Gone, Onward, Opening } from "../parts/frame.jsx";
import { leftOut } from "../parts/reading.js";
import { useAsked } from "../parts/told.js";
import { countOf, LeftOut, Parted } from "../parts/versions.jsx";
import { Warning } from "../parts/warning.jsx";
import { isOpen, openPeople } from "../practice/choosing.js";
import { changesAfterSending, problems, withoutHidden } from "../practice/forms.js";
import { dayAndTime } from "../words/dates.js";
import * as sayForm from "../words/form.js";
import { formTitle } from "../words/form.js";

/** @import { Definition, Fields, Person, Problem } from "../parts/shapes.js" */

/** Kinds that fit one screen and are sent from it: five taps, as design promises. */
const SHORT = new Set(["contact", "rating"]);
/** Kinds that somebody may begin before the contact they tell of. */
const CONTACTS = new Set(["visit_note", "contact"]);

/** @param {{casefile: string, slot: string, step: string}} props */
export function Draft({ casefile, slot, step }) {
  const { answer: family, error: gone } = useFamily(casefile);
  const { answer: goals } = useAsked("goals", { casefile });
  const held = useDraft(slot, (definition, fields) => begun(definition, fields, now()));
  const { draft, error, fields } = held;
  /** @type {Definition | undefined} */
  const definition = draft?.definition;
  const vocabularies = vocabulariesOf(definition);
  const changing = draft?.heads?.length > 0;
  const { answer: record, error: unread } = useAsked(changing ? "record" : "status", changing ? { record: draft.record } : {});
  const [wrong, setWrong] = useState(/** @type {Problem[]} */ ([]));
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const home = `family/${casefile}`;

  if (error) return <Gone error={error} home={home} family={family} />;
  if (!family || !definition || (changing && !record?.may)) return <Opening back={home} family={family} error={gone ?? unread} />;

  const forks = draft.forks ?? {};
  const isFinal = changing && !record.may.amend;
  // Signed off while somebody changed it: what they wrote stays on the screen, and is sent.
  const late =
    isFinal &&
    record.may.signs_off &&
    changesAfterSending(/** @type {any} */ (definition), draft.before ?? {}, fields).some((name) => !forks[name]);
  const adding = isFinal && !late;
  const sections = adding
    ? laterFirst(definition).map((section) =>
        section.later ? section : { ...section, fields: section.fields.filter((field) => forks[field.id]) },
      )
    : definition.sections.filter((section) => section.later !== "only");
  const shown = shownIds(definition, fields, adding);
  const question = changing ? openQuestion(record) : undefined;
  const locked = new Set(
    (record?.fields?.additions?.values ?? []).flatMap((/** @type {any} */ one) =>
      (one.value ?? []).map((/** @type {any} */ item) => item.id),
    ),
  );
  const told = around(family, goals, vocabularies);
  const people = peopleIn(definition, fields, told.people, forks);
  const context = { ...told, people, problems: wrong, question, locked, forks, chosen: held.chosen };
  const short = SHORT.has(definition.kind) && !changing;
  const here = `${home}/draft/${slot}`;
  const back = changing ? `record/${draft.record}` : home;

  const judge = () => {
    const chosen = held.chosenNow();
    // A child of whom two versions stand side by side has its row once one of them is taken.
    const parted = Object.keys(forks).flatMap((name) => [...openPeople(forks[name], chosen[name])]);
    const full = adding
      ? withoutEmptyAdditions(held.current(), plain(record.fields))
      : withEveryChild(
          definition,
          held.current(),
          context.people.filter(({ id }) => !parted.includes(id)),
          now(),
        );
    const asked = shownIds(definition, full, adding);
    const unchosen = Object.keys(forks).filter((name) => asked.has(name) && isOpen(forks[name], full[name], chosen[name]));
    const open = new Set(sections.flatMap((section) => section.fields.map((field) => field.id)));
    const lacking = [
      ...problems(/** @type {any} */ (definition), full, vocabularies, { sent: adding }),
      ...strangeStatuses(definition, full),
    ];
    const found = [
      ...unchosen.map((at) => ({ at, reason: "two_versions" })),
      ...lacking.filter(({ at }) => open.has(at.split("/")[0]) && !unchosen.includes(at)),
    ];
    if (full !== held.current()) held.put(full);
    setWrong(found);
    if (found.length) later(() => focusOn("#problems"), 0);
    return found.length === 0;
  };

  const check = async () => {
    setRefused(null);
    if (!judge()) return;
    // What goes out with nothing is read before it does.
    const typed = held.current();
    if (short && leftOut(sections, shownIds(definition, typed, adding), typed, forks).fields.length === 0) return send();
    setBusy(true);
    await held.keep();
    setBusy(false);
    go(`${here}/check`);
  };

  const send = async () => {
    if (busy || !judge()) {
      if (step === "check" && !busy) go(here, { replace: true });
      return;
    }
    setBusy(true);
    setRefused(null);
    try {
      await held.send(home, (fields) => ({ fields, mode: "" }));
    } catch (refusal) {
      setBusy(false);
      const told = /** @type {any} */ (refusal).told;
      if (/** @type {any} */ (refusal).code === "not_complete" && told?.problems) {
        setWrong(told.problems);
        if (step === "check") go(here, { replace: true });
        later(() => focusOn("#problems"), 50);
      } else setRefused(refusal);
    }
  };

  if (step === "check")
    return (
      <Frame title={sayForm.check_title} back={here} back_label={sayForm.back_to_writing} family={family} step="check">
        <p class="govuk-body">
          {adding ? sayForm.check_adding : late ? sayForm.signed_off_meanwhile : sayForm.checkIntro(definition)}
        </p>
        <Trouble key={refused} error={refused ?? held.keep_error} />
        <Answers
          definition={definition}
          sections={sections}
          fields={withoutHidden(/** @type {any} */ (definition), fields, { sent: adding })}
          around={context}
          sent={adding}
          chosen={forks}
          beside={(field) => forks[field.id] && <Settled field={field} fork={forks[field.id]} around={context} />}
        />
        <LeftOut definition={definition} sections={sections} shown={shown} fields={fields} around={context} />
        <Form onSubmit={send} class="app-actions">
          <Save busy={busy}>{sayForm.send}</Save>
          <Onward kind="secondary" to={here}>
            {sayForm.back_to_writing}
          </Onward>
        </Form>
        <p class="govuk-hint">{sayForm.what_sending_does}</p>
      </Frame>
    );

  return (
    <Frame
      title={formTitle(definition, changing, adding)}
      back={back}
      family={family}
      said={<DraftSaid kept_at={held.kept_at} error={held.keep_error} />}
    >
      {CONTACTS.has(definition.kind) && !changing && <Warning family={family} />}
      {late && <p class="govuk-inset-text">{sayForm.signed_off_meanwhile}</p>}
      <Form onSubmit={check}>
        <Problems
          definition={definition}
          problems={wrong}
          fields={fields}
          people={context.people}
          unkept={Boolean(held.keep_error)}
        />
        <Trouble error={refused} />
        {question && <Asked question={question} when={dayAndTime(question.at, now())} definition={definition} />}
        <Parts sections={sections} shown={shown} fields={fields} />
        <Sections
          title={definition.title}
          sections={sections}
          shown={shown}
          fields={fields}
          around={context}
          change={(name, value, chosen) => change(held, name, value, chosen, wrong, setWrong)}
        />
        <div class="app-actions">
          <Save busy={busy}>{short ? sayForm.save_and_send : sayForm.check_and_send}</Save>
        </div>
        <DraftFoot error={held.keep_error} again={() => void held.keep()} discard={() => void held.discard(back)} />
      </Form>
    </Frame>
  );
}

/** @param {{field: import("../parts/shapes.js").Field, fork: import("../parts/controls.jsx").Fork, around: import("../parts/controls.jsx").Around}} props between which versions somebody chose, or out of which they made what is sent */
function Settled({ field, fork, around }) {
  return (
    <>
      <p>{sayForm.settles(countOf(fork))}</p>
      <Parted field={field} fork={fork} around={around} />
    </>
  );
}

/** What is added comes first: it is what the worker came for. @param {Definition} definition */
const laterFirst = ({ sections }) => [...sections].sort((a, b) => Number(b.later === "only") - Number(a.later === "only"));

/**
 * A change takes away the complaint about that answer at once; nobody should read that something is missing while typing it.
 *
 * @param {ReturnType<typeof useDraft>} held
 * @param {string} name
 * @param {any} value
 * @param {string | undefined} chosen
 * @param {Problem[]} wrong
 * @param {(problems: Problem[]) => void} setWrong
 */
function change(held, name, value, chosen, wrong, setWrong) {
  held.change(name, value, chosen);
  if (wrong.some((problem) => problem.at === name)) setWrong(wrong.filter((problem) => problem.at !== name));
}

/** @param {any} record @returns {any} the newest review, when it is a question nothing has answered yet */
export function openQuestion(record) {
  const last = record?.reviews?.[record.reviews.length - 1];
  return last?.decision === "question" ? last : undefined;
}
