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
const { guard, hide, isHidden, lift, pin, readPolicy, TRIES, tryPin } = await import("../../static/src/parts/curtain.js");
const { keeper } = await import("../../static/src/parts/draft.js");
const { locking } = await import("../../static/src/parts/lock.js");
const { join } = await import("../../static/src/parts/told.js");
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
  const draft = keeper(slot, {}, () => {});
  const off = onLeaving(() => draft.keep());
  reloads = 0;
  guard(
    locking(() => done.push("ended")),
    () => true,
  );
  draft.change("line", LINE);
  return {
    draft,
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

test("five wrong PINs on a phone without room throw nothing away: it stays hidden whoever tries, and locks by itself as soon as what was typed is kept", async (t) => {
  let isFull = true;
  let refused = 0;
  const done = [];
  const { draft, isDone } = typesUnderGuard(t, "slot", done, (ask, given) => {
    if (ask === "draft.keep" && isFull) {
      refused += 1;
      throw { code: "store_failed", reason: "QuotaExceededError" };
    }
    done.push(ask === "draft.keep" ? given.fields.line : ask);
    return {};
  });
  await draft.keep();
  triesFiveWrongPins();
  await turns();
  assert.equal(tryPin("2741"), 0);
  for (let i = 0; i < 3; i++) {
    const before = refused;
    t.mock.timers.tick(5_000);
    await turns();
    assert.ok(refused > before, "it goes on trying");
  }
  assert.ok(isHidden.value);
  assert.deepEqual([done, reloads], [[], 0]);
  isFull = false;
  t.mock.timers.tick(5_000);
  await turns();
  assert.deepEqual([done, reloads], [[LINE, "lock", "ended"], 1]);
  await isDone();
});

test("a store that does not answer has nothing thrown away for it, and the phone locks as soon as it has answered", async (t) => {
  const done = [];
  /** @type {(() => void)[]} */
  const hanging = [];
  const { isDone } = typesUnderGuard(t, "hangs", done, (ask) => {
    done.push(ask);
    return ask === "draft.keep" ? new Promise((answered) => hanging.push(() => answered({}))) : {};
  });
  triesFiveWrongPins();
  for (let i = 0; i < 4; i++) {
    await turns();
    t.mock.timers.tick(5_000);
  }
  await turns();
  assert.ok(isHidden.value);
  assert.deepEqual([done, reloads], [["draft.keep"], 0]);
  for (const answered of hanging) answered();
  await turns();
  t.mock.timers.tick(5_000);
  await turns();
  assert.deepEqual(done.slice(0, 3), ["draft.keep", "lock", "ended"]);
  assert.ok(reloads > 0);
  await isDone();
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
