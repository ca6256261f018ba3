// What happens to answers between the core and the screen.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import fc from "fast-check";
import {
  asRead,
  begun,
  peopleIn,
  plain,
  strangeStatuses,
  vocabulariesOf,
  withAnswer,
  withEveryChild,
  withoutEmptyAdditions,
} from "../../static/src/parts/fields.js";
import { inText } from "../../static/src/parts/in-text.js";
import { childrenOf, flipped, nameOf, personOf } from "../../static/src/parts/people.js";
import { problems } from "../../static/src/practice/forms.js";

const NOW = new Date(2026, 10, 21, 14, 2);
const shipped = (/** @type {string} */ schema) =>
  JSON.parse(readFileSync(new URL(`../../fieldapp/practice/records/${schema}.json`, import.meta.url), "utf8"));
const PEOPLE = [
  { id: "dawn", name: "Dawn", group: "adult" },
  { id: "kay", name: "Kayleigh", group: "child", born_on: "2012-05-04" },
  { id: "jay", name: "Jayden", born_on: "2017-02-11" },
  { id: "baby", name: "Baby", group: "unborn", due_on: "2027-01-20" },
];

test("nothing that would be evidence is ever filled in beforehand", () => {
  assert.deepEqual(begun(shipped("visit-note.1"), {}, NOW), {});
  assert.deepEqual(begun(shipped("contact.1"), {}, NOW), { happened_on: "2026-11-21", happened_at: "14:02" });
});

test("what a draft already says is not overwritten by today", () => {
  assert.equal(begun(shipped("contact.1"), { happened_on: "2026-11-19" }, NOW).happened_on, "2026-11-19");
});

test("a child nobody answered for is asked about, and an unborn child or adult is not", () => {
  const definition = shipped("visit-note.1");
  const fields = withEveryChild(
    definition,
    { contact_type: "home_visit", children_seen: [{ id: "1", person: "kay", seen: "no" }] },
    PEOPLE,
    NOW,
  );
  assert.deepEqual(
    fields.children_seen.map((/** @type {any} */ item) => [item.person, item.seen]),
    [
      ["kay", "no"],
      ["jay", undefined],
    ],
  );
  const asked = problems(definition, fields, {}).map((one) => one.at);
  assert.ok(asked.includes("children_seen/jay/seen"), asked.join());
  assert.deepEqual(
    childrenOf(PEOPLE, NOW).map(({ id }) => id),
    ["kay", "jay"],
  );
});

test("law: taking an answer away leaves the fields as if it had never been given", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), fc.string(), fc.string(), (fields, name, value) => {
      const { [name]: _, ...rest } = fields;
      assert.deepEqual(withAnswer(withAnswer(rest, name, value), name, undefined), rest);
    }),
  );
});

test("an addition nobody wrote is left out when something else was changed, and asked for when nothing was", () => {
  const before = { purpose: "x", next_visit: "none" };
  const empty = [{ id: "1", why: "answer" }];
  assert.deepEqual(withoutEmptyAdditions({ ...before, next_visit: "to_arrange", additions: empty }, before), {
    purpose: "x",
    next_visit: "to_arrange",
  });
  assert.deepEqual(withoutEmptyAdditions({ ...before, additions: empty }, before).additions, empty);
  const written = [{ id: "1", why: "answer", text: "He was upstairs." }];
  assert.deepEqual(withoutEmptyAdditions({ ...before, additions: [...written, ...empty] }, before).additions, written);
});

test("fields are read whether or not they come with who wrote them", () => {
  assert.deepEqual(plain({ a: { values: [{ value: "x", id: "1" }], items: {} }, b: "y" }), { a: "x", b: "y" });
});

test("shared options are read from the definition they were written into", () => {
  const options = [{ value: "neglect", label: "Neglect" }];
  const definition = {
    sections: [{ fields: [{ id: "risks", item: [{ id: "indicator", vocabulary: "risk-indicators.1", options }] }] }],
  };
  assert.deepEqual(vocabulariesOf(/** @type {any} */ (definition)), { "risk-indicators.1": { options } });
});

test("a person is found by id, by name, or shown as told", () => {
  assert.equal(nameOf("kay", PEOPLE), "Kayleigh");
  assert.equal(nameOf({ id: "x", name: "Marian" }, PEOPLE), "Marian");
  assert.equal(nameOf(undefined), "");
  assert.equal(personOf({ name: "Dawn" }, PEOPLE).id, "dawn");
  assert.deepEqual(personOf("Tamsin", PEOPLE), { id: "", name: "Tamsin" });
});

test("somebody whom two people tick apart from each other is one item, and a tick taken away leaves none, however it came", () => {
  const nan = { id: "nan", name: "Nan", relation: "grandmother" };
  assert.deepEqual(flipped([], nan), [{ id: "nan", person: "nan", name: "Nan", role: "grandmother" }]);
  assert.deepEqual(flipped([], nan), flipped([], { ...nan }));
  assert.deepEqual(
    flipped(
      [
        { id: "older", person: "nan", name: "Nan" },
        { id: "x", name: "A neighbour" },
      ],
      nan,
    ),
    [{ id: "x", name: "A neighbour" }],
  );
});

test("a visit is sent to a family whose only child is not born yet, or where nobody is listed, and a child who is listed is asked about", () => {
  const definition = shipped("visit-note.1");
  const at = (/** @type {any[]} */ people) =>
    problems(definition, withEveryChild(definition, { contact_type: "home_visit" }, people, NOW), {})
      .map((one) => one.at)
      .filter((one) => one.startsWith("children_seen"));
  const unborn = PEOPLE.filter(({ id }) => id === "dawn" || id === "baby");
  assert.deepEqual(at(unborn), []);
  assert.deepEqual(at([]), []);
  assert.deepEqual(at(PEOPLE), [
    "children_seen/kay/seen",
    "children_seen/kay/bedroom",
    "children_seen/jay/seen",
    "children_seen/jay/bedroom",
  ]);
});

test("a child who is being listed in the family's details can be chosen there at once, and one who is taken out cannot", () => {
  const family = /** @type {any} */ ({ kind: "family" });
  const added = { id: "ada", name: "Ada", group: "child" };
  const [dawn, kay] = PEOPLE;
  const nameless = { id: "new", group: "child" };
  assert.deepEqual(peopleIn(family, { people: [dawn, added, nameless] }, [dawn, kay]), [dawn, added]);
  assert.deepEqual(peopleIn(family, {}, []), []);
  // Of whom two versions stand side by side is not taken out before somebody has chosen.
  const forks = { people: { values: [], items: { kay: [] } } };
  assert.deepEqual(peopleIn(family, { people: [dawn] }, [dawn, kay], forks), [dawn, kay]);
  assert.deepEqual(peopleIn(/** @type {any} */ ({ kind: "incident" }), { people: [added] }, [kay]), [kay]);
});

test("a status that the programme chosen now does not have is asked for again, and one that it has stands", () => {
  const definition = /** @type {any} */ ({
    kind: "family",
    sections: [
      {
        fields: [
          { id: "programme", type: "programme" },
          {
            id: "status",
            type: "status",
            options: [
              { value: "active", label: "Working", of: "long@1" },
              { value: "paused", label: "Paused", of: "long@1" },
              { value: "paused", label: "Resting", of: "short@1" },
            ],
          },
        ],
      },
    ],
  });
  const found = (/** @type {any} */ fields) => strangeStatuses(definition, fields);
  assert.deepEqual(found({ programme: "long@1", status: "active" }), []);
  assert.deepEqual(found({ programme: "short@1", status: "paused" }), []);
  assert.deepEqual(found({ programme: "short@1", status: "active" }), [{ at: "status", reason: "not_an_option" }]);
  // What a newer phone wrote of a programme this one does not know cannot be answered here.
  assert.deepEqual(found({ programme: "new@1", status: "active" }), []);
  assert.deepEqual(found({ programme: "short@1" }), []);
});

test("a status is read in words: those of its own programme, and those of an earlier one that left it behind", () => {
  const options = [
    { value: "active", label: "Working together", of: "staying-together" },
    { value: "screening", label: "Being looked at", of: "staying-together" },
    { value: "active", label: "Two workers are there", of: "joint-team" },
  ];
  const field = { id: "status", type: "status", label: "Status", options };
  const around = { people: [], goals: [], vocabularies: {}, problems: [] };
  const read = (/** @type {string} */ status) => inText(asRead(field, { programme: "joint-team" }), status, around);
  assert.deepEqual([read("active"), read("screening")], ["Two workers are there", "Being looked at"]);
});
