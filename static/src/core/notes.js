/**
 * Notes written while the phone is locked. What writes them lies open in the outbox: a signing key that the person's signer vouches for, and the public half of a
 * key whose private half is in the vault. So a locked phone can write, and can read nothing, not even what was written a moment ago; and whoever holds the
 * phone can write too, which is why the office believes no such note until its author makes it an entry of their own (docs/decisions/0022-before-unlocking.md).
 */
import { b64u, readBody, unb64u } from "../sync/entry.js";
import { Refused } from "../sync/errors.js";
import { layPacket, layParts, readPacket, readParts } from "../sync/wire.js";
import {
  hash,
  ingestKey,
  json,
  makeReader,
  makeSigner,
  openAsReader,
  sealToOffice,
  sealToReader,
  sign,
  takeKeySet,
  takeSigner,
  text,
} from "./keys.js";
import { bodyOf } from "./packets.js";

/** @typedef {import("./outside.js").Outside} Outside */
/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./unlock.js").Session} Session */
/** @typedef {{kid: string, pkcs8: Uint8Array, certificate: string, point: Uint8Array, person: string}} Pen what a locked phone writes one person's notes with */
/** @typedef {{slot: string, id: string, written_at: string, about: string, text: string, is_sent: boolean}} Note */

const NO_SLIP = new Uint8Array();
const READER = "note_reader";

/** What one person's notes are written with, and what reads them. @param {Pick<Session, "outbox" | "vault">} session */
const tools = ({ outbox, vault }) => Promise.all([outbox.pen(vault.name), vault.fact(READER)]);

/** Lays out, once, what this person's notes are written with while the phone is locked. @param {Session} session */
export async function layPen({ outbox, vault, signer, me, device }) {
  const [pen, known] = await tools({ outbox, vault });
  // The pen lies open: whoever put a point of their own there would read what is written with it.
  if (pen && known) return outbox.layPen(vault.name, { ...pen, point: unb64u(known.point) });
  const [made, reader] = await Promise.all([makeSigner(), makeReader()]);
  const said = { v: 1, person: me.id, device, jwk: made.jwk };
  const { jws } = await sign(signer, "fieldapp-note-key", json(said));
  // The vault first: a note that nobody could ever open here must not be written.
  await vault.keepFact(READER, { point: b64u(reader.point), pkcs8: b64u(reader.pkcs8) });
  reader.pkcs8.fill(0);
  await outbox.layPen(vault.name, {
    kid: made.signer.kid,
    pkcs8: made.pkcs8,
    certificate: jws,
    point: reader.point,
    person: me.id,
  });
}

/**
 * Writes a note on a locked phone: sealed to the office, and for its author to read once the vault is open. Kept before it says so.
 * @param {Outside} outside @param {Outbox} outbox @param {{vault: string, about: string, text: string}} given
 */
export async function writeNote(outside, outbox, given) {
  const [pen, office, device] = await Promise.all([outbox.pen(given.vault), outbox.fact("office"), outbox.fact("place")]);
  if (!pen || !office) throw new Refused("no_pen");
  const [keySet, signer] = await Promise.all([takeKeySet(office.keyset, office, office.n), takeSigner(pen.kid, pen.pkcs8)]);
  const slot = b64u(outside.random(16));
  const body = bodyOf(outside, { about: given.about, text: given.text });
  const header = json({
    v: 1,
    kind: "locked_note",
    schema: "",
    form: "",
    app: outside.build.slice(0, 40),
    casefile: b64u(outside.random(16)),
    record: slot,
    parents: [],
    author: pen.person,
    device,
    written_at: outside.stamp(),
    zone: outside.zone,
    mode: "",
    body_hash: b64u(await hash(body.bytes)),
    slip_hash: "",
    blobs: [],
    certificate: pen.certificate,
  });
  const [signed, deflated] = await Promise.all([
    sign(signer, "fieldapp-entry", header),
    outside.deflate(layParts(header, body.bytes, NO_SLIP)),
  ]);
  const packet = layPacket(unb64u(pen.kid), signed.signature, deflated);
  const [sealed, own] = await Promise.all([sealToOffice(ingestKey(keySet), packet, "entry"), sealToReader(pen.point, packet)]);
  await outbox.keepDraft(slot, { kid: pen.kid, n: 1, sealed, own, next_at: outside.now(), note: signed.id });
}

/** The notes of this person that wait for their word, oldest first. @param {Pick<Session, "outside" | "outbox" | "vault">} session @returns {Promise<Note[]>} */
export async function notesOf({ outside, outbox, vault }) {
  const [pen, reader] = await tools({ outbox, vault });
  if (!pen || !reader) return [];
  const keys = { point: unb64u(reader.point), pkcs8: unb64u(reader.pkcs8) };
  /** @type {Note[]} */
  const found = [];
  for (const [slot, row] of await outbox.drafts()) {
    if (row.kid !== pen.kid || !row.note) continue;
    try {
      const { deflated } = readPacket(await openAsReader(keys, row.own));
      const { header, body } = readParts(await outside.inflate(deflated));
      const { about, text: written } = readBody(text(body)).fields;
      const { written_at } = JSON.parse(text(header));
      const is_sent = row.next_at === undefined;
      found.push({ slot, id: row.note, written_at, about: String(about), text: String(written), is_sent });
    } catch {
      // What cannot be opened here reached, or still reaches, the office.
    }
  }
  return found.sort((a, b) => (a.written_at < b.written_at ? -1 : 1));
}

/**
 * Whether what a note says stands, as it was written, in one of the answers that go out: only then may an entry take its place. An answer that is hidden by another goes out with
 * nothing, and nobody would have read that the note was lost. Of one that cannot be read here nobody knows.
 * @param {Pick<Session, "outside" | "outbox" | "vault">} session @param {string} slot @param {unknown} fields
 */
export async function standsIn(session, slot, fields) {
  const note = (await notesOf(session)).find((one) => one.slot === slot);
  return note !== undefined && textsIn(fields).some((one) => bare(one).includes(bare(note.text)));
}

/** @param {unknown} value @returns {string[]} */
const textsIn = (value) =>
  typeof value === "string" ? [value] : value && typeof value === "object" ? Object.values(value).flatMap(textsIn) : [];

/** @param {string} text how many spaces and lines part its words is nothing that was written */
const bare = (text) => text.replace(/\s+/g, " ").trim();
