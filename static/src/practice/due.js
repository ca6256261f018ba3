/**
 * Says what is due in a family: visits, goal ratings, measures, return-home interviews, notes still to be written. Pure: plain
 * facts in, plain list out, the moment handed in; targets are those in force on the day. Twin: `fieldapp/practice/due.py`.
 *
 * @typedef {{from_on: string, visit_days: number, rating_days: number, seen_alone_days?: number, plan_review_days?: number}} Cadence
 * @typedef {{from_on: string, kind: string, within: number, unit: 'hours' | 'working_days'}} RecordingTarget
 * @typedef {{
 *   statuses: {id: string, label: string, works?: boolean, ends?: boolean}[], cadence: Cadence[],
 *   recording_targets: RecordingTarget[], return_interview_hours: number, duration_weeks: number[],
 *   measures: {measure: string, who: string, at: string[]}[],
 * }} Programme
 * @typedef {{
 *   record: string, returned?: string, ended_on?: string, ended_at?: string,
 *   interview_accepted?: string, interview_on?: string,
 * }} Incident
 * @typedef {{
 *   status?: string, started_on?: string, weeks?: number, last_visit_on?: string, next_visit_on?: string,
 *   goals?: {record: string, status: string, bottom_line?: string, agreed_on?: string, last_rated_on?: string}[],
 *   responses?: {measure: string, point: string}[], incidents?: Incident[], plan_review_on?: string,
 *   to_write?: {record: string, kind: string, ended: string}[], holidays?: string[],
 * }} Facts
 * @typedef {{
 *   what: 'visit' | 'rating' | 'measure' | 'return_interview' | 'recording' | 'plan_review',
 *   subject: string | null, point: string | null, by: string, state: 'late' | 'soon' | 'later',
 * }} Due `by` is a day or a moment; `soon` is within a week
 * @typedef {(what: Due['what'], subject: string | null, by: string, point?: string) => void} Add
 */

import { byCodePoint } from "./code-points.js";
import { dayNumber, plusDays, plusHours, plusWorkingDays } from "./days.js";
import { isDate, isTime } from "./forms.js";

const SOON_DAYS = 7;
/** A first measurement may wait until people know each other, but not longer. */
const BASELINE_DAYS = 14;
const RATED = ["agreed", "active"];

/**
 * Lists what is due, soonest first, for one family. A day or time that is none is passed over: facts come from records, and
 * what a strange phone wrote must not take everybody's list away.
 * @param {Programme} programme
 * @param {Facts} facts
 * @param {string} now a local moment such as `2026-03-02T14:00`
 * @returns {Due[]}
 */
export function due(programme, facts, now) {
  /** @type {Due[]} */
  const found = [];
  /** @type {Add} */
  const add = (what, subject, by, point) => {
    found.push({ what, subject, point: point ?? null, by, state: stateOf(by, now) });
  };

  for (const incident of facts.incidents ?? []) {
    const by = interviewBy(programme, incident);
    if (by !== null) add("return_interview", incident.record, by);
  }
  for (const visit of facts.to_write ?? []) {
    const by = recordBy(programme, visit.kind, visit.ended, facts.holidays ?? []);
    if (by !== null) add("recording", visit.record, by);
  }
  const status = programme.statuses.find((one) => one.id === facts.status);
  if (status?.works) {
    const cadence = inForce(programme.cadence, now.slice(0, 10));
    if (cadence !== null) addVisitsAndRatings(facts, cadence, add);
    addMeasures(programme, facts, add);
    const review = day(facts.plan_review_on);
    if (review) add("plan_review", null, review);
  }
  return found.sort(
    (a, b) =>
      byCodePoint(a.by, b.by) ||
      byCodePoint(a.what, b.what) ||
      byCodePoint(a.subject ?? "", b.subject ?? "") ||
      byCodePoint(a.point ?? "", b.point ?? ""),
  );
}

/**
 * Says by when a return-home interview is to be held; null while away, when held, or when it was not wanted.
 * @param {Programme} programme
 * @param {Incident} incident
 * @returns {string | null}
 */
export function interviewBy(programme, incident) {
  if (incident.returned !== "yes" || incident.interview_on || incident.interview_accepted === "no") return null;
  const ended = day(incident.ended_on);
  if (ended === null) return null;
  return plusHours(`${ended}T${isTime(incident.ended_at) ? incident.ended_at : "00:00"}`, programme.return_interview_hours);
}

/**
 * Says by when something that ended at `ended` is to be written, by the target in force that day; null without one.
 * @param {Programme} programme
 * @param {string} kind
 * @param {string} ended
 * @param {string[]} holidays
 * @returns {string | null}
 */
export function recordBy(programme, kind, ended, holidays) {
  if (!isDate(ended.slice(0, 10)) || ended[10] !== "T" || !isTime(ended.slice(11))) return null;
  const targets = programme.recording_targets.filter((target) => target.kind === kind);
  const target = inForce(targets, ended.slice(0, 10));
  if (target === null) return null;
  if (target.unit === "hours") return plusHours(ended, target.within);
  return `${plusWorkingDays(ended.slice(0, 10), target.within, holidays)}T23:59`;
}

/**
 * Says whether the worker pressed send in time, whenever the office got it; null when there was no target.
 * @param {Programme} programme
 * @param {string} kind
 * @param {string} ended
 * @param {string} written
 * @param {string[]} holidays
 * @returns {boolean | null}
 */
export function wasWrittenInTime(programme, kind, ended, written, holidays) {
  const by = recordBy(programme, kind, ended, holidays);
  return by === null ? null : written <= by;
}

/**
 * Picks the newest of what applies from a day on; null before the first.
 * @template {{from_on: string}} T
 * @param {T[]} dated
 * @param {string} on
 * @returns {T | null}
 */
export function inForce(dated, on) {
  /** @type {T | null} */
  let newest = null;
  for (const one of dated) {
    if (one.from_on <= on && (newest === null || one.from_on > newest.from_on)) newest = one;
  }
  return newest;
}

/** @type {(facts: Facts, cadence: Cadence, add: Add) => void} */
function addVisitsAndRatings(facts, cadence, add) {
  const last = day(facts.last_visit_on) ?? day(facts.started_on);
  const planned = day(facts.next_visit_on);
  if (planned) add("visit", null, planned);
  else if (last) add("visit", null, plusDays(last, cadence.visit_days));
  for (const goal of facts.goals ?? []) {
    if (!RATED.includes(goal.status) || goal.bottom_line === "yes") continue;
    const rated = day(goal.last_rated_on);
    const by = rated ? plusDays(rated, cadence.rating_days) : day(goal.agreed_on);
    if (by) add("rating", goal.record, by);
  }
}

/** @type {(programme: Programme, facts: Facts, add: Add) => void} */
function addMeasures(programme, facts, add) {
  const started = day(facts.started_on);
  if (!started) return;
  const length = 7 * (facts.weeks || (programme.duration_weeks[0] ?? 12));
  const after = new Map([
    ["baseline", BASELINE_DAYS],
    ["mid", Math.floor(length / 2)],
    ["end", length],
    ["follow_up", length + 91],
  ]);
  for (const { measure, at } of programme.measures) {
    for (const point of at) {
      const done = (facts.responses ?? []).some((one) => one.measure === measure && one.point === point);
      if (!done) add("measure", measure, plusDays(started, after.get(point) ?? length), point);
    }
  }
}

/** @type {(value: unknown) => string | null} */
const day = (value) => (typeof value === "string" && isDate(value) ? value : null);

/** @type {(by: string, now: string) => Due['state']} */
function stateOf(by, now) {
  if (by < now.slice(0, by.length)) return "late";
  return dayNumber(by) - dayNumber(now) <= SOON_DAYS ? "soon" : "later";
}
