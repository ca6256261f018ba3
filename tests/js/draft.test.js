/** A draft on screen, and what it is called while the phone is still writing it down. */
import assert from "node:assert/strict";
import test from "node:test";

/** What of a page a draft looks at; nothing here is drawn. */
Object.assign(globalThis, { document: { addEventListener: () => undefined }, addEventListener: () => undefined });
const { beginDraft, draftsOf, hasUnsaved, isUnsaved, keepWhatWasLeft, keeper, openDraft, together } = await import(
  "../../static/src/parts/draft.js"
);
const { ratingDrafts } = await import("../../static/src/parts/rating.js");
const { leave } = await import("../../static/src/page.js");
const { connect } = await import("../../static/src/line.js");
const { join, status, unkept } = await import("../../static/src/parts/told.js");

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
  const definition = { sections: [{ fields: [{ id: "purpose", suggest_merge: true, type: "long_text" }, { id: "how" }] }] };
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

test("what was typed behind words that a slow store kept late is there whole, and nothing of it twice", async () => {
  const turn = () => new Promise((done) => setImmediate(done));
  const definition = {
    sections: [
      {
        fields: [
          { id: "purpose", type: "long_text" },
          { id: "actions", type: "list" },
        ],
      },
    ],
  };
  const [ring, police] = [
    { id: "a", what: "Ring school" },
    { id: "b", what: "Ring the police tonight" },
  ];
  // Given words that the store was handed and did not answer for, and more that was typed since
  const draft = keeper("slow", {}, () => undefined, "2026-11-22T12:00:00Z");
  draft.change("purpose", "She said he");
  draft.change("actions", [ring]);
  void draft.keep();
  await answers({ error: { code: "store_failed", reason: "TimeoutError" } });
  draft.change("purpose", "She said that he hit her");
  draft.change("actions", [ring, police]);
  void draft.keep();
  await answers({ error: { code: "locked" } });

  // When the first of them lies there all the same, with a later time
  const again = keepWhatWasLeft();
  await turn();
  const late = { purpose: "She said he", actions: [ring] };
  await answers({ answer: { definition, fields: late, written_at: "2026-11-22T12:00:31Z" } });

  // Then nobody takes it for the work of another window
  assert.deepEqual(asked.at(-1).with.fields, { purpose: "She said that he hit her", actions: [ring, police] });
  await answers({ answer: { kept_at: "2026-11-22T12:00:40Z" } });
  await again;
  assert.equal(unkept.value, 0);
});

test("neither of two windows takes away what was typed in the other", () => {
  const fields = [
    { id: "purpose", type: "long_text" },
    { id: "seen", type: "long_text" },
    { id: "line", type: "text" },
    { id: "how", type: "choice" },
    { id: "people", type: "list", item: [{ id: "notes", type: "text" }] },
    { id: "tags", type: "choices" },
  ];
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
  assert.deepEqual(together(kept({ purpose: null, line: 7 }), { purpose: "He said", line: "Rang" }), {
    purpose: "He said",
    line: 7,
  });
  assert.deepEqual(together(kept({ line: "Rang" }), { line: "Rang, he shouted" }), { line: "Rang, he shouted" });
  assert.deepEqual(together(kept({ line: "Rang" }), { line: "Texted" }), { line: "Rang / Texted" });
  const [nan, uncle] = [{ id: "nan" }, { id: "uncle" }];
  assert.deepEqual(together(kept({ people: [uncle] }), { people: [nan] }), { people: [uncle, nan] });
  const said = (/** @type {string} */ notes) => ({ people: [{ ...nan, notes }] });
  assert.deepEqual(together(kept(said("Drives")), said("Has a key")), said("Drives / Has a key"));
  assert.deepEqual(together(kept({ tags: ["school"] }), { tags: ["school", "sleep"] }), { tags: ["school", "sleep"] });
});

test("what was typed in one window after another had sent the rest becomes a draft of its own", async () => {
  const definition = { sections: [{ fields: [{ id: "purpose", suggest_merge: true, type: "long_text" }] }] };
  const turn = () => new Promise((done) => setImmediate(done));
  // Given a draft begun here, of which another window took over and sent what was kept
  const begun = beginDraft({ casefile: "family", schema: "visit-note.1" });
  await answers({ answer: { slot: "sent", casefile: "family", schema: "visit-note.1", record: "note", heads: [] } });
  await begun;
  const draft = keeper("sent", {}, () => undefined);
  draft.change("purpose", "See Kayleigh");
  void draft.keep();
  await answers({ error: { code: "unknown_slot" } });
  assert.equal(unkept.value, 1);

  // When the phone tries again before it locks
  const again = keepWhatWasLeft();
  await turn();
  assert.deepEqual(asked.at(-1).with, { slot: "sent" });
  await answers({ error: { code: "unknown_slot" } });

  // Then the words lie in a draft of the same kind, not in the note that was sent, and nothing holds up the lock
  assert.deepEqual(asked.at(-1).with, { casefile: "family", schema: "visit-note.1", record: undefined });
  await answers({ answer: { slot: "own", definition, fields: {}, heads: [] } });
  assert.deepEqual(asked.at(-1).with, { slot: "own", fields: { purpose: "See Kayleigh" } });
  assert.equal(unkept.value, 1);
  await answers({ answer: { kept_at: "2026-11-22T12:00:10Z" } });
  await again;
  assert.equal(unkept.value, 0);
  const before = asked.length;
  await keepWhatWasLeft();
  assert.equal(asked.length, before, "once");
});

test("a rating that another window has sent becomes a draft of its own when the phone locks, also where its family was taken away", async () => {
  const definition = { sections: [{ fields: [{ id: "value" }, { id: "comment", suggest_merge: true, type: "long_text" }] }] };
  const turn = () => new Promise((done) => setImmediate(done));
  // Given a rating that was begun on another day, gone on with, and not kept because another window took over and sent it
  const drafts = ratingDrafts("family", () => undefined);
  const resumed = drafts.resume("rated");
  const begun = { slot: "rated", casefile: "family", schema: "rating.1", record: "rating", heads: [], definition };
  await answers({ answer: { ...begun, fields: { goal: "calm", rater: "ada", value: 4 } } });
  await resumed;
  await drafts.change("calm ada", {}, "comment", "Better mornings");
  const left = drafts.leave();
  await turn();
  assert.equal(asked.at(-1).with.slot, "rated");
  await answers({ error: { code: "unknown_slot" } });
  await left;
  assert.equal(unkept.value, 1);

  // When the phone is to lock, and the family is no longer there
  const leaving = leave();
  await turn();
  assert.deepEqual(asked.at(-1).with, { slot: "rated" });
  await answers({ error: { code: "unknown_slot" } });
  const about = { casefile: "family", schema: "rating.1", record: undefined };
  assert.deepEqual(asked.at(-1).with, about);
  await answers({ error: { code: "unknown_casefile" } });

  // Then all that was typed is kept as it stood on the screen, and nothing holds up the lock
  assert.deepEqual(asked.at(-1).with, { ...about, heads: [] });
  await answers({ answer: { slot: "apart", definition, fields: {}, heads: [] } });
  const fields = { goal: "calm", rater: "ada", value: 4, comment: "Better mornings" };
  assert.deepEqual(asked.at(-1).with, { slot: "apart", fields });
  await answers({ answer: { kept_at: "2026-11-22T12:00:10Z" } });
  await leaving;
  assert.equal(unkept.value, 0);
});

test("a rating on screen that could not be kept is tried again by its own form alone", async () => {
  const drafts = ratingDrafts("family", () => undefined);
  const changed = drafts.change("calm ada", { goal: "calm" }, "value", 4);
  await answers({ answer: { slot: "shown", casefile: "family", schema: "rating.1", heads: [], fields: {} } });
  await changed;
  const kept = drafts.keep();
  await new Promise((done) => setImmediate(done));
  await answers({ error: { code: "store_failed" } });
  await kept;
  const before = asked.length;
  void leave();
  await new Promise((done) => setImmediate(done));
  assert.equal(asked.length, before);
  assert.equal(unkept.value, 1);
  const left = drafts.leave();
  await new Promise((done) => setImmediate(done));
  await answers({ answer: { kept_at: "2026-11-22T12:00:10Z" } });
  await left;
  assert.equal(unkept.value, 0);
});

test("a rating that was never kept is listed with its family, and its screen goes on with it once", async () => {
  const turn = () => new Promise((done) => setImmediate(done));
  const begun = {
    slot: "unkept",
    casefile: "family",
    schema: "rating.1",
    kind: "rating",
    record: "rating",
    heads: [],
    fields: {},
  };
  const definition = { sections: [] };
  // Given a rating that the phone could not keep, on a screen that was left
  const before = ratingDrafts("family", () => undefined);
  const changed = before.change("calm ada", { goal: "calm", rater: "ada" }, "value", 4);
  await answers({ answer: { ...begun, definition } });
  await changed;
  const left = before.leave();
  await turn();
  await answers({ error: { code: "store_failed" } });
  await left;

  // Then it is among the drafts of its family, before those that are kept, and once
  const kept = [{ slot: "other", schema: "contact.1" }];
  const slots = (/** @type {any[]} */ drafts) => draftsOf({ casefile: "family", drafts }).map(({ slot }) => slot);
  assert.deepEqual(slots(kept), ["unkept", "other"]);
  assert.deepEqual(slots([...kept, begun]), ["other", "unkept"]);
  assert.deepEqual(draftsOf({ casefile: "another" }), []);

  // When its own screen opens again
  /** @type {any[]} */
  const told = [];
  const again = ratingDrafts("family", (key, { fields }) => told.push([key, fields.value]));
  const resumed = [again.resume("unkept"), again.resume("unkept")];
  await turn();
  await answers({ answer: { ...begun, definition } });
  await Promise.all(resumed);
  await turn();

  // Then the number stands there, and the phone is asked again to keep it
  assert.deepEqual(told[0], ["calm ada", 4]);
  assert.deepEqual(
    asked.slice(-2).map(({ ask }) => ask),
    ["draft.open", "draft.keep"],
  );
  await answers({ answer: { kept_at: "2026-11-22T12:00:10Z" } });
  assert.deepEqual([slots([]), unkept.value], [[], 0]);
  await again.leave();
});

test("what one person typed on a shared phone is neither shown to the next nor kept in their name", async (t) => {
  const is = (/** @type {string} */ id) => {
    status.value = /** @type {any} */ ({ person: { id } });
  };
  t.after(() => {
    status.value = null;
  });
  const turn = () => new Promise((done) => setImmediate(done));
  is("ama");
  const begun = beginDraft({ casefile: "family", schema: "visit-note.1" });
  await answers({ answer: { slot: "hers", casefile: "family", schema: "visit-note.1", record: "note", heads: [] } });
  await begun;
  const draft = keeper("hers", {}, () => undefined);
  draft.change("purpose", "See Kayleigh");
  void draft.keep();
  await answers({ error: { code: "second_tab" } });

  is("reece");
  const before = asked.length;
  void keepWhatWasLeft();
  await turn();
  assert.equal(asked.length, before, "nothing is tried in his name");
  assert.deepEqual([draftsOf({ casefile: "family" }), isUnsaved("hers"), hasUnsaved()], [[], false, true]);
  const opened = openDraft("hers");
  await turn();
  await Promise.all([assert.rejects(opened, { code: "unknown_slot" }), answers({ error: { code: "unknown_slot" } })]);

  is("ama");
  assert.ok(isUnsaved("hers"));
  const again = keepWhatWasLeft();
  await turn();
  await answers({ answer: { slot: "hers", casefile: "family", heads: [], fields: {}, definition: { sections: [] } } });
  assert.deepEqual(asked.at(-1).with, { slot: "hers", fields: { purpose: "See Kayleigh" } });
  await answers({ answer: { kept_at: "2026-11-22T12:00:10Z" } });
  await again;
  assert.deepEqual([unkept.value, hasUnsaved()], [0, false]);
});

test("the browser is asked to wake the app as soon as something cannot be sent, and once for each", async (t) => {
  let registered = 0;
  const register = async (/** @type {string} */ tag) => {
    if (tag === "send") registered += 1;
  };
  const was = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  t.after(() => Object.defineProperty(globalThis, "navigator", /** @type {any} */ (was)));
  const serviceWorker = { ready: Promise.resolve({ sync: { register } }) };
  Object.defineProperty(globalThis, "navigator", { value: { serviceWorker }, configurable: true });
  const hears = async (/** @type {object} */ value) => {
    port.dispatchEvent(Object.assign(new Event("message"), { data: { news: "outbox", value } }));
    await new Promise((done) => setImmediate(done));
    return registered;
  };
  assert.equal(await hears({ waiting: 1, reach: "ok" }), 0, "the page sends it");
  assert.equal(await hears({ waiting: 1, reach: "no_signal" }), 1);
  assert.equal(await hears({ waiting: 1, reach: "no_signal" }), 1, "being woken tells the same again");
  assert.equal(await hears({ waiting: 2, reach: "no_signal" }), 2);
  assert.equal(await hears({ waiting: 0, reach: "ok" }), 2);
  assert.equal(await hears({ waiting: 1, reach: "office_not_answering" }), 3);
});
