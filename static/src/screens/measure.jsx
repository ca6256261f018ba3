/** A questionnaire: who and how, the phone handed over for the questions, handed back for what the worker alone sees. */
import { useEffect, useState } from "preact/hooks";
import { focusOn, go, later, now } from "../page.js";
import { around, useFamily } from "../parts/around.js";
import { Button, Form, Private, Save, Trouble } from "../parts/basic.jsx";
import { hide, isGuarded } from "../parts/curtain.js";
import { beginDraft, useDraft } from "../parts/draft.js";
import { vocabulariesOf } from "../parts/fields.js";
import { DraftFoot, DraftSaid, Problems, Sections, shownIds } from "../parts/form.jsx";
import { Frame, Gone, Onward, Opening } from "../parts/frame.jsx";
import { Icon } from "../parts/icons.jsx";
import { paperProblem, toFillIn } from "../parts/measured.js";
import { Scores } from "../parts/scores.jsx";
import { ask, handedOver, useAsked } from "../parts/told.js";
import { LeftOut } from "../parts/versions.jsx";
import { problems } from "../practice/forms.js";
import { itemsOf } from "../practice/questionnaire.js";
import { dayOf } from "../words/dates.js";
import { dueOn } from "../words/family.js";
import * as sayForm from "../words/form.js";
import * as sayMeasure from "../words/measure.js";
import { Item, Page, PaperScore } from "./questions.jsx";

/** @import { Problem } from "../parts/shapes.js" */

/** What the phone itself fills in, or the worker never types. */
const OWN = new Set([
  "answered_by_name",
  "measure",
  "measure_hash",
  "answers",
  "score_only",
  "scores",
  "no_score_reason",
  "risk_shown",
  "risk_items",
]);

/** @param {{casefile: string}} props which questionnaire */
export function Measures({ casefile }) {
  const { answer: family, error: gone } = useFamily(casefile);
  const { answer, error } = useAsked("measures");
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  if (!answer || !family)
    return <Opening title={sayMeasure.pick} back={`family/${casefile}`} family={family} error={error ?? gone} />;
  /** @type {any[]} */
  const all = answer;
  const begin = async (/** @type {any} */ one) => {
    setRefused(null);
    try {
      const preset = {
        measure: one.id,
        ...(one.hash && { measure_hash: one.hash }),
        ...(!one.has_text && { entry: "score_only" }),
      };
      const { slot } = await beginDraft({ casefile, schema: "measure-response.1", preset });
      go(`family/${casefile}/measure/${slot}`);
    } catch (refusal) {
      setRefused(refusal);
    }
  };
  /** @type {Map<string, {on: string, late: boolean}>} */
  const due = new Map();
  for (const one of family.due ?? []) if (one.what === "measure" && !due.has(one.subject)) due.set(one.subject, one);
  // What this family’s programme asks for comes first: nobody should look for it among twenty others.
  const on = all.filter((one) => one.on !== false).sort((a, b) => Number(due.has(b.id)) - Number(due.has(a.id)));
  const off = all.filter((one) => one.on === false);
  return (
    <Frame title={sayMeasure.pick} back={`family/${casefile}`} family={family}>
      <Trouble error={refused} />
      <Form class="app-picks">
        {on.map((one) => (
          <button key={one.id} type="button" class="app-pick" onClick={() => void begin(one)}>
            <Icon name="measure" />
            <span>
              {one.title}
              {!one.has_text && <small>{sayMeasure.paper_only}</small>}
              <DueOn due={due.get(one.id)} />
            </span>
          </button>
        ))}
      </Form>
      {off.length > 0 && (
        <details class="govuk-details">
          <summary class="govuk-details__summary">
            <span class="govuk-details__summary-text">{sayMeasure.off(off.length)}</span>
          </summary>
          <div class="govuk-details__text">
            <p>{sayMeasure.off_why}</p>
            <ul class="govuk-list govuk-list--bullet">
              {off.map((one) => (
                <li key={one.id}>{one.title}</li>
              ))}
            </ul>
          </div>
        </details>
      )}
    </Frame>
  );
}

/** @param {{due?: {on: string, late: boolean}}} props */
const DueOn = ({ due }) => (due ? <small>{dueOn(due.on, due.late, now())}</small> : null);

/** @param {{casefile: string, slot: string, step: string}} props */
export function Measure({ casefile, slot, step }) {
  const { answer: family, error: gone } = useFamily(casefile);
  const held = useDraft(slot, (_, fields) => ({ completed_on: dayOf(now()), ...fields }));
  const { draft, fields, error } = held;
  const definition = draft?.definition;
  const vocabularies = vocabulariesOf(definition);
  const measure = useMeasure(fields.measure);
  const [at, setAt] = useState(0);
  const [wrong, setWrong] = useState(/** @type {Problem[]} */ ([]));
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  const [result, setResult] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const [anew, setAnew] = useState(false);
  const isPaper = fields.entry === "score_only";
  const home = `family/${casefile}`;
  const here = `${home}/measure/${slot}`;

  /** Scores on the phone what stands there now. @returns {Promise<boolean>} whether other scores stood beside it */
  const fill = async () => {
    const typed = held.current();
    const told =
      typed.entry === "score_only" ? null : await ask("score", { measure: typed.measure, answers: typed.answers ?? {} });
    setResult(told);
    const due = toFillIn(typed, told);
    for (const [name, value] of due) held.change(name, value);
    return told !== null && due.length > 0;
  };
  // Whoever came back to the answers may come here again without having had them scored.
  useEffect(() => {
    setAnew(false);
    if (step === "result" && fields.measure) fill().then(setAnew, setRefused);
  }, [step, fields.measure]);

  if (error) return <Gone error={error} home={home} family={family} />;
  if (!family || !definition || !measure) return <Opening back={home} family={family} error={gone} />;

  const items = itemsOf(measure);
  const answers = fields.answers ?? {};
  const context = { ...around(family, [], vocabularies), problems: wrong };
  const title = measure.title ?? sayMeasure.pick;
  const said = <DraftSaid kept_at={held.kept_at} error={held.keep_error} />;
  const judge = (/** @type {(name: string) => boolean} */ mine) => {
    const found = problems(definition, held.current(), vocabularies).filter((problem) => mine(problem.at.split("/")[0]));
    setWrong(found);
    if (found.length) later(() => focusOn("#problems"), 0);
    return found.length === 0;
  };
  const change = (/** @type {string} */ name, /** @type {any} */ value) => {
    held.change(name, value);
    if (name === "answered_by") held.change("answered_by_name", context.people.find((person) => person.id === value)?.name);
    setWrong(wrong.filter((problem) => problem.at !== name));
  };
  const answer = (/** @type {string} */ item, /** @type {any} */ value) => {
    const { [item]: _, ...rest } = held.current().answers ?? {};
    held.change("answers", value === undefined ? rest : { ...rest, [item]: value });
  };

  const isPaperWrong = () => {
    const reason = isPaper && paperProblem(measure, held.current().score_only);
    if (reason) setWrong([{ at: "score_only", reason }]);
    return Boolean(reason);
  };

  /** What a risk answer asks of the worker is shown only now that the phone is back. */
  const scored = async () => {
    if (isPaperWrong()) return focusOn("#paper-score");
    setRefused(null);
    try {
      await fill();
      await held.keep();
      // A question left by the browser’s Back would come back with its Forward: this screen takes its place.
      go(`${here}/result`, { replace: handedOver.value !== null });
      handedOver.value = null;
    } catch (refusal) {
      setRefused(refusal);
    }
  };

  const send = async () => {
    if (busy) return;
    if (isPaperWrong()) return go(`${here}/paper`);
    setBusy(true);
    setRefused(null);
    try {
      if (await fill()) setAnew(true);
      else if (judge(() => true))
        return await held.send(home, (typed) => ({
          fields: typed,
          mode: typed.entry === "here" ? (typed.mode ?? "") : "paper",
        }));
    } catch (refusal) {
      setRefused(refusal);
    }
    setBusy(false);
  };

  const hand = (/** @type {"items" | "back"} */ to) => {
    handedOver.value = { casefile, slot, step: to };
  };
  const start = () => {
    setAt(0);
    hand("items");
  };

  if (step === "give")
    return (
      <Frame title={sayMeasure.give_title} back={here} family={family} step="give" said={said}>
        <p class="govuk-body-l">{sayMeasure.give(fields.mode === "read_aloud")}</p>
        <Form onSubmit={start}>
          <Button submit>{sayMeasure.start}</Button>
        </Form>
      </Frame>
    );

  if (handedOver.value && step === "items")
    return (
      <Item
        measure={measure}
        item={items[at]}
        at={at}
        count={items.length}
        value={answers[items[at].id]}
        change={(value) => answer(items[at].id, value)}
        next={() => {
          if (at + 1 < items.length) return setAt(at + 1);
          void held.keep();
          hand("back");
        }}
        before={at > 0 ? () => setAt(at - 1) : undefined}
        stop={() => {
          void held.keep();
          hand("back");
        }}
      />
    );

  if (handedOver.value)
    return (
      <Frame title={sayMeasure.back_title} bare step="back">
        <p class="govuk-body-l">{sayMeasure.back}</p>
        <Trouble error={refused} />
        <Form
          onSubmit={() => {
            // Whoever holds the phone may press this: where there is something to lift it with, the scores come up behind a hidden screen.
            if (isGuarded()) hide();
            void scored();
          }}
        >
          <Button submit>{sayMeasure.is_back}</Button>
        </Form>
      </Frame>
    );

  if (step === "paper")
    return (
      <Frame title={title} back={here} family={family} step="paper" said={said}>
        <Trouble error={refused} />
        <Form onSubmit={() => void scored()}>
          {isPaper ? (
            <PaperScore
              measure={measure}
              value={fields.score_only}
              change={(value) => held.change("score_only", value)}
              error={wrong.find((problem) => problem.at === "score_only")?.reason}
              on={fields.completed_on}
            />
          ) : (
            <Page measure={measure} answers={answers} change={answer} />
          )}
          <Button submit>{sayForm.go_on}</Button>
        </Form>
        <DraftFoot error={held.keep_error} again={() => void held.keep()} />
      </Frame>
    );

  if (step === "result") {
    const risk = definition.sections.filter((/** @type {any} */ section) => section.worker_only);
    const asked = shownIds(definition, fields, false);
    const shown = new Set([...asked].filter((id) => !OWN.has(id)));
    return (
      <Frame title={sayMeasure.result_title} family={family} step="result" said={said}>
        <Form onSubmit={() => void send()}>
          <Problems definition={definition} problems={wrong} />
          <Trouble error={refused} />
          <p class="govuk-body">
            {title}
            {" · "}
            <Private>{fields.answered_by_name}</Private>
          </p>
          {anew && (
            <p class="govuk-inset-text" role="alert">
              {sayMeasure.scored_anew}
            </p>
          )}
          <Scores measure={measure} scores={fields.scores} paper={isPaper ? fields.score_only : undefined} />
          <Missing
            items={items}
            unscored={measure.scoring?.unscored ?? []}
            answers={answers}
            entry={fields.entry}
            scores={fields.scores}
            reason={result?.reason}
          />
          {fields.risk_shown === "yes" && (
            <Risk measure={measure} items={items} found={fields.risk_items ?? []} answers={answers} />
          )}
          <Sections sections={risk} shown={shown} fields={fields} around={context} change={change} />
          <LeftOut definition={definition} sections={risk} shown={asked} fields={fields} around={context} />
          <div class="app-actions">
            <Save busy={busy}>{sayForm.save_and_send}</Save>
            {fields.entry === "here" ? (
              <Button kind="secondary" onClick={start}>
                {sayMeasure.look_again}
              </Button>
            ) : (
              <Onward kind="secondary" to={`${here}/paper`}>
                {sayMeasure.look_again}
              </Onward>
            )}
          </div>
        </Form>
        <DraftFoot error={held.keep_error} again={() => void held.keep()} />
      </Frame>
    );
  }

  const who = definition.sections.filter((/** @type {any} */ section) => section.id === "who");
  const shown = new Set([...shownIds(definition, fields, false)].filter((id) => !OWN.has(id)));
  return (
    <Frame title={title} back={home} family={family} said={said}>
      <Form
        onSubmit={() => {
          if (!judge((name) => who[0].fields.some((/** @type {any} */ field) => field.id === name) && !OWN.has(name))) return;
          void held.keep();
          go(fields.entry === "here" ? `${here}/give` : `${here}/paper`);
        }}
      >
        <Problems definition={definition} problems={wrong} />
        <Sections sections={who} shown={shown} fields={fields} around={context} change={change} />
        <Button submit>{sayForm.go_on}</Button>
        <DraftFoot error={held.keep_error} again={() => void held.keep()} discard={() => void held.discard(home)} />
      </Form>
    </Frame>
  );
}

/** @param {string | undefined} id */
export function useMeasure(id) {
  const { answer } = useAsked(id ? "measure" : "status", id ? { id } : {});
  return id && answer?.item ? answer : null;
}

/** @param {{items: any[], unscored: string[], answers: Record<string, any>, entry: string, scores: any[], reason?: string}} props */
function Missing({ items, unscored, answers, entry, scores, reason }) {
  if (entry === "score_only") return null;
  const open = items.filter(
    (item) =>
      typeof answers[item.id] !== "number" && item.type !== "text" && item.type !== "string" && !unscored.includes(item.id),
  );
  if (open.length === 0) return null;
  const without = (scores ?? []).some((score) => score.value === null);
  return (
    <div class="govuk-inset-text">
      <p>{sayMeasure.missing(open.map((item) => item.number || item.id))}</p>
      <p>{reason === "no_score_rule" ? sayMeasure.no_rule : without ? sayMeasure.no_score : sayMeasure.estimated}</p>
    </div>
  );
}

/** @param {{measure: any, items: any[], found: string[], answers: Record<string, any>}} props for the worker only */
function Risk({ measure, items, found, answers }) {
  const { answer } = useAsked("measures");
  const responds = (answer ?? []).find(
    (/** @type {any} */ one) => one.id === `${measure.id}@${measure.version}` || one.id === measure.id,
  )?.responds;
  return (
    <div class="app-risk" role="region" aria-label={sayMeasure.risk_title}>
      <h2 class="govuk-heading-m">
        <Icon name="alert" /> {sayMeasure.risk_title}
      </h2>
      {found.map((id) => {
        const item = items.find((one) => one.id === id);
        const choice = item?.choices.find((/** @type {any} */ one) => one.value === answers[id]);
        return <p key={id}>{sayMeasure.risk_answer(item?.number ?? id, choice?.label ?? String(answers[id]))}</p>;
      })}
      <p>{sayMeasure.risk_do}</p>
      <p>{responds?.who ? sayMeasure.responds(responds.who, responds.how) : sayMeasure.responds_nobody}</p>
    </div>
  );
}
