/**
 * What a phone does when the office says that it is lost or out of use, or that one person's use of it ended: everything that could be read goes, what waits is
 * sent as before. Nothing here needs a key, so a locked phone does it too; only its word is then not signed.
 */
import { askAsReader } from "./pull.js";
import { post } from "./push.js";

/** @typedef {import("./unlock.js").Session} Session */
/** @typedef {import("./outside.js").Outside} Outside */
/** @typedef {import("./outbox.js").Outbox} Outbox */

const HELLO = "/sync/v1/hello";
/** The vaults of whoever the office said has left. Nothing else makes one go: one that cannot be found, or read, may be there the next time. */
const LEAVING = "leaving";

/**
 * Deletes vaults and whoever they belonged to, and tells the office. The outbox stays whole: what is in it is sealed to the office, and drafts go there at once.
 * @param {Outside} outside @param {Outbox} outbox @param {Session | null} session whose key signs the word
 * @param {boolean} isAll everybody's, not this person's alone
 */
export async function leave(outside, outbox, session, isAll) {
  session?.vault.close();
  const gone = (await outbox.people()).filter(([vault]) => isAll || vault === session?.vault.name);
  const names = [...((await outbox.fact(LEAVING)) ?? []), ...gone.map(([vault]) => vault)];
  // A phone that dies now goes on at its next start, whatever the office says then; a full one keeps no word of it.
  await outbox.keepFact(LEAVING, names).catch(() => undefined);
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
  // What was to go, or went, and could not be written down.
  const leaving = new Set(await outbox.fact(LEAVING));
  const gone = (await outbox.people()).filter(([vault]) => leaving.has(vault));
  if (gone.length > 0) await forget(outside, outbox, gone);
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
