/**
 * The device's database: everything unsent, and nothing else. Its schema is version 1 for ever, because what lies in it cannot be migrated by a phone
 * that is offline; rows may gain names, never lose or change them. It holds no key: what is in it was sealed before it came here.
 */
import { FieldappError } from "../sync/errors.js";
import { answer, answers, isTooLate, keepOpen } from "./outside.js";

/** @typedef {import("./outside.js").Outside} Outside */
/** @typedef {"waiting" | "answered" | "sent" | "sorting"} State `answered`: the office's answer lies here and nobody has judged it yet */
/**
 * @typedef {{kid: string, n: number, ingest_kid: string, sealed: Uint8Array, own: Uint8Array, state: State, attempts: number, next_at?: number,
 *   answer?: Answer, kept?: {received_at: string, epoch: number}, sorted_at?: string}} Item
 * `next_at` stands only while the item is to be sent (it is the index that push reads); `kept` are the facts of a verified stored receipt
 */
/** @typedef {{result: {status: string, code?: string, id?: string, receipt?: string, retry_after?: number}, epoch: number, durable_through: string | null, at: number, is_away?: boolean}} Answer `is_away`: a person at the office has looked at it since, and decided not to place it */
/** @typedef {{kid: string, n: number, sealed: Uint8Array, own: Uint8Array, next_at?: number, note?: string}} Draft `note`: the id of a note written while the phone was locked (notes.js), which is sent as an entry is */
/** @typedef {{n: number, id: string}} ChainHead */
/** @typedef {Awaited<ReturnType<typeof openOutbox>>} Outbox */

export const NAME = "outbox";
export const VERSION = 1;
/** Nothing is ever put off for longer. */
export const PUT_OFF_MOST_MS = 6 * 3_600_000;
/** For how long a page that runs does not fail to say so. */
const STIRS_MS = 30_000;
/** How long an answer may lie unjudged before its item is offered once more. */
const JUDGE_WITHIN_MS = PUT_OFF_MOST_MS;

/** @param {IDBDatabase} db */
function makeStores(db) {
  const items = db.createObjectStore("items");
  items.createIndex("next_at", "next_at");
  items.createIndex("state", "state");
  db.createObjectStore("drafts").createIndex("next_at", "next_at");
  for (const name of ["chain", "chunks", "people", "device"]) db.createObjectStore(name);
}

/** The head of a chain nobody has written yet. @type {ChainHead} */
const NOTHING = { n: 0, id: "" };

/** @param {Outside} outside */
export async function openOutbox(outside) {
  const { close, inside } = await keepOpen(outside, NAME, VERSION, makeStores, () => forget());
  /** @type {Map<string, ChainHead>} what this tab wrote last; the transaction that saves reads again, so a stale one only costs a second signature */
  const heads = new Map();
  /**
   * Where the index `next_at` may begin: what was sent left its marks before that, and every query that begins at the front reads through all of them
   * (docs/decisions/0009-outbox-index.md). Never later than the earliest that waits, as far as this tab knows; `reread` forgets it.
   */
  let front = Number.NEGATIVE_INFINITY;
  /** How often this tab wrote an item that is to be sent. */
  let writes = 0;
  /** How many wait, once counted: counting ten thousand takes the store as long as ten saves. Moved by what this tab commits, and by nothing else. @type {number | null} */
  let counted = null;
  /** How many writes of items have no answer yet. Each may have been done already, and what it wrote be sent, before this tab hears of it: nothing is believed for longer meanwhile. */
  let unanswered = 0;
  /** @param {number | undefined} next_at of an item just written @param {number} [more] how many more wait by it */
  const wrote = (next_at, more = 0) => {
    writes++;
    if (next_at !== undefined) front = Math.min(front, next_at);
    counted = counted === null || unanswered > 0 ? null : counted + more;
  };
  /** Writes items. @template T @param {string[]} names @param {"strict" | "relaxed"} how @param {(stores: {[name: string]: IDBObjectStore}, tx: IDBTransaction) => T} work @returns {Promise<Awaited<T>>} */
  const writing = async (names, how, work) => {
    unanswered++;
    try {
      return await inside(names, how, work);
    } catch (error) {
      if (isTooLate(error)) forget();
      throw error;
    } finally {
      unanswered--;
    }
  };
  /** Forgets what was believed of the store. */
  const forget = () => {
    heads.clear();
    counted = null;
    wrote(Number.NEGATIVE_INFINITY);
  };
  /** Where to begin to read. Where the clock was set back, whatever is offered by it, by the service worker too, lies before what was believed. */
  const begin = () => {
    if (outside.now() < front) front = Number.NEGATIVE_INFINITY;
    return front;
  };

  /**
   * What lies in a row after a write of it failed, where that may still have been done. The look is taken on a store that was opened anew, and waits there behind
   * whatever still writes: what it does not find will not come later. @param {unknown} error @param {"items" | "drafts"} name @param {string} row @returns {Promise<any>}
   */
  const foundAt = async (error, name, row) =>
    isTooLate(error) && (await inside([name], "read", (stores) => answer(stores[name].get(row))));

  const outbox = {
    close,

    /** Forgets what this tab believes of the store: somebody else has written to it. */
    reread: forget,

    /** The last link of a signer's own chain. @param {string} kid @returns {Promise<ChainHead>} */
    async head(kid) {
      return heads.get(kid) ?? (await inside(["chain"], "read", ({ chain }) => answer(chain.get(kid)))) ?? NOTHING;
    },

    /**
     * Saves one entry. It is signed and sealed before the transaction opens, because one dies while it waits for the worker; the transaction then reads the
     * chain's head again and, when another tab was quicker, the entry is signed anew. Resolves only on `complete`, on strict durability; and where the store
     * gave no answer, on a look under the id it was given before: told that it is not saved, its author would save it again, signed anew, and have it twice.
     * Where the look has no answer either, what they save again is one more version of the same record, in the same words.
     * @param {string} kid @param {(head: ChainHead) => Promise<{id: string, item: Item}>} make @param {string[]} [slots] the draft that ends with it, and the note it confirms
     */
    async save(kid, make, slots = []) {
      for (;;) {
        const head = await outbox.head(kid);
        const { id, item } = await make(head);
        let hasMoved = false;
        try {
          await writing(slots.length === 0 ? ["items", "chain"] : ["items", "drafts", "chain"], "strict", (stores, tx) => {
            const { items, drafts, chain } = stores;
            // All requests go out at once; the answer to the first comes before anything is committed, and itself asks for that.
            const asked = chain.get(kid);
            asked.onsuccess = () => {
              const { n, id: last } = asked.result ?? NOTHING;
              hasMoved = n !== head.n || last !== head.id;
              if (hasMoved) tx.abort();
              else tx.commit();
            };
            items.add(item, id);
            chain.put({ n: item.n, id }, kid);
            for (const slot of slots) drafts.delete(slot);
          });
        } catch (error) {
          heads.delete(kid);
          if (hasMoved) continue;
          if (!(await foundAt(error, "items", id))) throw error;
          // Somebody may have counted since the store was opened anew.
          forget();
          return id;
        }
        heads.set(kid, { n: item.n, id });
        wrote(item.next_at, waits(item));
        return id;
      }
    },

    /** Begins a signer's chain where the office says it stands, for a phone whose store was cleared. @param {string} kid @param {ChainHead} head */
    async continueFrom(kid, head) {
      await inside(["chain"], "strict", async ({ chain }) => {
        const now = await answer(chain.get(kid));
        if ((now?.n ?? 0) < head.n) chain.put(head, kid);
      });
      heads.delete(kid);
    },

    // ── drafts ──

    /** Overwrites one slot. An older number never replaces a newer one. @param {string} slot @param {Draft} draft */
    async keepDraft(slot, draft) {
      let newer = 0;
      try {
        await inside(["drafts"], "strict", ({ drafts }, tx) => {
          const asked = drafts.get(slot);
          asked.onsuccess = () => {
            if (asked.result?.kid !== draft.kid || asked.result.n < draft.n) return;
            newer = asked.result.n;
            tx.abort();
          };
          drafts.put(draft, slot);
        });
      } catch (error) {
        if (newer > 0) throw new FieldappError("draft_older", { n: newer });
        const row = await foundAt(error, "drafts", slot);
        if (row?.kid !== draft.kid || row.n !== draft.n) throw error;
      }
    },
    /** @returns {Promise<[slot: string, draft: Draft][]>} */
    drafts: () => inside(["drafts"], "read", async ({ drafts }) => pairs(drafts)),
    /** @param {string} slot @returns {Promise<Draft | undefined>} */
    draft: (slot) => inside(["drafts"], "read", ({ drafts }) => answer(drafts.get(slot))),
    /** Empties a slot because its writer said so. @param {string} slot */
    discardDraft: (slot) => inside(["drafts"], "strict", ({ drafts }) => void drafts.delete(slot)),
    /** Drafts that have rested long enough to be sent. @param {number} until @returns {Promise<[slot: string, draft: Draft][]>} */
    async dueDrafts(until) {
      return inside(["drafts"], "read", async ({ drafts }) => {
        return indexed(drafts.index("next_at"), IDBKeyRange.upperBound(until));
      });
    },
    /** Notes that the office has draft `n`, or asks for another try, of an envelope made anew; a newer one in the slot stays due. @param {string} slot @param {number} n @param {number} [next_at] @param {Uint8Array} [anew] */
    draftSent: (slot, n, next_at, anew) =>
      inside(["drafts"], "relaxed", async ({ drafts }) => {
        const now = await answer(drafts.get(slot));
        if (!now || now.n !== n) return;
        if (next_at === undefined && now.own.length === 0) drafts.delete(slot);
        else drafts.put(withNextAt(anew ? { ...now, sealed: anew } : now, next_at), slot);
      }),
    /** Forgets a note because its author said so; what was not sent yet still goes, and is readable at the office alone. @param {string} slot */
    putAside: (slot) =>
      inside(["drafts"], "strict", async ({ drafts }) => {
        const row = await answer(drafts.get(slot));
        if (row?.next_at === undefined) drafts.delete(slot);
        else drafts.put({ ...row, own: new Uint8Array() }, slot);
      }),
    /** Lets every draft go now: at lock. @param {number} now */
    draftsDueNow: (now) =>
      inside(["drafts"], "strict", async ({ drafts }) => {
        for (const [slot, draft] of await pairs(drafts))
          if (draft.next_at !== undefined && draft.next_at > now) drafts.put({ ...draft, next_at: now }, slot);
      }),

    // ── items ──

    /** @returns {Promise<[id: string, item: Item][]>} */
    items: () => inside(["items"], "read", async ({ items }) => pairs(items)),
    /** Items in one state. @param {State} state @param {number} [most] @returns {Promise<[id: string, item: Item][]>} */
    inState: (state, most) =>
      inside(["items"], "read", ({ items }) => indexed(items.index("state"), IDBKeyRange.only(state), most)),
    /** How many the office has not answered for: entries, and notes written while the phone was locked. @returns {Promise<number>} */
    async waiting() {
      const notes = await outbox.unsentNotes();
      if (counted !== null) return counted + notes.length;
      const before = writes;
      const count = await inside(["items"], "read", ({ items }) =>
        answer(items.index("next_at").count(IDBKeyRange.lowerBound(begin()))),
      );
      if (writes === before && unanswered === 0) counted = count;
      return count + notes.length;
    },
    /** Notes written while the phone was locked that the office does not have yet, whoever wrote them. @returns {Promise<[slot: string, note: Draft][]>} */
    unsentNotes: async () => (await outbox.dueDrafts(Number.MAX_SAFE_INTEGER)).filter(([, { note }]) => note),
    /** What may be sent now, longest waiting first. @param {number} until @param {number} [most] @param {number} [from] leaves out what has waited since before then @returns {Promise<[id: string, item: Item][]>} */
    async due(until, most, from) {
      if (from !== undefined && until < from) return [];
      const first = from ?? begin();
      const before = writes;
      const rows = await inside(["items"], "read", ({ items }) =>
        indexed(items.index("next_at"), IDBKeyRange.bound(first, until), most),
      );
      // No later than now: what another tab, whose place this one took, puts off in its last answer is found all the same.
      if (from === undefined && writes === before && unanswered === 0)
        front = Math.min(rows[0]?.[1].next_at ?? until, outside.now());
      return rows;
    },
    /** Brings back what was put off for longer than `most`: than anything ever is, which a clock that ran ahead wrote. Writes only where there is some. @param {number} now @param {number} [most] */
    async recall(now, most = PUT_OFF_MOST_MS) {
      const range = IDBKeyRange.lowerBound(now + most, true);
      const late = await inside(["items"], "read", ({ items }) => answer(items.index("next_at").getAllKeys(range)));
      await change(
        late.map((/** @type {string} */ id) => [id, now]),
        (item, next_at) => (item.next_at === undefined ? item : { ...item, next_at }),
      );
    },
    /** When the next item or draft wants to be sent, if any does. @returns {Promise<number | null>} */
    nextAt: () =>
      inside(["items", "drafts"], "read", async ({ items, drafts }) => {
        const first = await answers(
          items.index("next_at").openKeyCursor(IDBKeyRange.lowerBound(begin())),
          drafts.index("next_at").openKeyCursor(),
        );
        const times = first.filter((cursor) => cursor !== null).map((cursor) => /** @type {number} */ (cursor.key));
        return times.length ? Math.min(...times) : null;
      }),

    /** Keeps raw answers beside what is due, without judging them. A state that somebody else wrote into it must not leave it due, and sent again without end. @param {[id: string, answer: Answer][]} answers */
    answered: (answers) =>
      change(answers, (item, answer) =>
        item.next_at === undefined ? item : { ...item, state: "answered", answer, next_at: answer.at + JUDGE_WITHIN_MS },
      ),
    /** Puts off items the office could not take now. @param {[id: string, next_at: number][]} delays */
    delay: (delays) =>
      change(delays, (item, next_at) => (item.next_at === undefined ? item : { ...item, attempts: item.attempts + 1, next_at })),
    /** Notes verified stored receipts. What is no longer there was freed already. @param {[id: string, kept: {received_at: string, epoch: number}][]} receipts */
    async sent(receipts) {
      if (receipts.length === 0) return;
      const fewer = await writing(["items", "device"], "relaxed", async ({ items, device }) => {
        const [known, ...rows] = await answers(device.get(SENT), ...receipts.map(([id]) => items.get(id)));
        receipts.forEach(([id, kept], i) => {
          if (rows[i]) items.put({ ...withNextAt(rows[i], undefined), state: "sent", kept }, id);
        });
        // Nothing known is not "none": what was sent before is then counted by the next look through all of them.
        if (known) device.put(withReceipts(known, receipts), SENT);
        return rows.reduce((sum, item) => sum + waits(item), 0);
      });
      wrote(undefined, -fewer);
    },
    /** Notes verified quarantine receipts, and what became of them: sending ends, nothing is freed. @param {[id: string, told: {at?: string, answer: Answer}][]} receipts */
    sorting: (receipts) =>
      change(receipts, (item, { at, answer }) => ({ ...withNextAt(item, undefined), state: "sorting", answer, sorted_at: at })),
    /** Offers items again, with a new envelope where one is given. @param {[id: string, again: {next_at: number, attempts?: number, sealed?: Uint8Array, ingest_kid?: string}][]} offers */
    offerAgain: (offers) =>
      change(offers, (item, again) => {
        const { answer: _, kept: __, ...rest } = item;
        return { ...rest, ...again, state: "waiting" };
      }),

    /**
     * Frees what the office has in a verified backup: the one place where an item is ever deleted. Answers which of the rest were received in another
     * epoch. Looks through the sent items only when, by what is noted of them, there is something to find: they may be thousands.
     * @param {number} epoch @param {string} durableThrough @returns {Promise<string[]>}
     */
    prune: (epoch, durableThrough) =>
      inside(["items", "device"], "relaxed", async ({ items, device }) => {
        /** @type {Sent | undefined} */
        const known = await answer(device.get(SENT));
        if (known?.epochs.every((one) => one === epoch) && (known.earliest === null || known.earliest > durableThrough))
          return [];
        const rows = await indexed(items.index("state"), IDBKeyRange.only("sent"));
        const isFree = (/** @type {Item} */ { kept }) => kept && kept.epoch === epoch && kept.received_at <= durableThrough;
        const rest = rows.filter(([, item]) => !isFree(item));
        for (const [id, item] of rows) if (isFree(item)) items.delete(id);
        device.put(
          withReceipts(
            { earliest: null, epochs: [] },
            rest.map(([id, { kept }]) => [id, kept ?? UNKNOWN]),
          ),
          SENT,
        );
        return rest.filter(([, { kept }]) => kept?.epoch !== epoch).map(([id]) => id);
      }),

    // ── the device ──

    /** @returns {Promise<[vault: string, person: {label: string, kid: string, enrolment?: string, is_replaced?: boolean}][]>} `is_replaced`: the words were forgotten, and its person has another */
    people: () => inside(["people"], "read", async ({ people }) => pairs(people)),
    /** @param {string} vault @param {{label: string, kid: string, enrolment: string, replaces?: string}} person `replaces`: the kid of the signer whose words were forgotten */
    addPerson: (vault, person) =>
      inside(["people"], "strict", async ({ people }) => {
        const { replaces, ...added } = person;
        for (const [name, old] of replaces ? await pairs(people) : [])
          if (old.kid === replaces) people.put({ ...old, is_replaced: true }, name);
        people.put(added, vault);
      }),
    /** Forgets people whose vaults are gone, keeps their signers until the office has been told and a name to say it under, and lets every draft go now. @param {[vault: string, person: {kid: string, label: string}][]} gone @param {number} now */
    async partWith(gone, now) {
      await inside(["people", "device"], "strict", async ({ people, device }) => {
        const told = (await answer(device.get("dropped"))) ?? [];
        device.put([...told, ...gone.map(([, { kid }]) => kid)], "dropped");
        if (gone[0]) device.put({ label: gone[0][1].label, at: now }, "parted");
        for (const [vault] of gone) people.delete(vault);
      });
      await outbox.draftsDueNow(now);
    },
    /** What one person's notes are written with while the phone is locked: no secret of theirs. @param {string} vault @returns {Promise<import("./notes.js").Pen | undefined>} */
    pen: (vault) => inside(["people"], "read", async ({ people }) => (await answer(people.get(vault)))?.pen),
    /** @param {string} vault @param {import("./notes.js").Pen} pen */
    layPen: (vault, pen) =>
      inside(["people"], "strict", async ({ people }) => {
        const person = await answer(people.get(vault));
        if (person) people.put({ ...person, pen }, vault);
      }),
    /** Whether the page that may write is there and has not stirred for half a minute: it is frozen, and keeps what it holds for ever. */
    isStill: async () => Math.abs(outside.now() - (await outbox.fact("heartbeat"))) > STIRS_MS,
    /** Facts about this device, by name. @param {string} name @returns {Promise<any>} */
    fact: (name) => inside(["device"], "read", ({ device }) => answer(device.get(name))),
    /** @param {string} name @param {unknown} value */
    keepFact: (name, value) => inside(["device"], "relaxed", ({ device }) => void device.put(value, name)),
    /**
     * Keeps facts that setting up depends on. What is numbered never gives way to an older one: another tab may have kept a newer since the caller looked.
     * @param {{[name: string]: any}} facts
     */
    keepFacts: (facts) =>
      inside(["device"], "strict", async ({ device }) => {
        for (const [name, value] of Object.entries(facts)) {
          const known = await answer(device.get(name));
          if (!(known?.n > value.n)) device.put(value, name);
        }
      }),
  };

  /** @template T @param {[id: string, told: T][]} list @param {(item: Item, told: T) => Item} how */
  const change = async (list, how) => {
    if (list.length === 0) return;
    const [lowest, more] = await writing(["items"], "relaxed", async ({ items }) => {
      const rows = await answers(...list.map(([id]) => items.get(id)));
      let lowest = Number.POSITIVE_INFINITY;
      let more = 0;
      rows.forEach((item, i) => {
        if (!item) return;
        const changed = how(item, list[i][1]);
        items.put(changed, list[i][0]);
        lowest = Math.min(lowest, changed.next_at ?? lowest);
        more += waits(changed) - waits(item);
      });
      return [lowest, more];
    });
    wrote(lowest, more);
  };

  return outbox;
}

/**
 * The fact that says of all sent items together whether any is worth looking at: when the earliest was received, and in which epochs.
 * It may name too early a time or an epoch too many, and never the other way round.
 * @typedef {{earliest: string | null, epochs: number[]}} Sent
 */
const SENT = "sent";
/** Stands for facts that are missing: always worth a look. */
const UNKNOWN = { received_at: "", epoch: 0 };

/** @param {Sent} known @param {[id: string, kept: {received_at: string, epoch: number}][]} receipts @returns {Sent} */
function withReceipts(known, receipts) {
  let { earliest } = known;
  const epochs = new Set(known.epochs);
  for (const [, { received_at, epoch }] of receipts) {
    if (earliest === null || received_at < earliest) earliest = received_at;
    epochs.add(epoch);
  }
  return { earliest, epochs: [...epochs] };
}

/** One for an item that is to be sent, else none. @param {Item | undefined} item */
const waits = (item) => (item?.next_at === undefined ? 0 : 1);

/** @template {{next_at?: number}} T @param {T} row @param {number | undefined} next_at @returns {T} */
function withNextAt(row, next_at) {
  const { next_at: _, ...rest } = row;
  return /** @type {T} */ (next_at === undefined ? rest : { ...rest, next_at });
}

/** @param {IDBObjectStore} store @returns {Promise<[string, any][]>} */
async function pairs(store) {
  const [keys, values] = await answers(store.getAllKeys(), store.getAll());
  return keys.map((/** @type {string} */ key, /** @type {number} */ i) => [key, values[i]]);
}

/** @param {IDBIndex} index @param {IDBKeyRange} range @param {number} [most] @returns {Promise<[string, Item][]>} */
async function indexed(index, range, most) {
  const [keys, values] = await answers(index.getAllKeys(range, most), index.getAll(range, most));
  return keys.map((/** @type {string} */ key, /** @type {number} */ i) => [key, values[i]]);
}
