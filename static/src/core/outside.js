/**
 * The one door to what lies outside the core: network, storage, locks, clock, timers, chance and compression.
 * Tests hand in another with the same names, so that a whole phone runs under Node with its own clock and its own weather.
 */
import { FieldappError, Malformed, StoreFailed } from "../sync/errors.js";
import { INFLATE_LIMIT, join } from "../sync/wire.js";

/** @typedef {ReturnType<typeof createOutside>} Outside */
/** @typedef {Awaited<ReturnType<typeof keepOpen>>} Store */

const OPEN_TRIES = 3;
const OPEN_PATIENCE_MS = 4000;
/** What the store may take over one transaction, half a minute in all: a slow phone that writes much needs some seconds of it. */
const TURN_MS = 5_000;
const TURNS = 6;
/** More requests than this are made in no minute, whatever the office answers: ten thousand notes need half of it. */
const ASKS_A_MINUTE = 300;
const MINUTE_MS = 60_000;
/** No answer is read any further: a pull carries 1 MiB of entries, twice as much as JSON, and who wrote them; all forms together are a quarter of one. */
const ANSWER_BYTES = 8 * 1_048_576;

/**
 * @param {{indexedDB?: IDBFactory, fetch?: typeof fetch, locks?: LockManager, storage?: StorageManager, now?: () => number,
 *   setTimeout?: (run: () => void, ms: number) => unknown, clearTimeout?: (timer: any) => void, random?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array,
 *   origin?: string, build?: string, zone?: string, channel?: BroadcastChannel | null, unlockCost?: {m: number, t: number}}} [given] what a test replaces
 */
export function createOutside(given = {}) {
  const factory = given.indexedDB ?? globalThis.indexedDB;
  const locks = given.locks ?? globalThis.navigator?.locks;
  const storage = given.storage ?? globalThis.navigator?.storage;
  const setTimer = given.setTimeout ?? ((run, ms) => globalThis.setTimeout(run, ms));
  const clearTimer = given.clearTimeout ?? ((timer) => globalThis.clearTimeout(timer));
  const request = given.fetch ?? ((...args) => globalThis.fetch(...args));
  const channel =
    given.channel === undefined && "BroadcastChannel" in globalThis ? new BroadcastChannel("outbox") : (given.channel ?? null);
  const origin = given.origin ?? globalThis.location?.origin ?? "";

  const wait = makePatience((ms, run) => outside.after(ms, run));
  /** When the last requests were made, the newest first. @type {number[]} */
  const asked = [];

  const outside = {
    /** Milliseconds since 1970 by this device's clock, which may be wrong by years; nothing is ordered by it. */
    now: given.now ?? (() => Date.now()),
    /** Milliseconds since the app was started, also while somebody sets the clock. */
    elapsed: () => performance.now(),
    /** A time as the wire has it. @param {number} [at] */
    stamp: (at) => new Date(at ?? outside.now()).toISOString(),
    /** @param {string} stamp milliseconds since 1970 */
    at: (stamp) => Date.parse(stamp),
    /** The local minute, `2026-03-02T14:00`: what a person would call now. */
    localMinute() {
      const now = outside.now();
      return outside.stamp(now - new Date(now).getTimezoneOffset() * MINUTE_MS).slice(0, 16);
    },
    zone: given.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
    build: given.build ?? "",
    /** Fixed cost of unlocking, for tests; absent, the device is measured. */
    unlockCost: given.unlockCost,

    /** @param {number} ms @param {() => void} run @returns {() => void} takes it back */
    after(ms, run) {
      const timer = setTimer(run, Math.min(ms, 2 ** 31 - 1));
      return () => clearTimer(timer);
    },

    /** Random bytes for names and salts. @param {number} size */
    random(size) {
      const bytes = new Uint8Array(size);
      return given.random ? given.random(bytes) : crypto.getRandomValues(bytes);
    },

    /** A whole number below `limit`, every one equally likely. @param {number} limit */
    pick(limit) {
      const fair = 2 ** 32 - (2 ** 32 % limit);
      for (;;) {
        const bytes = outside.random(4);
        const n = ((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) >>> 0;
        if (n < fair) return n % limit;
      }
    },

    /**
     * Opens a database, trying again when the browser's own process hangs or has just lost the connection. Nothing is ever deleted to make it open.
     * @param {string} name @param {number} version @param {(db: IDBDatabase, from: number) => void} upgrade @param {() => void} [onGone] closed by another tab or by the browser
     * @returns {Promise<IDBDatabase>}
     */
    async open(name, version, upgrade, onGone) {
      for (let left = OPEN_TRIES; ; left--) {
        try {
          return await openOnce(factory, outside, name, version, upgrade, onGone);
        } catch (error) {
          const reason = error instanceof Error ? error.name : "UnknownError";
          if (left <= 1 || reason === "VersionError") throw new StoreFailed(reason);
        }
      }
    },

    /** Deletes a database: only what the office said is to go. @param {string} name @returns {Promise<void>} */
    drop: (name) =>
      new Promise((resolve, reject) => {
        const over = wait(() => reject(new StoreFailed(TOO_LATE)));
        answer(factory.deleteDatabase(name))
          .then(resolve, (error) => reject(storeFailed(error)))
          .finally(over);
      }),

    /**
     * Asks the office. Whatever was said comes back, and silence throws; the time limit covers the body too. No redirect is followed: the office sends
     * nobody elsewhere, and one that is met has the status 0.
     * @param {string} path @param {RequestInit & {patience?: number}} [options] @returns {Promise<Response>}
     */
    async ask(path, { patience = 30_000, ...options } = {}) {
      for (;;) {
        const wait = asked[ASKS_A_MINUTE - 1] + MINUTE_MS - outside.now();
        // There were fewer, or it is long ago; and a clock that was set back holds nobody up.
        if (!(wait > 0 && wait <= MINUTE_MS)) break;
        await new Promise((resolve) => outside.after(wait, () => resolve(null)));
      }
      asked.unshift(outside.now());
      asked.length = Math.min(asked.length, ASKS_A_MINUTE);
      return request(origin + path, {
        credentials: "same-origin",
        cache: "no-store",
        redirect: "manual",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(patience),
        ...options,
      });
    },

    /**
     * Holds a lock as long as `work` runs. @template T
     * @param {string} name @param {{ifAvailable?: boolean, steal?: boolean}} options @param {(held: boolean) => Promise<T>} work @returns {Promise<T>}
     */
    hold(name, options, work) {
      if (!locks) return work(true);
      return locks.request(name, options, (lock) => work(lock !== null));
    },

    /** Tells other tabs and the service worker that something happened to the outbox; a word, never a fact. @param {string} word */
    tellOthers(word) {
      channel?.postMessage(word);
    },
    /** @param {(word: string) => void} heard */
    hear(heard) {
      if (channel) channel.onmessage = ({ data }) => heard(String(data));
    },

    storage: {
      /** Only a page may ask to be kept; a worker can look. @returns {Promise<boolean | null>} null where the browser has no such question */
      persisted: async () => (storage?.persisted ? storage.persisted() : null),
      /** @returns {Promise<{usage: number, quota: number}>} */
      estimate: async () => {
        const told = storage?.estimate ? await storage.estimate() : {};
        return { usage: told.usage ?? 0, quota: told.quota ?? 0 };
      },
    },

    /** @param {Uint8Array} bytes */
    deflate: (bytes) => through(new CompressionStream("deflate-raw"), bytes, Number.POSITIVE_INFINITY),
    /** Inflates, and stops at the protocol's limit rather than filling the memory. @param {Uint8Array} bytes */
    inflate: (bytes) => through(new DecompressionStream("deflate-raw"), bytes, INFLATE_LIMIT),
  };
  return outside;
}

/**
 * @param {IDBFactory} factory @param {{after: (ms: number, run: () => void) => () => void}} clock @param {string} name @param {number} version
 * @param {(db: IDBDatabase, from: number) => void} upgrade @param {(() => void) | undefined} onGone @returns {Promise<IDBDatabase>}
 */
function openOnce(factory, clock, name, version, upgrade, onGone) {
  return new Promise((resolve, reject) => {
    const asked = factory.open(name, version);
    let settled = false;
    // Safari's first open can hang for ever; a second one then works.
    const giveUp = clock.after(OPEN_PATIENCE_MS, () => {
      settled = true;
      reject(new DOMException("the store does not answer", "TimeoutError"));
    });
    asked.onupgradeneeded = (event) => upgrade(asked.result, event.oldVersion);
    asked.onerror = () => {
      giveUp();
      reject(asked.error);
    };
    asked.onsuccess = () => {
      giveUp();
      const db = asked.result;
      if (settled) return db.close();
      db.onversionchange = () => {
        db.close();
        onGone?.();
      };
      db.onclose = () => onGone?.();
      resolve(db);
    };
  });
}

/** @param {CompressionStream | DecompressionStream} stream @param {Uint8Array} bytes @param {number} limit @returns {Promise<Uint8Array>} */
async function through(stream, bytes, limit) {
  const writer = stream.writable.getWriter();
  const written = Promise.all([writer.write(/** @type {Uint8Array<ArrayBuffer>} */ (bytes)), writer.close()]).catch(
    () => undefined,
  );
  try {
    const all = await gather(/** @type {ReadableStream<Uint8Array>} */ (stream.readable).getReader(), limit);
    await written;
    return all;
  } catch (error) {
    throw error instanceof Malformed ? error : new Malformed("inflate");
  }
}

/**
 * What an answer carries. A captive portal, or whoever plays the office, may send without end, and fast enough to fill the memory before the time is over.
 * @param {Response} response @returns {Promise<Uint8Array<ArrayBuffer>>} rejects with Malformed for too much, and with whatever broke the line
 */
export const bytesOf = async ({ body }) => (body ? gather(body.getReader(), ANSWER_BYTES) : new Uint8Array());

/** Reads a stream to its end, or no further than the limit. @param {ReadableStreamDefaultReader<Uint8Array>} reader @param {number} limit @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function gather(reader, limit) {
  /** @type {Uint8Array[]} */
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      reader.cancel().catch(() => undefined);
      throw new Malformed("too_large");
    }
    parts.push(value);
  }
  return /** @type {any} */ (parts.length === 1 ? parts[0] : join(...parts));
}

/**
 * Waits for what may never end, for so many turns. A phone that sleeps finds its timers due when it wakes, before anything else has had its chance: counted in
 * turns, however long a sleep takes only one of them. @param {(ms: number, run: () => void) => void} after
 */
function makePatience(after) {
  /** What is waited for, by what is done when it lasts too long, and how many turns it has had. @type {Map<() => void, number>} */
  const waiting = new Map();
  let isTurning = false;
  const turn = () => {
    isTurning = waiting.size > 0;
    if (!isTurning) return;
    after(TURN_MS, () => {
      for (const [giveUp, turns] of waiting) {
        if (turns < TURNS) waiting.set(giveUp, turns + 1);
        else if (waiting.delete(giveUp)) giveUp();
      }
      turn();
    });
  };
  /** @param {() => void} giveUp @returns {() => void} takes it back */
  return (giveUp) => {
    waiting.set(giveUp, 0);
    if (!isTurning) turn();
    return () => waiting.delete(giveUp);
  };
}

/**
 * Runs one transaction, and gives up one that the store never answers: it is taken back if it still can be, and what it was begun on is closed. One that was being
 * committed may be done all the same, and late: whoever would then have something twice looks for it (`outbox.save`). @template T
 * @param {(giveUp: () => void) => () => void} wait @param {IDBDatabase} db @param {string[]} stores @param {"strict" | "relaxed" | "read"} how
 * @param {(stores: {[name: string]: IDBObjectStore}, tx: IDBTransaction) => Promise<T> | T} work as `transact` has it @returns {Promise<T>}
 */
function within(wait, db, stores, how, work) {
  /** @type {IDBTransaction} */
  let tx;
  try {
    tx = how === "read" ? db.transaction(stores) : db.transaction(stores, "readwrite", { durability: how });
  } catch (error) {
    return Promise.reject(storeFailed(error));
  }
  return new Promise((resolve, reject) => {
    const over = wait(() => {
      reject(new StoreFailed(TOO_LATE));
      try {
        tx.abort();
      } catch {
        // It is being committed, or was.
      }
      db.close();
    });
    transact(tx, stores, how, work).then(resolve, reject).finally(over);
  });
}

/**
 * Runs one transaction. One that writes resolves only on its `complete`; one that reads, as soon as its answers are here. Whatever fails becomes a StoreFailed
 * that names the browser's own reason. @template T
 * @param {IDBTransaction} tx @param {string[]} stores @param {"strict" | "relaxed" | "read"} how
 * @param {(stores: {[name: string]: IDBObjectStore}, tx: IDBTransaction) => Promise<T> | T} work waits for `answers` alone: a transaction dies while it waits for anything else. A put needs no promise: its failure aborts the whole
 * @returns {Promise<T>}
 */
async function transact(tx, stores, how, work) {
  /** @type {Promise<DOMException | null>} */
  const done = new Promise((resolve) => {
    tx.oncomplete = () => resolve(null);
    tx.onabort = () => resolve(tx.error ?? new DOMException("aborted", "AbortError"));
  });
  let result;
  try {
    result = await work(Object.fromEntries(stores.map((name) => [name, tx.objectStore(name)])), tx);
  } catch (error) {
    try {
      tx.abort();
    } catch {
      // It has ended already, and `done` says how.
    }
    const why = await done;
    if (error instanceof FieldappError) throw error;
    // An aborted request says only that it was; the transaction knows of the full disk.
    throw storeFailed(error instanceof DOMException && error.name === "AbortError" ? (why ?? error) : error);
  }
  if (how === "read") return result;
  const failed = await done;
  if (failed) throw storeFailed(failed);
  return result;
}

/**
 * Opens a database and keeps it at hand: what the browser closed, and what died with no word, is opened anew at its next use, however many wait for it.
 * @param {Outside} outside @param {string} name @param {number} version @param {(db: IDBDatabase, from: number) => void} upgrade
 * @param {(isTold: boolean) => void} [onGone] `isTold`: another tab or the browser closed it and said so
 */
export async function keepOpen(outside, name, version, upgrade, onGone) {
  let isGone = false;
  let isClosed = false;
  const gone = (/** @type {boolean} */ isTold) => {
    isGone = true;
    onGone?.(isTold);
  };
  const open = () => outside.open(name, version, upgrade, () => gone(true));
  const wait = makePatience((ms, run) => outside.after(ms, run));
  let opened = open();
  await opened;
  return {
    /** Closes it for good. */
    close() {
      isClosed = true;
      opened.then(
        (db) => db.close(),
        () => undefined,
      );
    },
    /** @template T @param {string[]} stores @param {"strict" | "relaxed" | "read"} how @param {(stores: {[name: string]: IDBObjectStore}, tx: IDBTransaction) => Promise<T> | T} work as `transact` has them @returns {Promise<T>} */
    async inside(stores, how, work) {
      if (isGone && !isClosed) {
        isGone = false;
        opened = open();
        opened.catch(() => {
          isGone = true;
        });
      }
      const used = opened;
      try {
        return await within(wait, await used, stores, how, work);
      } catch (error) {
        // What was begun before it was opened anew, and fails only now, says nothing of what is open since.
        if (used === opened && hasDied(error)) gone(false);
        throw error;
      }
    },
  };
}

/** Why a store failed that gave no answer at all. */
const TOO_LATE = "TimeoutError";
/** Says whether a store gave no answer: what was to be written may be there, or be there soon. @param {any} error */
export const isTooLate = (error) => error.fields?.reason === TOO_LATE;
/** Says whether this is what Safari answers when its storage process died, with no word of it to the connection, and goes on answering until it is opened anew; or no answer. @param {any} error */
const hasDied = (error) => /^(Unkn|InvalidS|Time)/.test(error.fields?.reason);

/** Waits for requests of one transaction, all of them out before the first answer. @param {...IDBRequest} requests @returns {Promise<any[]>} */
export const answers = (...requests) => Promise.all(requests.map(answer));

/** @param {IDBRequest} request @returns {Promise<any>} */
export const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {unknown} error */
const storeFailed = (error) =>
  new StoreFailed(error instanceof DOMException || error instanceof Error ? error.name : "UnknownError");
