/** The hidden screen: five wrong PINs lock it, whenever they were typed, and nothing but the right one brings it back. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { coreThat } from "./core-that.js";

/** What the page hears of being seen, by whoever listens. @type {(() => void)[]} */
let seen = [];
let reloads = 0;
/** Whoever hears of a touch. @type {(() => void)[]} */
let touched = [];
/** What of a page the curtain looks at; nothing here is drawn. */
const page = {
  activeElement: null,
  visibilityState: "visible",
  addEventListener: (name, heard) => name === "visibilitychange" && seen.push(heard),
};
Object.assign(globalThis, {
  document: page,
  HTMLElement: class {},
  addEventListener: (name, heard) => name === "pointerdown" && touched.push(heard),
  location: { reload: () => (reloads += 1) },
});
const { bare, cover, guard, hide, isHidden, lift, pin, policy, readPolicy, TRIES, tryPin } = await import(
  "../../static/src/parts/curtain.js"
);
const { beginDraft, draftsOf, hasUnsaved, keeper, keepWhatWasLeft, openDraft } = await import("../../static/src/parts/draft.js");
const { locking } = await import("../../static/src/parts/lock.js");
const told = await import("../../static/src/parts/told.js");
const { join, status } = told;
const { connect } = await import("../../static/src/line.js");
const { onLeaving } = await import("../../static/src/page.js");

/** Joins a core that answers so. @param {(ask: string, given: any) => any} answer */
function joinsCore(answer) {
  const core = coreThat(answer);
  join(connect(core.port));
  return core.end;
}

const LINE = "The door is split at hand height";

/** Lets whatever has been asked be answered. */
const turns = async () => {
  for (let i = 0; i < 100; i++) await new Promise((next) => setImmediate(next));
};

/** Guards a screen on which something is typed that the core is still to keep. @param {any} t @param {string} slot @param {any[]} done what became of it, in order @param {(ask: string, given: any) => any} answer */
function typesUnderGuard(t, slot, done, answer) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  t.after(joinsCore(answer));
  let isOpen = true;
  const draft = keeper(slot, {}, () => {});
  const off = onLeaving(() => draft.keep());
  reloads = 0;
  guard(
    locking(
      () => done.push("ended"),
      () => {
        done.push("another");
        isOpen = false;
        t.after(joinsCore(answer));
        bare();
      },
    ),
    () => isOpen,
  );
  draft.change("line", LINE);
  return {
    draft,
    unlocks: () => {
      isOpen = true;
    },
    async isDone() {
      off();
      await draft.end();
      lift();
    },
  };
}

function triesFiveWrongPins() {
  pin.value = "2741";
  hide();
  for (let i = 0; i < TRIES; i++) tryPin("0000");
}

test("law: five wrong PINs in a row lock the phone, the right one begins the count anew, no other lifts the curtain, and after five none does", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let locks = 0;
  guard(
    async () => {
      locks++;
    },
    () => true,
  );
  assert.equal(TRIES, 5);
  const typed = fc.array(fc.constantFrom("2741", "2740", "0000", "", "27410", "x"), { maxLength: 24 });
  fc.assert(
    fc.property(typed, (pins) => {
      lift();
      pin.value = "2741";
      hide();
      locks = 0;
      let wrong = 0;
      for (const one of pins) {
        const before = locks;
        const left = tryPin(one);
        if (wrong >= 5) {
          // The page may stay for words that could not be kept; then the right one comes too late.
          assert.deepEqual([left, isHidden.value, locks - before], [0, true, 0]);
          continue;
        }
        if (one === pin.value) {
          assert.ok(!isHidden.value);
          wrong = 0;
          hide();
          continue;
        }
        wrong++;
        assert.ok(isHidden.value);
        assert.equal(locks - before, wrong === 5 ? 1 : 0, "locks at the fifth, and not before");
        assert.equal(left, 5 - wrong);
      }
    }),
  );
});

test("five wrong PINs on a phone without room end the keys and throw nothing away: what was typed stays, and is kept once there is room", async (t) => {
  let isFull = true;
  const done = [];
  const { draft, unlocks, isDone } = typesUnderGuard(t, "slot", done, (ask, given) => {
    if (ask === "draft.keep" && isFull) throw { code: "store_failed", reason: "QuotaExceededError" };
    done.push(ask === "draft.keep" ? given.fields.line : ask);
    return {};
  });
  await draft.keep();
  triesFiveWrongPins();
  assert.equal(tryPin("2741"), 0);
  await turns();
  assert.deepEqual([done, reloads, isHidden.value, pin.value], [["lock", "ended", "another"], 0, false, ""]);
  assert.ok(hasUnsaved());
  t.mock.timers.tick(60_000);
  await turns();
  assert.equal(done.length, 3, "once");

  // When there is room, and it locks by itself because nobody touches it
  unlocks();
  isFull = false;
  t.mock.timers.tick(9 * 60_000);
  await turns();
  assert.equal(done.length, 3);
  t.mock.timers.tick(70_000);
  await turns();
  assert.deepEqual([done.slice(3, 6), reloads > 0], [[LINE, "lock", "ended"], true]);
  await isDone();
});

test("a store that does not answer keeps no key alive, and has nothing thrown away for it", async (t) => {
  const done = [];
  /** @type {(() => void)[]} */
  const hanging = [];
  const { isDone } = typesUnderGuard(t, "hangs", done, (ask) => {
    done.push(ask);
    return ask === "draft.keep" || ask === "lock" ? new Promise((answered) => hanging.push(() => answered({}))) : {};
  });
  triesFiveWrongPins();
  for (let i = 0; i < 4; i++) {
    await turns();
    t.mock.timers.tick(5_000);
  }
  await turns();
  assert.deepEqual([done.filter((one) => one !== "lock").slice(0, 3), reloads], [["draft.keep", "ended", "another"], 0]);
  assert.ok(hasUnsaved(), "it was not answered for");
  for (const answered of hanging) answered();
  await isDone();
});

test("a page on which a colleague's words stand that were not kept locks by itself as any other, and they are there when she unlocks", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const is = (/** @type {string} */ id) => {
    status.value = /** @type {any} */ ({ person: { id } });
  };
  t.after(() => {
    status.value = null;
  });
  // Given a draft that Ama began and that could not be kept, on a page that Reece unlocked since
  let isFull = true;
  const done = [];
  const definition = { sections: [] };
  const answer = (/** @type {string} */ ask, /** @type {any} */ given) => {
    if (ask === "draft.open" && given.slot !== "anew") throw { code: "unknown_slot" };
    if (ask === "draft.begin" && isFull)
      return { slot: "begun", casefile: "family", schema: "contact.1", heads: [], fields: { how: "call" }, definition };
    if (ask === "draft.begin")
      return {
        slot: "anew",
        casefile: "family",
        schema: "contact.1",
        heads: [],
        fields: { how: "call" },
        definition,
        written_at: "",
      };
    if (ask === "draft.keep" && isFull) throw { code: "store_failed", reason: "QuotaExceededError" };
    if (ask === "draft.keep") done.push(given);
    if (ask === "lock") done.push(ask);
    return {};
  };
  t.after(joinsCore(answer));
  is("ama");
  await beginDraft({ casefile: "family", schema: "contact.1" });
  const draft = keeper("begun", {}, () => {});
  draft.change("line", LINE);
  draft.change("how", "text");
  await draft.keep();
  is("reece");
  reloads = 0;
  guard(
    locking(
      () => done.push("ended"),
      () => {
        status.value = null;
        t.after(joinsCore(answer));
      },
    ),
    () => status.value !== null,
  );

  // When nobody touches it for ten minutes
  t.mock.timers.tick(11 * 60_000);
  await turns();

  // Then his keys are gone, and so is nothing of hers
  assert.deepEqual([done, reloads, status.value], [["lock", "ended"], 0, null]);
  is("reece");
  await keepWhatWasLeft();
  assert.deepEqual([draftsOf({ casefile: "family" }), hasUnsaved(), done.length], [[], true, 2]);
  is("ama");
  assert.deepEqual(
    draftsOf({ casefile: "family" }).map(({ slot }) => slot),
    ["begun"],
  );
  isFull = false;
  assert.deepEqual((await openDraft("begun")).fields, { line: LINE, how: "text" });
  assert.deepEqual(done.at(-1), { slot: "anew", fields: { line: LINE, how: "text" } });
  assert.ok(!hasUnsaved());
  bare();
});

for (const [hide_after_seconds, lock_after_minutes] of [
  [5, 1],
  [90, 30],
]) {
  test(`a policy of ${hide_after_seconds} seconds away and ${lock_after_minutes} minutes untouched is obeyed`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const end = joinsCore((ask) => (ask === "policy" ? { hide_after_seconds, lock_after_minutes } : {}));
    t.after(end);
    await readPolicy();
    pin.value = "";
    // Whatever was tried before is over.
    lift();
    seen = [];
    let locks = 0;
    guard(
      async () => {
        locks++;
      },
      () => true,
    );
    /** @param {number} ms @returns {boolean} whether the screen is still hidden when she is back */
    const looksAwayFor = (ms) => {
      page.visibilityState = "hidden";
      for (const heard of seen) heard();
      assert.ok(isHidden.value);
      t.mock.timers.tick(ms);
      page.visibilityState = "visible";
      for (const heard of seen) heard();
      return isHidden.value;
    };
    const away = hide_after_seconds * 1000;
    assert.equal(looksAwayFor(away - 1000), false);
    assert.equal(looksAwayFor(away), true);
    lift();
    // What she hid herself only she brings back.
    hide();
    assert.equal(looksAwayFor(1000), true);
    lift();
    t.mock.timers.tick(lock_after_minutes * 60_000 - 2 * away - 5_000);
    await turns();
    assert.equal(locks, 0);
    t.mock.timers.tick(15_000);
    await turns();
    assert.ok(locks > 0);
    assert.ok(isHidden.value);
    lift();
  });
}

test("what is typed on a locked phone is hidden when the page is out of sight, and put away when nobody touches it for long", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const done = [];
  seen = [];
  policy.value = { hide_after_seconds: 30, lock_after_minutes: 10 };
  guard(
    async () => void done.push("locked"),
    () => false,
  );
  const look = (/** @type {"hidden" | "visible"} */ state) => {
    page.visibilityState = state;
    for (const heard of seen) heard();
  };
  // Given a locked phone on which nothing is typed: there is nothing to hide
  look("hidden");
  assert.equal(isHidden.value, false);
  look("visible");
  // When somebody types, and looks at another app for a moment, and then for a minute
  const end = cover(() => done.push("put away"));
  look("hidden");
  assert.equal(isHidden.value, true);
  look("visible");
  assert.equal(isHidden.value, false);
  look("hidden");
  t.mock.timers.tick(60_000);
  look("visible");
  assert.equal(isHidden.value, true);
  lift();
  assert.deepEqual(done, []);
  // Then it is put away where nobody goes on, once, and there is nothing to lock
  t.mock.timers.tick(11 * 60_000);
  assert.deepEqual([done, isHidden.value], [["put away"], true]);
  end();
  lift();
  t.mock.timers.tick(60 * 60_000);
  assert.deepEqual([done, isHidden.value], [["put away"], false]);
});

for (const [name, ms] of Object.entries({
  "an hour of sleep, in which no timer ran": 3_600_000,
  "a clock that was set back": -3_600_000,
}))
  test(`the first touch after ${name} opens nothing: the phone locks`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let at = Date.parse("2026-11-21T09:00:00Z");
    t.mock.method(Date.prototype, "getTime", () => at);
    t.after(joinsCore((ask) => (ask === "policy" ? { hide_after_seconds: 30, lock_after_minutes: 10 } : {})));
    await readPolicy();
    lift();
    touched = [];
    let locks = 0;
    guard(
      async () => {
        locks++;
      },
      () => true,
    );
    const touch = () => {
      for (const heard of touched) heard();
    };
    touch();
    assert.deepEqual([locks, isHidden.value], [0, false]);
    at += ms;
    touch();
    assert.deepEqual([locks, isHidden.value], [1, true]);
    touch();
    assert.equal(locks, 2, "and it tries again, while it could not");
    lift();
  });

test("nothing that the core told of one person is on a page that goes on after a lock, also where it can tell nothing more", async (t) => {
  const shown = { outbox: {}, caseload: {}, arrival: {}, handedOver: {} };
  for (const [name, value] of Object.entries({ ...shown, lookedFor: "Kayleigh", office: "lapses" })) told[name].value = value;
  t.after(
    joinsCore((ask) => (ask === "status" ? { state: "locked", people: [] } : Promise.reject({ code: "store_unreadable" }))),
  );
  await told.refreshStatus();
  for (const name of Object.keys(shown)) assert.equal(told[name].value, null, name);
  assert.deepEqual([told.lookedFor.value, told.office.value], ["", "ok"]);
  status.value = null;
});
