// What is told of a record's versions: in their order, and of those that cannot be read, that and why.
import assert from "node:assert/strict";
import test from "node:test";
import { makeBrief } from "../../static/src/core/briefs.js";
import { openRecords } from "../../static/src/core/records.js";

/** @param {string} id @param {string[]} parents @param {any} fields null where they are gone @param {any} [more] @returns {any} */
const version = (id, parents, fields, more = {}) => ({
  id,
  jws: "",
  ...(fields && { body: JSON.stringify({ fields }) }),
  fields,
  header: {
    ...{ kind: "family", record: "R", casefile: "C", schema: "family.1", form: "", parents, author: "ama" },
    written_at: `2026-11-21T10:00:0${id.length}Z`,
  },
  ...more,
});

/** @param {any[]} readings @returns {Promise<any>} */
function told(readings, kind = "family") {
  const caseload = /** @type {any} */ ({
    rec: () => ({ casefile: "C", brief: { kind, title: "" } }),
    load: async () => undefined,
    readings: async () => readings,
    personOf: (/** @type {string} */ id) => ({ id, name: id }),
    people: new Map([["s-ama", { id: "s-ama", name: "Ama Lindqvist", role: "keyworker" }]]),
  });
  const definitions = /** @type {any} */ ({ byHash: async () => null, index: () => ({ records: {} }) });
  return openRecords(/** @type {any} */ ({ caseload, definitions })).record({ record: "R" });
}

const A = version("d-first", [], { warning: "Dog", status: "active" });
const B = version("c-second", ["d-first"], { warning: "Dog", status: "paused" });
const GONE = version("b-third", ["c-second"], null);
const D = version("a-fourth", ["b-third"], { warning: "Dog", status: "ended" });

test("a version that was taken out stands in its place and is told to be gone", async () => {
  const { versions } = await told([D, GONE, A, B]);
  assert.deepEqual(
    versions.map((/** @type {any} */ one) => [one.id, Boolean(one.gone)]),
    [
      ["d-first", false],
      ["c-second", false],
      ["b-third", true],
      ["a-fourth", false],
    ],
  );
});

test("whoever wrote after a version that was taken out is told to have changed only what differs from what can be read before it", async () => {
  const { versions } = await told([A, B, GONE, D]);
  const last = versions.at(-1);
  assert.deepEqual(last.changed, ["status"]);
  assert.deepEqual(last.before, B.fields);
});

test("whoever joined one that was taken out with another is told to have had all that can be read of both", async () => {
  const other = version("e-other", ["d-first"], { warning: "Dog", status: "active", home_language: "Farsi" });
  const joint = version("f-joint", ["b-third", "e-other"], { warning: "Dog", status: "paused", home_language: "Farsi" });
  const { versions } = await told([A, B, GONE, other, joint]);
  const last = versions.at(-1);
  assert.deepEqual([last.id, last.changed], ["f-joint", []]);
  assert.equal(last.joined.status.values[0].value, "paused");
});

test("what was written before which nothing can be read any more is told without anything before it", async () => {
  const { versions } = await told([version("a", [], null), version("b", ["a"], { warning: "Dog" })]);
  assert.deepEqual([versions[0].gone, versions[1].before], [true, undefined]);
  const [first] = (await told([A])).versions;
  assert.deepEqual(first.before, {}, "of what nothing came before that is known");
});

test("a record of one version that cannot be read is told with its words as they came", async () => {
  const { versions, kind } = await told([version("a", [], null, { body: "not what this phone reads" })]);
  assert.deepEqual(
    [kind, versions.length, versions[0].raw, versions[0].gone],
    ["family", 1, "not what this phone reads", undefined],
  );
});

test("who may read a private section is told by name with it, and with nothing else", async () => {
  const opening = version("a", [], { readers: ["s-ama"] });
  opening.header.kind = "opening";
  assert.deepEqual((await told([opening], "opening")).names, { "s-ama": "Ama Lindqvist" });
  assert.deepEqual((await told([A])).names, {});
});

test("a family's record names who was listed in any version of it and is no longer, by the last name they had", () => {
  const people = (/** @type {[string, string][]} */ ...list) => ({ people: list.map(([id, name]) => ({ id, name })) });
  const readings = [
    version("a", [], people(["mia", "Mia"], ["paul", "Paul"])),
    version("b", ["a"], people(["mia", "Mia Rose"], ["paul", "Paul"])),
    version("c", ["b"], people(["paul", "Paul"])),
  ];
  const brief = makeBrief(readings.reverse(), () => undefined, []);
  assert.deepEqual(brief.former, { mia: "Mia Rose" });
  assert.equal(Object.hasOwn(brief.fields ?? {}, "former"), false, "it is no answer of the family's record");
});
