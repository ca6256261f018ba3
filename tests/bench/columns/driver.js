// Wraps a column with timing and a check of what it read back. Every column is measured by this same code.
import { note, notes } from "./notes.js";

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

function latencies(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return { p50: at(sorted, 0.5), p95: at(sorted, 0.95), times: sorted };
}

function check(read, count) {
  if (read.length !== count) throw new Error(`expected ${count} notes, read ${read.length}`);
  const byId = new Map(read.map((one) => [one.id, one]));
  for (const i of [0, count >> 1, count - 1]) {
    if (byId.get(note(i).id)?.text !== note(i).text) throw new Error(`note ${i} reads differently`);
  }
}

const timed = async (work) => {
  const start = performance.now();
  const answer = await work();
  return { ms: performance.now() - start, answer };
};

/**
 * A column offers setup({shared}), saveOne(note), saveMany(notes), open() → notes, push() → count, pull() → count; and where it
 * has them unlock(), close(), search(text) → count, saveDraft(note), idle(), checkRead(count).
 * saveOne may return the milliseconds of the save itself, where finding the form is not part of it.
 */
export const wrap = (column) => ({
  setup: (told) => column.setup(told),
  close: () => column.close?.(),
  unlock: () => column.unlock?.(),

  async saveEach({ count, from, draft }) {
    const save = draft ? column.saveDraft : column.saveOne;
    const times = [];
    for (const one of notes(count, from)) {
      const { ms, answer } = await timed(() => save.call(column, one));
      times.push(typeof answer === "number" ? answer : ms);
    }
    return latencies(times);
  },

  async saveMany({ count, from }) {
    return { ms: (await timed(() => column.saveMany(notes(count, from)))).ms };
  },

  async open({ count }) {
    await column.unlock?.();
    const { ms, answer } = await timed(() => column.open());
    if (column.checkRead) await column.checkRead(count);
    else check(answer, count);
    return { ms, first: column.firstMs ?? null };
  },

  async push() {
    const { ms, answer } = await timed(() => column.push());
    await column.idle?.();
    return { ms, count: answer };
  },

  async pull({ count }) {
    const { ms, answer } = await timed(async () => {
      await column.pull();
      return column.open();
    });
    if (column.checkRead) await column.checkRead(count);
    else check(answer, count);
    return { ms };
  },

  async pullOnly() {
    return { ms: (await timed(() => column.pull())).ms };
  },

  async search({ texts }) {
    const times = [];
    for (const text of texts) {
      const { ms, answer } = await timed(() => column.search(text));
      if (answer !== 1) throw new Error(`${text} found ${answer} times`);
      times.push(ms);
    }
    return latencies(times);
  },

  /** What only one column can do. */
  more: ({ name, given }) => column[name](given),

  usage: async () => (await navigator.storage.estimate()).usage,
});
