/**
 * The fold: how a record's entries are read as one view. Twin of sync/view.py; docs/protocol.md §9 settles it.
 *
 * Each entry is given the *frontier* of every place it can see: the writers nobody wrote over since. A view of several entries is the union of their
 * frontiers without those that another member of the union descends from. That is complete for any graph, criss-cross included: whatever supersedes a
 * writer in one branch is an ancestor of a member of that branch's own frontier. Nothing recurses into the graph and no common ancestor is looked for.
 */
import { byCode } from "./chain.js";

/** @typedef {import("./entry.js").Json} Json */
/** @typedef {{id: string, parents: string[], fields: {[name: string]: Json}}} Version one entry, as far as the fold looks at it */
/** @typedef {{id: string, value?: Json}} Choice a value and the smallest entry that wrote it; without `value` that entry took it away */
/** @typedef {{values: Choice[], items: {[id: string]: Choice[]}}} Shown several values: a fork. A list is put together from its items; `items` holds only those on which versions differ */
/** @typedef {{heads: string[], order: string[], fields: {[name: string]: Shown}, writes: {[id: string]: string[]}}} View `writes`: the names each entry changed */
/** @typedef {Map<string, Json>} Places keyed `name`, and `name SPLIT item` for one item of a list */
/** @typedef {Map<string, number[]>} Writers */

/** Kinds that say something about a record without writing a field of it. */
export const NOT_CONTENT = new Set(["review", "erasure", "moved"]);

/** Never part of well-formed text, so no name can be mistaken for an item of another. */
const SPLIT = "\ud800\ud800";

/**
 * Folds a record's entries. Give it content only, none of the kinds in `NOT_CONTENT`. Parents that are not among them count as absent.
 * @param {Version[]} versions @param {Map<string, View["fields"]>} [joins] is told what whoever joined several entries had before them, by the id of theirs
 * @returns {View}
 */
export function fold(versions, joins) {
  const { nodes, parents, before } = arrange(versions);
  const places = nodes.map((node) => placesOf(node.fields));
  const graph = { nodes, places, before };
  const byId = (/** @type {number[]} */ some) => some.sort((a, b) => byCode(nodes[a].id, nodes[b].id));
  /** @type {Writers[]} */
  const seen = [];
  /** @type {[string, string[]][]} */
  const writes = [];
  nodes.forEach((node, e) => {
    const above = merged(graph, parents[e], seen);
    if (parents[e].length > 1) joins?.set(node.id, show(graph, above, byId(newest(graph, parents[e]))));
    /** @type {string[]} */
    const changed = [];
    for (const [place, value] of places[e]) {
      const shown = distinct(graph, above.get(place) ?? [], place);
      if (shown.length !== 1 || !same(shown[0].value, value)) changed.push(place);
    }
    for (const [place, writers] of above) {
      if (places[e].has(place)) continue;
      const shown = distinct(graph, writers, place);
      if (shown.length > 1 || shown[0].value !== undefined) changed.push(place);
    }
    const here = changed.length === 0 ? above : new Map(above);
    for (const place of changed) here.set(place, [e]);
    seen.push(here);
    writes.push([node.id, [...new Set(changed.map((place) => place.split(SPLIT, 1)[0]))].sort(byCode)]);
  });
  const followed = new Set(parents.flat());
  const heads = nodes.map((_, e) => e).filter((e) => !followed.has(e));
  byId(heads);
  return {
    heads: heads.map((e) => nodes[e].id),
    order: nodes.map((node) => node.id),
    fields: show(graph, merged(graph, heads, seen), heads),
    writes: Object.fromEntries(writes),
  };
}

/** Takes the plain values out of a view, of a fork that of the smallest entry; a field somebody took away is left out unless somebody kept it. @param {View} view @returns {{[name: string]: Json}} */
export function plain(view) {
  return Object.fromEntries(
    Object.entries(view.fields).flatMap(([name, { values }]) => {
      const value = values.find((choice) => choice.value !== undefined)?.value;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Names the fields in which versions stand side by side. @param {View} view */
export function forks(view) {
  return Object.entries(view.fields)
    .filter(([, { values, items }]) => values.length > 1 || Object.keys(items).length > 0)
    .map(([name]) => name);
}

/** @typedef {{nodes: Version[], places: Places[], before: Uint32Array[]}} Graph */

/** Sorts entries topologically, ties by id, and notes for each which came before it (one bit an entry). @param {Version[]} versions */
function arrange(versions) {
  const byId = new Map(versions.map((version) => [version.id, version]));
  /** @type {Map<string, string[]>} */
  const children = new Map();
  /** @type {Map<string, number>} */
  const missing = new Map();
  const ready = new Smallest();
  for (const [id, version] of byId) {
    const known = [...new Set(version.parents)].filter((parent) => byId.has(parent) && parent !== id);
    missing.set(id, known.length);
    if (known.length === 0) ready.add(id);
    for (const parent of known) {
      const list = children.get(parent);
      if (list) list.push(id);
      else children.set(parent, [id]);
    }
  }
  /** @type {Version[]} */
  const nodes = [];
  /** @type {number[][]} */
  const parents = [];
  /** @type {Map<string, number>} */
  const number = new Map();
  for (let id = ready.take(); id !== undefined; id = ready.take()) {
    const version = /** @type {Version} */ (byId.get(id));
    parents.push([...new Set(version.parents)].map((parent) => number.get(parent)).filter((p) => p !== undefined));
    number.set(id, nodes.length);
    nodes.push(version);
    for (const child of children.get(id) ?? []) {
      const left = /** @type {number} */ (missing.get(child)) - 1;
      missing.set(child, left);
      if (left === 0) ready.add(child);
    }
  }
  const isChain = parents.every((list, e) => (e === 0 ? list.length === 0 : list.length === 1 && list[0] === e - 1));
  return { nodes, parents, before: isChain ? [] : ancestors(parents) };
}

/** @param {number[][]} parents @returns {Uint32Array[]} */
function ancestors(parents) {
  const words = (parents.length + 31) >>> 5;
  /** @type {Uint32Array[]} */
  const before = [];
  for (const list of parents) {
    const bits = new Uint32Array(words);
    for (const p of list) {
      const theirs = before[p];
      for (let w = 0; w < words; w++) bits[w] |= theirs[w];
      bits[p >>> 5] |= 1 << (p & 31);
    }
    before.push(bits);
  }
  return before;
}

/** The writers of every place as seen from several entries together. @param {Graph} graph @param {number[]} tips @param {Writers[]} seen @returns {Writers} */
function merged(graph, tips, seen) {
  if (tips.length === 1) return seen[tips[0]];
  /** @type {Map<string, Set<number>>} */
  const together = new Map();
  for (const tip of tips) {
    for (const [place, writers] of seen[tip]) {
      const all = together.get(place) ?? new Set();
      for (const writer of writers) all.add(writer);
      together.set(place, all);
    }
  }
  /** @type {Writers} */
  const standing = new Map();
  for (const [place, all] of together) {
    standing.set(place, newest(graph, [...all]));
  }
  return standing;
}

/** Those of several entries that none of the others comes after. @param {Graph} graph @param {number[]} some @returns {number[]} */
function newest({ before }, some) {
  if (some.length === 1) return some;
  return some.filter((e) => !some.some((other) => other !== e && (before[other][e >>> 5] >>> (e & 31)) & 1));
}

/** @param {{[name: string]: Json}} fields @returns {Places} */
function placesOf(fields) {
  const places = new Map();
  for (const [name, value] of Object.entries(fields)) {
    const items = itemsOf(value);
    // That there is a list is one fact, each of its items another: so two people's additions never meet.
    places.set(name, items === null ? value : []);
    for (const [id, item] of items ?? []) places.set(name + SPLIT + id, item);
  }
  return places;
}

/** The items of a list whose every element is an object with its own `id`; null for every other value. @param {Json} value @returns {[string, Json][] | null} */
export function itemsOf(value) {
  if (!Array.isArray(value)) return null;
  /** @type {[string, Json][]} */
  const items = [];
  for (const item of value) {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
    if (!Object.hasOwn(item, "id") || typeof item.id !== "string" || item.id === "") return null;
    items.push([item.id, item]);
  }
  return new Set(items.map(([id]) => id)).size === items.length ? items : null;
}

/** The different values of one place, each under the smallest id that wrote it. @param {Graph} graph @param {number[]} writers @param {string} place @returns {Choice[]} */
function distinct({ nodes, places }, writers, place) {
  const sorted = writers.length < 2 ? writers : [...writers].sort((a, b) => byCode(nodes[a].id, nodes[b].id));
  /** @type {Choice[]} */
  const kept = [];
  for (const writer of sorted) {
    const value = places[writer].get(place);
    if (kept.some((other) => same(other.value, value))) continue;
    kept.push(value === undefined ? { id: nodes[writer].id } : { id: nodes[writer].id, value });
  }
  return kept;
}

/** @param {Graph} graph @param {Writers} writers @param {number[]} heads @returns {{[name: string]: Shown}} */
function show(graph, writers, heads) {
  /** @type {Map<string, {whole: Choice[], items: Map<string, Choice[]>}>} */
  const byName = new Map();
  for (const [place, by] of writers) {
    const split = place.indexOf(SPLIT);
    const name = split < 0 ? place : place.slice(0, split);
    const found = byName.get(name) ?? { whole: [], items: new Map() };
    byName.set(name, found);
    const choices = distinct(graph, by, place);
    if (split < 0) found.whole = choices;
    else found.items.set(place.slice(split + SPLIT.length), choices);
  }
  /** @type {[string, Shown][]} */
  const fields = [];
  for (const name of [...byName.keys()].sort(byCode)) {
    const { whole, items } = /** @type {{whole: Choice[], items: Map<string, Choice[]>}} */ (byName.get(name));
    const values = listed(graph, name, whole, items, heads);
    if (!values.some((choice) => choice.value !== undefined)) continue;
    fields.push([name, { values, items: Object.fromEntries([...items].filter(([, choices]) => choices.length > 1)) }]);
  }
  return Object.fromEntries(fields);
}

/** Puts a list together from the items that stand; what else was written in the field stands beside it. @param {Graph} graph @param {string} name @param {Choice[]} whole @param {Map<string, Choice[]>} items @param {number[]} heads @returns {Choice[]} */
function listed({ places }, name, whole, items, heads) {
  /** @type {Map<string, Choice>} */
  const present = new Map();
  for (const [id, choices] of items) {
    const first = choices.find((choice) => choice.value !== undefined);
    if (first) present.set(id, first);
  }
  if (present.size === 0) return whole;
  const isEmptyList = (/** @type {Json | undefined} */ value) => Array.isArray(value) && value.length === 0;
  const head = heads.find((e) => isEmptyList(places[e].get(name)));
  const order =
    head === undefined
      ? []
      : [...places[head].keys()]
          .filter((place) => place.startsWith(name + SPLIT))
          .map((place) => place.slice(name.length + SPLIT.length));
  const shown = order.filter((id) => present.has(id));
  const known = new Set(shown);
  shown.push(...[...present.keys()].filter((id) => !known.has(id)).sort(byCode));
  const choices = shown.map((id) => /** @type {Choice} */ (present.get(id)));
  const ids = [...choices, ...whole.filter(({ value }) => isEmptyList(value))].map(({ id }) => id).sort(byCode);
  // An item somebody kept outweighs that somebody else took the whole list away.
  const others = whole.filter(({ value }) => value !== undefined && !isEmptyList(value));
  const list = { id: ids[0], value: choices.map(({ value }) => /** @type {Json} */ (value)) };
  return [...others, list].sort((a, b) => byCode(a.id, b.id));
}

/** Compares two values as parsed JSON; undefined stands for absence. @param {Json | undefined} a @param {Json | undefined} b @returns {boolean} */
export function same(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, i) => same(one, b[i]));
  if (Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]));
}

/** A heap of ids: sorting again after each entry would make long records quadratic. */
class Smallest {
  /** @type {string[]} */
  #ids = [];

  /** @param {string} id */
  add(id) {
    const ids = this.#ids;
    let at = ids.push(id) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (byCode(ids[up], id) <= 0) break;
      ids[at] = ids[up];
      at = up;
    }
    ids[at] = id;
  }

  /** @returns {string | undefined} */
  take() {
    const ids = this.#ids;
    const first = ids[0];
    const last = ids.pop();
    if (last === undefined || ids.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= ids.length) break;
      if (down + 1 < ids.length && byCode(ids[down + 1], ids[down]) < 0) down++;
      if (byCode(ids[down], last) >= 0) break;
      ids[at] = ids[down];
      at = down;
    }
    ids[at] = last;
    return first;
  }
}
