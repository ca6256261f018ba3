/**
 * Counts days and hours on the wall clock of one place, as text: `2026-03-02` and `2026-03-02T17:40`.
 * Twin: `fieldapp/practice/days.py`. No time zone on purpose: a visit that ended at 17:40 is to be written by 17:40 two days
 * on, also when the clocks change.
 */

const BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/** @type {(number: number, places: number) => string} */
const padded = (number, places) => String(number).padStart(places, "0");

/**
 * Counts the days from 0001-01-01, which is 1 and a Monday.
 * @param {string} day
 * @returns {number}
 */
export function dayNumber(day) {
  const year = Number(day.slice(0, 4));
  const month = Number(day.slice(5, 7));
  const past = year - 1;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const leaps = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  return past * 365 + leaps + (BEFORE[month - 1] ?? 0) + (leap && month > 2 ? 1 : 0) + Number(day.slice(8, 10));
}

/**
 * Writes the day with this number.
 * @param {number} number
 * @returns {string}
 */
export function dayText(number) {
  let year = Math.floor((number * 400) / 146097) + 1;
  while (dayNumber(`${padded(year, 4)}-01-01`) > number) year -= 1;
  while (dayNumber(`${padded(year + 1, 4)}-01-01`) <= number) year += 1;
  let month = 12;
  while (dayNumber(`${padded(year, 4)}-${padded(month, 2)}-01`) > number) month -= 1;
  const start = `${padded(year, 4)}-${padded(month, 2)}`;
  return `${start}-${padded(number - dayNumber(`${start}-01`) + 1, 2)}`;
}

/**
 * Moves a day; whatever stands after the date is left off.
 * @param {string} day
 * @param {number} days
 * @returns {string}
 */
export function plusDays(day, days) {
  return dayText(dayNumber(day) + days);
}

/**
 * Moves a moment `YYYY-MM-DDTHH:MM` by whole hours.
 * @param {string} moment
 * @param {number} hours
 * @returns {string}
 */
export function plusHours(moment, hours) {
  const clock = Number(moment.slice(11, 13)) * 60 + Number(moment.slice(14, 16));
  const minutes = dayNumber(moment) * 1440 + clock + hours * 60;
  const day = Math.floor(minutes / 1440);
  const rest = minutes - day * 1440;
  return `${dayText(day)}T${padded(Math.floor(rest / 60), 2)}:${padded(rest % 60, 2)}`;
}

/**
 * Gives the working day so many after `day`, which itself does not count; weekends and `holidays` do not either.
 * @param {string} day
 * @param {number} days
 * @param {string[]} holidays
 * @returns {string}
 */
export function plusWorkingDays(day, days, holidays) {
  let number = dayNumber(day);
  for (let left = days; left > 0; ) {
    number += 1;
    const weekend = (number - 1) % 7 >= 5;
    if (!weekend && !holidays.includes(dayText(number))) left -= 1;
  }
  return dayText(number);
}
