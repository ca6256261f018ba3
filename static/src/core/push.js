/**
 * Sends what is sealed, and hands on what the office answered, or keeps it raw. It holds no key and gives no verdict, so the service worker runs it as it is: an
 * item is called sent only after settle.js has verified a receipt. The outbox is a set: each item waits and fails by itself, and no order between them matters.
 */
import { Malformed } from "../sync/errors.js";
import { ALONE_BYTES, layFrames, PUSH_BYTES, PUSH_FRAMES } from "../sync/wire.js";
import { PUT_OFF_MOST_MS } from "./outbox.js";
import { bytesOf } from "./outside.js";

/** @typedef {import("./outside.js").Outside} Outside */
/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./outbox.js").Item} Item */
/** @typedef {import("./outbox.js").Answer} Answer */
/** @typedef {(rows: [id: string, item: Item, answer: Answer][]) => Promise<unknown>} Take what is done with answers; the next batch is on its way meanwhile */
/** @typedef {"ok" | "no_signal" | "office_not_answering" | "unknown_device"} Reach `unknown_device`: the browser has dropped the device token */
/** @typedef {{failures: number, next_at: number, reach: Reach}} Line how the way to the office stands, kept over restarts */

/** @type {Line} */
const CLEAR = { failures: 0, next_at: 0, reach: "ok" };
const LINE_FIRST_MS = 2_000;
const LINE_MOST_MS = 300_000;
const ITEM_FIRST_MS = 5_000;
/** Held by whoever sends, whichever tab or service worker it is. */
const TURN = "fieldapp push";
/** How many items are read from the store at a time. */
const READ_AT_ONCE = 4 * PUSH_FRAMES;
/** How many answers are taken in at a time, or after how long: one write of many is cheaper than many of few. */
const TAKE_AT_ONCE = 8 * PUSH_FRAMES;
const TAKE_AFTER_MS = 1_000;
/** After so many failures of the office in a row fewer are sent at a time, until one that makes it stumble stands alone and the others pass it by. */
const PATIENT_STUMBLES = 2;
const KEPT = new Set(["stored", "duplicate", "quarantined"]);

/**
 * Sends everything that is due. One sender at a time, whichever tab or service worker it is.
 * @param {Outside} outside @param {Outbox} outbox
 * @param {{atOnce?: boolean, inTurn?: boolean, most?: number, take?: Take, signal?: (sending: boolean) => void}} [how] `inTurn`: waits until another sender is done, or dead, in place of giving up. `atOnce`: somebody asked, or signal came back; the wait of the line is passed over. `most`: what was put off for longer is due. `take` is given what the office answered, and keeps it; by default unjudged
 * @returns {Promise<Reach | "busy">}
 */
export async function push(outside, outbox, how = {}) {
  /** @param {boolean} held @returns {Promise<Reach | "busy">} */
  const inTurn = async (held) => {
    if (!held) return "busy";
    /** @type {Line} */
    const line = (await outbox.fact("line")) ?? CLEAR;
    const ahead = line.next_at - outside.now();
    if (!how.atOnce && ahead > 0 && ahead <= PUT_OFF_MOST_MS) return line.reach;
    // What a wrong clock put off for years is due; when that cannot be written now, the rest still goes.
    await outbox.recall(outside.now(), how.most).catch(() => undefined);
    how.signal?.(true);
    try {
      const stumbles = line.reach === "office_not_answering" ? line.failures : 0;
      const reach = await sendAll(outside, outbox, how.take ?? ((rows) => keepUnjudged(outbox, rows)), stumbles);
      if (reach.reach === "ok") {
        if (line.failures > 0) await outbox.keepFact("line", CLEAR);
        return "ok";
      }
      // Somebody who tries again and again in a cellar waits no longer for it once signal is back.
      const isInVain = ahead > 0 && line.failures > 0 && reach.reach === "no_signal";
      const failures = line.failures + (isInVain ? 0 : 1);
      const wait = reach.wait ?? backoff(outside, failures, LINE_FIRST_MS, LINE_MOST_MS);
      await outbox.keepFact("line", { failures, next_at: outside.now() + wait, reach: reach.reach });
      return reach.reach;
    } finally {
      how.signal?.(false);
    }
  };
  try {
    return await outside.hold(TURN, { ifAvailable: !how.inTurn }, inTurn);
  } catch (error) {
    // Its turn was ended. What is under way goes on all the same: the office answers twice for what two have sent, and the second answer changes nothing.
    if (error instanceof DOMException && error.name === "AbortError") return "busy";
    throw error;
  }
}

/** Ends the turn of whoever sends: a page that was frozen in the middle of it would keep everybody else from sending for ever. @param {Outside} outside */
export const endTurn = (outside) => outside.hold(TURN, { steal: true }, async () => undefined).catch(() => undefined);

/** Keeps answers beside their items for whoever can judge them. @param {Outbox} outbox @param {[id: string, item: Item, answer: Answer][]} rows */
export const keepUnjudged = (outbox, rows) => outbox.answered(rows.map(([id, , answer]) => [id, answer]));

/** Waits twice as long after each failure, never more than `most`, and never in step with other phones. @param {Outside} outside @param {number} failures @param {number} first @param {number} most */
export function backoff(outside, failures, first, most) {
  const wait = Math.min(most, first * 2 ** (failures - 1));
  return Math.round(wait / 2 + outside.pick(1000) * (wait / 2000));
}

/** How long one item waits after a try that failed. @param {Outside} outside @param {number} attempts */
export const itemBackoff = (outside, attempts) => backoff(outside, attempts, ITEM_FIRST_MS, PUT_OFF_MOST_MS);

/** @typedef {{reach: Reach, wait?: number}} Outcome */

/**
 * Sends batch after batch; answers are taken in while the next batch is on its way. A phone that dies before they are sends the same again, and the office
 * answers as it did. @param {Outside} outside @param {Outbox} outbox @param {Take} take @param {number} stumbles how often in a row the office gave no answer @returns {Promise<Outcome>}
 */
async function sendAll(outside, outbox, take, stumbles) {
  let frames = Math.max(1, PUSH_FRAMES >> Math.max(0, stumbles - PATIENT_STUMBLES));
  /** Sent, and not taken in: the store still calls them waiting. @type {Set<string>} */
  const inHand = new Set();
  /** @type {[string, Item, Answer][]} */
  let answered = [];
  let since = outside.now();
  let taken = Promise.resolve();
  const takeIn = async () => {
    const rows = answered;
    [answered, since] = [[], outside.now()];
    if (rows.length > 0) await take(rows);
    for (const [id] of rows) inHand.delete(id);
  };
  const takeAll = async () => {
    await taken;
    await takeIn();
  };
  /** @type {number | undefined} */
  let from;
  try {
    for (;;) {
      const due = (await outbox.due(outside.now(), READ_AT_ONCE + inHand.size, from)).filter(([id]) => !inHand.has(id));
      if (due.length === 0) {
        await takeAll();
        if (from === undefined) return sendDrafts(outside, outbox);
        // One look at everything: a clock that was set back meanwhile may have put something before what was read.
        from = undefined;
        continue;
      }
      from = due.at(-1)?.[1].next_at;
      for (let rest = due; rest.length > 0; ) {
        const batch = fitting(rest, frames);
        rest = rest.slice(batch.length);
        const { outcome, rows, delays } = await sendBatch(outside, batch);
        answered.push(...rows);
        for (const [id] of rows) inHand.add(id);
        await outbox.delay(delays);
        if (outcome.reach !== "ok") {
          await takeAll();
          return outcome;
        }
        frames = Math.min(PUSH_FRAMES, frames * 2);
        if (answered.length < TAKE_AT_ONCE && outside.now() - since < TAKE_AFTER_MS) continue;
        await taken;
        taken = takeIn();
        // Whoever waits for it hears of a failure; until then nobody does.
        taken.catch(() => undefined);
      }
    }
  } finally {
    await taken.catch(() => undefined);
  }
}

/** As many as one push may carry; one that is larger than its share goes alone. @template {{sealed: Uint8Array}} T @param {[string, T][]} due @param {number} frames */
export function fitting(due, frames) {
  let size = 0;
  let count = 0;
  for (const [, { sealed }] of due) {
    size += 4 + sealed.length;
    if (count > 0 && (count === frames || size > PUSH_BYTES || sealed.length > ALONE_BYTES)) break;
    count++;
  }
  return due.slice(0, count);
}

/** @typedef {{outcome: Outcome, rows: [string, Item, Answer][], delays: [string, number][]}} Returned what came back for a batch: answers to take, and items to put off */

/** @param {Outside} outside @param {[string, Item][]} batch @returns {Promise<Returned>} */
export async function sendBatch(outside, batch) {
  const body = layFrames(batch.map(([, item]) => item.sealed));
  // Half a minute, and time for the bytes at 8 kB a second: a slow line is not a dead one.
  const told = await exchange(outside, "/sync/v1/push", {
    method: "POST",
    body,
    headers: { "Content-Type": "application/octet-stream" },
    patience: 30_000 + Math.round(body.length / 8),
  });
  const { status, answer } = told;
  const now = outside.now();
  const later = (/** @type {Item} */ item) => now + itemBackoff(outside, item.attempts + 1);
  if (status === 413 || status === 400) {
    if (batch.length === 1) return { outcome: { reach: "ok" }, rows: [], delays: [[batch[0][0], later(batch[0][1])]] };
    const half = Math.ceil(batch.length / 2);
    const first = await sendBatch(outside, batch.slice(0, half));
    if (first.outcome.reach !== "ok") return first;
    const second = await sendBatch(outside, batch.slice(half));
    const rows = [...first.rows, ...second.rows];
    // Where neither half has anything that is taken, it is not for the size of one: the line waits, or each that waits would be tried alone, again and again.
    if (!rows[0] && second.outcome.reach === "ok") second.outcome = { reach: "office_not_answering" };
    return { ...second, rows, delays: [...first.delays, ...second.delays] };
  }
  if (status !== 200 || !Array.isArray(answer?.results) || answer.results.length !== batch.length)
    return {
      outcome: failed(told),
      rows: [],
      delays: status >= 500 && batch.length === 1 ? [[batch[0][0], later(batch[0][1])]] : [],
    };
  /** @type {Returned} */
  const sent = { outcome: { reach: "ok" }, rows: [], delays: [] };
  for (const [i, [id, item]] of batch.entries()) {
    const result = answer.results[i];
    if (result && KEPT.has(result.status) && typeof result.receipt === "string") {
      sent.rows.push([id, item, { result, epoch: answer.epoch, durable_through: answer.durable_through ?? null, at: now }]);
      continue;
    }
    const asked = Number.isFinite(result?.retry_after) ? Math.min(Math.max(0, result.retry_after * 1000), PUT_OFF_MOST_MS) : 0;
    sent.delays.push([id, Math.max(now + asked, later(item))]);
  }
  return sent;
}

/** @param {Outside} outside @param {Outbox} outbox @returns {Promise<Outcome>} */
async function sendDrafts(outside, outbox) {
  for (const [slot, draft] of await outbox.dueDrafts(outside.now())) {
    if (draft.note) {
      // No receipt of it is judged: whatever the office says, it stays here until its author has read it.
      const { outcome, rows, delays } = await sendBatch(outside, [[slot, /** @type {any} */ ({ ...draft, attempts: 0 })]]);
      if (rows.length > 0 || delays.length > 0) await outbox.draftSent(slot, draft.n, delays[0]?.[1]);
      if (outcome.reach !== "ok") return outcome;
      continue;
    }
    const told = await exchange(outside, `/sync/v1/drafts/${slot}`, {
      method: "PUT",
      body: /** @type {BodyInit} */ (draft.sealed),
      headers: { "Content-Type": "application/octet-stream" },
    });
    if (told.status === 200 && ["kept", "older"].includes(told.answer?.status)) await outbox.draftSent(slot, draft.n);
    else if ([400, 404, 413, 415].includes(told.status)) await outbox.draftSent(slot, draft.n, outside.now() + PUT_OFF_MOST_MS);
    else return failed(told);
  }
  return { reach: "ok" };
}

/** @typedef {{status: number, answer?: any, wait?: number}} Told status 0: nothing came back */

/** @param {Told} told @returns {Outcome} */
const failed = ({ status, wait }) =>
  status === 0
    ? { reach: "no_signal" }
    : status === 401
      ? { reach: "unknown_device" }
      : { reach: "office_not_answering", ...(wait ? { wait } : {}) };

/**
 * Sends one request and takes an answer only when it is one: JSON, an object, `v` 1. A captive portal's page, half an answer, one without end or silence is none.
 * @param {Outside} outside @param {string} path @param {RequestInit & {patience?: number}} options @returns {Promise<Told>}
 */
export async function exchange(outside, path, options) {
  let response;
  try {
    response = await outside.ask(path, options);
  } catch {
    return { status: 0 };
  }
  const seconds = Number(response.headers.get("Retry-After"));
  const wait = seconds > 0 ? Math.min(seconds * 1000, PUT_OFF_MOST_MS) : undefined;
  if (!/^application\/json\b/.test(response.headers.get("Content-Type") ?? ""))
    return { status: response.status === 200 ? -1 : response.status || -1, wait };
  try {
    const answer = JSON.parse(new TextDecoder().decode(await bytesOf(response)));
    if (answer === null || typeof answer !== "object" || (response.status === 200 && answer.v !== 1)) return { status: -1 };
    return { status: response.status, answer, wait };
  } catch (error) {
    // A line that breaks is no signal; an answer that nobody can read came from somewhere.
    const isRead = error instanceof SyntaxError || error instanceof Malformed;
    return { status: response.status === 200 ? (isRead ? -1 : 0) : response.status, wait };
  }
}

/** Sends JSON. @param {Outside} outside @param {string} path @param {unknown} body */
export const post = (outside, path, body) =>
  exchange(outside, path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
