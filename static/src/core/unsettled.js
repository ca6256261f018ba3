/** Entries of ours that only the outbox has, in memory while unlocked: in the order they were written, and found by record and casefile without a walk through all. */

/** @typedef {import("./briefs.js").Reading} Reading */
/** @typedef {ReturnType<typeof openUnsettledList>} Unsettled */

export function openUnsettledList() {
  /** @type {Map<string, Reading>} */
  const byId = new Map();
  /** @type {Map<string, Set<string>>} ids by record */
  const inRecord = new Map();
  /** @type {Map<string, Set<string>>} records by casefile */
  const inCasefile = new Map();
  /** @param {string} casefile */
  const recordsIn = (casefile) => [...(inCasefile.get(casefile) ?? [])];

  return {
    get size() {
      return byId.size;
    },
    values: () => byId.values(),
    /** The longest written of those that lie there. @param {number} most @param {import("./briefs.js").Lies} where @returns {Reading[]} */
    first(most, where) {
      const found = [];
      for (const one of byId.values()) {
        if (found.length === most) break;
        if ((one.lies ?? "waiting") === where) found.push(one);
      }
      return found;
    },
    /** @param {string} id */
    get: (id) => byId.get(id),
    /** @param {string} record @returns {Reading[]} */
    of: (record) => [...(inRecord.get(record) ?? [])].flatMap((id) => byId.get(id) ?? []),
    recordsIn,
    /** @param {string} casefile */
    countIn: (casefile) => recordsIn(casefile).reduce((sum, record) => sum + (inRecord.get(record)?.size ?? 0), 0),

    /** @param {Reading} reading */
    put(reading) {
      const { casefile, record } = reading.header;
      byId.set(reading.id, reading);
      add(inRecord, record, reading.id);
      add(inCasefile, casefile, record);
    },

    /** @param {string} id */
    delete(id) {
      const reading = byId.get(id);
      if (!reading) return;
      byId.delete(id);
      const { casefile, record } = reading.header;
      if (isLast(inRecord, record, id)) isLast(inCasefile, casefile, record);
    },
  };
}

/** @param {Map<string, Set<string>>} map @param {string} key @param {string} value */
const add = (map, key, value) => map.set(key, (map.get(key) ?? new Set()).add(value));

/** Takes one out. @param {Map<string, Set<string>>} map @param {string} key @param {string} value */
function isLast(map, key, value) {
  map.get(key)?.delete(value);
  return !map.get(key)?.size && map.delete(key);
}
