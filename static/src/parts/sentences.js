/** Two versions of a text put together, as a suggestion that a person reads and mends: never more than that. */
import { diffComm } from "node-diff3";

/** A sentence or a line with the space behind it. */
const SENTENCE = /[^.!?…\n]+[.!?…]*\s*|[.!?…\n]+\s*/g;

/**
 * Puts two versions together: what either wrote anew is there, what either took out is not. Where both wrote something else in the same place, both stand, one
 * after the other. By sentences, because half of one person's sentence inside another's says what nobody said.
 * @param {string} before what stood there when they parted @param {string} one @param {string} other @returns {string}
 */
export function putTogether(before, one, other) {
  const base = sentences(before);
  const mine = changes(base, sentences(one));
  const theirs = changes(base, sentences(other));
  const found = [];
  for (let i = 0; i <= base.length; i++) {
    const [added, also] = [mine.added.get(i) ?? "", theirs.added.get(i) ?? ""];
    found.push(added, also === added ? "" : also);
    if (i < base.length && !mine.gone.has(i) && !theirs.gone.has(i)) found.push(base[i]);
  }
  return found.join("").trimEnd();
}

/** @param {string} text @returns {string[]} the last like any other, wherever it comes to stand */
const sentences = (text) => [...((text === "" || /\s$/.test(text) ? text : `${text} `).match(SENTENCE) ?? [])];

/** What a version added before which sentence, and which it took out. @param {string[]} base @param {string[]} version */
function changes(base, version) {
  /** @type {Map<number, string>} */
  const added = new Map();
  /** @type {Set<number>} */
  const gone = new Set();
  let at = 0;
  for (const { common, buffer1 = [], buffer2 = [] } of diffComm(base, version)) {
    if (buffer2.length > 0) added.set(at, buffer2.join(""));
    for (let i = 0; i < buffer1.length; i++) gone.add(at + i);
    at += common ? common.length : buffer1.length;
  }
  return { added, gone };
}
