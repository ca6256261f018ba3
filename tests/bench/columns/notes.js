// The same visit notes for every column: deterministic, text-like, about 2 KB of JSON each.
const WORDS =
  "visit client family school worker called session agreed plan goal progress parent child home support referral meeting reviewed next week risk safe concern discussed update attended missed late calm upset talked about housing benefits health doctor appointment exercise sleep diet friend group activity outcome measure score improved stable worse follow up letter email phone team manager supervision note record consent shared private before after morning evening because however during again still needs wants feels said asked offered given".split(
    " ",
  );

function chance(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Makes note number i. Its text begins with a word of its own, so that a search can find it and it alone. */
export function note(i) {
  const next = chance(i + 1);
  let text = `mark${String(i).padStart(7, "0")} `;
  while (text.length < 1780) text += WORDS[Math.floor(next() * WORDS.length)] + (next() < 0.1 ? ". " : " ");
  return {
    id: `n${String(i).padStart(7, "0")}-${Math.floor(next() * 0xffffffff)
      .toString(16)
      .padStart(8, "0")}`,
    type: "visit_note",
    family: i % 60,
    at: 1760000000000 + i * 3600000,
    minutes: Math.floor(next() * 120),
    tags: ["home", "review"],
    text,
  };
}

export const notes = (count, from = 0) => Array.from({ length: count }, (_, i) => note(from + i));
