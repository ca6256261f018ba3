/** Laws of the fold for what people do to one record on two and three phones: nothing said is lost, and nobody's words are chosen over another's but by somebody. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fold } from "../../static/src/sync/view.js";
import { IS_LIST, LISTS, LONG, placeOf, placesIn, play, script, standing, TAGS, TEXTS } from "./edit-scripts.js";

const RUNS = Number(process.env.EDIT_RUNS ?? 300);

/** @param {(history: import("./edit-scripts.js").History, chance: {next: () => number}) => void} law */
const always = (law) =>
  fc.assert(
    fc.property(script, fc.infiniteStream(fc.nat()), (given, stream) => law(play(given), { next: () => stream.next().value })),
    { numRuns: RUNS },
  );

const asText = (/** @type {any[]} */ values) => values.map((value) => JSON.stringify(value) ?? "taken away").sort();
const shownAt = (/** @type {any} */ view, /** @type {string} */ name) =>
  (view.fields[name]?.values ?? []).map((/** @type {any} */ { value }) => value);

/** The places where versions stand beside each other, with the ids of those that do. @param {import("../../static/src/sync/view.js").View} view */
function parted(view) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const [name, { values, items }] of Object.entries(view.fields)) {
    if (values.length > 1)
      found.set(
        name,
        values.map(({ id }) => id),
      );
    for (const [item, choices] of Object.entries(items))
      found.set(
        placeOf(name, item),
        choices.map(({ id }) => id),
      );
  }
  return found;
}

/** @param {import("../../static/src/sync/view.js").View} view @param {import("./edit-scripts.js").Act[]} acts */
function agrees(view, acts) {
  for (const name of [...TEXTS, LONG, TAGS]) {
    const stands = standing(acts, name);
    const expected = stands.every((value) => value === undefined) ? [] : asText(stands);
    assert.deepEqual(asText(shownAt(view, name)), expected, name);
  }
  for (const name of LISTS) {
    const items = [...placesIn(acts)].filter((place) => place.startsWith(`${name}/`) && place !== placeOf(name, IS_LIST));
    const stands = new Map(items.map((place) => [place.slice(name.length + 1), standing(acts, place)]));
    const present = [...stands].filter(([, values]) => values.some((value) => value !== undefined)).map(([item]) => item);
    const lists = shownAt(view, name).filter((value) => Array.isArray(value));
    assert.deepEqual(
      lists
        .flat()
        .map((/** @type {any} */ { id }) => id)
        .sort(),
      present.sort(),
      name,
    );
    for (const { id, ...item } of lists.flat()) assert.ok(asText(stands.get(id) ?? []).includes(JSON.stringify({ id, ...item })));
    const apart = Object.entries(view.fields[name]?.items ?? {}).map(([item, choices]) => [
      item,
      asText(choices.map(({ value }) => value)),
    ]);
    const expected = [...stands].filter(([, values]) => values.length > 1).map(([item, values]) => [item, asText(values)]);
    if (view.fields[name]) assert.deepEqual(apart.sort(), expected.sort(), name);
  }
}

test("what is shown is what nobody wrote over who had it before them, on every phone at every moment", () =>
  always(({ versions, acts }) => {
    for (let n = 0; n <= versions.length; n++) agrees(fold(versions.slice(0, n)), acts.slice(0, n));
    const byId = new Map(versions.map((one) => [one.id, one]));
    const actOf = new Map(acts.map((one) => [one.id, one]));
    for (const { knew } of acts)
      agrees(
        fold([...knew].map((id) => /** @type {any} */ (byId.get(id)))),
        [...knew].map((id) => /** @type {any} */ (actOf.get(id))),
      );
  }));

test("every sentence ever saved is shown, stands on a fork's card, or lies in the history under words of somebody who had read it", () =>
  always(({ versions, acts }) => {
    const view = fold(versions);
    const shown = JSON.stringify(Object.values(view.fields));
    for (const act of acts)
      for (const [place, value] of act.changed)
        for (const sentence of JSON.stringify(value)?.match(/Sentence [\d.-]+/g) ?? []) {
          if (shown.includes(sentence)) continue;
          const inHistory = view.order.includes(act.id) && view.writes[act.id].includes(place.split("/", 1)[0]);
          assert.ok(inHistory, `${sentence} is nowhere`);
          assert.ok(
            acts.some((other) => other.knew.has(act.id) && other.changed.has(place)),
            `${sentence} went, and nobody wrote over it`,
          );
        }
  }));

test("the order in which entries reach a phone makes no difference", () =>
  always(({ versions }, chance) => {
    const view = fold(versions);
    for (let round = 0; round < 4; round++) {
      const drawn = versions.map((one) => /** @type {const} */ ([chance.next(), one]));
      assert.deepEqual(fold(drawn.sort(([a], [b]) => a - b).map(([, one]) => one)), view);
    }
  }));

test("a fork goes only where somebody chose who had every one of its versions before them, or came to the very words of those they had not", () =>
  always(({ versions, acts }) => {
    const actOf = new Map(acts.map((one) => [one.id, one]));
    for (let n = 1; n < versions.length; n++) {
      const after = parted(fold(versions.slice(0, n + 1)));
      for (const [place, ids] of parted(fold(versions.slice(0, n)))) {
        if (after.has(place)) continue;
        assert.ok(acts[n].changed.has(place), `${place} is whole again and nobody chose`);
        const chosen = acts[n].changed.get(place);
        for (const id of ids)
          if (!acts[n].knew.has(id))
            assert.deepEqual(actOf.get(id)?.changed.get(place), chosen, `${place} was chosen without having been read`);
      }
    }
  }));

test("scripts come to forks, to criss-crossing and to long histories, or they would prove little", () => {
  const histories = fc.sample(script, { numRuns: 300, seed: 1 }).map(play);
  const forked = histories.filter(({ versions }) => parted(fold(versions)).size > 0).length;
  const crossed = histories.filter(({ versions }) => {
    const merges = versions.filter(({ parents }) => parents.length > 1).map(({ parents }) => parents.join());
    return new Set(merges).size < merges.length;
  }).length;
  const long = histories.filter(({ versions }) => versions.length >= 8).length;
  for (const count of [forked, crossed, long]) assert.ok(count > 30, `${forked} forked, ${crossed} crossed, ${long} long`);
});
