// Where points of a chart go.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { apart, dayNumber, line, mark, SHAPES, ticks, timeScale, valueScale } from "../../static/src/parts/plot.js";

const BOX = { width: 360, height: 220, left: 26, right: 74, top: 12, bottom: 26 };
const day = fc
  .date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true })
  .map((at) => at.toISOString().slice(0, 10));

test("two weeks look twice as wide as one", () => {
  const { x } = timeScale(["2026-03-02", "2026-03-09", "2026-03-23"], BOX);
  assert.ok(Math.abs(x("2026-03-23") - x("2026-03-09") - 2 * (x("2026-03-09") - x("2026-03-02"))) < 1e-9);
});

test("one day alone stands in the middle", () => {
  const { x } = timeScale(["2026-03-02"], BOX);
  assert.equal(x("2026-03-02"), 26 + 260 / 2);
});

test("law: every point lies inside the drawing", () => {
  fc.assert(
    fc.property(fc.array(day, { minLength: 1, maxLength: 30 }), fc.integer({ min: 0, max: 10 }), (days, value) => {
      const { x } = timeScale(days, BOX);
      const y = valueScale(0, 10, BOX);
      for (const on of days) assert.ok(x(on) >= BOX.left && x(on) <= BOX.width - BOX.right);
      assert.ok(y(value) >= BOX.top && y(value) <= BOX.height - BOX.bottom);
    }),
  );
});

test("a higher score is drawn higher", () => {
  const y = valueScale(0, 27, BOX);
  assert.ok(y(27) < y(9) && y(9) < y(0));
});

test("law: days under the axis are days of the chart, first and last among them, no more than there is room for", () => {
  fc.assert(
    fc.property(fc.array(day, { minLength: 2, maxLength: 40 }), fc.integer({ min: 2, max: 6 }), (days, most) => {
      const found = ticks(days, most);
      const sorted = [...new Set(days)].sort();
      assert.ok(found.length <= Math.max(most, 2) && found.every((one) => sorted.includes(one)));
      assert.equal(found[0], sorted[0]);
      assert.equal(found.at(-1), sorted.at(-1));
    }),
  );
});

test("law: labels stand apart in the order of their lines", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 12, max: 190 }), { minLength: 1, maxLength: 8 }), (wanted) => {
      const placed = apart(wanted, 15, 12, 194);
      const order = wanted.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y || a.index - b.index);
      for (let i = 1; i < order.length; i += 1) assert.ok(placed[order[i].index] - placed[order[i - 1].index] >= 15 - 1e-9);
    }),
  );
});

test("a label with room around it stays beside its line", () => {
  assert.deepEqual(apart([100, 40], 15, 12, 194), [100, 40]);
});

test("raters differ by shape, not by colour alone", () => {
  assert.equal(new Set(SHAPES.map((shape) => mark(shape, 10, 10))).size, SHAPES.length);
});

test("a line passes its points in order", () => {
  const { x } = timeScale(["2026-03-02", "2026-03-09"], BOX);
  assert.equal(
    line(
      [
        { on: "2026-03-02", value: 0 },
        { on: "2026-03-09", value: 10 },
      ],
      x,
      valueScale(0, 10, BOX),
    ),
    "M26 194L286 12",
  );
  assert.equal(dayNumber("1970-01-02"), 1);
});
