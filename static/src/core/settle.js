/**
 * Judges what the office answered: only a verified receipt moves an item. The vault gets its copy first, then the outbox is told; both may be done twice,
 * so a phone that dies in between only does it again.
 */
import { follow } from "../sync/chain.js";
import { b64u, isHash, isTime } from "../sync/entry.js";
import { FieldappError } from "../sync/errors.js";
import { makeBrief, readEntry } from "./briefs.js";
import { hands, hash, ingestKey, officeKeys, verify } from "./keys.js";
import { openOwn, sealTwice } from "./packets.js";
import { itemBackoff, keepUnjudged, post } from "./push.js";

/** @typedef {import("./unlock.js").Session} Session */
/** @typedef {import("./outbox.js").Item} Item */
/** @typedef {import("./outbox.js").Answer} Answer */
/** @typedef {{casefile: string, seq: number, received_at: string, log_hash: string, epoch: number}} Placed */

const BATCH = 64;
const HAVE_IDS = 2_000;
/** @type {Set<string>} */
const NOBODY = new Set();
/** @type {import("./outbox.js").State[]} */
const UNSETTLED = ["waiting", "answered", "sorting"];
/** Quarantine codes that a new envelope, sealed from the author's own copy, may cure. */
const CURABLE = new Set(["unknown_key", "cannot_open", "not_an_entry", "too_large"]);

/**
 * Reads a receipt, or says why it proves nothing. @param {Session} session @param {string} jws @param {(payload: any) => boolean} isRight says whether it is about the right thing
 * @returns {Promise<Placed>}
 */
async function receiptOf(session, jws, isRight) {
  const { payload } = await verify(jws, "fieldapp-receipt", officeKeys(session.keySet, "receipt"));
  const isOne = payload.v === 1 && isTime(payload.received_at) && Number.isSafeInteger(payload.epoch) && isRight(payload);
  if (!isOne) throw new FieldappError("receipt_wrong");
  return payload;
}

/** Judges every answer that was kept unjudged: those of a sending while this phone was locked. @param {Session} session */
export async function settle(session) {
  const rows = await session.outbox.inState("answered");
  for (let i = 0; i < rows.length; i += BATCH) {
    const batch = rows.slice(i, i + BATCH);
    await judge(
      session,
      batch.flatMap(([id, item]) => (item.answer ? [[id, item, item.answer]] : [])),
    );
  }
}

/**
 * Judges answers of the office: only a verified receipt moves an item. Those to entries of somebody else who can unlock this phone are kept for them.
 * @param {Session} session @param {[id: string, item: Item, answer: Answer][]} rows
 */
export async function judge(session, rows) {
  const { outbox, outside, caseload } = session;
  const others = rows.some(([, item]) => item.kid !== session.signer.kid) ? await kidsWithVault(session) : NOBODY;
  const isMine = (/** @type {Item} */ item) => item.kid === session.signer.kid || !others.has(item.kid);
  const mine = rows.filter(([, item]) => isMine(item));
  // An answer that came anew is kept although one is kept already: it says when the item is next due, and that must not stay in the past.
  await keepUnjudged(
    outbox,
    rows.filter(([, item, answer]) => !isMine(item) && item.answer !== answer),
  );
  /** @type {[string, Placed, boolean][]} */
  const stored = [];
  /** @type {[string, Sorting][]} */
  const sorting = [];
  /** @type {[string, {next_at: number, attempts: number, sealed?: Uint8Array, ingest_kid?: string}][]} */
  const again = [];
  await Promise.all(
    mine.map(async ([id, item, answer]) => {
      const { status, receipt = "" } = answer.result;
      try {
        if (status === "quarantined") {
          const envelope = b64u(await hash(item.sealed));
          const isIts = (/** @type {any} */ payload) => payload.status === status && payload.hash === envelope;
          const { received_at, epoch } = await receiptOf(session, receipt, isIts);
          sorting.push([id, { at: received_at, answer: { ...answer, epoch } }]);
        } else {
          const isIts = (/** @type {any} */ payload) =>
            payload.status === "stored" && payload.id === id && Number.isSafeInteger(payload.seq) && isHash(payload.log_hash);
          stored.push([id, await receiptOf(session, receipt, isIts), item.kid === session.signer.kid]);
        }
      } catch {
        // Not an answer after all: the item waits its turn again, and this counts as a failed try. What was sent may be another's, put in its place.
        const attempts = item.attempts + 1;
        const anew = status === "quarantined" ? {} : await sealedAnew(session, id, item).catch(() => ({}));
        again.push([id, { attempts, next_at: outside.now() + itemBackoff(outside, attempts), ...anew }]);
      }
    }),
  );
  const touched = stored.flatMap(([id]) => caseload.unsettled.get(id) ?? []);
  const own = stored.filter(([, , isOwn]) => isOwn);
  const placed = await keepPlaced(session, own);
  await outbox.sent(stored.map(([id, { received_at, epoch }]) => [id, { received_at, epoch }]));
  await outbox.offerAgain(again);
  if (stored.length > 0) await outbox.keepFact("last_sent", { at: outside.stamp() });
  await keepSorting(session, sorting);
  await show(session, touched, placed);
}

/** What is told of an item that is being sorted: when its envelope was kept, and the answer. @typedef {{at?: string, answer: Answer}} Sorting */
/** @param {Answer} [answer] @returns {import("./briefs.js").Lies} */
const liesBy = (answer) => (answer?.is_away ? "put_away" : "sorting");

/** Notes what is being sorted, and what a person put aside. @param {Session} session @param {[string, Sorting][]} list */
async function keepSorting(session, list) {
  const { unsettled } = session.caseload;
  await session.outbox.sorting(list);
  const readings = list.flatMap(([id, { answer }]) => {
    const reading = unsettled.get(id);
    return reading ? { ...reading, lies: liesBy(answer) } : [];
  });
  for (const reading of readings) unsettled.put(reading);
  await show(session, readings);
}

/** Shows anew the records of some entries of ours. @param {Session} session @param {import("./briefs.js").Reading[]} readings @param {Set<string>} [placed] those whose briefs are new already */
async function show({ caseload, tell }, readings, placed = NOBODY) {
  for (const { casefile, record } of readings.map(({ header }) => header)) {
    if (!placed.has(record)) await caseload.refresh(casefile, record);
    tell("record", { record });
  }
  if (readings.length > 0) tell("caseload", {});
}

/**
 * Signers of this device that somebody can unlock. What another left waiting, whose words were forgotten, is settled by whoever is here; the office has
 * it, and it comes back by pull. @param {Session} session
 */
const kidsWithVault = async ({ outbox }) =>
  new Set((await outbox.people()).flatMap(([, { kid, is_replaced }]) => (is_replaced ? [] : [kid])));

/** Copies what the office has placed into the vault. @param {Session} session @param {[string, Placed, boolean][]} stored @returns {Promise<Set<string>>} the records whose briefs are new with it */
async function keepPlaced(session, stored) {
  const { vault, caseload } = session;
  /** @type {Map<string, {id: string, placed: Placed}[]>} */
  const byCasefile = new Map();
  for (const [id, placed] of stored) {
    const header = caseload.unsettled.get(id)?.header;
    if (header) byCasefile.set(header.casefile, [...(byCasefile.get(header.casefile) ?? []), { id, placed }]);
  }
  const made = await Promise.all([...byCasefile].map(([casefile, list]) => newsOf(session, casefile, list)));
  const news = made.filter((one) => one !== null);
  if (news.length > 0) await vault.keep(news);
  for (const { of, briefs } of news) {
    for (const { id } of byCasefile.get(of.casefile) ?? []) caseload.unsettled.delete(id);
    await caseload.stored(of, briefs);
  }
  for (const [id] of stored) caseload.unsettled.delete(id);
  return new Set(news.flatMap(({ briefs }) => briefs.map(({ record }) => record)));
}

/** What the vault is to keep of one casefile. @param {Session} session @param {string} casefile @param {{id: string, placed: Placed}[]} list */
async function newsOf({ vault, caseload, definitions }, casefile, list) {
  await caseload.load(casefile);
  const family = caseload.families.get(casefile);
  const opens = list.some(({ id }) => caseload.unsettled.get(id)?.header.kind === "opening");
  // A casefile that was taken away from this person is not brought back by a late receipt.
  if (!family?.of && !opens) return null;
  const of = family?.of ?? (await vault.newCasefile(casefile));
  const page = of.next_page;
  const entries = [];
  /** @type {Map<string, import("./briefs.js").Reading[]>} */
  const touched = new Map();
  for (const { id, placed } of list) {
    const reading = caseload.unsettled.get(id);
    if (!reading) continue;
    const { header, jws, body } = reading;
    const { seq, received_at, log_hash } = placed;
    const kept = { id, record: header.record, seq, received_at, log_hash, jws, body };
    entries.push(kept);
    const readings = touched.get(header.record) ?? (await caseload.readings(header.record));
    touched.set(header.record, [...readings.filter((one) => one.id !== id), { ...kept, header, fields: reading.fields }]);
  }
  const ids = new Set(entries.map((entry) => entry.id));
  const briefs = [...touched].map(([record, readings]) => {
    const before = caseload.records.get(record)?.stored?.pages ?? [];
    const placedOnly = readings.filter((one) => !one.lies || ids.has(one.id));
    return makeBrief(placedOnly, definitions.known, [...before, page]);
  });
  return { of, head: await headAfter(casefile, of.head, entries), pages: [{ page, entries }], briefs };
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
  const current = new Set(sorting.filter(([, { answer }]) => answer?.epoch === epoch).map(([id]) => id));
  const ask = [...sent, ...sorting.map(([id]) => id)];
  for (let i = 0; i < ask.length; i += HAVE_IDS) {
    const ids = ask.slice(i, i + HAVE_IDS);
    const { status, answer } = await post(outside, "/sync/v1/have", { v: 1, ids });
    if (status !== 200 || !Array.isArray(answer.missing) || !Array.isArray(answer.receipts)) return;
    const away = new Set(answer.put_away);
    await keepSorting(
      session,
      sorting.flatMap(([id, { sorted_at, answer: told }]) =>
        told && ids.includes(id) && !told.is_away === away.has(id)
          ? [[id, { at: sorted_at, answer: { ...told, is_away: away.has(id) } }]]
          : [],
      ),
    );
    const receipts = answer.receipts.filter((/** @type {any} */ one) => typeof one?.receipt === "string");
    const lacking = answer.missing.filter((/** @type {string} */ id) => !current.has(id));
    await outbox.offerAgain(
      [...lacking, ...receipts.map((/** @type {{id: string}} */ { id }) => id)].map((id) => [id, { next_at: outside.now() }]),
    );
    await outbox.answered(
      receipts.map((/** @type {{id: string, receipt: string}} */ { id, receipt }) => [
        id,
        { result: { status: "stored", id, receipt }, epoch, durable_through, at: outside.now() },
      ]),
    );
  }
  await settle(session);
}

/** An item's envelope anew, from the author's own copy. @param {Session} session @param {string} id @param {{own: Uint8Array}} item @param {"entry" | "draft"} [use] */
async function sealedAnew(session, id, { own }, use = "entry") {
  const { packet } = await openOwn(session, own, use === "entry" ? "items" : "drafts", id);
  const { sealed, ingest_kid } = await sealTwice(session, packet, use, id);
  return { sealed, ingest_kid };
}

/** Read from the envelope itself: what is noted beside it lies open, and so does the envelope. @param {Session} session @param {{sealed: Uint8Array}} item */
const isForThisKey = ({ keySet }, { sealed }) => b64u(sealed.subarray(1, 33)) === ingestKey(keySet).kid;

/** Seals again, from the author's own copy, what the office could not read, and drafts that it does not have: once each unlocking, and for another key than before. @param {Session} session */
export async function sealAgain(session) {
  const { outbox, outside, vault } = session;
  for (const [id, item] of await outbox.inState("sorting")) {
    const code = item.answer?.result.code ?? "";
    if (item.kid !== session.signer.kid || !CURABLE.has(code)) continue;
    try {
      if (code === "unknown_key" && isForThisKey(session, item)) continue;
      const anew = await sealedAnew(session, id, item);
      // Once it is placed the office is told that this is what was unread there.
      await vault.keepFact("resealed", { ...(await vault.fact("resealed")), [b64u(await hash(item.sealed))]: id });
      await outbox.offerAgain([[id, { next_at: outside.now(), ...anew }]]);
    } catch {
      // The office keeps what it has; a person sorts it there.
    }
  }
  for (const [slot, draft] of await outbox.dueDrafts(Number.MAX_SAFE_INTEGER)) {
    if (draft.kid !== session.signer.kid || isForThisKey(session, draft)) continue;
    try {
      await outbox.draftSent(slot, draft.n, outside.now(), (await sealedAnew(session, slot, draft, "draft")).sealed);
    } catch {
      // A note, which another key opens, or one that was thrown away.
    }
  }
}

/** Reads our unsettled entries out of the outbox. @param {Session} session */
export async function openUnsettled(session) {
  const { outbox, caseload } = session;
  const unsettled = await Promise.all(UNSETTLED.map((state) => outbox.inState(state)));
  const rows = unsettled
    .flat()
    .filter(([, item]) => item.kid === session.signer.kid)
    .sort(([, a], [, b]) => a.n - b.n);
  for (let i = 0; i < rows.length; i += BATCH) {
    const opened = await Promise.all(rows.slice(i, i + BATCH).map(([id, item]) => openItem(session, id, item)));
    for (const reading of opened) if (reading) caseload.unsettled.put(reading);
  }
}

/** @param {Session} session @param {string} id @param {Item} item @returns {Promise<import("./briefs.js").Reading | null>} null where it cannot be opened: it counts as waiting all the same, and is never written over */
async function openItem(session, id, item) {
  try {
    const { kid, signature, headerBytes, body } = await openOwn(session, item.own, "items", id);
    const jws = session.jwsOf(kid, headerBytes, signature);
    return readEntry({ id, jws, body, lies: item.state === "sorting" ? liesBy(item.answer) : "waiting" });
  } catch {
    return null;
  }
}
