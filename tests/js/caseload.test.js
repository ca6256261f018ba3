// What lists say of a family, made of the briefs of its records: contact that was had, what is due, and what a search finds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { makeBrief } from "../../static/src/core/briefs.js";
import { openCaseload } from "../../static/src/core/caseload.js";
import { around } from "../../static/src/parts/around.js";
import { count } from "../../static/src/words/found.js";

const data = (/** @type {string} */ path) =>
  JSON.parse(readFileSync(new URL(`../../fieldapp/practice/${path}.json`, import.meta.url), "utf8"));
const CASEFILE = "C";
const PROGRAMME = "staying-together@1";
const definitions = /** @type {any} */ ({
  known: (/** @type {string} */ _, /** @type {string} */ schema) => data(`records/${schema}`),
  hasIndex: () => true,
  index: () => ({ programmes: { [PROGRAMME]: "HASH" }, measures: {} }),
  byHash: async () => data("programmes/staying-together.1"),
});

/** A caseload of one family, as of its records. @param {[schema: string, ...versions: any[]][]} told each version beside the others */
async function caseloadOf(...told) {
  const briefs = told.map(([schema, ...versions], at) => {
    const header = { kind: data(`records/${schema}`).kind, schema, form: "F", record: `R${at}`, author: "ama", parents: [] };
    const written_at = "2026-11-20T10:00:00Z";
    return makeBrief(
      versions.map((fields, i) => ({ id: `E${i}`, jws: "", header: /** @type {any} */ ({ ...header, written_at }), fields })),
      definitions.known,
      [],
    );
  });
  const outside = /** @type {any} */ ({ localMinute: () => "2026-11-21T12:00" });
  const caseload = openCaseload({ vault: /** @type {any} */ ({}), definitions, outside, tell: () => {} });
  await caseload.stored(/** @type {any} */ ({ casefile: CASEFILE }), briefs);
  return caseload;
}

const FAMILY = { name_shown: "Tarnley", programme: PROGRAMME, status: "active", started_on: "2026-10-01", people: [] };
const visit = (/** @type {string} */ contact_type, /** @type {string} */ happened_on, more = {}) => ({
  ...{ contact_type, happened_on, started_at: "10:00" },
  ...more,
});
const call = (/** @type {string} */ outcome, /** @type {string} */ happened_on) => ({
  how: "call",
  outcome,
  line: "x",
  happened_on,
});

/** @param {any[]} told */
async function contactIn(...told) {
  const family = await (await caseloadOf(["family.1", FAMILY], ...told)).family(CASEFILE);
  const due = family.due.find(({ what }) => what === "visit");
  return { last: family.last_contact_on, next: family.next_visit_on, due: due?.on };
}

test("a visit that did not happen and a call nobody answered are no contact, and put off no visit", async () => {
  const met = await contactIn(["visit-note.1", visit("home_visit", "2026-11-10")]);
  assert.equal(met.last, "2026-11-10");
  assert.ok(met.due);
  for (const one of [
    ["visit-note.1", visit("failed_visit", "2026-11-20")],
    ["contact.1", call("no_answer", "2026-11-20")],
    ["contact.1", call("left_message", "2026-11-20")],
    ["contact.1", call("sent", "2026-11-20")],
  ])
    assert.deepEqual(await contactIn(["visit-note.1", visit("home_visit", "2026-11-10")], one), met);
  assert.equal((await contactIn(["visit-note.1", visit("failed_visit", "2026-11-20")])).last, null);
});

test("whoever spoke to somebody had contact, and a visit that did not happen says when the next one is", async () => {
  for (const outcome of ["spoke", "refused"])
    assert.equal((await contactIn(["contact.1", call(outcome, "2026-11-20")])).last, "2026-11-20");
  const failed = visit("failed_visit", "2026-11-20", { next_visit: "date_set", next_visit_on: "2026-11-23" });
  const told = await contactIn(["visit-note.1", visit("video", "2026-11-10")], ["visit-note.1", failed]);
  assert.deepEqual(told, { last: "2026-11-10", next: "2026-11-23", due: "2026-11-23" });
});

/** @param {[schema: string, ...versions: any[]][]} told @returns {Promise<(text: string) => number>} how many are found */
async function searchIn(...told) {
  const caseload = await caseloadOf(...told);
  return (text) => caseload.search(text).length;
}

test("a search finds what was written in a list, also one small word, and no option, id or day", async () => {
  const id = "AAAAAAAAAAAAAAAAAAAAAQ";
  const people = [{ id, name: "zorbina", relation: "neighbour", group: "adult", born_on: "1990-04-01", safe_contact: "texts" }];
  const found = await searchIn(["family.1", { ...FAMILY, people }]);
  for (const word of ["zorbina", "neighbour", "texts"]) assert.equal(found(word), 1, word);
  for (const word of ["adult", "1990", id, "active"]) assert.equal(found(word), 0, word);
});

test("a search finds a small word given as an answer, and who worked a score out on paper", async () => {
  const answers = await searchIn([
    "measure-response.1",
    { entry: "here", answers: { one: 3, two: "nothing", three: "declined" } },
  ]);
  assert.deepEqual(["nothing", "declined"].map(answers), [1, 0]);
  const paper = await searchIn(["measure-response.1", { score_only: { score_id: "total", score: "4", scored_by: "dawn" } }]);
  assert.deepEqual(["dawn", "total"].map(paper), [1, 0]);
});

test("a search finds what stands in either of two versions, of a text and of what is in a list", async () => {
  const people = (/** @type {string} */ phone) => [{ id: "d", name: "Dawn", phone }];
  const found = await searchIn([
    "family.1",
    { ...FAMILY, safe_contact: "Ring before noon", people: people("kestrel") },
    { ...FAMILY, safe_contact: "Never the uncle", people: people("heron") },
    { ...FAMILY, people: [] },
  ]);
  for (const words of ["tarnley", "before noon", "never the uncle", "kestrel", "heron"]) assert.equal(found(words), 1, words);
});

test("a search finds what a form that is not known here asked, and what another form asked than the last", async () => {
  const found = await searchIn(["visit-note.1", { seen_and_heard: "Calm", not_asked_here: ["The Kestrel", { word: "Heron" }] }]);
  assert.deepEqual(["calm", "kestrel", "heron"].map(found), [1, 1, 1]);
});

test("a search that finds more than it tells of says that these are the newest", async () => {
  const told = Array.from({ length: 103 }, () => ["contact.1", call("spoke", "2026-11-20")]);
  const found = (await searchIn(.../** @type {any[]} */ (told)))("x");
  assert.match(count(found), /^The newest 100 notes found/);
  assert.equal(count(99), "99 notes found on this phone");
  assert.equal(count(1), "1 note found on this phone");
});

test("of two records about a family the same one is gone by, whichever came first, and no warning and no name is left out", async () => {
  const kay = { id: "kay", name: "Kayleigh" };
  /** @type {[string, any][]} */
  const told = [
    ["family.1", { ...FAMILY, name_shown: "Tarnley", warning: "Dog in the yard" }],
    ["family.1", { ...FAMILY, name_shown: "Oakhurst", warning: "Never alone", people: [kay] }],
  ];
  const caseload = await caseloadOf(...told);
  const briefs = [...caseload.records.values()].map(({ brief }) => brief);
  const turned = await caseloadOf();
  await turned.stored(/** @type {any} */ ({ casefile: CASEFILE }), briefs.reverse());
  for (const one of [caseload, turned]) {
    const family = await one.family(CASEFILE);
    assert.deepEqual([family.record, family.title], ["R0", "Tarnley"]);
    assert.deepEqual(
      family.fields.warning.values.map(({ value }) => value),
      ["Dog in the yard", "Never alone"],
    );
    assert.equal(around(family, [], {}).names?.kay, "Kayleigh");
  }
});

test("a record about a family of which nothing can be read any more is gone by only where there is no other", async () => {
  const [bare, alone] = [await caseloadOf(["family.1", null], ["family.1", FAMILY]), await caseloadOf(["family.1", null])];
  const family = await bare.family(CASEFILE);
  assert.deepEqual([family.record, family.title, family.fields.status], ["R1", "Tarnley", "active"]);
  assert.equal((await alone.family(CASEFILE)).record, "R0");
});
