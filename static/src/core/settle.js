/**
 * Judges the answers push has kept: only a verified receipt moves an item. The vault gets its copy first, then the outbox is told; both may be done twice,
 * so a phone that dies in between only does it again.
 */
import { follow } from "../sync/chain.js";
import { b64u, isHash, isTime } from "../sync/entry.js";
import { FieldappError } from "../sync/errors.js";
import { makeBrief, readEntry } from "./briefs.js";
import { hands, hash, officeKeys, verify } from "./keys.js";
import { openOwn, sealTwice } from "./packets.js";
import { backoff, exchange } from "./push.js";

/** @typedef {import("./unlock.js").Session} Session */
/** @typedef {import("./outbox.js").Item} Item */
/** @typedef {{casefile: string, seq: number, received_at: string, log_hash: string, epoch: number}} Placed */

const RETRY_FIRST_MS = 5_000;
const RETRY_MOST_MS = 6 * 3_600_000;
const BATCH = 64;
const HAVE_IDS = 2_000;
/** @type {Set<string>} */
const NOBODY = new Set();
/** @type {import("./outbox.js").State[]} */
const UNSETTLED = ["waiting", "answered", "sorting"];
/** Quarantine codes that a new envelope, sealed from the author's own copy, may cure. */
const CURABLE = new Set(["unknown_key", "cannot_open", "not_an_entry", "too_large"]);

/** Reads a stored receipt for one id, or says why it proves nothing. @param {Session} session @param {string} jws @param {string} id @returns {Promise<Placed>} */
async function storedReceipt(session, jws, id) {
  const { payload } = await verify(jws, "fieldapp-receipt", officeKeys(session.keySet, "receipt"));
  const right =
    payload.v === 1 &&
    payload.status === "stored" &&
    payload.id === id &&
    Number.isSafeInteger(payload.seq) &&
    isTime(payload.received_at);
  if (!right || !isHash(payload.log_hash) || !Number.isSafeInteger(payload.epoch)) throw new FieldappError("receipt_wrong");
  return payload;
}

/** @param {Session} session @param {string} jws @param {Item} item @returns {Promise<string>} when it was received */
async function quarantineReceipt(session, jws, item) {
  const { payload } = await verify(jws, "fieldapp-receipt", officeKeys(session.keySet, "receipt"));
  const right =
    payload.v === 1 &&
    payload.status === "quarantined" &&
    payload.hash === b64u(await hash(item.sealed)) &&
    isTime(payload.received_at);
  if (!right) throw new FieldappError("receipt_wrong");
  return payload.received_at;
}

/** Settles every answer that lies here. @param {Session} session */
export async function settle(session) {
  const { outbox, outside } = session;
  for (;;) {
    const rows = await outbox.inState("answered", BATCH);
    if (rows.length === 0) return;
    const others = rows.some(([, item]) => item.kid !== session.signer.kid) ? await kidsWithVault(session) : NOBODY;
    const mine = rows.filter(([, item]) => item.kid === session.signer.kid || !others.has(item.kid));
    if (mine.length === 0) return;
    /** @type {[string, Placed, boolean][]} */
    const stored = [];
    /** @type {[string, string][]} */
    const sorting = [];
    /** @type {[string, {next_at: number}][]} */
    const again = [];
    await Promise.all(
      mine.map(async ([id, item]) => {
        const { status, receipt = "" } = item.answer?.result ?? { status: "" };
        try {
          if (status === "quarantined") sorting.push([id, await quarantineReceipt(session, receipt, item)]);
          else stored.push([id, await storedReceipt(session, receipt, id), item.kid === session.signer.kid]);
        } catch {
          // Not an answer after all: the item waits its turn again.
          again.push([id, { next_at: outside.now() + backoff(outside, item.attempts + 1, RETRY_FIRST_MS, RETRY_MOST_MS) }]);
        }
      }),
    );
    const headerOf = (/** @type {string} */ id) => session.caseload.unsettled.get(id)?.header ?? [];
    const touched = [...stored, ...sorting].flatMap(([id]) => headerOf(id));
    const placed = await keepPlaced(
      session,
      stored.filter(([, , own]) => own),
    );
    await outbox.sent(stored.map(([id, { received_at, epoch }]) => [id, { received_at, epoch }]));
    await outbox.sorting(sorting);
    await outbox.offerAgain(again);
    // An answer that was none counts as a failed try.
    await outbox.delay(again.map(([id, { next_at }]) => [id, next_at]));
    for (const [id] of sorting) {
      const reading = session.caseload.unsettled.get(id);
      if (reading) session.caseload.unsettled.set(id, { ...reading, lies: "sorting" });
    }
    if (stored.length > 0) await outbox.keepFact("last_sent", { at: outside.stamp() });
    for (const { casefile, record } of touched) {
      if (!placed.has(record)) await session.caseload.refresh(casefile, record);
      session.tell("record", { record });
    }
    if (touched.length > 0) session.tell("caseload", {});
    if (mine.length < rows.length || rows.length < BATCH) return;
  }
}

/**
 * Signers of this device that somebody can unlock. What another left waiting, whose words were forgotten, is settled by whoever is here; the office has
 * it, and it comes back by pull. @param {Session} session
 */
const kidsWithVault = async ({ outbox }) => new Set((await outbox.people()).map(([, { kid }]) => kid));

/** Copies what the office has placed into the vault. @param {Session} session @param {[string, Placed, boolean][]} stored @returns {Promise<Set<string>>} the records whose briefs are new with it */
async function keepPlaced(session, stored) {
  const { vault, caseload, definitions } = session;
  /** @type {Map<string, {id: string, placed: Placed}[]>} */
  const byCasefile = new Map();
  for (const [id, placed] of stored) {
    const header = caseload.unsettled.get(id)?.header;
    if (header) byCasefile.set(header.casefile, [...(byCasefile.get(header.casefile) ?? []), { id, placed }]);
  }
  const news = [];
  for (const [casefile, list] of byCasefile) {
    await caseload.load(casefile);
    const family = caseload.families.get(casefile);
    const opens = list.some(({ id }) => caseload.unsettled.get(id)?.header.kind === "opening");
    // A casefile that was taken away from this person is not brought back by a late receipt.
    if (!family?.of && !opens) continue;
    const of = family?.of ?? (await vault.newCasefile(casefile));
    const page = of.next_page;
    const entries = [];
    /** @type {Map<string, import("./briefs.js").Reading[]>} */
    const touched = new Map();
    for (const { id, placed } of list) {
      const reading = caseload.unsettled.get(id);
      if (!reading) continue;
      const record = reading.header.record;
      const kept = {
        id,
        record,
        seq: placed.seq,
        received_at: placed.received_at,
        log_hash: placed.log_hash,
        jws: reading.jws,
        body: reading.body,
      };
      entries.push(kept);
      if (!touched.has(record)) touched.set(record, await caseload.readings(record));
      const readings = /** @type {import("./briefs.js").Reading[]} */ (touched.get(record));
      const at = readings.findIndex((one) => one.id === id);
      if (at >= 0) readings.splice(at, 1);
      readings.push(readEntry(kept));
    }
    const ids = new Set(entries.map((entry) => entry.id));
    const briefs = [...touched].map(([record, readings]) => {
      const before = caseload.records.get(record)?.stored;
      const placedOnly = readings.filter((one) => !one.lies || ids.has(one.id));
      return makeBrief(placedOnly, definitions.known, {
        row: before?.row ?? vault.newRow(),
        pages: [...(before?.pages ?? []), page],
      });
    });
    news.push({ of, head: await headAfter(casefile, of.head, entries), pages: [{ page, entries }], briefs });
  }
  if (news.length > 0) await vault.keep(news);
  for (const [id] of stored) caseload.unsettled.delete(id);
  for (const { of, briefs } of news) await caseload.stored(of, briefs);
  return new Set(news.flatMap(({ briefs }) => briefs.map(({ record }) => record)));
}

/**
 * Moves a head over our own entries where they follow it without a gap, by the hashes their receipts vouch for: what this phone wrote itself it need not
 * fetch again. Where somebody else's entries lie between, the head stays and pull brings all of them.
 * @param {string} casefile @param {import("../sync/chain.js").Head} head @param {{seq: number, id: string, jws: string, received_at: string, log_hash: string}[]} entries
 */
async function headAfter(casefile, head, entries) {
  const inOrder = [...entries].sort((a, b) => a.seq - b.seq);
  const run = inOrder.filter(({ seq }, i) => seq === head.seq + 1 + i);
  return follow(hands, casefile, head, run).catch(() => head);
}

/**
 * Frees what a verified backup of the office holds, and asks about what lies in quarantine or in an older epoch: after a restore the office may lack it.
 * @param {Session} session @param {{epoch: number, durable_through: string}} office
 */
export async function free(session, { epoch, durable_through }) {
  const { outbox, outside } = session;
  const sent = await outbox.prune(epoch, durable_through);
  const sorting = await outbox.inState("sorting");
  // Quarantine is restored with the rest: what an older epoch kept for sorting may be gone from it. In this epoch it is never asked for twice, because the
  // office cannot know by its id what it could not open.
  const older = [...sent, ...sorting.filter(([, { answer }]) => answer?.epoch !== epoch).map(([id]) => id)];
  const ask = [...new Set([...older, ...sorting.map(([id]) => id)])];
  for (let i = 0; i < ask.length; i += HAVE_IDS) {
    const { status, answer } = await exchange(outside, "/sync/v1/have", {
      method: "POST",
      body: JSON.stringify({ v: 1, ids: ask.slice(i, i + HAVE_IDS) }),
      headers: { "Content-Type": "application/json" },
    });
    if (status !== 200 || !Array.isArray(answer.missing) || !Array.isArray(answer.receipts)) return;
    const lacking = new Set(older);
    await outbox.offerAgain(
      answer.missing
        .filter((/** @type {string} */ id) => lacking.has(id))
        .map((/** @type {string} */ id) => [id, { next_at: outside.now() }]),
    );
    const receipts = answer.receipts.filter((/** @type {any} */ one) => typeof one?.receipt === "string" && ask.includes(one.id));
    await outbox.offerAgain(receipts.map((/** @type {{id: string}} */ { id }) => [id, { next_at: outside.now() }]));
    await outbox.answered(
      receipts.map((/** @type {{id: string, receipt: string}} */ { id, receipt }) => [
        id,
        { result: { status: "stored", id, receipt }, epoch, durable_through, at: outside.now() },
      ]),
    );
  }
  await settle(session);
}

/** Seals again, from the author's own copy, what the office could not read: once each unlocking. @param {Session} session */
export async function sealAgain(session) {
  const { outbox, outside } = session;
  for (const [id, item] of await outbox.inState("sorting")) {
    if (item.kid !== session.signer.kid || !CURABLE.has(item.answer?.result.code ?? "")) continue;
    try {
      const { packet } = await openOwn(session, item.own, "items", id);
      const { sealed, ingest_kid } = await sealTwice(session, packet, "entry", id);
      await outbox.offerAgain([[id, { next_at: outside.now(), sealed, ingest_kid }]]);
    } catch {
      // The office keeps what it has; a person sorts it there.
    }
  }
}

/** Reads our unsettled entries out of the outbox. @param {Session} session */
export async function openUnsettled(session) {
  const { outbox, caseload } = session;
  const unsettled = await Promise.all(UNSETTLED.map((state) => outbox.inState(state)));
  for (const [id, item] of unsettled.flat()) {
    if (item.kid !== session.signer.kid) continue;
    try {
      const { kid, signature, headerBytes, body } = await openOwn(session, item.own, "items", id);
      const jws = session.jwsOf(kid, headerBytes, signature);
      const lies = item.state === "sorting" ? "sorting" : "waiting";
      caseload.unsettled.set(id, readEntry(/** @type {any} */ ({ id, jws, body, lies })));
    } catch {
      // Counted as waiting all the same; what cannot be opened is never written over.
    }
  }
}
