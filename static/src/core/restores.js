/**
 * Gives back what an office that was put back from a backup has lost, whoever wrote it: entries as this phone was served them, sealed anew. Their slips it never
 * saw; the office asks their authors' phones for those.
 */
import { splitJws, unb64u } from "../sync/entry.js";
import { NoAnswer } from "../sync/errors.js";
import { layPacket, layParts, PUSH_FRAMES } from "../sync/wire.js";
import { ingestKey, sealToOffice, utf8 } from "./keys.js";
import { askAsReader, pull } from "./pull.js";
import { fitting, sendBatch } from "./push.js";

/** @typedef {import("./unlock.js").Session} Session */
/** @typedef {import("./vault.js").Kept} Kept */

/** What the office would not take is offered again after as long a wait as if it had failed so often. */
const PATIENCE = 8;

/** Brings what is new. What the office was found to lack is given back before anything can be taken away, and then read again as it stands there now. @param {Session} session */
export async function pullAndGiveBack(session) {
  await giveBack(session).catch((error) => {
    // Why fetching is paused the greeting says.
    if (error.code !== "fetching_paused") throw error;
  });
  await pull(session);
  if (await giveBack(session)) await pull(session);
}

/** @param {Session} session @returns {Promise<boolean>} whether anything was given back */
async function giveBack(session) {
  const { vault, caseload, outside } = session;
  if (outside.now() < (session.give_back_at ?? 0)) return false;
  /** @type {{[casefile: string]: number}} */
  const lost = (await vault.fact("lost")) ?? {};
  let gave = false;
  for (;;) {
    const pending = Object.keys(lost).filter((casefile) => lost[casefile] < 0);
    if (pending.length === 0) return gave;
    gave = true;
    // Phones that hold the same do not go through it in step, and each asks what others have brought meanwhile.
    const casefile = pending[outside.pick(pending.length)];
    const held = await caseload.kept(casefile);
    for (let i = 0; i < held.length; i += PUSH_FRAMES) if (!(await offer(session, held.slice(i, i + PUSH_FRAMES)))) return gave;
    lost[casefile] *= -1;
    await vault.keepFact("lost", lost);
  }
}

/** Offers what the office lacks of some entries. @param {Session} session @param {Kept[]} entries @returns {Promise<boolean>} whether it took all of them */
async function offer(session, entries) {
  const { outside, outbox } = session;
  const { missing } = await askAsReader(session, "/sync/v1/have", { v: 1, anybody: true, ids: entries.map(({ id }) => id) });
  if (!Array.isArray(missing)) throw new NoAnswer("office_not_answering");
  // Of ours the outbox may have the whole, with its slip.
  await outbox.offerAgain(missing.map((/** @type {string} */ id) => [id, { next_at: outside.now() }]));
  let rest = await Promise.all(
    entries
      .filter(({ id }) => missing.includes(id))
      .map(async ({ id, jws, body = "" }) => {
        const { kid, payload, signature } = splitJws(jws, "fieldapp-entry");
        const deflated = await outside.deflate(layParts(payload, utf8(body), new Uint8Array()));
        const sealed = await sealToOffice(ingestKey(session.keySet), layPacket(unb64u(kid), signature, deflated), "entry");
        return /** @type {[string, any]} */ ([id, { sealed, attempts: PATIENCE }]);
      }),
  );
  while (rest.length > 0) {
    const batch = fitting(rest, PUSH_FRAMES);
    rest = rest.slice(batch.length);
    const { outcome, delays } = await sendBatch(outside, batch);
    for (const [, at] of delays) {
      session.give_back_at = at;
      return false;
    }
    if (outcome.reach !== "ok") throw new NoAnswer(outcome.reach);
  }
  return true;
}
