/**
 * What opens a vault: the vault key wrapped under unlock words, always, and under a passkey besides. Proving, waiting after wrong words, and changing what
 * opens it; what lies in the vault is never touched by that.
 */
import { Refused } from "../sync/errors.js";
import { unwrapVaultKey, wrapUnderPasskey, wrapVaultKey } from "./keys.js";
import { answer, answers } from "./outside.js";

/** @typedef {import("./outside.js").Outside} Outside */
/** @typedef {import("./outside.js").Store} Store */
/** @typedef {import("./keys.js").Wrap} Wrap */
/** @typedef {{words: string} | {passkey: {prf: Uint8Array}}} Proof that somebody may open it */

const PATIENT_TRIES = 5;
const WRONG_WAIT_MS = 5_000;
const WRONG_WAIT_MOST_MS = 900_000;

/** @param {Store} store @returns {Promise<Wrap[]>} */
export const wrapsOf = async (store) => (await store.inside(["meta"], "read", ({ meta }) => answer(meta.get("wraps")))) ?? [];

/**
 * Takes the vault key out of the wrap a proof is for; whoever asked wipes it. Wrong words are only made to wait, and the count outlasts a restart: a toddler must
 * not wipe a caseload, and a thief never runs this counter anyway. A passkey is not counted: nobody guesses one.
 * @param {Outside} outside @param {Store} store @param {string} name @param {Proof} proof @returns {Promise<Uint8Array>}
 */
export async function takeKey(outside, store, name, proof) {
  const [wraps, attempts] = await store.inside(["meta"], "read", ({ meta }) =>
    answers(...["wraps", "attempts"].map((row) => meta.get(row))),
  );
  const wrap = (/** @type {Wrap["sort"]} */ sort) => wraps?.find((/** @type {Wrap} */ one) => one.sort === sort);
  const byWords = wrap("words");
  if (!byWords) throw new Refused("vault_unreadable");
  if ("passkey" in proof) {
    const byPasskey = wrap("passkey");
    if (!byPasskey) throw new Refused("passkey_wrong");
    return unwrapVaultKey(proof.passkey.prf, byPasskey, name);
  }
  const wait = (attempts?.next_at ?? 0) - outside.now();
  // A clock that was set back must not lock anybody out for years.
  if (wait > 0 && wait <= WRONG_WAIT_MOST_MS) throw new Refused("wrong_words", { wait_s: Math.ceil(wait / 1000), untried: true });
  /** @param {{count: number, next_at: number}} counted @param {"strict" | "relaxed"} how on a full phone the count stands still: wrong words are wrong all the same, and right ones must still open it */
  const count = (counted, how) => store.inside(["meta"], how, ({ meta }) => void meta.put(counted, "attempts")).catch(() => {});
  try {
    const vaultKey = await unwrapVaultKey(proof.words, byWords, name);
    if (attempts?.count) await count({ count: 0, next_at: 0 }, "relaxed");
    return vaultKey;
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "wrong_words") throw error;
    const tried = (attempts?.count ?? 0) + 1;
    const pause = tried < PATIENT_TRIES ? 0 : Math.min(WRONG_WAIT_MOST_MS, WRONG_WAIT_MS * 2 ** (tried - PATIENT_TRIES));
    await count({ count: tried, next_at: outside.now() + pause }, "strict");
    throw new Refused("wrong_words", { wait_s: Math.ceil(pause / 1000) });
  }
}

/** Puts one wrap in the place of the one of its sort, in one transaction. @param {Store} store @param {Wrap["sort"]} sort @param {Wrap[]} made */
const replace = (store, sort, ...made) =>
  store.inside(["meta"], "strict", async ({ meta }) => {
    /** @type {Wrap[] | undefined} */
    const wraps = await answer(meta.get("wraps"));
    // A store that reads empty once must not have that written back: nothing would open this vault again.
    if (!wraps?.length) throw new Refused("vault_unreadable");
    meta.put([...wraps.filter((one) => one.sort !== sort), ...made], "wraps");
  });

/**
 * Wraps the same vault key under other words; the former ones open nothing from then on.
 * @param {Outside} outside @param {Store} store @param {string} name @param {Proof} proof @param {string} words @param {{m: number, t: number}} cost
 */
export async function changeWords(outside, store, name, proof, words, cost) {
  const vaultKey = await takeKey(outside, store, name, proof);
  const made = await wrapVaultKey(words, cost, vaultKey, name).finally(() => vaultKey.fill(0));
  await replace(store, "words", made);
}

/**
 * Wraps the same vault key under a passkey besides.
 * @param {Outside} outside @param {Store} store @param {string} name @param {Proof} proof @param {{id: Uint8Array, salt: Uint8Array, prf: Uint8Array}} passkey
 */
export async function addPasskey(outside, store, name, proof, passkey) {
  const vaultKey = await takeKey(outside, store, name, proof);
  const made = await wrapUnderPasskey(passkey, vaultKey, name).finally(() => vaultKey.fill(0));
  await replace(store, "passkey", made);
}

/** Lets no passkey open it any more. @param {Store} store */
export const removePasskey = (store) => replace(store, "passkey");
