/** Goals and measures read as lines over time, for charts and the tables beside them. Pure but for the definitions it is handed. */
import { change, pairs, scoresOf } from "../practice/change.js";
import { series } from "../practice/goals.js";
import { mayBeUsed } from "../practice/measures.js";

/** @typedef {import("./vault.js").Brief} Brief */
/** @typedef {Brief & {fields: {[name: string]: any}}} Whole */

/** @param {Brief[]} briefs @returns {Whole[]} */
const withFields = (briefs) => briefs.flatMap((brief) => (brief.fields ? [{ ...brief, fields: brief.fields }] : []));

/**
 * What a list of measures says of one, and whom its risk answers are told. @param {string} id @param {string} hash @param {any} measure
 * @param {Record<string, {who: string, how: string}>} responders by id without version, as the office told it
 */
export const asMeasure = (id, hash, measure, responders) => ({
  id,
  hash,
  title: measure.title,
  on: mayBeUsed(measure, responders),
  responds: Object.hasOwn(responders, id.split("@")[0]) ? responders[id.split("@")[0]] : null,
  has_text: (measure.item ?? []).some((/** @type {{text?: string}} */ item) => Boolean(item.text)),
  score_only: !(measure.item ?? []).some((/** @type {{text?: string}} */ item) => Boolean(item.text)),
});

/** Goals of a family with each rater's line, never averaged. @param {Brief[]} given goals and ratings */
export function goalsOf(given) {
  const briefs = withFields(given);
  const goals = briefs.filter((brief) => brief.kind === "goal");
  const ratings = briefs.filter((brief) => brief.kind === "rating").sort((a, b) => (a.written_at < b.written_at ? -1 : 1));
  return goals.map(({ record, fields, standing, forked }) => {
    const own = ratings.filter((brief) => brief.fields.goal === record);
    const lines = series(own.map((brief) => /** @type {any} */ (brief.fields)));
    return {
      record,
      words: fields.agreed_words,
      owner: fields.owner,
      kind: fields.type,
      status: fields.status,
      bottom_line: fields.bottom_line,
      raters: fields.raters ?? [],
      standing,
      forked,
      series: lines.map(({ rater, rater_name, points }) => {
        const records = own
          .filter((brief) => brief.fields.rater === rater)
          .sort((a, b) => (a.fields.rated_on < b.fields.rated_on ? -1 : a.fields.rated_on > b.fields.rated_on ? 1 : 0));
        return { rater, rater_name, points: points.map((point, i) => ({ ...point, record: records[i]?.record })) };
      }),
      change: lines.map(({ rater, rater_name, baseline, latest, change: by, movement }) => ({
        rater,
        rater_name,
        first: baseline,
        last: latest,
        by,
        class: movement,
      })),
    };
  });
}

/** Results of measures as lines, one for each measure, who answered and whom it is about. @param {import("./definitions.js").Definitions} definitions @param {Brief[]} given */
export async function resultsOf(definitions, given) {
  const responses = withFields(given).sort((a, b) => (a.written_at < b.written_at ? -1 : 1));
  /** @type {Map<string, Whole[]>} */
  const groups = new Map();
  for (const brief of responses) {
    const { measure, answered_by, about } = brief.fields;
    const key = JSON.stringify([measure, answered_by ?? brief.fields.answered_by_name, about ?? null]);
    groups.set(key, [...(groups.get(key) ?? []), brief]);
  }
  return Promise.all(
    [...groups.values()].map(async (group) => {
      const { measure, answered_by, answered_by_name, about } = group[0].fields;
      const name = definitions.index().measures[measure];
      const definition = name ? await definitions.byHash(name).catch(() => null) : null;
      const pair = pairs(group.map((brief) => /** @type {any} */ (brief.fields))).at(0);
      return {
        measure,
        title: definition?.title ?? measure,
        person: answered_by ?? null,
        person_name: answered_by_name,
        about: about ?? null,
        points: group
          .map(({ record, fields }) => ({
            on: fields.completed_on,
            scores: scoresOf(/** @type {any} */ (fields)),
            bands: fields.scores ?? [],
            mode: fields.mode,
            point: fields.point,
            score_only: fields.entry === "score_only",
            record,
          }))
          .sort((a, b) => (a.on < b.on ? -1 : 1)),
        change: pair && definition ? change(definition, scoresOf(pair.first), scoresOf(pair.last)) : null,
      };
    }),
  );
}
