/** Where points of a chart go: pure sums, in the units of the drawing. */

const DAY_MS = 86_400_000;

/** @typedef {{on: string, value: number}} Point */
/** @typedef {{width: number, height: number, left: number, right: number, top: number, bottom: number}} Box */

/** @param {string} on a date, 2026-03-02 @returns {number} days since 1970 */
export const dayNumber = (on) => Math.round(Date.parse(`${on}T00:00:00Z`) / DAY_MS);

/**
 * Maps days to x on a true time scale: two weeks without a rating look like two weeks.
 *
 * @param {string[]} days
 * @param {Box} box
 * @returns {{x: (on: string) => number, first: number, last: number}}
 */
export function timeScale(days, box) {
  const numbers = days.map(dayNumber);
  const first = Math.min(...numbers);
  const last = Math.max(...numbers);
  const span = last - first;
  const room = box.width - box.left - box.right;
  return { first, last, x: (on) => box.left + (span === 0 ? room / 2 : ((dayNumber(on) - first) / span) * room) };
}

/**
 * Maps values to y; larger is higher.
 *
 * @param {number} low
 * @param {number} high
 * @param {Box} box
 * @returns {(value: number) => number}
 */
export function valueScale(low, high, box) {
  const room = box.height - box.top - box.bottom;
  return (value) => box.top + room - ((value - low) / (high - low || 1)) * room;
}

/**
 * Chooses days to write under the axis: the first, the last, and as many between as have room.
 *
 * @param {string[]} days
 * @param {number} most
 * @returns {string[]}
 */
export function ticks(days, most) {
  const sorted = [...new Set(days)].sort();
  if (sorted.length <= most) return spaced(sorted, most);
  const step = (sorted.length - 1) / (most - 1);
  return spaced([...new Set(Array.from({ length: most }, (_, order) => sorted[Math.round(order * step)]))], most);
}

/** @param {string[]} sorted @param {number} most @returns {string[]} without those that would overprint a neighbour */
function spaced(sorted, most) {
  if (sorted.length < 2) return sorted;
  const span = dayNumber(sorted[sorted.length - 1]) - dayNumber(sorted[0]);
  const least = span / (most * 1.25);
  /** @type {string[]} */
  const kept = [];
  for (const day of sorted) {
    if (kept.length === 0 || dayNumber(day) - dayNumber(kept[kept.length - 1]) >= least) kept.push(day);
  }
  const last = sorted[sorted.length - 1];
  if (kept[kept.length - 1] !== last) {
    if (kept.length > 1) kept.pop();
    kept.push(last);
  }
  return kept;
}

/** Shapes tell raters apart where colours cannot. */
export const SHAPES = ["circle", "square", "triangle", "diamond"];

/**
 * @param {string} shape
 * @param {number} x
 * @param {number} y
 * @param {number} [size]
 * @returns {string} a path around (x, y)
 */
export function mark(shape, x, y, size = 6) {
  const s = size;
  if (shape === "square") return `M${x - s} ${y - s}h${2 * s}v${2 * s}h${-2 * s}Z`;
  if (shape === "triangle") return `M${x} ${y - s - 1}L${x + s + 1} ${y + s}H${x - s - 1}Z`;
  if (shape === "diamond") return `M${x} ${y - s - 2}L${x + s + 2} ${y}L${x} ${y + s + 2}L${x - s - 2} ${y}Z`;
  return `M${x - s} ${y}a${s} ${s} 0 1 0 ${2 * s} 0a${s} ${s} 0 1 0 ${-2 * s} 0Z`;
}

/** @param {Point[]} points @param {(on: string) => number} x @param {(value: number) => number} y @returns {string} */
export function line(points, x, y) {
  return points.map((point, order) => `${order ? "L" : "M"}${round(x(point.on))} ${round(y(point.value))}`).join("");
}

const round = (/** @type {number} */ number) => Math.round(number * 10) / 10;

/**
 * Moves end labels apart so that none lies on another.
 *
 * @param {number[]} wanted y of each label
 * @param {number} least distance
 * @param {number} low
 * @param {number} high
 * @returns {number[]}
 */
export function apart(wanted, least, low, high) {
  const order = wanted.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y || a.index - b.index);
  for (let i = 1; i < order.length; i += 1) order[i].y = Math.max(order[i].y, order[i - 1].y + least);
  const over = order.length ? order[order.length - 1].y - high : 0;
  if (over > 0) for (const one of order) one.y -= over;
  for (let i = 0; i < order.length; i += 1) order[i].y = Math.max(order[i].y, low + i * least);
  const placed = [...wanted];
  for (const one of order) placed[one.index] = one.y;
  return placed;
}
