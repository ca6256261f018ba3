/** Two versions of a text put together, as a suggestion that a person reads and mends: never more than that. */
import { diff3Merge } from "node-diff3";

/** A sentence or a line with the space behind it. */
const SENTENCE = /[^.!?…\n]+[.!?…]*\s*|[.!?…\n]+\s*/g;

/**
 * Puts two versions together: what either wrote anew is there, what one took out and the other left alone is not. Where both wrote something else in the
 * same place, both stand, one after the other. By sentences, because half of one person's sentence inside another's says what nobody said.
 * @param {string} before what stood there when they parted @param {string} one @param {string} other @returns {string}
 */
export function putTogether(before, one, other) {
  const [a, o, b] = [one, before, other].map((text) => [...(spaced(text).match(SENTENCE) ?? [])]);
  return diff3Merge(a, o, b, { excludeFalseConflicts: true })
    .flatMap(({ ok, conflict }) => ok ?? [...(conflict?.a ?? []), ...(conflict?.b ?? [])])
    .join("")
    .trimEnd();
}

/** The last sentence is like any other, wherever it comes to stand. @param {string} text */
const spaced = (text) => (text === "" || /\s$/.test(text) ? text : `${text} `);
