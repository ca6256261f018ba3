/** The hidden screen: five wrong PINs lock it, whenever they were typed, and nothing but the right one brings it back. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";

/** What of a page the curtain looks at; nothing here is drawn. */
Object.assign(globalThis, {
  document: { activeElement: null, visibilityState: "visible", addEventListener: () => undefined },
  HTMLElement: class {},
  addEventListener: () => undefined,
});
const { guard, hide, isHidden, lift, pin, TRIES, tryPin } = await import("../../static/src/parts/curtain.js");

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
