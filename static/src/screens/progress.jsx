/** How goals and questionnaires moved: a picture, the numbers beside it, and the change in words. */
import { useState } from "preact/hooks";
import { around, begin, peopleOf, useFamily } from "../parts/around.js";
import { Button, Form, Link, Private, Trouble } from "../parts/basic.jsx";
import { Chart } from "../parts/chart.jsx";
import { Frame, Onward, Opening } from "../parts/frame.jsx";
import { GoalSection } from "../parts/goal.jsx";
import { whoIs } from "../parts/in-text.js";
import { nameOf } from "../parts/people.js";
import { useAsked } from "../parts/told.js";
import * as sayFamily from "../words/family.js";
import * as sayGoals from "../words/goals.js";
import * as sayMeasure from "../words/measure.js";
import * as sayResults from "../words/results.js";
import { changeInWords } from "../words/results.js";
import { Tabs } from "./family.jsx";
import { useMeasure } from "./measure.jsx";

/** @import { Goal } from "../parts/shapes.js" */

/** @param {{casefile: string}} props */
export function Goals({ casefile }) {
  const { answer: family, error: gone } = useFamily(casefile);
  const { answer: goals, error } = useAsked("goals", { casefile }, ["record", "caseload", "outbox"]);
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  if (!family || (!goals && !error)) return <Opening title={sayGoals.title} back="" family={family} error={gone} />;
  const people = peopleOf(family);
  const start = (/** @type {string|undefined} */ record) => begin(casefile, "goal.1", record ? { record } : {}).catch(setRefused);
  return (
    <Frame title={sayGoals.title} back="" back_label={sayFamily.all} family={family}>
      <Tabs casefile={casefile} part="goals" />
      <Trouble error={error ?? refused} />
      <div class="app-actions">
        {goals?.length > 0 && <Onward to={`family/${casefile}/rate`}>{sayFamily.rate}</Onward>}
        <Form>
          <Button kind="secondary" onClick={() => void start(undefined)}>
            {sayGoals.add}
          </Button>
        </Form>
      </div>
      {goals?.length === 0 && <p class="govuk-body">{sayGoals.none}</p>}
      {goals?.map((/** @type {Goal} */ goal) => (
        <GoalSection key={goal.record} goal={goal}>
          {goal.owner !== undefined && (
            <p class="govuk-hint">
              <Private>{sayGoals.owner(whoIs(goal.owner, around(family, [], {})))}</Private>
            </p>
          )}
          <Chart
            title={sayGoals.chart}
            low={0}
            high={10}
            baseline={ownFirst(goal)[0]?.points[0]?.value}
            band={3}
            series={ownFirst(goal).map((one) => ({
              label: raterOf(one, people),
              points: one.points.map((point) => ({ on: point.on, value: point.value, note: point.comment })),
            }))}
          />
          <ul class="govuk-list">
            {goal.change?.map((one) => (
              <li key={raterOf(one, people)}>
                <Private instead={changeInWords(one.class)}>
                  {sayGoals.change(raterOf(one, people), one.first, one.last, changeInWords(one.class))}
                </Private>
              </li>
            ))}
          </ul>
          <p>
            <Link to={`record/${goal.record}`}>{sayGoals.whole}</Link>
          </p>
          <Form>
            <Button kind="link" onClick={() => void start(goal.record)}>
              {sayGoals.edit}
            </Button>
          </Form>
        </GoalSection>
      ))}
    </Frame>
  );
}

/** The line of whose goal it is comes first, and the band lies round its first rating. @param {Goal} goal */
const ownFirst = (goal) => [...goal.series].sort((a, b) => Number(b.rater === goal.owner) - Number(a.rater === goal.owner));

/** @param {{rater?: string, rater_name?: string}} one @param {import("../parts/shapes.js").Person[]} people */
const raterOf = (one, people) => one.rater_name || nameOf(one.rater, people);

/** @param {{casefile: string}} props */
export function Results({ casefile }) {
  const { answer: family, error: gone } = useFamily(casefile);
  const { answer: results, error } = useAsked("results", { casefile }, ["record", "caseload", "outbox"]);
  if (!family || (!results && !error)) return <Opening title={sayResults.title} back="" family={family} error={gone} />;
  return (
    <Frame title={sayResults.title} back="" back_label={sayFamily.all} family={family}>
      <Tabs casefile={casefile} part="results" />
      <Trouble error={error} />
      <div class="app-actions">
        <Onward to={`family/${casefile}/measures`}>{sayFamily.measure}</Onward>
      </div>
      {results?.length === 0 && <p class="govuk-body">{sayResults.none}</p>}
      {results?.map((/** @type {any} */ one) => (
        <Result key={`${one.measure}-${one.person}-${one.about}`} told={one} family={family} />
      ))}
    </Frame>
  );
}

/** @param {{told: any, family: any}} props */
function Result({ told, family }) {
  const context = around(family, [], {});
  const measure = useMeasure(told.measure);
  const rules = measure?.scoring?.scores ?? [];
  const primary = measure?.scoring?.primary;
  const ids = [...new Set(told.points.flatMap((/** @type {any} */ point) => scoresOf(point).map((score) => score.id)))];
  const shown = rules.length > 0 && rules.length <= 4 ? ids : ids.filter((id) => !primary || id === primary);
  return (
    <section class="app-section">
      <h2 class="govuk-heading-m">
        {told.title}
        {" · "}
        <Private>
          <bdi>{told.person_name || whoIs(told.person, context)}</bdi>
          {told.about && ` · ${sayMeasure.about(whoIs(told.about, context))}`}
        </Private>
      </h2>
      {(shown.length ? shown : ids).map((id) => {
        const rule = rules.find((/** @type {any} */ one) => one.id === id);
        const points = told.points.flatMap((/** @type {any} */ point) =>
          scoresOf(point)
            .filter((score) => score.id === id && score.value !== null && score.value !== undefined)
            .map((score) => ({
              on: point.on,
              value: Number(score.value),
              note: [
                score.band,
                score.prorated && sayMeasure.estimated_short(score.missing?.length ?? 1),
                point.score_only && sayMeasure.from_paper,
              ]
                .filter(Boolean)
                .join(", "),
            })),
        );
        const title = rules.length > 1 && rule ? rule.title : told.title;
        return (
          <div key={id}>
            {rules.length > 1 && rule && <h3 class="govuk-heading-s">{rule.title}</h3>}
            <Chart
              title={sayResults.chart(title)}
              low={rule?.min ?? 0}
              high={rule?.max ?? Math.max(10, ...points.map((/** @type {any} */ point) => point.value))}
              series={[{ label: title, points }]}
              bands={bandsOf(rule)}
            />
          </div>
        );
      })}
      {told.change?.scores
        .filter((/** @type {any} */ one) => ids.includes(one.id) && one.result !== "not_classed")
        .map((/** @type {any} */ one) => (
          <p class="govuk-body" key={one.id}>
            {rules.length > 1 && `${rules.find((/** @type {any} */ rule) => rule.id === one.id)?.title}: `}
            {sayResults.change(one.first, one.last, changeInWords(one.result))}
          </p>
        ))}
      <p>
        {told.points.map((/** @type {any} */ point) =>
          point.record ? (
            <Link key={point.record} to={`record/${point.record}`} class="govuk-link app-point">
              {sayResults.open(point.on)}
            </Link>
          ) : null,
        )}
      </p>
    </section>
  );
}

/** @param {any} point @returns {any[]} the scores of that day, with range and estimate where the phone worked them out */
function scoresOf(point) {
  return point.scores.map((/** @type {any} */ score) => ({
    ...point.bands?.find((/** @type {any} */ one) => one.id === score.id),
    ...score,
  }));
}

/** @param {any} rule @returns {{from: number, to: number, label: string}[]} */
export function bandsOf(rule) {
  const bands = rule?.bands ?? [];
  return bands.map((/** @type {any} */ band, /** @type {number} */ order) => ({
    from: Number(band.from),
    to: order + 1 < bands.length ? Number(bands[order + 1].from) - 1 : rule.max,
    label: band.label,
  }));
}
