// What lists say of a family, made of the briefs of its records: contact that was had, what is due, and what a search finds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { makeBrief } from "../../static/src/core/briefs.js";
import { openCaseload } from "../../static/src/core/caseload.js";
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
