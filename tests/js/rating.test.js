/** Who rates a goal, and what of it goes out: nothing that is not on the screen, and nothing in another's name. */
import assert from "node:assert/strict";
import test from "node:test";

/** What of a page a draft looks at; nothing here is drawn. */
Object.assign(globalThis, { document: { addEventListener: () => undefined }, addEventListener: () => undefined });
const { daysOf, keyOf, ratingDrafts, readyIn, rowsOf } = await import("../../static/src/parts/rating.js");
const { connect } = await import("../../static/src/line.js");
const { join } = await import("../../static/src/parts/told.js");

const PEOPLE = [
  { id: "dawn", name: "Dawn" },
  { id: "kay", name: "Kayleigh" },
  { id: "paul2", name: "Paul" },
];
const goal = (/** @type {any} */ more = {}) => /** @type {any} */ ({ record: "calm", owner: "dawn", series: [], ...more });
const rated = (/** @type {string|undefined} */ rater, /** @type {string} */ rater_name, more = {}) => ({
  goal: "calm",
  ...(rater && { rater }),
  rater_name,
  value: 4,
  rated_on: "2026-11-16",
  ...more,
});
const names = (/** @type {any[]} */ rows) => rows.map(({ person }) => [person.id, person.name]);

test("a number by somebody who was added is on the screen after coming back, and one of another goal is not", () => {
  const key = keyOf("calm", "kay");
  const typed = { [key]: rated("kay", "Kayleigh"), "walk dawn": { goal: "walk", rater: "dawn", rater_name: "Dawn", value: 1 } };
  const rows = rowsOf(goal(), PEOPLE, [], typed);
  assert.deepEqual(names(rows), [
    ["dawn", "Dawn"],
    ["kay", "Kayleigh"],
  ]);
  assert.deepEqual(
    readyIn(rows, typed).map((one) => one.key),
    [key],
  );
});

test("of a goal that was paused meanwhile the number that was typed is shown, and nobody is asked for another", () => {
  const typed = { [keyOf("calm", "kay")]: rated("kay", "Kayleigh") };
  assert.deepEqual(names(rowsOf(goal({ status: "paused" }), PEOPLE, [], typed)), [["kay", "Kayleigh"]]);
  assert.deepEqual(rowsOf(goal({ status: "paused" }), PEOPLE, [], {}), []);
});

test("who is no longer of the family goes on under their own id, and not as somebody of the same name", () => {
  const before = goal({ series: [{ rater: "paul1", rater_name: "Paul", points: [] }] });
  assert.deepEqual(names(rowsOf(before, PEOPLE, [], {})), [["paul1", "Paul"]]);
  assert.deepEqual(names(rowsOf(goal({ owner: "gone" }), PEOPLE, [], {})), []);
});

test("who is named and not listed is shown, and sent only once they are listed, with all that was typed before", () => {
  const named = goal({ raters: [{ id: "1", name: "Nan Esk" }] });
  const key = keyOf("calm", "Nan Esk");
  const typed = { [key]: rated(undefined, "Nan Esk") };
  const rows = rowsOf(named, PEOPLE, [], typed);
  assert.deepEqual(rows, [{ key, person: { id: "", name: "Nan Esk" } }]);
  assert.deepEqual(readyIn(rows, typed), []);

  const listed = rowsOf(named, [...PEOPLE, { id: "nan", name: "Nan Esk" }], [], typed);
  assert.deepEqual(listed, [{ key, person: { id: "nan", name: "Nan Esk" } }]);
  assert.deepEqual(readyIn(listed, typed), listed);
});

test("numbers of two days are told apart, and a number without a day is found", () => {
  const typed = {
    "calm dawn": rated("dawn", "Dawn"),
    "calm kay": rated("kay", "Kayleigh", { rated_on: "2026-11-17" }),
    "calm paul2": rated("paul2", "Paul", { rated_on: "" }),
  };
  const rows = rowsOf(goal(), PEOPLE, [], typed);
  assert.deepEqual(daysOf(readyIn(rows, typed), typed), ["2026-11-16", "2026-11-17", ""]);
});

test("a day chosen by hand is kept with every number that was given", async () => {
  const port = new EventTarget();
  /** @type {any[]} */
  const asked = [];
  const postMessage = (/** @type {any} */ message) => {
    asked.push(message);
    const answer =
      message.ask === "draft.begin" ? { slot: message.with.preset.rater, heads: [], fields: {} } : { kept_at: "now" };
    setImmediate(() => port.dispatchEvent(Object.assign(new Event("message"), { data: { id: message.id, answer } })));
  };
  join(connect(/** @type {any} */ (Object.assign(port, { postMessage }))));
  const drafts = ratingDrafts("family", () => undefined);
  for (const rater of ["dawn", "kay"])
    await drafts.change(keyOf("calm", rater), { goal: "calm", rater, rated_on: "2026-11-17" }, "value", 4);
  await drafts.changeAll("rated_on", "2026-11-16");
  await drafts.keep();
  assert.deepEqual(
    asked.filter(({ ask }) => ask === "draft.keep").map((one) => [one.with.slot, one.with.fields.rated_on]),
    [
      ["dawn", "2026-11-16"],
      ["kay", "2026-11-16"],
    ],
  );
});
