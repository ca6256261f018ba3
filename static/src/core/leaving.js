/**
 * What a phone does when the office says that it is lost or out of use, or that one person's use of it ended: everything that could be read goes, what waits is
 * sent as before. Nothing here needs a key, so a locked phone does it too; only its word is then not signed.
 */
import { askAsReader } from "./pull.js";
import { post } from "./push.js";
import { passkeyOf } from "./vault.js";

/** @typedef {import("./unlock.js").Session} Session */
/** @typedef {import("./outside.js").Outside} Outside */
/** @typedef {import("./outbox.js").Outbox} Outbox */

const HELLO = "/sync/v1/hello";

/**
 * Deletes vaults and whoever they belonged to, and tells the office. The outbox stays whole: what is in it is sealed to the office, and drafts go there at once.
 * @param {Outside} outside @param {Outbox} outbox @param {Session | null} session whose key signs the word
 * @param {boolean} isAll everybody's, not this person's alone
 */
export async function leave(outside, outbox, session, isAll) {
  session?.vault.close();
  const gone = (await outbox.people()).filter(([vault]) => isAll || vault === session?.vault.name);
  await forget(outside, outbox, gone);
  await greetLocked(outside, outbox, session);
}

/** Deletes first: a full disk keeps no word of it, and must keep no vault either. @param {Outside} outside @param {Outbox} outbox @param {Awaited<ReturnType<Outbox["people"]>>} gone */
async function forget(outside, outbox, gone) {
  for (const [vault] of gone) await outside.drop(vault);
  await outbox.partWith(gone, outside.now());
}

/**
 * Greets the office for no person: a phone that nobody unlocks must hear that it is lost, and says what it dropped until it is heard.
 * @param {Outside} outside @param {Outbox} outbox @param {Session | null} [session] one that has ended, whose key still signs
 * @returns {Promise<string | undefined>} what the office says of this phone
 */
export async function greetLocked(outside, outbox, session) {
  // What was deleted while the word of it failed.
  for (const one of await outbox.people())
    if ((await passkeyOf(outside, one[0]).catch(() => undefined)) === null) await forget(outside, outbox, [one]);
  const dropped = (await outbox.fact("dropped")) ?? [];
  if (dropped.length === 0 && (await outbox.people()).length === 0) return;
  const said = { v: 1, signers: [], dropped, waiting: { count: await outbox.waiting() } };
  const answer = session
    ? await askAsReader(session, HELLO, said).catch(() => null)
    : await post(outside, HELLO, said).then((told) => (told.status === 200 ? told.answer : null));
  // Without an answer it is said again, unsigned, with a later greeting.
  if (answer && dropped.length > 0) await outbox.keepFact("dropped", []);
  return answer?.device?.status;
}
