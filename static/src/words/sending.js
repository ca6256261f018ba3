/** What is said of sending. */
import { dayAndTime, daysSince, timeOf } from "./dates.js";
import { of } from "./spelling.js";

/** @import { Outbox, Waiting } from "../parts/shapes.js" */

export const title = "Sending";
export const label = "Where sending stands";
export const now = "Send and receive";
export const busy = "Sending and receiving…";
export const none = "Nothing is waiting.";
export const written = (/** @type {string} */ when) => `Written ${when}`;
export const locked = "Unlock this phone to see each one.";
export const longer = (/** @type {number} */ count) => `${of(count, "more note")} waiting, newer than these.`;
/** @param {number} count @param {boolean} isBesides @returns {string} of what waits and cannot be opened by whoever is here */
export const unnamed = (count, isBesides) => {
  const more = isBesides ? "more " : "";
  return `${of(count, `${more}note is`, `${more}notes are`)} waiting that cannot be shown here: put aside, or written by somebody else who uses this phone, or before unlock words were forgotten. Everything is sent by itself.`;
};
/** @param {number} count @param {string} when @returns {string} */
export const elsewhere = (count, when) =>
  `${of(count, "more item waits", "more items wait")} on another phone that you set up, or in another browser of this one, which your office last heard of ${when}. Open the app there with signal: everything is sent by itself. If you cannot, tell your supervisor.`;
export const carry = "If this phone cannot reach the office any more";
export const carry_what = [
  "Keep what waits as one file and take it to your office in any way you like, with a cable or a memory stick. It is sealed: only your office can read it, and it names nobody.",
  "Your supervisor or administrator chooses “Bring in a file from a phone” on the page “Being sorted”.",
  "Everything goes on waiting here until your office confirms it, so keep the phone, and do not clear the browser. Drafts are not in the file: send them first.",
];
export const carry_do = "Keep what waits as a file";
export const fileName = (/** @type {string} */ day) => `fieldapp-waiting-${day}.sealed`;
/** @param {string} name @param {number} count @returns {string} */
export const carried = (name, count) =>
  `The file is ${name}, with ${of(count, "note")} in it. ${count === 1 ? "It still waits" : "They still wait"} on this phone, too.`;
export const explain = (/** @type {Outbox} */ told) => {
  if (told.reach === "no_signal")
    return "There is no signal. Everything is kept on this phone and is sent by itself when signal returns.";
  if (told.reach === "office_not_answering")
    return "There is signal, but the office does not answer as it should. Everything is kept on this phone; it tries again by itself. On wifi that is not yours, open any web page: it may want you to log in.";
  return told.waiting > 0
    ? "Everything is kept on this phone until the office has confirmed each one."
    : "The office has everything you sent.";
};

const REMOVED =
  "Your office ended the use of this phone and removed your families from it. What you wrote is still sent. Ask your administrator.";
const PAUSED = "Your office has paused fetching on this phone. What you write is still sent. Ask your administrator.";
/** @type {Record<string, string>} */
const OFFICE = {
  store_failed:
    "This phone could not keep what came from the office. What was saved is safe. If the phone is full, free some space on it. If it is not, close this app and open it again.",
  store_was_cleared:
    "What this phone kept had been cleared. Your families come back by themselves. If a note you had not sent is missing, tell your administrator.",
  chain_broken:
    "The history of one family does not fit what this phone saw before. Nothing you wrote is lost. Tell your administrator.",
  device:
    "Your office does not know this phone any more, so nothing is sent or fetched. Everything you wrote is kept here. Tell your administrator, and do not clear the browser.",
  cloned: `Two phones say they are this one. Nothing is lost. ${PAUSED}`,
  lost: REMOVED,
  ended: REMOVED,
  lapses:
    "This phone has not reached your office for many days. Find signal soon, or the families on it are removed. What you wrote stays.",
  lapsed:
    "This phone had not reached your office for so long that the families on it were removed. With signal they come back by themselves. What you wrote is here.",
  update_first: "A newer version of the app is needed before anything new can be fetched. What you write is still sent.",
};

/** @param {string|undefined} status the office’s or the store’s last word @returns {string} one sentence, empty when all is well */
export const officeSays = (status) => (!status || status === "ok" ? "" : (OFFICE[status] ?? PAUSED));

/** A clock that is off by less makes no day and no hour wrong that anybody would notice. */
const CLOCK_MAY_BE_OFF_S = 600;
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;
const YEAR_S = 365.25 * DAY_S;

/** @param {number | null} offset office time minus this phone’s, in milliseconds @returns {string} one sentence, empty when the clock is right */
export function clockSays(offset) {
  const seconds = Math.abs(offset ?? 0) / 1000;
  if (seconds < CLOCK_MAY_BE_OFF_S) return "";
  const [unit, name] =
    seconds >= YEAR_S
      ? [YEAR_S, "year"]
      : seconds >= DAY_S
        ? [DAY_S, "day"]
        : seconds >= HOUR_S
          ? [HOUR_S, "hour"]
          : [MINUTE_S, "minute"];
  const by = of(Math.round(seconds / Number(unit)), String(name));
  return `This phone’s clock is ${by} ${(offset ?? 0) < 0 ? "fast" : "slow"}. Nothing is lost or held back, but days and times that it fills in are wrong: check them in what you write, and put the clock right in the phone’s settings.`;
}

/** @param {Outbox} told @param {Date} now @returns {string} the one quiet line */
export function sendLine(told, now) {
  const { waiting } = told;
  if (waiting === 0) return told.last_sent_at ? `All sent ${dayAndTime(told.last_sent_at, now)}` : "Nothing waiting to send";
  if (told.sending) return `Sending (${waiting})`;
  const old = told.oldest_at ? daysSince(told.oldest_at.slice(0, 10), now) : 0;
  const age = old > 1 ? `, the oldest for ${old} days` : "";
  if (told.reach === "no_signal") return `No signal – ${waiting} kept on this phone${age}`;
  if (told.reach === "office_not_answering") return `The office does not answer – ${waiting} kept on this phone${age}`;
  return `Waiting to send (${waiting})${age}`;
}

/** @param {Waiting} item @param {Pick<Outbox, "reach" | "line_next_at">} told of all: where the office does not answer, everything waits @param {Date} now @returns {string} */
export function happensNext(item, { reach, line_next_at }, now) {
  switch (item.standing) {
    case "waiting": {
      if (reach === "no_signal") return "It is sent by itself when signal returns.";
      if (reach === "unknown_device")
        return "It is kept here: your office does not know this phone any more. Tell your administrator, and do not clear the browser.";
      const at = new Date(Math.max(item.next_at ?? 0, line_next_at ?? 0));
      if (at <= now) return "It is sent next.";
      const tried = item.attempts > 0 ? `Tried ${of(item.attempts, "time")}.` : "The office did not answer.";
      return `${tried} It tries again by itself at ${timeOf(at)}.`;
    }
    case "sorting":
      return "Somebody at the office is finding its place. You do not have to do anything.";
    case "put_away":
      return "It is kept there and on this phone. Ask your supervisor if it should count.";
    case "question":
      return "Open it to answer.";
    case "sent":
    case "signed_off":
      return "You do not have to do anything.";
    default:
      return "";
  }
}
