/** Laws of the fold that no example can prove: for every graph of entries, however they arrive. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fold, forks, plain, same } from "../../static/src/sync/view.js";

const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom("a", "b", "__proto__"), fc.constant(null));
const item = fc.record({ id: fc.constantFrom("i", "j", "k"), text: fc.constantFrom("x", "y") });
const list = fc.uniqueArray(item, { selector: (one) => one.id, maxLength: 3 });
const fields = fc.dictionary(fc.constantFrom("f", "g", "l"), fc.oneof(value, list), { maxKeys: 3 });

/** Any graph: entry i may follow any of those before it. */
const graph = fc
  .array(fc.record({ fields, after: fc.array(fc.nat(), { maxLength: 3 }) }), { minLength: 1, maxLength: 12 })
  .map((drawn) =>
    drawn.map(({ fields, after }, i) => ({
      id: `e${String((i * 7) % 13).padStart(2, "0")}-${i}`,
      fields,
      after: i === 0 ? [] : after.map((n) => n % i),
    })),
  );
const versions = (drawn) =>
  drawn.map(({ id, fields, after }) => ({ id, fields, parents: [...new Set(after)].map((p) => drawn[p].id) }));

const withoutLists = (given) =>
  given.map((e) => ({ ...e, fields: Object.fromEntries(Object.entries(e.fields).filter(([, v]) => !Array.isArray(v))) }));

const holds = (property) => fc.assert(property, { numRuns: 300 });

/** The rule of protocol §9 word for word, slow and plain: for each place, writers among S and its ancestors that nobody there wrote over. */
function byTheBook(entries) {
  const byId = new Map(entries.map((e) => [e.id, e]));
  const ancestors = (id, found = new Set()) => {
    if (!byId.has(id) || found.has(id)) return found;
    found.add(id);
    for (const parent of byId.get(id).parents) ancestors(parent, found);
    return found;
  };
  const writes = new Map();
  const view = (tips, name) => {
    const all = new Set(tips.flatMap((tip) => [...ancestors(tip)]));
    const writers = [...all].filter((id) => doesWrite(id, name));
    return writers.filter((w) => !writers.some((other) => other !== w && ancestors(other).has(w)));
  };
  const doesWrite = (id, name) => {
    const key = `${id} ${name}`;
    if (!writes.has(key)) {
      const before = view(byId.get(id).parents, name).map((w) => byId.get(w).fields[name]);
      const mine = byId.get(id).fields[name];
      const distinct = before.filter((v, i) => before.findIndex((other) => same(v, other)) === i);
      writes.set(key, distinct.length === 0 ? mine !== undefined : distinct.length > 1 || !same(distinct[0], mine));
    }
    return writes.get(key);
  };
  const heads = entries.filter((e) => !entries.some((other) => other.parents.includes(e.id))).map((e) => e.id);
  return (name) => view(heads, name).map((w) => byId.get(w).fields[name]);
}

test("the order in which entries arrive makes no difference", () =>
  holds(
    fc.property(graph, fc.infiniteStream(fc.nat()), (drawn, chance) => {
      const given = versions(drawn);
      const shuffled = given
        .map((one) => [chance.next().value, one])
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one);
      assert.deepEqual(fold(shuffled), fold(given));
    }),
  ));

test("the fold agrees with the rule word for word", () =>
  holds(
    fc.property(graph, (drawn) => {
      const given = withoutLists(versions(drawn));
      const book = byTheBook(given);
      const view = fold(given);
      for (const name of ["f", "g", "l"]) {
        const expected = book(name);
        const shown = view.fields[name]?.values.map((choice) => choice.value) ?? [];
        if (expected.every((v) => v === undefined)) assert.deepEqual(shown, []);
        else {
          assert.ok(shown.every((v) => expected.some((w) => same(v, w))));
          assert.ok(expected.every((v) => shown.some((w) => same(v, w))));
        }
      }
    }),
  ));

test("an entry that follows every head and says what is shown settles every fork", () =>
  holds(
    fc.property(graph, (drawn) => {
      const given = versions(drawn);
      const view = fold(given);
      const settled = fold([...given, { id: "zz", parents: view.heads, fields: plain(view) }]);
      assert.deepEqual(settled.heads, ["zz"]);
      assert.deepEqual(forks(settled), []);
      assert.deepEqual(plain(settled), plain(view));
    }),
  ));

test("an entry that changes nothing writes nothing", () =>
  holds(
    fc.property(graph, (drawn) => {
      // A list that one side took away whole and the other kept is shown without a fork, and is settled by saying it again.
      const given = withoutLists(versions(drawn));
      const view = fold(given);
      fc.pre(forks(view).length === 0);
      const again = fold([...given, { id: "zz", parents: view.heads, fields: plain(view) }]);
      assert.deepEqual(again.writes.zz, []);
    }),
  ));

test("what two people add to one list at once is all there", () =>
  holds(
    fc.property(list, list, (left, right) => {
      const base = { id: "a", parents: [], fields: { l: [] } };
      const own = (items, who) => items.map((one) => ({ ...one, id: `${who}-${one.id}` }));
      const view = fold([
        base,
        { id: "b", parents: ["a"], fields: { l: own(left, "b") } },
        { id: "c", parents: ["a"], fields: { l: own(right, "c") } },
      ]);
      const ids = /** @type {{ id: string }[]} */ (plain(view).l).map((one) => one.id).sort();
      assert.deepEqual(ids, [...own(left, "b"), ...own(right, "c")].map((one) => one.id).sort());
    }),
  ));

test("what neither of two people took off a list stays on it, whatever each of them added and took off", () =>
  holds(
    fc.property(list, list, fc.array(fc.boolean()), fc.array(fc.boolean()), (both, added, keepsLeft, keepsRight) => {
      const left = both.filter((_, i) => keepsLeft[i] ?? true);
      const right = [...both.filter((_, i) => keepsRight[i] ?? true), ...added.map((one) => ({ ...one, id: `right-${one.id}` }))];
      const view = fold([
        { id: "a", parents: [], fields: { l: both } },
        { id: "b", parents: ["a"], fields: { l: left } },
        { id: "c", parents: ["a"], fields: { l: right } },
      ]);
      const ids = (/** @type {any[]} */ items) => items.map((one) => one.id).sort();
      const stays = both.filter((one) => ids(left).includes(one.id) && ids(right).includes(one.id));
      const isNew = right.filter((one) => one.id.startsWith("right-"));
      assert.deepEqual(ids(/** @type {any} */ (plain(view).l ?? [])), ids([...stays, ...isNew]));
    }),
  ));

test("five thousand edits offline are one line and no fork", () => {
  const given = Array.from({ length: 5000 }, (_, i) => ({
    id: `e${i}`,
    parents: i ? [`e${i - 1}`] : [],
    fields: { text: `${i}` },
  }));
  const view = fold(given);
  assert.deepEqual(view.heads, ["e4999"]);
  assert.equal(view.fields.text.values.length, 1);
});
