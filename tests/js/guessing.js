/**
 * What it costs whoever has stolen a phone, or the office's database, to guess what opens it. Pure: what one guess costs here is measured by guessing.test.js,
 * what is drawn by the app is handed in. `node tests/js/guessing.js` prints the table of docs/security.md.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** @typedef {{m: number, t: number}} Cost of Argon2id, `m` in KiB */

/**
 * What is assumed of a thief, on their side: a rented card on which Argon2id is held up by memory and by nothing else, as published crackers nearly are.
 * Each block is written once a pass, and two are read for it.
 */
export const THIEF = { bandwidth: 1_008e9, transfers: 3, euros_an_hour: 0.4 };

export const FLOOR = { m: 19 * 1024, t: 2 };
export const USUAL = { m: 64 * 1024, t: 3 };

/** Bits in some different words drawn from a list, in the order they were drawn. @param {number} listed @param {number} drawn */
export function bitsOf(listed, drawn) {
  let bits = 0;
  for (let i = 0; i < drawn; i++) bits += Math.log2(listed - i);
  return bits;
}

/** How many guesses a second one card makes. @param {Cost} cost */
export const guessesASecond = ({ m, t }) => THIEF.bandwidth / (m * 1024 * t * THIEF.transfers);

/** What it takes on average, half of all there is: hours of one card, and what they cost. @param {number} bits @param {Cost} cost */
export function toOpen(bits, cost) {
  const hours = 2 ** (bits - 1) / guessesASecond(cost) / 3_600;
  return { hours, euros: hours * THIEF.euros_an_hour };
}

const HOURS_A_YEAR = 8_766;

/** @param {number} hours */
const timed = (hours) =>
  hours >= HOURS_A_YEAR
    ? `${rounded(hours / HOURS_A_YEAR)} years`
    : hours >= 48
      ? `${rounded(hours / 24)} days`
      : hours >= 1
        ? `${rounded(hours)} hours`
        : `${rounded(hours * 3_600)} seconds`;

/** Two figures: no assumption here is better than that. @param {number} value */
function rounded(value) {
  if (value < 1) return "less than 1";
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return (value < 10 ? Number(value.toPrecision(2)) : Math.round(value / unit) * unit).toLocaleString("en-GB");
}

/** @param {string} what @param {number} bits @param {Cost} cost */
function line(what, bits, cost) {
  const { hours, euros } = toOpen(bits, cost);
  return `| ${what} | ${bits.toFixed(1)} | ${cost.m / 1024} MiB, ${cost.t} | ${rounded(guessesASecond(cost))} | ${timed(hours)} | ${euros < 1 ? "less than € 1" : `€ ${rounded(euros)}`} |`;
}

/** The table, for a list of so many words. @param {number} listed */
export const table = (listed) =>
  [
    "| what is guessed | bits | memory, passes | guesses a second, one card | one card, on average | rent |",
    "|---|---|---|---|---|---|",
    line("phone: four drawn words, as most phones keep them", bitsOf(listed, 4), USUAL),
    line("phone: four drawn words, the least any phone may keep", bitsOf(listed, 4), FLOOR),
    line("phone: three of the four words were overheard", bitsOf(listed, 1), USUAL),
    line("phone: own words of 40 bits", 40, USUAL),
    line("phone: own words that stand in a book or song, 30 bits", 30, USUAL),
    line("office's database: a password of three drawn words", bitsOf(listed, 3), USUAL),
    line("office's database: one half of a reset, within its day", bitsOf(listed, 3), USUAL),
  ].join("\n");

/** How many words the app draws from. */
export const listedWords = () =>
  readFileSync(new URL("../../fieldapp/practice/vocabularies/words.txt", import.meta.url), "utf8")
    .split("\n")
    .filter(Boolean);

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(table(listedWords().length));
