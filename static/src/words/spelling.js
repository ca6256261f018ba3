/** How words go with numbers, and at the beginning of a sentence. */

/** @param {number} count @param {string} one @param {string} [more] */
export const of = (count, one, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

export const capital = (/** @type {string} */ text) => text.charAt(0).toUpperCase() + text.slice(1);
