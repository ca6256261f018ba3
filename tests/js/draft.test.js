/** A draft on screen, and what it is called while the phone is still writing it down. */
import assert from "node:assert/strict";
import test from "node:test";

/** What of a page a draft looks at; nothing here is drawn. */
Object.assign(globalThis, { document: { addEventListener: () => undefined }, addEventListener: () => undefined });
const { keepWhatWasLeft, keeper, together } = await import("../../static/src/parts/draft.js");
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

test("what could not be kept of a form that was left is tried again, with what another window has kept meanwhile", async () => {
  const definition = { sections: [{ fields: [{ id: "purpose", suggest_merge: true }, { id: "how" }] }] };
  const turn = () => new Promise((done) => setImmediate(done));
  const draft = keeper("left", {}, () => undefined, "2026-11-22T12:00:00Z");
  draft.change("purpose", "See Kayleigh");
  void draft.keep();
  await answers({ error: { code: "store_failed" } });

  const again = keepWhatWasLeft();
  await turn();
  assert.deepEqual(asked.at(-1).with, { slot: "left" });
  await answers({ answer: { definition, fields: { purpose: "Ring Dawn" }, written_at: "2026-11-22T12:00:09Z" } });
  assert.deepEqual(asked.at(-1).with, { slot: "left", fields: { purpose: "Ring Dawn\n\nSee Kayleigh" } });
  assert.equal(unkept.value, 1);
  await answers({ answer: { kept_at: "2026-11-22T12:00:10Z" } });
  await again;
  assert.equal(unkept.value, 0);

  const before = asked.length;
  await keepWhatWasLeft();
  assert.equal(asked.length, before, "once");
});

test("neither of two windows takes away what was typed in the other", () => {
  const fields = [{ id: "purpose", suggest_merge: true }, { id: "seen", suggest_merge: true }, { id: "how" }];
  /** @type {any} */
  const definition = { sections: [{ fields }] };
  const kept = (/** @type {any} */ fields) => ({ definition, fields });
  assert.deepEqual(together(kept({ purpose: "He said", how: "call" }), { purpose: "He said no", how: "text" }), {
    purpose: "He said no",
    how: "call",
  });
  assert.deepEqual(together(kept({ purpose: "He said no" }), { purpose: "He said", seen: "Clean beds" }), {
    purpose: "He said no",
    seen: "Clean beds",
  });
  assert.deepEqual(together(kept({ purpose: "" }), { purpose: "He said" }), { purpose: "He said" });
});
