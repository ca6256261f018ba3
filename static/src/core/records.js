/** Edits into entries, and entries into views. */
import { b64u, PARENTS_LIMIT } from "../sync/entry.js";
import { Refused } from "../sync/errors.js";
import { fold } from "../sync/view.js";
import { stateOf, versionsOf } from "./briefs.js";
import { hash, json } from "./keys.js";
import { bodyOf, makePacket } from "./packets.js";

/** @typedef {import("./packets.js").Session} Session */
/** @typedef {ReturnType<typeof openRecords>} Records */
/** @typedef {import("./briefs.js").Reading} Reading */
/** @typedef {import("../sync/view.js").View} View */
/** @typedef {import("../practice/forms.js").Definition} Definition */

/**
 * Makes one entry and saves it. Nothing is said to be saved before the outbox's transaction is complete.
 * @param {Session} session
 * @param {{kind: string, schema: string, form: string, casefile: string, record: string, parents: string[], mode: string, fields: {[name: string]: any}, note?: {slot: string, id: string}}} edit `note`: written while the phone was locked, and confirmed by this
 * @param {string} [slot] @returns {Promise<Reading>}
 */
export async function saveEntry(session, edit, slot) {
  const { outside, outbox, signer } = session;
  const { fields, ...about } = edit;
  const body = bodyOf(outside, fields);
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
      const [body_hash, slip_hash] = (await Promise.all([hash(body.bytes), hash(slip)])).map(b64u);
      /** @type {import("../sync/entry.js").Header} */
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
        slip_hash,
        blobs: [],
        ...(about.note && { confirms: about.note.id }),
      };
      const { id, jws, copies } = await makePacket(session, "entry", json(header), body.bytes, slip);
      reading = { id, jws, body: body.text, header, fields: body.fields, lies: "waiting" };
      return { id, item: { kid: signer.kid, n: head.n + 1, ...copies, state: "waiting", attempts: 0, next_at: outside.now() } };
    },
    [slot, about.note?.slot].filter((one) => one !== undefined),
  );
  return /** @type {Reading} */ (reading);
}

/** Names the nearest entries above that can be read: what was taken out in between hides nothing that came before it. @param {Map<string, Reading>} byId @param {string[]} parents @returns {string[]} */
function readableAbove(byId, parents) {
  const passed = new Set(parents);
  for (const id of passed) {
    const one = byId.get(id);
    if (one && !one.fields) for (const parent of one.header.parents) passed.add(parent);
  }
  return [...passed].filter((id) => byId.get(id)?.fields);
}

/** @param {Session} session */
export function openRecords({ caseload, definitions }) {
  const records = {
    /** Refuses while what the cache has of it cannot be read: an edit of the rest would name too little as what stood on the screen. @param {string} record */
    async stateAt(record) {
      const rec = caseload.rec(record);
      await caseload.load(rec.casefile);
      const readings = await caseload.readings(record);
      if (rec.stored?.pages.length === 0) throw new Refused("record_unreadable");
      return { rec: caseload.rec(record), readings, state: stateOf(readings) };
    },

    /** Says of each value of a field who wrote it and when. @param {Reading[]} readings @returns {(field: import("../sync/view.js").Shown) => {values: any[], items: {[id: string]: any[]}}} */
    shownBy(readings) {
      const headers = new Map(readings.map(({ id, header }) => [id, header]));
      const told = (/** @type {import("../sync/view.js").Choice} */ one) => {
        const header = headers.get(one.id);
        return { ...one, author: caseload.personOf(header?.author ?? ""), written_at: header?.written_at };
      };
      return ({ values, items }) => ({
        values: values.map(told),
        items: Object.fromEntries(Object.entries(items).map(([id, choices]) => [id, choices.map(told)])),
      });
    },

    /** What may become of one that was sent; `signs_off`: it is changed until somebody signs it off, as far as anybody can tell. @param {string} kind @param {Definition} definition @param {string} standing */
    async mayOf(kind, definition, standing) {
      const policy = await definitions.byHash(definitions.index().policy).catch(() => null);
      const needs = policy?.sign_off?.[kind]?.needs;
      // Where nobody can tell, nothing is begun that may be final, and nothing is left out that somebody changed.
      const signs_off = !definition.insert_only && (needs ?? "sign_off") === "sign_off";
      const amend =
        !definition.insert_only && (!definition.final_when_sent || (needs === "sign_off" && standing !== "signed_off"));
      return { amend, signs_off, add: definition.sections.some(({ later }) => later) };
    },

    /** Everything about one record. @param {{record: string}} given */
    async record({ record }) {
      const { rec, readings, state } = await records.stateAt(record);
      const byId = new Map(readings.map((one) => [one.id, one]));
      const { view } = state;
      const newest = (byId.get(view.order.at(-1) ?? "") ?? state.contents[0] ?? readings[0]).header;
      const definition = await definitions
        .byHash(newest.form || (definitions.index().records[newest.schema] ?? ""))
        .catch(() => null);
      const shown = records.shownBy(readings);
      const told = (/** @type {View["fields"] | undefined} */ fields) =>
        fields && Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, shown(field)]));
      /** @type {Map<string, View["fields"]>} */
      const joins = new Map();
      // As it is told who changed what, and only so, each follows what can be read of what its writer had.
      const above = new Map(state.contents.map(({ id, header }) => [id, readableAbove(byId, header.parents)]));
      const { writes } = fold(
        versionsOf(state.contents).map((one) => ({ ...one, parents: above.get(one.id) ?? [] })),
        joins,
      );
      const { order } = fold(state.contents.map(({ id, header }) => ({ id, parents: header.parents, fields: {} })));
      return {
        record,
        casefile: rec.casefile,
        kind: rec.brief.kind,
        title: rec.brief.title,
        schema: newest.schema,
        form: newest.form,
        fields: told(view.fields),
        // Of whoever may read a private section; nobody else is named by an id of the service.
        names: rec.brief.kind === "opening" ? Object.fromEntries([...caseload.people].map(([id, { name }]) => [id, name])) : {},
        versions: state.contents
          .map((one) => ({
            id: one.id,
            author: caseload.personOf(one.header.author),
            written_at: one.header.written_at,
            received_at: one.received_at ?? null,
            waiting: one.lies === "waiting",
            changed: writes[one.id] ?? [],
            fields: one.fields,
            ...(!one.fields && (one.body === undefined ? { gone: true } : { raw: one.body })),
            // What its writer had: the version listed before it may be by somebody who wrote at the same time, and whoever joined several had all of them.
            before: one.header.parents.length > 0 ? byId.get(above.get(one.id)?.[0] ?? "")?.fields : {},
            joined: told(joins.get(one.id)),
          }))
          .sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id)),
        reviews: state.reviews.map((review) => ({ ...review, by: caseload.personOf(review.by) })),
        later: state.later,
        standing: state.standing,
        at: state.at,
        may: definition
          ? await records.mayOf(rec.brief.kind, definition, state.standing)
          : { amend: false, signs_off: false, add: false },
      };
    },

    /** @param {{schema?: string, hash?: string}} given */
    async definition({ schema, hash: name }) {
      const definition = name ? await definitions.byHash(name) : (await definitions.newest(schema ?? "")).definition;
      return definitions.filled(definition);
    },
  };

  return records;
}
