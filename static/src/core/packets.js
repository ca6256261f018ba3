/** Packets: what somebody wrote, signed and packed, sealed once to the office and once for its author. Entries and drafts are made alike here, and opened alike. */
import { BODY_LIMIT, b64u, readBody, unb64u } from "../sync/entry.js";
import { Refused } from "../sync/errors.js";
import { layPacket, layParts, readPacket, readParts } from "../sync/wire.js";
import { ingestKey, readySealing, sealToOffice, sign, text, utf8 } from "./keys.js";

/** @typedef {Omit<import("./unlock.js").Session, "records" | "drafts">} Session */
/** @typedef {"entry" | "draft"} Use */

/** Salt and fields as a body, read back as everybody will read it; text that is not well formed is mended, because nobody could ever read it. @param {import("./outside.js").Outside} outside @param {{[name: string]: any}} fields */
export function bodyOf(outside, fields) {
  const written = JSON.stringify({ salt: b64u(outside.random(16)), fields: mended(fields) });
  const bytes = utf8(written);
  if (bytes.length > BODY_LIMIT) throw new Refused("too_large", { bytes: bytes.length });
  return { bytes, text: written, fields: readBody(written).fields };
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
 * Signs and seals one thing. @param {Session} session @param {Use} use @param {Uint8Array} header @param {Uint8Array} body @param {Uint8Array} slip
 * @param {string} [slot] the row of a draft; an entry's row is its id
 */
export async function makePacket(session, use, header, body, slip, slot) {
  const { signer, outside } = session;
  const [signed, deflated] = await Promise.all([
    sign(signer, `fieldapp-${use}`, header),
    outside.deflate(layParts(header, body, slip)),
  ]);
  const packet = layPacket(unb64u(signer.kid), signed.signature, deflated);
  return { id: signed.id, jws: signed.jws, copies: await sealTwice(session, packet, use, slot ?? signed.id) };
}

/** Does while nobody waits what the next packet needs. @param {Session} session @param {Use} use */
export async function readyPacket(session, use) {
  try {
    await readySealing(ingestKey(session.keySet), use);
  } catch {
    // It is tried again, and told, by the packet itself.
  }
}

/**
 * Seals one packet twice: to the office, which alone can open that copy, and for its author. @param {Session} session @param {Uint8Array} packet
 * @param {Use} use @param {string} row
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
