/** Goals rated 0 to 10 by those whose goals they are: three goals, two raters, one thumb, one screen. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { go, now, onLeaving } from "../page.js";
import { peopleOf, useFamily } from "../parts/around.js";
import { Form, Private, Save, Trouble, TYPING } from "../parts/basic.jsx";
import { Steps } from "../parts/controls.jsx";
import { draftsOf } from "../parts/draft.js";
import { DraftFoot, DraftSaid } from "../parts/form.jsx";
import { Frame, Onward, Opening } from "../parts/frame.jsx";
import { GoalSection } from "../parts/goal.jsx";
import { daysOf, isRated, ratingDrafts, readyIn, rowsOf } from "../parts/rating.js";
import { save, spoken, useAsked } from "../parts/told.js";
import { Typed } from "../parts/typed.jsx";
import { dayOf, longDay } from "../words/dates.js";
import * as sayFrame from "../words/frame.js";
import * as sayRatings from "../words/ratings.js";

/** @import { Row } from "../parts/rating.js" */
/** @import { Goal } from "../parts/shapes.js" */

/** @param {{casefile: string}} props */
export function Ratings({ casefile }) {
  const { answer: family, error: gone } = useFamily(casefile);
  const { answer: goals, error } = useAsked("goals", { casefile });
  const [typed, setTyped] = useState(/** @type {Record<string, any>} */ ({}));
  const [kept, setKept] = useState(/** @type {{at?: string, error?: any}} */ ({}));
  const [extra, setExtra] = useState(/** @type {Record<string, string[]>} */ ({}));
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  /** Chosen by hand; else it is the day of each number. */
  const [day, setDay] = useState(/** @type {string | undefined} */ (undefined));
  const drafts = useMemo(
    () =>
      ratingDrafts(casefile, (key, told) => {
        setTyped((was) => ({ ...was, [key]: told.fields }));
        if (told.kept_at || told.error !== undefined) setKept((was) => ({ at: told.kept_at ?? was.at, error: told.error }));
      }),
    [casefile],
  );
  useEffect(() => {
    const off = onLeaving(drafts.keep);
    return () => {
      off();
      void drafts.leave();
    };
  }, [drafts]);
  const waiting = family ? draftsOf(family).filter((draft) => draft.schema === "rating.1") : [];
  const waitingKey = waiting.map((/** @type {any} */ draft) => draft.slot).join();
  useEffect(() => {
    for (const { slot } of waiting) drafts.resume(slot).catch(() => {});
  }, [waitingKey]);

  const home = `family/${casefile}`;
  if (!family || (!goals && !error)) return <Opening title={sayRatings.title} back="" family={family} error={gone} />;
  const people = peopleOf(family);
  /** @type {{goal: Goal, rows: Row[]}[]} */
  const shown = (goals ?? [])
    .map((/** @type {Goal} */ goal) => ({ goal, rows: rowsOf(goal, people, extra[goal.record] ?? [], typed) }))
    .filter((/** @type {{goal: Goal, rows: Row[]}} */ { goal, rows }) => isRated(goal) || rows.length > 0);
  const ready = shown.flatMap(({ rows }) => readyIn(rows, typed));
  const days = daysOf(ready, typed);
  const isOneDay = days.length < 2;
  const shownDay = isOneDay ? (days[0] ?? day ?? dayOf(now())) : "";

  const change = (
    /** @type {Goal} */ goal,
    /** @type {Row} */ { key, person },
    /** @type {string} */ name,
    /** @type {any} */ value,
  ) => {
    const preset = {
      goal: goal.record,
      ...(person.id && { rater: person.id }),
      rater_name: person.name,
      rated_on: day ?? dayOf(now()),
    };
    drafts.change(key, preset, name, value).catch(setRefused);
  };
  const changeDay = (/** @type {string} */ value) => {
    setDay(value);
    drafts.changeAll("rated_on", value).catch(setRefused);
  };
  const send = async () => {
    if (busy) return;
    if (ready.length === 0) return setRefused({ code: "nothing_rated" });
    if (days.includes("")) return setRefused({ code: "no_day" });
    setBusy(true);
    setRefused(null);
    const raters = new Map(ready.map(({ key, person }) => [key, person.id]));
    let sent = 0;
    let refusal = null;
    const begun = await drafts.all().catch((error) => {
      refusal = error;
      return [];
    });
    for (const { key, slot, keeper } of begun) {
      const rater = raters.get(key);
      if (!rater) continue;
      try {
        await keeper.keep();
        await save({ slot, fields: { ...keeper.fields(), rater }, mode: "together" });
        await keeper.end();
        drafts.drop(key);
        setTyped(({ [key]: _, ...rest }) => rest);
        sent += 1;
      } catch (error) {
        // One that is refused keeps none of the others back.
        refusal = error;
      }
    }
    if (sent) spoken.value = sayRatings.saved(sent);
    if (!refusal) return go(`${home}/goals`, { replace: true });
    setRefused(refusal);
    setBusy(false);
  };

  return (
    <Frame
      title={sayRatings.title}
      back={home}
      family={family}
      said={(kept.at || kept.error) && <DraftSaid kept_at={kept.at} error={kept.error} />}
    >
      <Trouble error={error ?? refused} />
      {shown.length === 0 && (
        <>
          <p class="govuk-body">{sayRatings.none}</p>
          <Onward to={`${home}/goals`}>{sayRatings.to_goals}</Onward>
        </>
      )}
      <Form onSubmit={() => void send()}>
        {shown.map(({ goal, rows }) => {
          const others = isRated(goal)
            ? people.filter(({ id, due_on }) => !rows.some(({ person }) => person.id === id) && !due_on)
            : [];
          return (
            <GoalSection key={goal.record} goal={goal}>
              {!isRated(goal) && <p class="govuk-body">{sayRatings.ended}</p>}
              {rows.map((row, order) => (
                <Rating
                  key={row.key}
                  id={`rate-${goal.record}-${order}`}
                  goal={goal}
                  rater={row.person}
                  fields={typed[row.key] ?? {}}
                  isOneDay={isOneDay}
                  change={(name, value) => change(goal, row, name, value)}
                />
              ))}
              {others.length > 0 && (
                <details class="govuk-details">
                  <summary class="govuk-details__summary">
                    <span class="govuk-details__summary-text">{sayRatings.someone}</span>
                  </summary>
                  <div class="govuk-details__text app-more">
                    {others.map((person) => (
                      <button
                        key={person.id}
                        type="button"
                        class="app-chip"
                        onClick={() => setExtra((was) => ({ ...was, [goal.record]: [...(was[goal.record] ?? []), person.id] }))}
                      >
                        <Private instead={person.relation || sayFrame.hidden}>{person.name}</Private>
                      </button>
                    ))}
                  </div>
                </details>
              )}
            </GoalSection>
          );
        })}
        {shown.length > 0 && (
          <>
            <div class="govuk-form-group">
              <label class="govuk-label govuk-label--s" for="rated-on">
                {sayRatings.day}
              </label>
              {!isOneDay && (
                <p class="govuk-hint" id="rated-on-hint">
                  {sayRatings.days}
                </p>
              )}
              <input
                {...TYPING}
                class="govuk-input app-date"
                type="date"
                id="rated-on"
                value={shownDay}
                aria-describedby={isOneDay ? undefined : "rated-on-hint"}
                onInput={(event) => changeDay(event.currentTarget.value)}
              />
            </div>
            <div class="app-actions">
              <Save busy={busy}>{sayRatings.save(ready.length)}</Save>
            </div>
            <DraftFoot error={kept.error} again={() => void drafts.keep()} />
          </>
        )}
      </Form>
    </Frame>
  );
}

/** @param {{id: string, goal: Goal, rater: import("../parts/shapes.js").Person, fields: any, isOneDay: boolean, change: (name: string, value: any) => void}} props */
function Rating({ id, goal, rater, fields, isOneDay, change }) {
  const series = goal.series.find((one) => (one.rater ? one.rater === rater.id : one.rater_name === rater.name));
  const last = series?.points[series.points.length - 1];
  const isGiven = typeof fields.value === "number";
  return (
    <fieldset class="govuk-fieldset app-rating">
      <legend class="govuk-fieldset__legend govuk-fieldset__legend--s">
        <Private instead={rater.relation || sayFrame.hidden}>
          <bdi>{rater.name}</bdi>
        </Private>
      </legend>
      {!rater.id && <p class="govuk-body">{isGiven ? sayRatings.unlisted_given : sayRatings.unlisted}</p>}
      {(rater.id || isGiven) && (
        <Steps
          id={id}
          low={0}
          high={10}
          value={fields.value}
          change={(value) => change("value", value)}
          ends={[sayRatings.low, sayRatings.high]}
        />
      )}
      {isGiven && (
        <>
          {!isOneDay && fields.rated_on && <p class="govuk-hint">{sayRatings.on(longDay(fields.rated_on))}</p>}
          {/* The last number stays hidden until this one is given: it would pull the answer towards itself. */}
          <p class="govuk-hint">{last ? sayRatings.last(last.value, longDay(last.on)) : sayRatings.first}</p>
          <label class="govuk-label" for={`${id}-why`}>
            {sayRatings.why}
          </label>
          <Typed id={`${id}-why`} value={fields.comment} change={(text) => change("comment", text)} />
        </>
      )}
    </fieldset>
  );
}
