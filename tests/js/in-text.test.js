// What is said of an answer where it is read: all of it, and never an id.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import fc from "fast-check";
import { inText } from "../../static/src/parts/in-text.js";

const RECORDS = new URL("../../fieldapp/practice/records/", import.meta.url);
const ALL = readdirSync(RECORDS).map((file) => JSON.parse(readFileSync(new URL(file, RECORDS), "utf8")));
const FIELDS = ALL.flatMap(({ schema, sections }) =>
  sections.flatMap((/** @type {any} */ section) => section.fields.map((/** @type {any} */ field) => ({ schema, field }))),
);
const AROUND = {
  people: [{ id: "p-dawn", name: "Dawn Tarnley" }],
  goals: [
    { record: "r-talk", words: "Talk without shouting" },
    { record: "r-home", words: "Home by nine" },
  ],
  vocabularies: {},
  problems: [],
};

/** @param {string} schema @param {string} id */
const fieldOf = (schema, id) => FIELDS.find((one) => one.schema === schema && one.field.id === id)?.field;

test("of whoever was asked to agree to a plan it is said how they did, and that they did not", () => {
  const agreed = fieldOf("plan.1", "agreed_by");
  const said = inText(
    agreed,
    [
      { id: "1", person: "p-dawn", name: "Dawn Tarnley", role: "mother", how: "signed" },
      { id: "2", name: "Paul Esk", role: "stepfather", how: "did_not" },
    ],
    AROUND,
  );
  assert.equal(said, "Dawn Tarnley, mother, Signed on paper\nPaul Esk, stepfather, Did not agree");
});

test("the goals of a plan are said in their words, and one that is no longer listed as such", () => {
  const goals = fieldOf("plan.1", "goals");
  assert.equal(
    inText(goals, ["r-home", "r-gone", "r-talk"], AROUND),
    "Home by nine\nA goal no longer listed\nTalk without shouting",
  );
});

test("an answer within an item is said, also where another answer hides its question, and one that no form here asks", () => {
  const child = fieldOf("visit-note.1", "children_seen");
  const said = inText(
    child,
    [{ id: "1", person: "p-dawn", seen: "yes", why_not_seen: "Asleep upstairs", bruise: "Left arm" }],
    AROUND,
  );
  assert.match(said, /Why not\? Asleep upstairs/);
  assert.match(said, /bruise Left arm/);
});

test("whoever is no longer listed is called by the name they had", () => {
  const who = fieldOf("incident.1", "person");
  assert.equal(inText(who, "p-gone", { ...AROUND, names: { "p-gone": "Mia" } }), "Mia");
  assert.equal(inText(who, "p-dawn", { ...AROUND, names: { "p-dawn": "An older name" } }), "Dawn Tarnley");
  assert.equal(inText(who, "constructor", { ...AROUND, names: {} }), "Somebody no longer listed");
});

test("who may read a private section is said by name, and never by an id", () => {
  const readers = fieldOf("opening.1", "readers");
  assert.equal(
    inText(readers, ["s-ama", "s-x"], { ...AROUND, names: { "s-ama": "Ama Lindqvist" } }),
    "Ama Lindqvist\nSomebody no longer listed",
  );
});

test("no question that a form asks about people or goals is answered with an id where it is read", () => {
  const ASKED = new Set(["person", "people", "record", "records", "staff"]);
  const asked = FIELDS.flatMap(({ field }) => [field, ...(field.item ?? [])]).filter(({ type }) => ASKED.has(type));
  assert.ok(asked.length > 10);
  for (const field of asked) {
    const value = {
      person: "p-x",
      staff: ["p-x"],
      record: "r-x",
      records: ["r-x"],
      people: [{ id: "i-x", person: "p-x", name: "Nan" }],
    }[/** @type {"person"} */ (field.type)];
    assert.doesNotMatch(inText(field, value, AROUND), /[pri]-x/, `${field.id} (${field.type})`);
  }
});

test("law: whatever another phone may have sent as an answer, it is said as text, and nothing fails", () => {
  const values = fc.jsonValue({ maxDepth: 3 });
  const items = fc.array(fc.dictionary(fc.constantFrom("id", "name", "role", "person", "how", "seen", "what"), values));
  fc.assert(
    fc.property(fc.constantFrom(...FIELDS), fc.oneof(values, items), ({ field }, value) => {
      assert.equal(typeof inText(field, value, AROUND), "string");
    }),
    { numRuns: 2_000 },
  );
});

test("law: of a list no item is passed over without a word, whatever it is", () => {
  const strange = fc.oneof(fc.integer(), fc.string({ minLength: 1 }), fc.constant(null), fc.array(fc.integer()));
  const lists = FIELDS.filter(({ field }) => field.item && field.type !== "choices");
  fc.assert(
    fc.property(fc.constantFrom(...lists), fc.array(strange, { minLength: 1 }), ({ field }, value) => {
      assert.equal(inText(field, value, AROUND).split("\n").length >= value.length, true);
    }),
  );
});
