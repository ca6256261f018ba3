/**
 * Sends what is sealed and keeps the office's raw answers. It holds no key and gives no verdict, so the service worker bundles it as it is: an item is called
 * sent only after settle.js has verified a receipt. The outbox is a set: each item waits and fails by itself, and no order between them matters.
 */
import { ALONE_BYTES, layFrames, PUSH_BYTES, PUSH_FRAMES } from "../sync/wire.js";

/** @typedef {import("./outside.js").Outside} Outside */
/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./outbox.js").Item} Item */
/** @typedef {"ok" | "no_signal" | "office_not_answering"} Reach */
/** @typedef {{failures: number, next_at: number, reach: Reach}} Line how the way to the office stands, kept over restarts */

const LINE_FIRST_MS = 2_000;
const LINE_MOST_MS = 300_000;
const ITEM_FIRST_MS = 5_000;
const ITEM_MOST_MS = 6 * 3_600_000;
const KEPT = new Set(["stored", "duplicate", "quarantined"]);

/**
 * Sends everything that is due. One sender at a time, whichever tab or service worker it is.
 * @param {Outside} outside @param {Outbox} outbox
 * @param {{atOnce?: boolean, heard?: (told: any) => void | Promise<void>, signal?: (sending: boolean) => void}} [how] `atOnce`: somebody asked, or signal came back; the wait of the line is passed over. `heard` is given each answer after it is kept
 * @returns {Promise<Reach | "busy">}
 */
export function push(outside, outbox, how = {}) {
  return outside.hold("fieldapp push", { ifAvailable: true }, async (held) => {
    if (!held) return "busy";
    const line = (await outbox.fact("line")) ?? { failures: 0, next_at: 0, reach: "ok" };
    if (!how.atOnce && line.next_at > outside.now()) return line.reach;
    how.signal?.(true);
    try {
      const reach = await sendAll(outside, outbox, how.heard);
      if (reach.reach === "ok") {
        if (line.failures > 0) await outbox.keepFact("line", { failures: 0, next_at: 0, reach: "ok" });
        return "ok";
      }
      const failures = line.failures + 1;
      const wait = reach.wait ?? backoff(outside, failures, LINE_FIRST_MS, LINE_MOST_MS);
      await outbox.keepFact("line", { failures, next_at: outside.now() + wait, reach: reach.reach });
      return reach.reach;
    } finally {
      how.signal?.(false);
    }
  });
}

/** Waits twice as long after each failure, never more than `most`, and never in step with other phones. @param {Outside} outside @param {number} failures @param {number} first @param {number} most */
export function backoff(outside, failures, first, most) {
  const wait = Math.min(most, first * 2 ** Math.min(failures - 1, 30));
  return Math.round(wait / 2 + outside.pick(1000) * (wait / 2000));
}

/** @typedef {{reach: Reach, wait?: number}} Outcome */

/** @param {Outside} outside @param {Outbox} outbox @param {((told: any) => void | Promise<void>) | undefined} heard @returns {Promise<Outcome>} */
async function sendAll(outside, outbox, heard) {
  for (;;) {
    const due = await outbox.due(outside.now(), PUSH_FRAMES);
    if (due.length === 0) break;
    const outcome = await sendBatch(outside, outbox, fitting(due), heard);
    if (outcome.reach !== "ok") return outcome;
  }
  return sendDrafts(outside, outbox);
}

/** As many as one push may carry; one that is larger than its share goes alone. @param {[string, Item][]} due */
function fitting(due) {
  let size = 0;
  let count = 0;
  for (const [, { sealed }] of due) {
    size += 4 + sealed.length;
    if (count > 0 && (size > PUSH_BYTES || sealed.length > ALONE_BYTES)) break;
    count++;
  }
  return due.slice(0, count);
}

/** @param {Outside} outside @param {Outbox} outbox @param {[string, Item][]} batch @param {((told: any) => void | Promise<void>) | undefined} heard @returns {Promise<Outcome>} */
async function sendBatch(outside, outbox, batch, heard) {
  const body = layFrames(batch.map(([, item]) => item.sealed));
  // Half a minute, and time for the bytes at 8 kB a second: a slow line is not a dead one.
  const told = await exchange(outside, "/sync/v1/push", {
    method: "POST",
    body,
    headers: { "Content-Type": "application/octet-stream" },
    patience: 30_000 + Math.round(body.length / 8),
  });
  const { status, answer } = told;
  if (status === 413 || status === 400) {
    if (batch.length > 1) {
      const half = Math.ceil(batch.length / 2);
      const first = await sendBatch(outside, outbox, batch.slice(0, half), heard);
      return first.reach === "ok" ? sendBatch(outside, outbox, batch.slice(half), heard) : first;
    }
    const [id, item] = batch[0];
    await outbox.delay([[id, outside.now() + backoff(outside, item.attempts + 1, ITEM_FIRST_MS, ITEM_MOST_MS)]]);
    return { reach: "ok" };
  }
  if (status !== 200 || !Array.isArray(answer?.results) || answer.results.length !== batch.length) return failed(told);
  const now = outside.now();
  /** @type {[string, import("./outbox.js").Answer][]} */
  const answers = [];
  /** @type {[string, number][]} */
  const delays = [];
  batch.forEach(([id, item], i) => {
    const result = answer.results[i];
    if (result && KEPT.has(result.status) && typeof result.receipt === "string") {
      answers.push([id, { result, epoch: answer.epoch, durable_through: answer.durable_through ?? null, at: now }]);
    } else {
      const asked = Number.isFinite(result?.retry_after) ? Math.min(Math.max(0, result.retry_after * 1000), ITEM_MOST_MS) : 0;
      delays.push([id, now + Math.max(asked, backoff(outside, item.attempts + 1, ITEM_FIRST_MS, ITEM_MOST_MS))]);
    }
  });
  await outbox.answered(answers);
  await outbox.delay(delays);
  await heard?.(answer);
  return { reach: "ok" };
}

/** @param {Outside} outside @param {Outbox} outbox @returns {Promise<Outcome>} */
async function sendDrafts(outside, outbox) {
  for (const [slot, draft] of await outbox.dueDrafts(outside.now())) {
    const told = await exchange(outside, `/sync/v1/drafts/${slot}`, {
      method: "PUT",
      body: /** @type {BodyInit} */ (draft.sealed),
      headers: { "Content-Type": "application/octet-stream" },
    });
    if (told.status === 200 && ["kept", "older"].includes(told.answer?.status)) await outbox.draftSent(slot, draft.n);
    else if ([400, 404, 413, 415].includes(told.status)) await outbox.draftSent(slot, draft.n, outside.now() + ITEM_MOST_MS);
    else return failed(told);
  }
  return { reach: "ok" };
}

/** @typedef {{status: number, answer?: any, wait?: number}} Told status 0: nothing came back */

/** @param {Told} told @returns {Outcome} */
const failed = ({ status, wait }) =>
  status === 0 ? { reach: "no_signal" } : { reach: "office_not_answering", ...(wait ? { wait } : {}) };

/**
 * Sends one request and takes an answer only when it is one: JSON, an object, `v` 1. A captive portal's page, half an answer or silence is none.
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
  const wait = seconds > 0 ? Math.min(seconds * 1000, ITEM_MOST_MS) : undefined;
  if (!/^application\/json\b/.test(response.headers.get("Content-Type") ?? ""))
    return { status: response.status === 200 ? -1 : response.status, wait };
  try {
    const answer = await response.json();
    if (answer === null || typeof answer !== "object") return { status: -1 };
    if (response.status === 200 && answer.v !== 1) return { status: -1 };
    return { status: response.status, answer, wait };
  } catch {
    return { status: response.status === 200 ? 0 : response.status, wait };
  }
}
