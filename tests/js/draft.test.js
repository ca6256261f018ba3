/** A draft on screen, and what it is called while the phone is still writing it down. */
import assert from "node:assert/strict";
import test from "node:test";

/** What of a page a draft looks at; nothing here is drawn. */
Object.assign(globalThis, { document: { addEventListener: () => undefined }, addEventListener: () => undefined });
const { keeper } = await import("../../static/src/parts/draft.js");
const { connect } = await import("../../static/src/line.js");
const { join, unkept } = await import("../../static/src/parts/told.js");

/** A core that answers when the test says so. */
const port = new EventTarget();
/** @type {any[]} */
const asked = [];
join(connect(Object.assign(port, { postMessage: (/** @type {any} */ message) => asked.push(message) })));

const answers = async (/** @type {object} */ how) => {
  port.dispatchEvent(Object.assign(new Event("message"), { data: { id: asked.at(-1).id, ...how } }));
  await new Promise((done) => setImmediate(done));
};

test("what is typed is called kept when the phone has kept it, and not when it was asked to", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const draft = keeper("slot", {}, () => undefined);
  draft.change("purpose", "See Kayleigh");
  assert.equal(unkept.value, 1);
  void draft.keep();
  assert.deepEqual(asked.at(-1).with, { slot: "slot", fields: { purpose: "See Kayleigh" } });
  assert.equal(unkept.value, 1, "asked, and not answered");

  draft.change("purpose", "See Kayleigh tonight");
  await answers({ answer: { kept_at: "2026-11-22T12:00:00Z" } });
  assert.equal(unkept.value, 1, "what was typed meanwhile is not kept");

  void draft.keep();
  await answers({ error: { code: "store_failed" } });
  assert.equal(unkept.value, 1, "refused");

  void draft.keep();
  await answers({ answer: { kept_at: "2026-11-22T12:00:01Z" } });
  assert.deepEqual(asked.at(-1).with.fields, { purpose: "See Kayleigh tonight" });
  assert.equal(unkept.value, 0);
});
