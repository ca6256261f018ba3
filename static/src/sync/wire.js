/** Packets, envelopes and frames. Twin of sync/wire.py; docs/protocol.md §3 and §7 settle it. Compression and sealing are done by whoever calls. */
import { Malformed } from "./errors.js";

export const INFLATE_LIMIT = 1_048_576;
export const PUSH_FRAMES = 64;
export const PUSH_BYTES = 1_048_576;
export const ALONE_BYTES = 524_288;
export const ENVELOPE_VERSION = 1;
const SMALLEST_PACKET = 512;
const PACKET_HEAD = 32 + 64 + 4;

/** Rounds a length up so that it tells little of what is inside (PADMÉ). @param {number} length */
export function padme(length) {
  if (length < 2) return length;
  const e = 31 - Math.clz32(length);
  const s = 32 - Math.clz32(e);
  const step = 2 ** Math.max(0, e - s);
  return Math.ceil(length / step) * step;
}

/** @param {...Uint8Array} parts */
export function join(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** @param {number} n */
const uint32 = (n) => new Uint8Array([n >>> 24, n >>> 16, n >>> 8, n]);
/** @param {Uint8Array} bytes @param {number} at */
function readUint32(bytes, at) {
  if (at + 4 > bytes.length) throw new Malformed("short");
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** Lays header, body and slip side by side, ready for DEFLATE. @param {Uint8Array} header @param {Uint8Array} body @param {Uint8Array} slip */
export const layParts = (header, body, slip) => join(uint32(header.length), header, uint32(body.length), body, slip);

/** Takes apart what `layParts` laid. @param {Uint8Array} raw @returns {{header: Uint8Array, body: Uint8Array, slip: Uint8Array}} */
export function readParts(raw) {
  const headerEnd = 4 + readUint32(raw, 0);
  const bodyEnd = headerEnd + 4 + readUint32(raw, headerEnd);
  if (bodyEnd > raw.length) throw new Malformed("short");
  return { header: raw.subarray(4, headerEnd), body: raw.subarray(headerEnd + 4, bodyEnd), slip: raw.subarray(bodyEnd) };
}

/** Makes a padded packet. @param {Uint8Array} kid 32 bytes @param {Uint8Array} signature 64 bytes @param {Uint8Array} deflated */
export function layPacket(kid, signature, deflated) {
  const length = PACKET_HEAD + deflated.length;
  const packet = new Uint8Array(Math.max(SMALLEST_PACKET, padme(length)));
  packet.set(kid, 0);
  packet.set(signature, 32);
  packet.set(uint32(deflated.length), 96);
  packet.set(deflated, PACKET_HEAD);
  return packet;
}

/** Reads a packet; padding must be zeros of exactly the PADMÉ size. @param {Uint8Array} packet @returns {{kid: Uint8Array, signature: Uint8Array, deflated: Uint8Array}} */
export function readPacket(packet) {
  if (packet.length < SMALLEST_PACKET) throw new Malformed("short");
  const end = PACKET_HEAD + readUint32(packet, 96);
  if (end > packet.length) throw new Malformed("short");
  if (packet.length !== Math.max(SMALLEST_PACKET, padme(end))) throw new Malformed("padding");
  for (let i = end; i < packet.length; i++) if (packet[i] !== 0) throw new Malformed("padding");
  return { kid: packet.subarray(0, 32), signature: packet.subarray(32, 96), deflated: packet.subarray(PACKET_HEAD, end) };
}

/** @param {Uint8Array} ingestKid 32 bytes @param {Uint8Array} encapsulated 65 bytes @param {Uint8Array} ciphertext */
export const layEnvelope = (ingestKid, encapsulated, ciphertext) =>
  join(new Uint8Array([ENVELOPE_VERSION]), ingestKid, encapsulated, ciphertext);

/** @param {Uint8Array} envelope @returns {{ingestKid: Uint8Array, encapsulated: Uint8Array, ciphertext: Uint8Array}} */
export function readEnvelope(envelope) {
  if (envelope.length < 98 + 16) throw new Malformed("short");
  if (envelope[0] !== ENVELOPE_VERSION) throw new Malformed("envelope_version");
  return { ingestKid: envelope.subarray(1, 33), encapsulated: envelope.subarray(33, 98), ciphertext: envelope.subarray(98) };
}

/** What HPKE binds an envelope to. @param {string} kid @param {"entry" | "draft"} use */
export const envelopeInfo = (kid, use) => `fieldapp envelope 1\n${kid}\n${use}`;

/** Lays envelopes as length-prefixed frames. @param {Uint8Array[]} envelopes */
export const layFrames = (envelopes) => join(...envelopes.flatMap((envelope) => [uint32(envelope.length), envelope]));

/** Makes the file in which somebody carries what waits on a phone (docs/protocol.md §10). @param {Uint8Array[]} envelopes */
export const layWaiting = (envelopes) =>
  join(
    Uint8Array.from("fieldapp waiting 1\n", (letter) => letter.charCodeAt(0)),
    layFrames(envelopes),
  );

/** Reads frames; a length that overruns is Malformed, as is nothing at all. @param {Uint8Array} bytes @returns {Uint8Array[]} */
export function readFrames(bytes) {
  const envelopes = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + readUint32(bytes, at);
    if (end > bytes.length) throw new Malformed("short");
    envelopes.push(bytes.subarray(at + 4, end));
    at = end;
  }
  if (envelopes.length === 0) throw new Malformed("no_frames");
  return envelopes;
}
