/** Two texts word by word: what stayed, what went and what came. */
import { diffComm } from "node-diff3";

/** A word with the space before it, or a sign by itself: so a word added at an end leaves its neighbours alone, and no two spaces are taken for each other. */
const WORD = /\s*(?:[\p{L}\p{N}'’-]+|[^\s\p{L}\p{N}])|\s+$/gu;

/** @typedef {{value: string, added?: boolean, removed?: boolean}} Part */

/** @param {string} before @param {string} after @returns {Part[]} in the order to read them; without what was added they are `before`, without what was removed `after`, but for space at the very start */
export function wordsApart(before, after) {
  // Both begin with a space, so that a first word is a word like any other; it is taken off again below.
  const words = (/** @type {string} */ text) => ` ${text}`.match(WORD) ?? [];
  const found = diffComm(words(before), words(after));
  const changedAtOnce = found[0]?.common === undefined;
  return found
    .flatMap(({ common, buffer1 = [], buffer2 = [] }) => {
      /** @type {Part[]} */
      const parts = common
        ? [{ value: common.join("") }]
        : [
            { value: buffer1.join(""), removed: true },
            { value: buffer2.join(""), added: true },
          ];
      return parts;
    })
    .map((part, i) => (i === 0 || (i === 1 && changedAtOnce) ? { ...part, value: part.value.slice(1) } : part))
    .filter(({ value }) => value !== "");
}
