/** What is said at searching, and of what was found. */
import { of } from "./spelling.js";

export const label = "Search all your notes";
export const go = "Search";
export const title = "Search";
export const looking = "Looking…";
/** As many as are told of at most. */
export const MOST = 100;
export const count = (/** @type {number} */ count) =>
  count === 0
    ? "Nothing found in the notes on this phone. Try fewer or shorter words."
    : count < MOST
      ? `${of(count, "note")} found on this phone`
      : `The newest ${MOST} notes found on this phone. There may be older ones: search for more words.`;
