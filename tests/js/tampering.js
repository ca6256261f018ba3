/** A phone's storage in somebody else's hands: taken as it lies there, changed, and put back. */
import { IDBFactory } from "fake-indexeddb";
import { makeLocks } from "./phone.js";

/** @typedef {{key: any, value: any}} Row */
/** @typedef {{name: string, indexes: [string, any][], rows: Row[]}} Store */
/** @typedef {{name: string, version: number, stores: Store[]}} Database */
/** @typedef {{database: string, store: string, row: Row}} Spot where one row lies */

/** @param {IDBRequest} asked @returns {Promise<any>} */
const answer = (asked) =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

/** Copies everything that lies on a phone. @param {{indexedDB: IDBFactory}} storage @returns {Promise<Database[]>} */
export async function copyOf({ indexedDB }) {
  const copied = [];
  for (const { name = "" } of await indexedDB.databases()) {
    const db = await answer(indexedDB.open(name));
    const stores = [];
    for (const store of db.objectStoreNames) {
      const rows = db.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([answer(rows.getAllKeys()), answer(rows.getAll())]);
      const indexes = [...rows.indexNames].map((index) => [index, rows.index(index).keyPath]);
      stores.push({ name: store, indexes, rows: keys.map((key, i) => ({ key, value: values[i] })) });
    }
    copied.push({ name, version: db.version, stores });
    db.close();
  }
  return /** @type {any} */ (structuredClone(copied));
}

/** A phone on which exactly this lies. @param {Database[]} copied */
export async function storageWith(copied) {
  const indexedDB = new IDBFactory();
  for (const { name, version, stores } of copied) {
    const asked = indexedDB.open(name, version);
    asked.onupgradeneeded = () => {
      for (const store of stores) {
        const made = asked.result.createObjectStore(store.name);
        for (const [index, path] of store.indexes) made.createIndex(index, path);
        for (const { key, value } of store.rows) made.put(structuredClone(value), key);
      }
    };
    (await answer(asked)).close();
  }
  return { indexedDB, locks: makeLocks() };
}

/** Every row there is. @param {Database[]} copied @returns {Spot[]} */
export const spotsOf = (copied) =>
  copied.flatMap(({ name, stores }) =>
    stores.flatMap((store) => store.rows.map((row) => ({ database: name, store: store.name, row }))),
  );

/** The same row in another copy. @param {Database[]} copied @param {Spot} spot @returns {Row | undefined} */
export const sameIn = (copied, { database, store, row }) =>
  copied
    .find(({ name }) => name === database)
    ?.stores.find(({ name }) => name === store)
    ?.rows.find(({ key }) => `${key}` === `${row.key}`);

/** @typedef {{holder: any, name: string}} Leaf */

/** Everything in a row that holds nothing else. @param {{value: any}} row @returns {Leaf[]} */
function leavesIn(row) {
  /** @type {Leaf[]} */
  const found = [];
  const walk = (/** @type {any} */ holder, /** @type {string} */ name) => {
    const value = holder[name];
    if (value === null || typeof value !== "object" || value instanceof Uint8Array) found.push({ holder, name });
    else for (const inner of Object.keys(value)) walk(value, inner);
  };
  walk(row, "value");
  return found;
}

const isBytes = (/** @type {Leaf} */ { holder, name }) => holder[name] instanceof Uint8Array;

/** Every run of sealed or signed bytes in a row, each with how to put others in its place. @param {{value: any}} row @returns {{bytes: Uint8Array, put: (bytes: Uint8Array) => void}[]} */
export const bytesIn = (row) =>
  leavesIn(row)
    .filter(isBytes)
    .map(({ holder, name }) => ({ bytes: holder[name], put: (bytes) => Object.assign(holder, { [name]: bytes }) }));

/** Everything in a row that anybody can read, each with how to put something else there; undefined takes it away. @param {{value: any}} row @returns {{put: (value: unknown) => void}[]} */
export const openIn = (row) =>
  leavesIn(row)
    .filter((leaf) => !isBytes(leaf))
    .map(({ holder, name }) => ({
      put: (value) => {
        if (value === undefined) delete holder[name];
        else holder[name] = value;
      },
    }));
