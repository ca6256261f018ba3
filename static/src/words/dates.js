/** Days and times as people here say them. Pure: what “now” is comes from outside. */

const LOCALE = "en-GB";
const DAY_MS = 86_400_000;
const LONG = new Intl.DateTimeFormat(LOCALE, {
  weekday: "short",
  day: "numeric",
  month: "long",
  year: "numeric",
  timeZone: "UTC",
});
const SHORT = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", timeZone: "UTC" });
const WEEKDAY = new Intl.DateTimeFormat(LOCALE, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
const YEAR = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

const two = (/** @type {number} */ number) => String(number).padStart(2, "0");

/** @param {Date} at @returns {string} the phone's own day, 2026-03-02 */
export const dayOf = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

/** @param {Date} at @returns {string} the phone's own time, 17:40 */
export const timeOf = (at) => `${two(at.getHours())}:${two(at.getMinutes())}`;

/** @param {string} on @returns {Date} */
const utc = (on) => new Date(`${on.slice(0, 10)}T00:00:00Z`);

/**
 * Reads a time as people type it with one thumb: 1740, 9.30, 9:5 are times; anything else stays as typed and is asked about.
 *
 * @param {string} typed
 * @returns {string}
 */
export function tidyTime(typed) {
  const found = /^\s*(\d{1,2})(?:\s*[:.,h ]\s*(\d{1,2})|(\d{2}))?\s*$/.exec(typed);
  if (!found) return typed;
  const hours = Number(found[1]);
  const minutes = Number(found[2] ?? found[3] ?? 0);
  return hours < 24 && minutes < 60 ? `${two(hours)}:${two(minutes)}` : typed;
}

/** @param {string} on a date @returns {string} Mon 2 March 2026; what is no date is shown as it came */
export const longDay = (on) => (Number.isNaN(utc(on).getTime()) ? on : LONG.format(utc(on)).replace(",", ""));

/**
 * When something was, or how long: where it ended on another day, that is said.
 *
 * @param {string} on
 * @param {string} [at]
 * @param {string} [ended_on]
 * @param {string} [ended_at]
 * @returns {string} Mon 2 March 2026 · 17:00–18:30; Mon 2 March 2026 · 17:00 – Thu 5 March 2026 · 18:30
 */
export function period(on, at, ended_on, ended_at) {
  const from = [longDay(on), at].filter(Boolean).join(" · ");
  if (ended_on && ended_on !== on) return `${from} – ${[longDay(ended_on), ended_at].filter(Boolean).join(" · ")}`;
  return at && ended_at ? `${from}–${ended_at}` : from;
}

/** @param {string} on @returns {string} 2 Mar */
export const shortDay = (on) => SHORT.format(utc(on));

/** @param {string} on @param {Date} now @returns {number} whole days from then to now; negative in days to come */
export const daysSince = (on, now) => Math.round((utc(dayOf(now)).getTime() - utc(on).getTime()) / DAY_MS);

/**
 * @param {string | null | undefined} at a time in UTC (…Z), a local time (2026-03-02T17:40), or a day
 * @param {Date} now
 * @returns {string} 14:02 when today; yesterday 14:02; Mon 2 Mar 14:02; with the year when it is another
 */
export function dayAndTime(at, now) {
  if (!at) return "";
  const moment = new Date(at.length > 10 ? at : `${at}T00:00`);
  if (Number.isNaN(moment.getTime())) return at;
  const on = dayOf(moment);
  const time = at.length > 10 ? timeOf(moment) : "";
  const days = daysSince(on, now);
  if (days === 0) return time || "today";
  const day =
    days === 1
      ? "yesterday"
      : on.slice(0, 4) === dayOf(now).slice(0, 4)
        ? WEEKDAY.format(utc(on)).replace(",", "")
        : YEAR.format(utc(on));
  return [day, time].filter(Boolean).join(" ");
}

/** @param {string} on @param {Date} now @returns {string} today, yesterday, 3 days ago, in 3 days, or the day itself when far */
export function nearDay(on, now) {
  const days = daysSince(on, now);
  if (days === 0) return "today";
  if (days === 1) return "yesterday";
  if (days === -1) return "tomorrow";
  if (days > 1 && days < 15) return `${days} days ago`;
  if (days < -1 && days > -15) return `in ${-days} days`;
  return Math.abs(days) > 300 ? YEAR.format(utc(on)) : SHORT.format(utc(on));
}

/** @param {string} born_on @param {Date} now @returns {number} full years */
export function years(born_on, now) {
  const today = dayOf(now);
  return Number(today.slice(0, 4)) - Number(born_on.slice(0, 4)) - (today.slice(5) < born_on.slice(5, 10) ? 1 : 0);
}

/** @param {string} born_on @param {Date} now @returns {number} full months */
export function months(born_on, now) {
  const [year, month, day] = dayOf(now).split("-").map(Number);
  const [y, m, d] = born_on.split("-").map(Number);
  return (year - y) * 12 + month - m - (day < d ? 1 : 0);
}
