/** Edits into entries, entries into views, drafts, and what is still missing before something can be sent. */
import { changesAfterSending, problems, withoutHidden } from "../practice/forms.js";
import { BODY_LIMIT, b64u, PARENTS_LIMIT, readBody, unb64u } from "../sync/entry.js";
import { Refused } from "../sync/errors.js";
import { forks, plain } from "../sync/view.js";
import { layPacket, layParts, readPacket, readParts } from "../sync/wire.js";
import { readEntry, stateOf } from "./briefs.js";
import { hash, ingestKey, json, sealToOffice, sign, text } from "./keys.js";

/** @typedef {Omit<import("./unlock.js").Session, "records">} Session */
/** @typedef {ReturnType<typeof openRecords>} Records */
/** @typedef {import("./briefs.js").Reading} Reading */
/** @typedef {import("../practice/forms.js").Definition} Definition */
/** @typedef {{slot: string, n: number, kind: string, schema: string, form: string, casefile: string, record: string, parents: string[], written_at: string}} Slot */

const DRAFT_REST_MS = 120_000;

/** Salt and fields as bytes; text that is not well formed is mended, because nobody could ever read it. @param {Session} session @param {{[name: string]: any}} fields */
function bodyOf(session, fields) {
  const bytes = json({ salt: b64u(session.outside.random(16)), fields: mended(fields) });
  if (bytes.length > BODY_LIMIT) throw new Refused("too_large", { bytes: bytes.length });
  readBody(text(bytes));
  return bytes;
}

/** @param {any} value @returns {any} */
function mended(value) {
  if (typeof value === "string") return value.replace(/\p{Surrogate}/gu, "\ufffd");
  if (Array.isArray(value)) return value.map(mended);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => (one === undefined ? [] : [[mended(name), mended(one)]])),
  );
}

/**
 * Seals one packet twice: to the office, which alone can open that copy, and for its author. @param {Session} session @param {Uint8Array} packet
 * @param {"entry" | "draft"} use @param {string} row
 */
export async function sealTwice(session, packet, use, row) {
  const to = ingestKey(session.keySet);
  const [sealed, own] = await Promise.all([
    sealToOffice(to, packet, use),
    session.vault.sealOwn(packet, use === "entry" ? "items" : "drafts", row),
  ]);
  return { ingest_kid: to.kid, sealed, own };
}

/** Opens the author's own copy. @param {Session} session @param {Uint8Array} own @param {"items" | "drafts"} store @param {string} row */
export async function openOwn(session, own, store, row) {
  const packet = await session.vault.openOwn(own, store, row);
  const { kid, signature, deflated } = readPacket(packet);
  const parts = readParts(await session.outside.inflate(deflated));
  return { packet, kid: b64u(kid), signature, header: text(parts.header), body: text(parts.body), headerBytes: parts.header };
}

/**
 * Makes one entry and saves it. Nothing is said to be saved before the outbox's transaction is complete.
 * @param {Session} session
 * @param {{kind: string, schema: string, form: string, casefile: string, record: string, parents: string[], mode: string, fields: {[name: string]: any}}} edit
 * @param {string} [slot] @returns {Promise<Reading>}
 */
export async function saveEntry(session, edit, slot) {
  const { outside, outbox, signer } = session;
  const { fields, ...about } = edit;
  const body = bodyOf(session, fields);
  const body_hash = b64u(await hash(body));
  const waiting = session.caseload.unsettled.size;
  /** @type {Reading | undefined} */
  let reading;
  await outbox.save(
    signer.kid,
    async (head) => {
      const slip = json({
        salt: b64u(outside.random(16)),
        n: head.n + 1,
        prev: head.id,
        clock_offset_ms: session.offset,
        waiting,
      });
      const header = {
        v: 1,
        kind: about.kind,
        schema: about.schema,
        form: about.form,
        app: outside.build.slice(0, 40),
        casefile: about.casefile,
        record: about.record,
        // The others stay heads: a note that names too many would never be placed.
        parents: about.parents.slice(0, PARENTS_LIMIT),
        author: session.me.id,
        device: session.device,
        written_at: outside.stamp(),
        zone: outside.zone,
        mode: about.mode,
        body_hash,
        slip_hash: b64u(await hash(slip)),
        blobs: [],
      };
      const headerBytes = json(header);
      const [signed, deflated] = await Promise.all([
        sign(signer, "fieldapp-entry", headerBytes),
        outside.deflate(layParts(headerBytes, body, slip)),
      ]);
      const copies = await sealTwice(session, layPacket(unb64u(signer.kid), signed.signature, deflated), "entry", signed.id);
      reading = readEntry(/** @type {any} */ ({ id: signed.id, jws: signed.jws, body: text(body), lies: "waiting" }));
      return {
        id: signed.id,
        item: { kid: signer.kid, n: head.n + 1, ...copies, state: "waiting", attempts: 0, next_at: outside.now() },
      };
    },
    slot,
  );
  return /** @type {Reading} */ (reading);
}

/** @param {Session} session */
export function openRecords(session) {
  const { outside, outbox, caseload, definitions } = session;
  /** @type {Map<string, Slot>} */
  const slots = new Map();
  /** First answers of slots that nobody has typed into. @type {Map<string, {[name: string]: any}>} */
  const begun = new Map();
  const newId = () => b64u(outside.random(16));

  /** @param {string} record */
  async function stateAt(record) {
    const rec = caseload.rec(record);
    await caseload.load(rec.casefile);
    const readings = await caseload.readings(record);
    return { rec: caseload.rec(record), readings, state: stateOf(readings) };
  }

  /** @param {string} kind @param {Definition} definition @param {string} standing */
  async function mayOf(kind, definition, standing) {
    const policy = await definitions.byHash(definitions.index().policy).catch(() => null);
    const signsOff = policy?.sign_off?.[kind]?.needs === "sign_off";
    const amend = !definition.insert_only && (!definition.final_when_sent || (signsOff && standing !== "signed_off"));
    return { amend, add: definition.sections.some((section) => section.later !== undefined) };
  }

  /** @param {Slot} slot @param {{[name: string]: any}} fields */
  async function opened(slot, fields) {
    const definition = await definitions.byHash(slot.form);
    const known = caseload.records.get(slot.record);
    const state = known ? (await stateAt(slot.record)).state : null;
    const split = state ? forks(state.view).filter((name) => !Object.hasOwn(fields, name)) : [];
    return {
      ...slot,
      heads: slot.parents,
      fields,
      definition: await definitions.filled(definition),
      forks: Object.fromEntries(split.map((name) => [name, state?.view.fields[name]])),
      adding: slot.parents.length > 0,
    };
  }

  /** @param {Slot} slot @param {{[name: string]: any}} fields */
  function began(slot, fields) {
    slots.set(slot.slot, slot);
    begun.set(slot.slot, fields);
    return opened(slot, fields);
  }

  const records = {
    /** Opens every draft of this person, for lists and to go on with. */
    async openDrafts() {
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

    /** @param {{casefile: string, schema: string, record?: string, preset?: {[name: string]: any}}} given */
    async begin({ casefile, schema, record, preset = {} }) {
      const { form, definition } = await definitions.newest(schema);
      const base = { slot: newId(), n: 0, kind: definition.kind, schema, form, casefile, written_at: outside.stamp() };
      if (record === undefined) {
        if (!caseload.families.has(casefile)) throw new Refused("unknown_casefile");
        const slot = { ...base, record: newId(), parents: [] };
        return began(slot, preset);
      }
      // One open edit of a record: a second one beside it would only make a fork of one person with herself.
      const already = [...slots.values()].find((one) => one.record === record && one.n > 0);
      if (already) return records.open({ slot: already.slot });
      const { rec, state } = await stateAt(record);
      const slot = { ...base, casefile: rec.casefile, record, parents: state.view.heads };
      const fields = plain(state.view);
      for (const name of forks(state.view)) delete fields[name];
      return began(slot, { ...fields, ...preset });
    },

    /** Overwrites a slot. @param {{slot: string, fields: {[name: string]: any}}} given */
    async keep({ slot, fields }) {
      const known = slots.get(slot);
      if (!known) throw new Refused("unknown_slot");
      const body = bodyOf(session, fields);
      const written_at = outside.stamp();
      const n = known.n + 1;
      const { kind, schema, casefile, record, parents } = known;
      const header = {
        v: 1,
        slot,
        n,
        kind,
        schema,
        casefile,
        record,
        parents,
        author: session.me.id,
        device: session.device,
        written_at,
        body_hash: b64u(await hash(body)),
      };
      const headerBytes = json(header);
      const [signed, deflated] = await Promise.all([
        sign(session.signer, "fieldapp-draft", headerBytes),
        outside.deflate(layParts(headerBytes, body, new Uint8Array())),
      ]);
      const { sealed, own } = await sealTwice(
        session,
        layPacket(unb64u(session.signer.kid), signed.signature, deflated),
        "draft",
        slot,
      );
      // Taken before the write, so that a failed one is never written again under the same number.
      known.n = n;
      await outbox.keepDraft(slot, { kid: session.signer.kid, n, sealed, own, next_at: outside.now() + DRAFT_REST_MS });
      known.written_at = written_at;
      const isNew = !caseload.drafts.has(slot);
      remember(known);
      if (isNew) session.tell("caseload", {});
      session.soon(DRAFT_REST_MS);
      return { kept_at: written_at };
    },

    /** @param {{slot: string}} given */
    async open({ slot }) {
      const row = await outbox.draft(slot);
      // Nothing was typed into it yet: the store has not heard of it, and an empty draft is not worth keeping.
      const known = slots.get(slot);
      if (!row && known) return opened(known, begun.get(slot) ?? {});
      if (!row || row.kid !== session.signer.kid) throw new Refused("unknown_slot");
      const { header, body } = await openOwn(session, row.own, "drafts", slot);
      return opened(remember(JSON.parse(header)), readBody(body).fields);
    },

    /** @param {{slot: string}} given */
    async discard({ slot }) {
      await outbox.discardDraft(slot);
      slots.delete(slot);
      begun.delete(slot);
      caseload.drafts.delete(slot);
      session.tell("caseload", {});
      return {};
    },

    /**
     * Judges, signs, seals and saves what a slot holds, and empties it in the same transaction.
     * @param {{slot: string, fields: {[name: string]: any}, mode?: string}} given
     */
    async send({ slot, fields: typed, mode = "" }) {
      const known = slots.get(slot) ?? (await records.open({ slot }).then(() => slots.get(slot)));
      if (!known) throw new Refused("unknown_slot");
      /** @type {Definition} */
      const definition = await definitions.byHash(known.form);
      const sent = known.parents.length > 0;
      let fields = typed;
      /** @type {{at: string, reason: string}[]} */
      const found = [];
      if (sent) {
        const { state } = await stateAt(known.record);
        const before = plain(state.view);
        const { amend } = await mayOf(known.kind, definition, state.standing);
        const split = new Set(forks(state.view));
        if (!amend) {
          fields = { ...typed };
          for (const name of changesAfterSending(definition, before, typed)) {
            if (split.has(name) && Object.hasOwn(typed, name)) continue;
            if (Object.hasOwn(before, name)) fields[name] = before[name];
            else delete fields[name];
          }
        }
        for (const name of split) if (!Object.hasOwn(typed, name)) found.push({ at: name, reason: "two_versions" });
      }
      fields = withoutHidden(definition, fields, { sent });
      found.push(...problems(definition, fields, await definitions.vocabularies(), { sent }));
      if (found.length > 0) throw new Refused("not_complete", { problems: found.map(asProblem) });
      const { kind, schema, form, casefile, record, parents } = known;
      const reading = await saveEntry(
        session,
        { kind, schema, form, casefile, record, parents: [...parents].sort(), mode, fields },
        slot,
      );
      slots.delete(slot);
      caseload.drafts.delete(slot);
      caseload.unsettled.set(reading.id, reading);
      await caseload.refresh(casefile, record);
      session.tell("record", { record });
      session.tell("caseload", {});
      session.saved();
      return { id: reading.id, record, standing: caseload.rec(record).brief.standing };
    },

    /** Everything about one record. @param {{record: string}} given */
    async record({ record }) {
      const { rec, readings, state } = await stateAt(record);
      const byId = new Map(readings.map((one) => [one.id, one]));
      const { view } = state;
      const newest = (byId.get(view.order.at(-1) ?? "") ?? readings[0]).header;
      const definition = await definitions
        .byHash(newest.form || (definitions.index().records[newest.schema] ?? ""))
        .catch(() => null);
      const choice = (/** @type {import("../sync/view.js").Choice} */ one) => {
        const header = byId.get(one.id)?.header;
        return { ...one, author: caseload.personOf(header?.author ?? ""), written_at: header?.written_at };
      };
      return {
        record,
        casefile: rec.casefile,
        kind: rec.brief.kind,
        title: rec.brief.title,
        schema: newest.schema,
        form: newest.form,
        fields: Object.fromEntries(
          Object.entries(view.fields).map(([name, { values, items }]) => [
            name,
            {
              values: values.map(choice),
              items: Object.fromEntries(Object.entries(items).map(([id, choices]) => [id, choices.map(choice)])),
            },
          ]),
        ),
        heads: view.heads,
        versions: state.contents
          .map((one) => ({
            id: one.id,
            kind: one.header.kind,
            author: caseload.personOf(one.header.author),
            written_at: one.header.written_at,
            received_at: one.received_at ?? null,
            waiting: one.lies === "waiting",
            gone: one.gone ?? null,
            raw: one.fields === null && one.gone === undefined ? (one.body ?? "") : undefined,
            changed: view.writes[one.id] ?? [],
            fields: one.fields,
          }))
          .sort((a, b) => view.order.indexOf(a.id) - view.order.indexOf(b.id)),
        reviews: state.reviews.map((review) => ({ ...review, by: caseload.personOf(review.by) })),
        later: state.later,
        standing: state.standing,
        at: state.at,
        may: definition ? await mayOf(rec.brief.kind, definition, state.standing) : { amend: false, add: false },
      };
    },

    /** @param {{schema?: string, hash?: string}} given */
    async definition({ schema, hash: name }) {
      const definition = name ? await definitions.byHash(name) : (await definitions.newest(schema ?? "")).definition;
      return definitions.filled(definition);
    },
  };

  /** @param {Slot | any} header @returns {Slot} */
  function remember({ slot, n, kind, schema, casefile, record, parents, written_at, form }) {
    const known = {
      slot,
      n,
      kind,
      schema,
      casefile,
      record,
      parents,
      written_at,
      form: form ?? slots.get(slot)?.form ?? definitions.index().records[schema],
    };
    slots.set(slot, known);
    caseload.drafts.set(slot, { slot, kind, schema, written_at, record, casefile });
    return known;
  }

  return records;
}

/** @param {{at: string, reason: string}} problem */
function asProblem({ at, reason }) {
  const [field, item, inner] = at.split("/");
  return { at, reason, field, code: reason, ...(item ? { item, inner } : {}) };
}
