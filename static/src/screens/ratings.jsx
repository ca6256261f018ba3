/** Goals rated 0 to 10 by those whose goals they are: three goals, two raters, one thumb, one screen. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { go, now, onLeaving } from "../page.js";
import { peopleOf, useFamily } from "../parts/around.js";
import { Button, Form, Private, Trouble, TYPING } from "../parts/basic.jsx";
import { Steps } from "../parts/controls.jsx";
import { draftsOf } from "../parts/draft.js";
import { DraftFoot, DraftSaid } from "../parts/form.jsx";
import { Frame, Onward, Opening } from "../parts/frame.jsx";
import { GoalSection } from "../parts/goal.jsx";
import { personOf } from "../parts/people.js";
import { keyOf, ratingDrafts } from "../parts/rating.js";
import { save, spoken, useAsked } from "../parts/told.js";
import { Typed } from "../parts/typed.jsx";
import { dayOf, longDay } from "../words/dates.js";
import * as sayFrame from "../words/frame.js";
import * as sayRatings from "../words/ratings.js";

/** @import { Goal, Person } from "../parts/shapes.js" */

/** @param {{casefile: string}} props */
export function Ratings({ casefile }) {
  const { answer: family, error: gone } = useFamily(casefile);
  const { answer: goals, error } = useAsked("goals", { casefile });
  const [typed, setTyped] = useState(/** @type {Record<string, any>} */ ({}));
  const [kept, setKept] = useState(/** @type {{at?: string, error?: any}} */ ({}));
  const [extra, setExtra] = useState(/** @type {Record<string, string[]>} */ ({}));
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const [day, setDay] = useState(dayOf(now()));
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
  const asked = (goals ?? []).filter(
    (/** @type {any} */ goal) =>
      goal.kind !== "bottom_line" &&
      goal.bottom_line !== "yes" &&
      !["achieved", "changed", "dropped", "paused"].includes(goal.status ?? ""),
  );
  const count = Object.values(typed).filter((fields) => typeof fields?.value === "number").length;

  const change = (
    /** @type {Goal} */ goal,
    /** @type {Person} */ rater,
    /** @type {string} */ name,
    /** @type {any} */ value,
  ) => {
    const preset = { goal: goal.record, ...(rater.id && { rater: rater.id }), rater_name: rater.name, rated_on: day };
    drafts.change(keyOf(goal.record, rater.id || rater.name), preset, name, value).catch(setRefused);
  };
  const send = async () => {
    if (busy) return;
    if (count === 0) return setRefused({ code: "nothing_rated" });
    setBusy(true);
    setRefused(null);
    try {
      for (const { key, slot, keeper } of await drafts.all()) {
        const fields = keeper.fields();
        if (typeof fields.value !== "number") continue;
        await keeper.keep();
        await save({ slot, fields: { ...fields, rated_on: day }, mode: "together" });
        await keeper.end();
        drafts.drop(key);
        setTyped(({ [key]: _, ...rest }) => rest);
      }
      spoken.value = sayRatings.saved(count);
      go(`${home}/goals`, { replace: true });
    } catch (refusal) {
      setRefused(refusal);
      setBusy(false);
    }
  };

  return (
    <Frame
      title={sayRatings.title}
      back={home}
      family={family}
      said={(kept.at || kept.error) && <DraftSaid kept_at={kept.at} error={kept.error} />}
    >
      <Trouble error={error ?? refused} />
      {asked.length === 0 && (
        <>
          <p class="govuk-body">{sayRatings.none}</p>
          <Onward to={`${home}/goals`}>{sayRatings.to_goals}</Onward>
        </>
      )}
      <Form onSubmit={() => void send()}>
        {asked.map((/** @type {Goal} */ goal) => {
          const raters = ratersOf(goal, people, extra[goal.record] ?? []);
          const others = people.filter((person) => !raters.some((rater) => rater.id === person.id) && !person.due_on);
          return (
            <GoalSection key={goal.record} goal={goal}>
              {raters.map((rater) => (
                <Rating
                  key={rater.id || rater.name}
                  goal={goal}
                  rater={rater}
                  fields={typed[keyOf(goal.record, rater.id || rater.name)] ?? {}}
                  change={(name, value) => change(goal, rater, name, value)}
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
        {asked.length > 0 && (
          <>
            <div class="govuk-form-group">
              <label class="govuk-label govuk-label--s" for="rated-on">
                {sayRatings.day}
              </label>
              <input
                {...TYPING}
                class="govuk-input app-date"
                type="date"
                id="rated-on"
                value={day}
                onInput={(event) => setDay(event.currentTarget.value || dayOf(now()))}
              />
            </div>
            <div class="app-actions">
              <Button submit busy={busy}>
                {sayRatings.save(count)}
              </Button>
            </div>
            <DraftFoot error={kept.error} again={() => void drafts.keep()} />
          </>
        )}
      </Form>
    </Frame>
  );
}

/** Those who rated it before; for a new goal its owner. @param {Goal} goal @param {Person[]} people @param {string[]} extra @returns {Person[]} */
function ratersOf(goal, people, extra) {
  const named = [
    ...goal.series.map((one) => ({ id: one.rater, name: one.rater_name })),
    .../** @type {any[]} */ (goal.raters ?? []).map((one) => ({ id: one.person, name: one.name })),
  ].map((one) => personOf(one, people));
  const first = named.length ? named : goal.owner ? [personOf(goal.owner, people)] : [];
  const added = extra.map((id) => personOf(id, people));
  return [...first, ...added].filter(
    (one, order, all) => all.findIndex((each) => (each.id || each.name) === (one.id || one.name)) === order,
  );
}

/** @param {{goal: Goal, rater: Person, fields: any, change: (name: string, value: any) => void}} props */
function Rating({ goal, rater, fields, change }) {
  const series = goal.series.find((one) => (one.rater ? one.rater === rater.id : one.rater_name === rater.name));
  const last = series?.points[series.points.length - 1];
  const id = `rate-${goal.record}-${rater.id || "other"}`;
  return (
    <fieldset class="govuk-fieldset app-rating">
      <legend class="govuk-fieldset__legend govuk-fieldset__legend--s">
        <Private instead={rater.relation || sayFrame.hidden}>
          <bdi>{rater.name}</bdi>
        </Private>
      </legend>
      <Steps
        id={id}
        low={0}
        high={10}
        value={fields.value}
        change={(value) => change("value", value)}
        ends={[sayRatings.low, sayRatings.high]}
      />
      {typeof fields.value === "number" && (
        <>
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
