/** Hash chains and digests, line by line. Twin of sync/chain.py; docs/protocol.md §4, §6 and §7 settle it. */
import { ascii, b64u } from "./entry.js";
import { Unbelievable } from "./errors.js";

/** @typedef {import("./entry.js").Hands} Hands */
/** @typedef {{seq: number, log_hash: string}} Head */

/** Hashes ASCII text and writes the hash as 43 characters. @param {Hands} hands @param {string} text */
export const hashText = async (hands, text) => b64u(await hands.hash(ascii(text)));

/**
 * One link of a casefile's chain.
 * @param {Hands} hands @param {{prev: string, casefile: string, seq: number, id: string, jws: string, received_at: string}} link
 */
export async function logHash(hands, { prev, casefile, seq, id, jws, received_at }) {
  return hashText(hands, `fieldapp log 1\n${prev}\n${casefile}\n${seq}\n${id}\n${await hashText(hands, jws)}\n${received_at}\n`);
}

/** One link of the chain of enrolments. @param {Hands} hands @param {{prev: string, n: number, id: string, jws: string, received_at: string}} link */
export async function enrolmentHash(hands, { prev, n, id, jws, received_at }) {
  return hashText(hands, `fieldapp enrolment 1\n${prev}\n${n}\n${id}\n${await hashText(hands, jws)}\n${received_at}\n`);
}

/**
 * Checks that links follow `head` without a gap and that each hash is its own; all links at once, because each names its predecessor.
 * @param {Hands} hands @param {string} casefile @param {Head} head @param {{seq: number, id: string, jws: string, received_at: string, log_hash: string}[]} links
 * @returns {Promise<Head>} the head after them
 */
export async function follow(hands, casefile, head, links) {
  await Promise.all(
    links.map(async (link, i) => {
      const before = i === 0 ? head : links[i - 1];
      if (link.seq !== before.seq + 1) throw new Unbelievable("chain_gap", { casefile, seq: link.seq });
      const hash = await logHash(hands, { ...link, casefile, prev: before.log_hash });
      if (hash !== link.log_hash) throw new Unbelievable("chain_broken", { casefile, seq: link.seq });
    }),
  );
  const last = links.at(-1);
  return last ? { seq: last.seq, log_hash: last.log_hash } : head;
}

/** The digest a phone greets with: of every casefile it holds and how far. @param {Hands} hands @param {Iterable<[casefile: string, head: Head]>} heads */
export async function digest(hands, heads) {
  const lines = [...heads].map(([casefile, { seq, log_hash }]) => `${casefile} ${seq} ${log_hash}\n`);
  return hashText(hands, lines.sort(byCode).join(""));
}

/** The root of a checkpoint, which names casefiles only by their hash. @param {Hands} hands @param {Iterable<[casefile: string, head: Head]>} heads */
export async function checkpointRoot(hands, heads) {
  const lines = await Promise.all(
    [...heads].map(async ([casefile, { seq, log_hash }]) => `${await hashText(hands, casefile)} ${seq} ${log_hash}\n`),
  );
  return hashText(hands, lines.sort(byCode).join(""));
}

const SURROGATE = /[\ud800-\udfff]/;

/** Sorts by code point, as Python does, never by a locale. @param {string} a @param {string} b */
export function byCode(a, b) {
  if (a === b) return 0;
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : 1;
  const left = [...a];
  const right = [...b];
  const at = left.findIndex((sign, i) => sign !== right[i]);
  if (at < 0) return -1;
  return at >= right.length || /** @type {number} */ (left[at].codePointAt(0)) > /** @type {number} */ (right[at].codePointAt(0))
    ? 1
    : -1;
}
