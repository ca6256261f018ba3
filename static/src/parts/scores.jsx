/** Scores in words: the number, out of what, which range it falls in, whether it was estimated, who worked it out on paper, or that there is none. */

import * as sayMeasure from "../words/measure.js";
import { Private } from "./basic.jsx";

/** @param {{measure: any, scores?: any[], paper?: any}} props */
export function Scores({ measure, scores, paper }) {
  const rules = measure?.scoring?.scores ?? [];
  const rows = paper
    ? [{ id: paper.score_id ?? measure?.scoring?.primary, value: paper.score, band: paper.band, paper: true }]
    : (scores ?? []);
  if (rows.length === 0) return null;
  return (
    <ul class="app-scores">
      {rows.map((score) => {
        const rule = rules.find((/** @type {any} */ one) => one.id === score.id);
        return (
          <li key={score.id}>
            {(rules.length > 1 || !rule) && <span class="app-scores__title">{rule?.title ?? score.id}</span>}
            {score.value === null ? (
              <span class="app-scores__of">{sayMeasure.without_score}</span>
            ) : (
              <span class="app-scores__value">{score.value}</span>
            )}
            {rule && score.value !== null && <span class="app-scores__of">{sayMeasure.out_of(rule.max)}</span>}
            {score.band && <span class="app-scores__band">{score.band}</span>}
            {score.prorated && <span class="app-scores__of">{sayMeasure.estimated_short(score.missing?.length ?? 1)}</span>}
            {score.paper && <span class="app-scores__of">{sayMeasure.from_paper}</span>}
            {paper?.scored_by && (
              <span class="app-scores__of">
                {sayMeasure.worked_out_by}{" "}
                <Private>
                  <bdi>{paper.scored_by}</bdi>
                </Private>
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
