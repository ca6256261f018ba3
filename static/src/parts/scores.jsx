/** Scores in words: the number, out of what, which range it falls in, and whether it was estimated. */
import * as sayMeasure from "../words/measure.js";

/** @param {{measure: any, scores?: any[], paper?: any}} props */
export function Scores({ measure, scores, paper }) {
  const rules = measure?.scoring?.scores ?? [];
  const rows = paper
    ? [{ id: paper.score_id ?? measure?.scoring?.primary, value: paper.score, band: paper.band, paper: true }]
    : (scores ?? []).filter((score) => score.value !== null);
  if (rows.length === 0) return null;
  return (
    <ul class="app-scores">
      {rows.map((score) => {
        const rule = rules.find((/** @type {any} */ one) => one.id === score.id);
        return (
          <li key={score.id}>
            {(rules.length > 1 || !rule) && <span class="app-scores__title">{rule?.title ?? score.id}</span>}
            <span class="app-scores__value">{score.value}</span>
            {rule && <span class="app-scores__of">{sayMeasure.out_of(rule.max)}</span>}
            {score.band && <span class="app-scores__band">{score.band}</span>}
            {score.prorated && <span class="app-scores__of">{sayMeasure.estimated_short(score.missing?.length ?? 1)}</span>}
            {score.paper && <span class="app-scores__of">{sayMeasure.from_paper}</span>}
          </li>
        );
      })}
    </ul>
  );
}
