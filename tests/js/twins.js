/** Reads samples as the phone does and says what it made of each: tests/unit/test_twins_agree.py compares that with Python. */
import { readFileSync } from "node:fs";
import { readBody, readHeader, readSlip, splitJws, unb64u } from "../../static/src/sync/entry.js";
import { FieldappError } from "../../static/src/sync/errors.js";
import { fold } from "../../static/src/sync/view.js";
import { padme, readEnvelope, readFrames, readPacket, readParts } from "../../static/src/sync/wire.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param {Uint8Array} bytes */
function text(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new FieldappError("not_utf8");
  }
}
/** @param {Uint8Array} bytes */
const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** @type {Record<string, (bytes: Uint8Array) => unknown>} */
const readers = {
  header: (bytes) => readHeader(text(bytes)),
  slip: (bytes) => readSlip(text(bytes)),
  body: (bytes) => readBody(text(bytes)),
  base64: (bytes) => hex(unb64u(text(bytes))),
  jws(bytes) {
    const { kid, input, payload, signature } = splitJws(text(bytes), "fieldapp-entry");
    return [kid, input, hex(payload), hex(signature)];
  },
  packet(bytes) {
    const { kid, signature, deflated } = readPacket(bytes);
    return [kid, signature, deflated].map(hex);
  },
  parts(bytes) {
    const { header, body, slip } = readParts(bytes);
    return [header, body, slip].map(hex);
  },
  frames: (bytes) => readFrames(bytes).map(hex),
  envelope(bytes) {
    const { ingestKid, encapsulated, ciphertext } = readEnvelope(bytes);
    return [hex(ingestKid), hex(encapsulated) + hex(ciphertext)];
  },
};

/** An object that keeps every name, "__proto__" too. @param {[string, unknown][]} pairs */
const named = (pairs) => Object.fromEntries(pairs);
/** @param {{id: string, value?: unknown}} card */
const value = (card) => ("value" in card ? [card.id, card.value] : [card.id]);

/** @param {any} versions */
function view(versions) {
  /** @type {Map<string, import("../../static/src/sync/view.js").View["fields"]>} */
  const joins = new Map();
  const { heads, order, writes, fields } = fold(versions, joins);
  const joined = [...joins].map(([id, had]) => [id, told(had)]);
  return { heads, order, writes, fields: told(fields), joins: named(/** @type {any} */ (joined)) };
}

/** @param {import("../../static/src/sync/view.js").View["fields"]} fields */
function told(fields) {
  const all = Object.entries(fields).map(([name, { values, items }]) => {
    const forked = Object.entries(items).map(([item, cards]) => [item, cards.map(value)]);
    return [name, [values.map(value), named(/** @type {any} */ (forked))]];
  });
  return named(/** @type {any} */ (all));
}

/** @param {{read: string, bytes?: string, versions?: unknown, length?: number}} sample */
function verdict(sample) {
  try {
    if (sample.read === "view") return { ok: view(sample.versions) };
    if (sample.read === "padme") return { ok: padme(sample.length ?? 0) };
    return { ok: readers[sample.read](new Uint8Array(Buffer.from(sample.bytes ?? "", "base64"))) };
  } catch (error) {
    if (error instanceof FieldappError) return { no: error.code, name: error.fields.name ?? "" };
    return { crash: String(error) };
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(verdict)));
