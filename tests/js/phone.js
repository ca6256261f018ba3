/** A whole phone under Node: the real core on a message port, its own IndexedDB, its own clock, and an office at the other end. */
import assert from "node:assert/strict";
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { open } from "../../static/src/core/index.js";
import { createOutside } from "../../static/src/core/outside.js";

/** Locks as browsers have them, for several tabs of one phone in one process. */
export function makeLocks() {
  const held = new Map();
  return {
    /** What ends lets go at once. */
    letGo(owner) {
      for (const [name, one] of held)
        if (one.owner === owner) {
          held.delete(name);
          one.gone();
        }
    },
    async request(name, { ifAvailable = false, steal = false }, work, owner) {
      const current = held.get(name);
      if (current && ifAvailable && !steal) return work(null);
      if (current && steal) current.reject(new DOMException("stolen", "AbortError"));
      else if (current) await current.ended;
      let reject;
      const stolen = new Promise((_, no) => {
        reject = no;
      });
      let gone;
      const dead = new Promise((yes) => {
        gone = yes;
      });
      const mine = { reject, gone, owner };
      held.set(name, mine);
      const ran = Promise.race([work({ name }), stolen]).finally(() => {
        if (held.get(name) === mine) held.delete(name);
      });
      mine.ended = Promise.race([ran.catch(() => undefined), dead]);
      return ran;
    },
  };
}

/** What stays when a phone is turned off: its storage. */
export const makeStorage = () => ({ indexedDB: new IDBFactory(), locks: makeLocks() });

/**
 * Starts the core as the page does. `given` replaces parts of what lies outside.
 */
export function startPhone(office, storage = makeStorage(), given = {}) {
  const asked = new Map();
  const news = [];
  const waiting = new Set();
  let last = 0;
  const port = {
    onmessage: null,
    postMessage(message) {
      const { id, answer, error } = structuredClone(message);
      if (id === undefined) {
        news.push(structuredClone(message));
        for (const one of [...waiting]) one();
        return;
      }
      const { resolve, reject } = asked.get(id);
      asked.delete(id);
      if (error) reject(Object.assign(new Error(error.code), error));
      else resolve(answer);
    },
  };
  const timers = new Set();
  const owner = {};
  /** @type {any} */
  const locks = { request: (name, how, work) => storage.locks.request(name, how, work, owner) };
  const outside = createOutside({
    indexedDB: storage.indexedDB,
    locks,
    fetch: (url, options) => office.fetch(url, options),
    storage: /** @type {any} */ ({
      persisted: async () => true,
      persist: async () => true,
      estimate: async () => ({ usage: 1, quota: 2 }),
    }),
    // Timers never hold the process: a phone that is done with is simply dropped.
    setTimeout: (run, ms) => {
      const timer = setTimeout(run, ms);
      timer.unref();
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      clearTimeout(timer);
      timers.delete(timer);
    },
    origin: "http://office.example",
    build: "test",
    channel: null,
    unlockCost: { m: 19 * 1024, t: 2 },
    ...given,
  });
  const core = open(port, outside);
  const phone = {
    storage,
    outside,
    news,
    ask(name, args) {
      last += 1;
      const id = last;
      return new Promise((resolve, reject) => {
        asked.set(id, { resolve, reject });
        port.onmessage({ data: structuredClone({ id, ask: name, with: args }) });
      });
    },
    /** Waits until something the phone can tell is so. */
    async until(holds, what = "what was waited for") {
      const end = Date.now() + 20_000;
      for (;;) {
        const value = await holds();
        if (value) return value;
        assert.ok(Date.now() <= end, `never came: ${what}`);
        await /** @type {Promise<void>} */ (
          new Promise((resolve) => {
            const timer = setTimeout(done, 50);
            function done() {
              clearTimeout(timer);
              waiting.delete(done);
              resolve();
            }
            waiting.add(done);
          })
        );
      }
    },
    /** Ends as a killed browser does: nothing is flushed. */
    kill() {
      core.end();
      storage.locks.letGo(owner);
      for (const timer of timers) clearTimeout(timer);
    },
  };
  return phone;
}

/** Sets a phone up for a person, up to a caseload on screen. */
export async function setUp(phone, person) {
  const { offered_words } = await phone.ask("setup.start", { email: person.email, password: "correct", code: "123456" });
  const words = offered_words.join(" ");
  await phone.ask("setup.finish", { words, label: person.name });
  await ready(phone);
  return words;
}

/** Waits until everything the phone does by itself at unlocking is done. */
export async function ready(phone) {
  await phone.until(async () => (await phone.ask("caseload")).complete, "a complete caseload");
  await phone.ask("sync");
}

/** The smallest visit note that may be sent. */
export const visitNote = (child, words = "Ada showed us her drawings.") => ({
  contact_type: "home_visit",
  happened_on: "2026-11-20",
  started_at: "10:00",
  ended_at: "11:00",
  place: "At home",
  planned: "planned",
  announced: "yes",
  people_present: [{ id: "AAAAAAAAAAAAAAAAAAAAAA", person: child, name: "Ada", role: "daughter" }],
  interpreter: "not_needed",
  children_seen: [
    {
      id: "AAAAAAAAAAAAAAAAAAAAAQ",
      person: child,
      seen: "yes",
      seen_alone: "yes",
      bedroom: "yes",
      presentation: "Rested and chatty",
    },
  ],
  purpose: "Weekly visit",
  seen_and_heard: words,
  childs_words: "I like it here now",
  parents_views: "It is calmer",
  workers_view: "Things are steadier",
  anything_worrying: "no",
  unsafe_now: "no",
  next_visit: "none",
  written_where: "in_car",
});

/** Opens the vault of a phone as nobody should, and works on one of its stores. @param {(store: IDBObjectStore) => IDBRequest} work */
export async function inVault(phone, store, work) {
  const [{ name }] = (await phone.storage.indexedDB.databases()).filter((one) => one.name !== "outbox");
  const db = await new Promise((resolve) => {
    const asked = phone.storage.indexedDB.open(name);
    asked.onsuccess = () => resolve(asked.result);
  });
  const tx = db.transaction(store, "readwrite");
  const asked = work(tx.objectStore(store));
  await new Promise((resolve) => {
    tx.oncomplete = resolve;
  });
  db.close();
  return asked.result;
}
