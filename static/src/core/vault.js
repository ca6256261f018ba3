/**
 * One person's encrypted cache of what the office has, on this device. No promise depends on it: what is unsent lies in the outbox, everything else at the office.
 *
 * `briefs` holds what lists, search and unlocking read of each record; the entries themselves lie in `pages`, sealed as they came. Both are written many to a row,
 * and a later row of briefs overrules an earlier one: a row for each would make arrival and unlocking wait for each (docs/decisions/0007-vault-pages.md). Row names
 * are random, ciphertext is padded, and each casefile's rows are sealed under a key of its own: dropping its wrap drops them.
 */
import { b64u } from "../sync/entry.js";
import { Refused, Unbelievable } from "../sync/errors.js";
import { cacheKey, localKey, open, paddedJson, placeOf, seal, text, wrapVaultKey } from "./keys.js";
import { answer, answers, keepOpen } from "./outside.js";
import { addPasskey, changeWords, removePasskey, takeKey, wrapsOf } from "./wraps.js";

/** @typedef {import("./outside.js").Outside} Outside */
/** @typedef {import("./keys.js").PublicJwk} PublicJwk */
/** @typedef {{person: {id: string, name: string, role: string}, device: string, kid: string, pkcs8: string, read_token: string, nonce: string, made_at: string, office?: {kid: string, jwk: PublicJwk, keyset: string, n: number}}} Self `nonce` of the first proof; `office` as it was pinned */
/** @typedef {{id: string, record: string, seq: number, received_at: string, log_hash: string, jws: string, body?: string, gone?: string, bad?: string}} Kept one entry as the office served it, with what checking it found. `bad`: kept as it came and never shown as somebody's words */
/** @typedef {{casefile: string, row: string, key: CryptoKey, wrap: Uint8Array, head: {seq: number, log_hash: string}, next_page: number}} Casefile `next_page` numbers its next row, of pages and of briefs alike */
/**
 * @typedef {{record: string, pages: number[], kind: string, schema: string, title: string, line: string, text: string, happened_on: string,
 *   happened_at?: string, met?: false, author: string, written_at: string, standing: import("./briefs.js").Standing, at: string, forked: boolean, later: number, former?: Record<string, string>,
 *   question?: {by: string, at: string, text: string, comments: {id: string, field: string, text: string}[]}, fields?: {[name: string]: any}}} Brief
 */
/** @typedef {ReturnType<typeof openVault>} Vault */

const VERSION = 1;
const STORES = ["meta", "casefiles", "briefs", "pages", "practice"];
/** More rows of briefs than this in one casefile are worth writing anew as one. */
const MANY_ROWS = 24;

/** @param {IDBDatabase} db */
const makeStores = (db) => {
  for (const name of STORES) db.createObjectStore(name);
};

/**
 * Makes a vault under unlock words. It is opened with them, by whoever asked for it, before anybody is told that it exists.
 * @param {Outside} outside @param {string} words @param {{m: number, t: number}} cost @param {Self} self
 */
export async function makeVault(outside, words, cost, self) {
  const name = `v${b64u(outside.random(16))}`;
  const vaultKey = outside.random(32);
  const local = await localKey(vaultKey);
  const wrap = await wrapVaultKey(words, cost, vaultKey, name);
  const sealed = await seal(local, paddedJson(self), placeOf(name, "", "meta", "self"));
  vaultKey.fill(0);
  const store = await keepOpen(outside, name, VERSION, makeStores);
  await store.inside(["meta"], "strict", ({ meta }) => {
    meta.put([wrap], "wraps");
    meta.put(sealed, "self");
    meta.put({ count: 0, next_at: 0 }, "attempts");
  });
  store.close();
  return name;
}

/**
 * The passkey that opens a vault, if one does: what the phone's own lock is to be asked for. Nothing of it is secret.
 * @param {Outside} outside @param {string} name @returns {Promise<{id: Uint8Array, salt: Uint8Array} | undefined>}
 */
export async function passkeyOf(outside, name) {
  const store = await keepOpen(outside, name, VERSION, makeStores);
  try {
    const found = (await wrapsOf(store)).find((one) => one.sort === "passkey");
    return found?.sort === "passkey" ? { id: found.id, salt: found.salt } : undefined;
  } finally {
    store.close();
  }
}

/**
 * Opens a vault with unlock words or a passkey.
 * @param {Outside} outside @param {string} name @param {import("./wraps.js").Proof} proof @param {() => void} [onGone] another tab or the browser closed it
 */
export async function unlockVault(outside, name, proof, onGone) {
  const store = await keepOpen(outside, name, VERSION, makeStores, (isTold) => isTold && onGone?.());
  try {
    const vaultKey = await takeKey(outside, store, name, proof);
    const local = await localKey(vaultKey);
    vaultKey.fill(0);
    /** @type {Self} */
    let self;
    try {
      const sealed = await store.inside(["meta"], "read", ({ meta }) => answer(meta.get("self")));
      self = JSON.parse(text(await open(local, sealed, placeOf(name, "", "meta", "self"))));
    } catch {
      throw new Refused("vault_unreadable");
    }
    return openVault(outside, store, name, local, self);
  } catch (error) {
    store.close();
    throw error;
  }
}

/** @param {Outside} outside @param {import("./outside.js").Store} store @param {string} name @param {CryptoKey} local @param {Self} self */
function openVault(outside, store, name, local, self) {
  const { person, device } = self;
  const { close, inside } = store;
  const place = (/** @type {string} */ store, /** @type {string} */ row) => placeOf(person.id, device, `${name} ${store}`, row);
  const rowsOf = (/** @type {Casefile} */ of) => IDBKeyRange.bound([of.row], [of.row, []]);

  const vault = {
    name,
    local,
    self,
    close,

    // ── what opens it; none of this touches what lies in it ──

    /** Says whether this is still the person who opened it. @param {import("./wraps.js").Proof} proof */
    prove: async (proof) => void (await takeKey(outside, store, name, proof)).fill(0),
    /** @param {import("./wraps.js").Proof} proof @param {string} words @param {{m: number, t: number}} cost */
    changeWords: (proof, words, cost) => changeWords(outside, store, name, proof, words, cost),
    /** @param {import("./wraps.js").Proof} proof @param {{id: Uint8Array, salt: Uint8Array, prf: Uint8Array}} passkey */
    addPasskey: (proof, passkey) => addPasskey(outside, store, name, proof, passkey),
    removePasskey: () => removePasskey(store),

    // ── small sealed facts ──

    /** @param {string} row @returns {Promise<any>} undefined where there is none, or where it cannot be opened: a cache is read again, never trusted */
    async fact(row) {
      const sealed = await inside(["meta"], "read", ({ meta }) => answer(meta.get(row)));
      if (!sealed) return undefined;
      try {
        return JSON.parse(text(await open(local, sealed, place("meta", row))));
      } catch {
        return undefined;
      }
    },
    /** @param {string} row @param {unknown} value */
    async keepFact(row, value) {
      const sealed = await seal(local, paddedJson(value), place("meta", row));
      await inside(["meta"], "relaxed", ({ meta }) => void meta.put(sealed, row));
    },

    // ── definitions: public, named by their hash ──

    /** @param {string[]} hashes @returns {Promise<Map<string, Uint8Array>>} those that are here */
    async definitions(hashes) {
      const rows = await inside(["practice"], "read", ({ practice }) => answers(...hashes.map((hash) => practice.get(hash))));
      return new Map(hashes.flatMap((hash, i) => (rows[i] ? [[hash, rows[i]]] : [])));
    },
    /** @param {(readonly [hash: string, bytes: Uint8Array])[]} list */
    keepDefinitions: (list) =>
      inside(["practice"], "relaxed", ({ practice }) => {
        for (const [hash, bytes] of list) practice.put(bytes, hash);
      }),

    // ── casefiles ──

    /** Opens the key and head of every casefile. @returns {Promise<Casefile[]>} */
    async casefiles() {
      const [rows, values] = await inside(["casefiles"], "read", ({ casefiles }) =>
        answers(casefiles.getAllKeys(), casefiles.getAll()),
      );
      const opened = await Promise.all(
        rows.map(async (/** @type {string} */ row, /** @type {number} */ i) => {
          try {
            const key = await cacheKey(await open(local, values[i].wrap, place("casefiles", row)));
            const head = JSON.parse(text(await open(key, values[i].head, place("casefiles", `${row} head`))));
            return {
              casefile: head.casefile,
              row,
              key,
              wrap: values[i].wrap,
              head: { seq: head.seq, log_hash: head.log_hash },
              next_page: head.next_page,
            };
          } catch {
            return null;
          }
        }),
      );
      return opened.filter((one) => one !== null);
    },
    /** Makes room for a casefile; nothing is stored until its first page. @param {string} casefile @returns {Promise<Casefile>} */
    async newCasefile(casefile) {
      const bytes = outside.random(32);
      const row = b64u(outside.random(12));
      const wrap = await seal(local, bytes, place("casefiles", row));
      const key = await cacheKey(bytes);
      bytes.fill(0);
      return { casefile, row, key, wrap, head: { seq: 0, log_hash: "" }, next_page: 1 };
    },

    /**
     * Stores what came for several casefiles: their pages, the briefs of the records they touch and their moved heads, in one transaction.
     * @param {{of: Casefile, head: {seq: number, log_hash: string}, pages: {page: number, entries: Kept[]}[], briefs: Brief[], isAll?: boolean}[]} news
     *   `isAll`: these are all briefs there are, in place of every earlier row
     */
    async keep(news) {
      const sealed = await Promise.all(
        news.map(async ({ of, head, pages, briefs }) => {
          const next_page = Math.max(of.next_page + 1, ...pages.map(({ page }) => page + 1));
          const told = { casefile: of.casefile, ...head, next_page };
          const [sealedHead, sealedBriefs, ...sealedPages] = await Promise.all([
            seal(of.key, paddedJson(told), place("casefiles", `${of.row} head`)),
            seal(of.key, paddedJson(briefs), place("briefs", `${of.row} ${of.next_page}`)),
            ...pages.map(({ page, entries }) => seal(of.key, paddedJson(entries), place("pages", `${of.row} ${page}`))),
          ]);
          return { next_page, sealedHead, sealedBriefs, sealedPages };
        }),
      );
      await inside(["casefiles", "briefs", "pages"], "relaxed", ({ casefiles, briefs, pages: pageRows }) => {
        news.forEach(({ of, pages, isAll }, i) => {
          casefiles.put({ wrap: of.wrap, head: sealed[i].sealedHead }, of.row);
          if (isAll) briefs.delete(rowsOf(of));
          briefs.add(sealed[i].sealedBriefs, [of.row, of.next_page]);
          for (const [k, { page }] of pages.entries()) pageRows.add(sealed[i].sealedPages[k], [of.row, page]);
        });
      });
      news.forEach(({ of, head }, i) => {
        of.head = { ...head };
        of.next_page = sealed[i].next_page;
      });
    },

    /**
     * Opens the briefs of one casefile.
     * @param {Casefile} of @returns {Promise<{briefs: Brief[], isWhole: boolean, isCrowded: boolean}>} `isWhole` false where a row cannot be opened: the casefile is to be read from the office again; `isCrowded`: they lie in more rows than is good
     */
    async briefs(of) {
      const [keys, values] = await inside(["briefs"], "read", ({ briefs }) =>
        answers(briefs.getAllKeys(rowsOf(of)), briefs.getAll(rowsOf(of))),
      );
      /** @type {Map<string, Brief>} */
      const byRecord = new Map();
      const opened = await Promise.all(
        values.map((/** @type {Uint8Array} */ sealed, /** @type {number} */ i) =>
          open(of.key, sealed, place("briefs", `${of.row} ${keys[i][1]}`)).catch(() => null),
        ),
      );
      opened.forEach((bytes, i) => {
        /** @type {Brief[]} */
        const briefs = bytes ? JSON.parse(text(bytes)) : [];
        for (const brief of briefs) byRecord.set(brief.record, brief);
        // An older head that somebody put back names rows that are taken, and nothing more could be kept.
        of.next_page = 1 + Math.max(of.next_page - 1, keys[i][1], ...briefs.flatMap(({ pages }) => pages));
      });
      return { briefs: [...byRecord.values()], isWhole: !opened.includes(null), isCrowded: keys.length > MANY_ROWS };
    },

    /** Opens pages of one casefile; that a record has none is what was noted where one could not be opened. @param {Casefile} of @param {number[]} numbers @returns {Promise<Kept[]>} */
    async pages(of, numbers) {
      if (numbers.length === 0) throw new Unbelievable("record_unreadable");
      const rows = await inside(["pages"], "read", ({ pages }) => answers(...numbers.map((page) => pages.get([of.row, page]))));
      const opened = await Promise.all(
        rows.map(async (/** @type {Uint8Array | undefined} */ sealed, /** @type {number} */ i) => {
          if (!sealed) throw new Unbelievable("record_unreadable");
          return JSON.parse(text(await open(of.key, sealed, place("pages", `${of.row} ${numbers[i]}`))));
        }),
      );
      return opened.flat();
    },

    /** Drops a casefile's key and rows: the office says this person no longer reads it. @param {Casefile} of */
    drop: (of) =>
      inside(["casefiles", "briefs", "pages"], "strict", ({ casefiles, briefs, pages }) => {
        casefiles.delete(of.row);
        briefs.delete(rowsOf(of));
        pages.delete(rowsOf(of));
      }),

    /** Drops every casefile, and the keys to it: the office was not heard from for too long. What waits to be sent and drafts lie elsewhere. */
    lapse: () =>
      inside(["casefiles", "briefs", "pages", "meta"], "strict", ({ casefiles, briefs, pages, meta }) => {
        for (const store of [casefiles, briefs, pages]) store.clear();
        for (const row of ["caseload", "people"]) meta.delete(row);
      }),

    /** @param {Uint8Array} bytes @param {string} store of the outbox @param {string} row */
    sealOwn: (bytes, store, row) => seal(local, bytes, placeOf(person.id, device, store, row)),
    /** @param {Uint8Array} sealed @param {string} store @param {string} row */
    openOwn: (sealed, store, row) => open(local, sealed, placeOf(person.id, device, store, row)),
  };
  return vault;
}
