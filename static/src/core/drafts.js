/** Drafts: one slot each, overwritten while somebody writes, until what it holds is sent or discarded. Nothing in a slot is an entry yet. */
import { beforeChoosing, isList, isOpen } from "../practice/choosing.js";
import { changesAfterSending, problems, withoutHidden } from "../practice/forms.js";
import { b64u, readBody } from "../sync/entry.js";
import { Refused } from "../sync/errors.js";
import { forks, plain } from "../sync/view.js";
import { hash, json } from "./keys.js";
import { standsIn } from "./notes.js";
import { bodyOf, makePacket, openOwn, readyPacket } from "./packets.js";
import { beforeParting, viewAt } from "./parting.js";
import { saveEntry } from "./records.js";

/** @typedef {Omit<import("./unlock.js").Session, "drafts">} Session */
/** @typedef {ReturnType<typeof openDrafts>} Drafts */
/** @typedef {import("../practice/forms.js").Definition} Definition */
/** @typedef {{slot: string, n: number, kind: string, schema: string, form: string, casefile: string, record: string, parents: string[], written_at: string, note?: {slot: string, id: string}, chosen?: import("../practice/choosing.js").Chosen}} Slot `note`: written while the phone was locked, which this one confirms; `chosen`: between which versions somebody has chosen, with a name for every answer that was parted when it began */

const DRAFT_REST_MS = 120_000;
const NO_SLIP = new Uint8Array();

/** @param {Session} session */
export function openDrafts(session) {
  const { outside, outbox, caseload, definitions, records } = session;
  /** @type {Map<string, Slot>} */
  const slots = new Map();
  /** First answers of slots that nobody has typed into. @type {Map<string, {[name: string]: any}>} */
  const begun = new Map();
  const newId = () => b64u(outside.random(16));
  /** The last that was begun with each slot. @type {Map<string, Promise<unknown>>} */
  const turns = new Map();

  /**
   * Does one thing after another with a slot, in the order in which they were asked for: two forms may show one draft, and its numbers tell only which was sealed later.
   * @template {{slot: string}} G @template T @param {(given: G) => Promise<T>} work @returns {(given: G) => Promise<T>}
   */
  const inTurn = (work) => async (given) => {
    const before = turns.get(given.slot);
    const done = before ? before.then(() => work(given)) : work(given);
    const over = done.catch(() => undefined);
    turns.set(given.slot, over);
    try {
      return await done;
    } finally {
      if (turns.get(given.slot) === over) turns.delete(given.slot);
    }
  };

  /** @param {Slot} slot @param {{[name: string]: any}} fields */
  async function opened(slot, fields) {
    const definition = await definitions.byHash(slot.form);
    // What was typed is given back, whatever has become of the record in the cache, and whether there is one.
    const now = await records.stateAt(slot.record).catch(() => null);
    // A choice that was begun is shown between the same versions again; what has come since is not this draft's to settle.
    const view = now ? viewAt(now.state, slot.parents) : null;
    const split = view ? forks(view) : [];
    const typed = { ...fields };
    for (const name of split) {
      // Begun by an earlier release, which left out the whole of a list.
      if (slot.chosen?.[name] || Object.hasOwn(typed, name)) continue;
      const value = view && beforeChoosing(view.fields[name], plain(view)[name]);
      if (value !== undefined) typed[name] = value;
    }
    return {
      ...slot,
      heads: slot.parents,
      fields: typed,
      before: view ? plain(view) : undefined,
      definition: await definitions.filled(definition),
      forks: now && view ? Object.fromEntries(split.map((name) => [name, asFork(now, view.fields[name], name)])) : {},
      adding: slot.parents.length > 0,
    };
  }

  /** @param {Slot} slot @param {{[name: string]: any}} fields */
  function began(slot, fields) {
    slots.set(slot.slot, slot);
    begun.set(slot.slot, fields);
    return opened(slot, fields);
  }

  /** A field on which versions differ: whose they are, and the text that stood there before. @param {Awaited<ReturnType<typeof records.stateAt>>} now @param {import("../sync/view.js").Shown} told @param {string} name */
  function asFork({ readings, state: { contents } }, told, name) {
    const writers = told.values.map(({ id }) => id);
    return { ...records.shownBy(readings)(told), before: beforeParting(contents, writers, name) };
  }

  /** Signs and seals the next that stands in a slot. @param {Slot} slot @param {{[name: string]: any}} fields @param {string} written_at @param {{discarded?: true}} [more] */
  async function seal({ slot, n, kind, schema, casefile, record, parents, note, chosen }, fields, written_at, more) {
    const body = bodyOf(outside, fields);
    const header = {
      v: 1,
      slot,
      n: n + 1,
      kind,
      schema,
      casefile,
      record,
      parents,
      author: session.me.id,
      device: session.device,
      written_at,
      body_hash: b64u(await hash(body.bytes)),
      note,
      chosen,
      ...more,
    };
    const { copies } = await makePacket(session, "draft", json(header), body.bytes, NO_SLIP, slot);
    return { kid: session.signer.kid, n: n + 1, ...copies };
  }

  const drafts = {
    /** Opens every draft of this person, for lists and to go on with. */
    async openAll() {
      for (const [slot, draft] of await outbox.drafts()) {
        if (draft.kid !== session.signer.kid) continue;
        try {
          const { header } = await openOwn(session, draft.own, "drafts", slot);
          remember(JSON.parse(header));
        } catch {
          // It stays where it is, and its sealed copy still reaches the office.
        }
      }
    },

    /**
     * Without a casefile one is opened. `heads`: what stood on the screen on which something was typed already; it is kept whatever has become of its family here.
     * @param {{casefile?: string, schema: string, record?: string, preset?: {[name: string]: any}, note?: {slot: string, id: string}, heads?: string[]}} given
     */
    async begin({ casefile = newId(), schema, record, preset = {}, note, heads }) {
      const { form, definition } = await definitions.newest(schema);
      const base = { slot: newId(), n: 0, kind: definition.kind, schema, form, casefile, written_at: outside.stamp(), note };
      if (heads) return began({ ...base, record: record ?? newId(), parents: heads }, preset);
      if (record === undefined) {
        if (!caseload.families.has(casefile) && definition.kind !== "opening") throw new Refused("unknown_casefile");
        const slot = { ...base, record: newId(), parents: [] };
        return began(slot, preset);
      }
      // One open edit of a record: a second one beside it would only make a fork of one person with herself.
      const already = [...slots.values()].find((one) => one.record === record && one.n > 0);
      if (already) return drafts.open({ slot: already.slot });
      const { rec, state } = await records.stateAt(record);
      /** @type {{[name: string]: any}} */
      const fields = { ...plain(state.view), ...preset };
      const split = forks(state.view);
      for (const name of split) {
        const fork = state.view.fields[name];
        if (!isList(fork) && Object.hasOwn(preset, name)) continue;
        const value = beforeChoosing(fork, fields[name]);
        if (value === undefined) delete fields[name];
        else fields[name] = value;
      }
      const chosen = split.length > 0 ? Object.fromEntries(split.map((name) => [name, []])) : undefined;
      return began({ ...base, casefile: rec.casefile, record, parents: state.view.heads, chosen }, fields);
    },

    /** Overwrites a slot. @param {{slot: string, fields: {[name: string]: any}, chosen?: Slot["chosen"]}} given */
    async keep({ slot, fields, chosen }) {
      const known = slots.get(slot);
      if (!known) throw new Refused("unknown_slot");
      const written_at = outside.stamp();
      const next = { ...known, chosen: chosen ?? known.chosen };
      const sealed = await seal(next, fields, written_at);
      // Taken before the write, so that a failed one is never written again under the same number.
      known.n = sealed.n;
      await outbox.keepDraft(slot, { ...sealed, next_at: outside.now() + DRAFT_REST_MS });
      const isNew = !caseload.drafts.has(slot);
      remember({ ...next, n: known.n, written_at });
      session.later(async () => {
        if (isNew) session.tell("caseload", {});
        session.soon(DRAFT_REST_MS);
        await readyPacket(session, "draft");
      });
      return { kept_at: written_at };
    },

    /** @param {{slot: string}} given */
    async open({ slot }) {
      const row = await outbox.draft(slot);
      // Nothing was typed into it yet: the store has not heard of it, and an empty draft is not worth keeping.
      const known = slots.get(slot);
      if (!row && known) return opened(known, begun.get(slot) ?? {});
      if (!row || row.kid !== session.signer.kid || row.own.length === 0) throw new Refused("unknown_slot");
      const { header, body } = await openOwn(session, row.own, "drafts", slot);
      return opened(remember(JSON.parse(header)), readBody(body).fields);
    },

    /**
     * Takes back what this person left under a signer that nobody unlocks any more: words forgotten, or another phone that is gone.
     * @param {{slot: string, n: number, header: string, body: string}[]} list
     */
    async takeBack(list) {
      for (const { slot, n, header, body } of list) {
        const said = JSON.parse(header);
        const here = await outbox.draft(slot);
        const isSent = [...caseload.unsettled.values()].some((one) => one.header.record === said.record);
        // What lies here under the old words and is newer goes to the office first, and comes back from there.
        if (slots.has(slot) || isSent || (here && here.n > n)) continue;
        remember({ ...said, slot, n, form: undefined });
        await drafts.keep({ slot, fields: readBody(body).fields });
      }
      // Only once the office has it under this signer does it forget the other.
      await outbox.draftsDueNow(outside.now());
    },

    /**
     * Empties a slot because its writer said so. The office may have a copy by now, which would come back after forgotten words: an empty one takes its place
     * there, and here it can be read by nobody and goes once it is sent.
     * @param {{slot: string}} given
     */
    async discard({ slot }) {
      const known = slots.get(slot);
      try {
        if (!known?.n) throw new Refused("unknown_slot");
        const sealed = await seal(known, {}, outside.stamp(), { discarded: true });
        await outbox.keepDraft(slot, { ...sealed, own: new Uint8Array(), next_at: outside.now() });
        session.saved();
      } catch {
        // A full phone keeps nothing that somebody threw away.
        await outbox.discardDraft(slot);
      }
      slots.delete(slot);
      begun.delete(slot);
      caseload.drafts.delete(slot);
      session.tell("caseload", {});
    },

    /**
     * Judges, signs, seals and saves what a slot holds, and empties it in the same transaction.
     * @param {{slot: string, fields: {[name: string]: any}, mode?: string, chosen?: Slot["chosen"]}} given
     */
    async send({ slot, fields: typed, mode = "", chosen }) {
      const known = slots.get(slot) ?? (await drafts.open({ slot }).then(() => slots.get(slot)));
      if (!known) throw new Refused("unknown_slot");
      /** @type {Definition} */
      const definition = await definitions.byHash(known.form);
      const sent = known.parents.length > 0;
      const fields = withoutHidden(definition, typed, { sent });
      /** @type {{at: string, reason: string}[]} */
      const found = [];
      // What was taken away meanwhile cannot be compared with: what was typed goes as it is, and the office knows the rest.
      const now = sent ? await records.stateAt(known.record).catch(() => null) : null;
      if (now && known.parents.every((id) => now.readings.some((one) => one.id === id))) {
        const view = viewAt(now.state, known.parents);
        const before = plain(view);
        const { amend, signs_off } = await records.mayOf(known.kind, definition, now.state.standing);
        const split = forks(view);
        const changed = (/** @type {typeof typed} */ after) =>
          changesAfterSending(definition, before, after).filter((name) => !split.includes(name));
        // Signed off since, it is changed all the same: whoever wrote may have had no signal, and what they send is called added later.
        const late = signs_off && changed(typed).length;
        // Whoever only adds takes nothing away, also where one of two versions hides what the other answered.
        if (!amend && !late) for (const name of changed(fields)) fields[name] = before[name];
        for (const name of split) {
          const isHidden = !Object.hasOwn(withoutHidden(definition, { ...typed, [name]: typed[name] }, { sent }), name);
          const of = (chosen ?? known.chosen)?.[name];
          if (!isHidden && isOpen(view.fields[name], typed[name], of)) found.push({ at: name, reason: "two_versions" });
        }
      }
      found.push(...problems(definition, fields, await definitions.vocabularies(), { sent }));
      if (found.length > 0) throw new Refused("not_complete", { problems: found });
      const { kind, schema, form, casefile, record, parents } = known;
      const isConfirmed = known.note && (await standsIn(session, known.note.slot, fields).catch(() => false));
      // Confirmed without its words it would be taken off this phone and off the office's list, and nobody would read them again.
      const note = isConfirmed ? known.note : undefined;
      const reading = await saveEntry(
        session,
        { kind, schema, form, casefile, record, parents: [...parents].sort(), mode, fields, note },
        // A slot nobody typed into was never stored: there is nothing to empty.
        known.n > 0 ? slot : undefined,
      );
      slots.delete(slot);
      caseload.drafts.delete(slot);
      caseload.unsettled.put(reading);
      // What was opened here can be written into before the office has heard of it.
      if (kind === "opening") caseload.familyOf(casefile);
      session.later(async () => {
        await caseload.refresh(casefile, record);
        session.tell("record", { record });
        session.tell("caseload", {});
        session.saved();
        await readyPacket(session, "entry");
      });
      return { id: reading.id, record, standing: "waiting" };
    },
  };

  /** @param {Slot | any} header @returns {Slot} */
  function remember(header) {
    const { slot, kind, schema, written_at, record, casefile } = header;
    const known = { ...header, form: header.form ?? slots.get(slot)?.form ?? definitions.index().records[schema] };
    slots.set(slot, known);
    caseload.drafts.set(slot, { slot, kind, schema, written_at, record, casefile });
    return known;
  }

  const { keep, discard, send } = drafts;
  return Object.assign(drafts, { keep: inTurn(keep), discard: inTurn(discard), send: inTurn(send) });
}
