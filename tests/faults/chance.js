/** Chance that can be had again: everything a schedule leaves to luck is drawn here from its seed, and from nowhere else. */

/** A stream of chance from a seed (sfc32, seeded through splitmix32). */
export function makeChance(seed) {
  let state = seed >>> 0;
  const split = () => {
    state = (state + 0x9e3779b9) | 0;
    let t = state ^ (state >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) | 0;
  };
  let [a, b, c, d] = [split(), split(), split(), 1];
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();

  const chance = {
    next,
    /** A whole number below `limit`. */
    below: (limit) => Math.floor((next() / 2 ** 32) * limit),
    /** A whole number from `least` to `most`, both included. */
    between: (least, most) => least + chance.below(most - least + 1),
    /** Whether something happens that happens once in `times`. */
    oneIn: (times) => chance.below(times) === 0,
    isLess: (share) => next() / 2 ** 32 < share,
    pick: (list) => list[chance.below(list.length)],
    /** One of `{name: weight}`. */
    weighted(weights) {
      const all = Object.entries(weights).filter(([, weight]) => weight > 0);
      let at = chance.below(all.reduce((sum, [, weight]) => sum + weight, 0));
      for (const [name, weight] of all) {
        if (at < weight) return name;
        at -= weight;
      }
      throw new Error("nothing to choose from");
    },
    fill(bytes) {
      for (let i = 0; i < bytes.length; i++) bytes[i] = next() >>> 11;
      return bytes;
    },
  };
  return chance;
}
