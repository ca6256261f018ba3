/** Choosing between versions of a list: item by item, and nothing else of it is touched. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  asSettled,
  beforeChoosing,
  bothItems,
  bothWhole,
  differing,
  isOpen,
  leftToChoose,
  openPeople,
  WHOLE,
  withChosen,
  withItem,
} from "../../static/src/practice/choosing.js";
import { fold, forks, plain } from "../../static/src/sync/view.js";
import { makeOffice, newId } from "./office.js";
import { setUp, startPhone } from "./phone.js";

/** @param {string} id @param {string} phone */
const person = (id, phone) => ({ id, name: id, phone });
/** @param {string} id @param {string[]} parents @param {any[]} people */
const version = (id, parents, people) => ({ id, parents, fields: { people } });
/** @param {string} nan @param {string} dad */
const family = (nan, dad) => [person("nan", nan), person("aunt", "1"), person("dad", dad)];

describe("a list of which two items are parted and one is not", () => {
  const versions = [
    version("a1", [], family("1", "1")),
    version("b1", ["a1"], family("ama", "ama")),
    version("c1", ["a1"], family("reece", "reece")),
  ];
  const fork = fold(versions).fields.people;
  const first = fork.values[0].value;
  /** @param {any} people */
  const after = (people) => fold([...versions, version("d1", ["b1", "c1"], people)]);

  test("begins with what nobody disputes", () => {
    assert.deepEqual(beforeChoosing(fork, first), [person("aunt", "1")]);
  });

  test("is open until each of the two is chosen, whatever else is added", () => {
    const people = [.../** @type {any[]} */ (beforeChoosing(fork, first)), person("new", "9")];
    assert.ok(isOpen(fork, people));
    const half = withChosen({}, "people", "nan");
    assert.deepEqual(leftToChoose(fork, half.people), ["dad"]);
    assert.ok(isOpen(fork, withItem(fork, people, "nan", person("nan", "reece")), half.people));
    assert.ok(!isOpen(fork, people, withChosen(half, "people", "dad").people));
  });

  test("has what was chosen in its old place, and nothing else changed", () => {
    let people = /** @type {any[]} */ (beforeChoosing(fork, first));
    people = withItem(fork, people, "dad", person("dad", "ama"));
    people = withItem(fork, people, "nan", person("nan", "ama"));
    people = withItem(fork, people, "nan", person("nan", "reece"));
    assert.deepEqual(people, family("reece", "ama"));
    assert.deepEqual(forks(after(people)), []);
    assert.deepEqual(plain(after(people)).people, people);
  });
});

test("an item that one took out and another changed is kept or goes, as somebody chooses", () => {
  const versions = [
    version("a1", [], family("1", "1")),
    version("b1", ["a1"], family("1", "1").slice(1)),
    version("c1", ["a1"], family("reece", "1")),
  ];
  const fork = fold(versions).fields.people;
  const rest = /** @type {any[]} */ (beforeChoosing(fork, fork.values[0].value));
  assert.deepEqual(rest, family("1", "1").slice(1));
  for (const { value } of fork.items.nan) {
    const people = withItem(fork, rest, "nan", value);
    // Last, because the version that comes first has no place for it.
    assert.deepEqual(people, value ? [...rest, value] : rest);
    const view = fold([...versions, version("d1", ["b1", "c1"], people)]);
    // Beside what it was made of only what else changed is marked: of two versions nobody struck out one.
    assert.deepEqual(asSettled(fork, fork.values[0].value, people), [...rest, person("nan", "reece")]);
    assert.deepEqual([forks(view), plain(view).people], [[], people]);
  }
});

test("words that are written are a choice, and so is the version that is empty", () => {
  const fork = { values: [{ id: "b1", value: "Dog" }, { id: "c1" }], items: {} };
  assert.equal(beforeChoosing(fork, "Dog"), undefined);
  assert.deepEqual([isOpen(fork, undefined), isOpen(fork, "Dog in"), isOpen(fork, undefined, [WHOLE])], [true, false, false]);
});

test("whom a parted item is about is not asked about anew until it is chosen", () => {
  const items = { one: [{ id: "b1", value: { id: "one", person: "nan" } }, { id: "c1" }] };
  assert.deepEqual([...openPeople({ values: [], items })], ["nan"]);
  assert.deepEqual([...openPeople({ values: [], items }, ["one"])], []);
  assert.deepEqual([...openPeople(undefined)], []);
});

test("both of two texts stand whole, and of two choices nothing is made", () => {
  assert.equal(bothWhole("text", ["Dog", "Do not go alone", "Dog", undefined]), "Dog / Do not go alone");
  assert.equal(bothWhole("long_text", ["Dog", "Cat"]), "Dog\n\nCat");
  assert.equal(bothWhole("choice", ["yes", "no"]), undefined);
  assert.equal(bothWhole("text", ["Dog", undefined]), undefined);
  const fields = [
    { id: "phone", type: "text" },
    { id: "notes", type: "long_text" },
    { id: "group", type: "choice" },
  ];
  const nan = { id: "nan", phone: "1", group: "adult" };
  assert.deepEqual(bothItems(fields, [nan, { ...nan, phone: "2", notes: "Rings back" }]), {
    ...nan,
    phone: "1 / 2",
    notes: "Rings back",
  });
  assert.equal(bothItems(fields, [nan, { ...nan, phone: "2", group: "child" }]), undefined);
  assert.equal(bothItems(fields, [nan, undefined]), undefined);
});

describe("two colleagues who each changed two people of a family", () => {
  async function given() {
    const office = await makeOffice();
    const ama = office.addPerson("Ama");
    const reece = office.addPerson("Reece");
    const { casefile } = await office.openFamily(ama, "Tarnley");
    const phone = startPhone(office);
    const words = await setUp(phone, ama);
    const { record } = await phone.ask("family", { casefile });
    const [{ id: head, body }] = office.casefiles.get(casefile).entries.slice(-1);
    const before = JSON.parse(body).fields;
    const [nan, dad, aunt] = ["Nan", "Dad", "Aunt"].map((name) => ({ id: newId(), name, group: "adult", relation: name }));
    const about = { kind: "family", schema: "family.1", casefile, record };
    const people = [...before.people, nan, aunt, dad];
    const { id: base } = await office.write(ama, { ...about, parents: [head], fields: { ...before, people } });
    const changed = (/** @type {string} */ number) =>
      people.map((one) => (one === nan || one === dad ? { ...one, phone: number } : one));
    for (const [who, number] of /** @type {const} */ ([
      [ama, "1"],
      [reece, "2"],
    ]))
      await office.write(who, { ...about, parents: [base], fields: { ...before, people: changed(number) } });
    await phone.ask("sync");
    return { office, ama, phone, words, casefile, record, nan, dad, people, before, about, base, changed };
  }
  /** @param {any} people */
  const byId = (people) => [...people].sort((a, b) => (a.id < b.id ? -1 : 1));
  const isRefused = (/** @type {any} */ error) =>
    error.problems.length === 1 && error.problems[0].at === "people" && error.problems[0].reason === "two_versions";

  test("are asked about each of them, over a closed phone, and who was added meanwhile is no choice", async () => {
    const { office, phone, words, casefile, record, nan, dad, people } = await given();
    const draft = await phone.ask("draft.begin", { casefile, schema: "family.1", record });
    assert.deepEqual(draft.chosen, { people: [] });
    assert.deepEqual(
      byId(draft.fields.people),
      byId(people.filter((one) => one !== nan && one !== dad)),
      "begins with those on whom nobody differs",
    );
    const added = { id: newId(), name: "Uncle", group: "adult", relation: "uncle" };
    const more = [...draft.fields.people, added];
    const send = (/** @type {any} */ given) => phone.ask("send", { slot: draft.slot, mode: "", ...given });
    await assert.rejects(send({ fields: { ...draft.fields, people: more } }), isRefused);
    const ours = { ...nan, phone: "2" };
    const half = withItem(draft.forks.people, more, nan.id, ours);
    const fields = { ...draft.fields, people: half };
    await phone.ask("draft.keep", { slot: draft.slot, fields, chosen: withChosen(draft.chosen, "people", nan.id) });
    phone.kill();

    const again = startPhone(office, phone.storage);
    const [{ vault }] = (await again.ask("status")).people;
    await again.ask("unlock", { vault, words });
    const open = await again.ask("draft.begin", { casefile, schema: "family.1", record });
    assert.deepEqual([open.slot, open.fields, open.chosen], [draft.slot, fields, { people: [nan.id] }]);
    assert.deepEqual(open.forks, draft.forks);
    await assert.rejects(again.ask("send", { slot: open.slot, fields, mode: "" }), isRefused);
    const theirs = { ...dad, phone: "1" };
    const all = withItem(open.forks.people, half, dad.id, theirs);
    const chosen = withChosen(open.chosen, "people", dad.id);
    await again.ask("send", { slot: open.slot, fields: { ...fields, people: all }, chosen, mode: "" });
    const settled = await again.ask("record", { record });
    assert.deepEqual([settled.fields.people.values.length, settled.fields.people.items], [1, {}]);
    const expected = people.map((one) => (one === nan ? ours : one === dad ? theirs : one));
    assert.deepEqual(byId(settled.fields.people.values[0].value), byId([...expected, added]));
    again.kill();
  });

  test("an edit that was begun before versions parted is sent without a choice between them", async () => {
    const { office, ama, phone } = await given();
    const second = await office.openFamily(ama, "Pellworth");
    await phone.ask("sync");
    const { record } = await phone.ask("family", { casefile: second.casefile });
    const draft = await phone.ask("draft.begin", { casefile: second.casefile, schema: "family.1", record });
    assert.deepEqual([draft.forks, draft.chosen], [{}, undefined]);
    await phone.ask("draft.keep", { slot: draft.slot, fields: { ...draft.fields, warning: "Dog in the yard" } });
    const [first] = draft.fields.people;
    for (const number of ["1", "2"])
      await office.write(ama, {
        kind: "family",
        schema: "family.1",
        casefile: second.casefile,
        record,
        parents: draft.heads,
        fields: { ...draft.fields, people: [{ ...first, phone: number }] },
      });
    await phone.ask("sync");
    const { fields, forks: parted } = await phone.ask("draft.open", { slot: draft.slot });
    assert.deepEqual([fields.people, parted], [[first], {}]);
    await assert.doesNotReject(phone.ask("send", { slot: draft.slot, fields, mode: "" }));
    const told = (await phone.ask("record", { record })).fields;
    assert.deepEqual(
      told.warning.values.map((/** @type {any} */ one) => one.value),
      ["Dog in the yard"],
    );
    assert.equal(told.people.items[first.id].length, 2, "nobody has chosen, and nobody's words went");
    phone.kill();
  });

  test("choose between the versions that stood there, also when another has come since", async () => {
    const { office, ama, phone, casefile, record, nan, dad, before, about, base, changed } = await given();
    const draft = await phone.ask("draft.begin", { casefile, schema: "family.1", record });
    await phone.ask("draft.keep", { slot: draft.slot, fields: { ...draft.fields, warning: "Dog in the yard" } });
    await office.write(ama, { ...about, parents: [base], fields: { ...before, people: changed("3") } });
    await phone.ask("sync");
    const open = await phone.ask("draft.open", { slot: draft.slot });
    assert.deepEqual(open.forks, draft.forks);
    await assert.rejects(phone.ask("send", { slot: draft.slot, fields: open.fields, mode: "" }), isRefused);
    let { people } = open.fields;
    for (const one of [nan, dad]) people = withItem(open.forks.people, people, one.id, { ...one, phone: "1" });
    const chosen = { people: [nan.id, dad.id] };
    await phone.ask("send", { slot: draft.slot, fields: { ...open.fields, people }, chosen, mode: "" });
    const { items } = (await phone.ask("record", { record })).fields.people;
    const phones = (/** @type {string} */ id) => items[id].map((/** @type {any} */ one) => one.value.phone).sort();
    assert.deepEqual(
      [Object.keys(items).sort(), phones(nan.id), phones(dad.id)],
      [[nan.id, dad.id].sort(), ["1", "3"], ["1", "3"]],
    );
    phone.kill();
  });
});

test("what differs between versions of one thing is named, also where one lacks it; whoever took it out differs in nothing", () => {
  const stood = { id: "1", name: "Jayden", phone: "07700 900311", notes: "Nan’s number", seen: ["home", "school"] };
  const other = { seen: ["home", "school"], notes: "Nan’s number", phone: "07700 900321", role: "son", name: "Jayden", id: "1" };
  assert.deepEqual([...differing([stood, other])].sort(), ["phone", "role"]);
  assert.deepEqual([...differing([stood, undefined, stood])], []);
  assert.deepEqual([...differing([undefined, undefined])], []);
});
