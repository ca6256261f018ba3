/** The rules of agreement: every example of sync/examples, which Python runs too. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { hands, hash, isSigned, publicKey, thumbprint } from "../../static/src/core/keys.js";
import { checkpointRoot, digest, enrolmentHash, follow } from "../../static/src/sync/chain.js";
import {
  b64u,
  compact,
  idOf,
  readBody,
  readHeader,
  readJson,
  readSlip,
  signingInput,
  splitJws,
  thumbprintText,
  unb64u,
} from "../../static/src/sync/entry.js";
import { fold } from "../../static/src/sync/view.js";
import {
  envelopeInfo,
  layFrames,
  layPacket,
  layParts,
  layWaiting,
  padme,
  readEnvelope,
  readFrames,
  readPacket,
  readParts,
} from "../../static/src/sync/wire.js";

const example = (name) => JSON.parse(readFileSync(new URL(`../../sync/examples/${name}.json`, import.meta.url), "utf8"));
const utf8 = (text) => new TextEncoder().encode(text);

/** Runs what an example says and compares the code of its error, or lets it pass. */
function judged(error, work) {
  if (error === null) return work();
  assert.throws(work, (/** @type {any} */ thrown) => thrown.code === error);
}

describe("traps", () => {
  const readers = { json: readJson, header: readHeader, body: readBody, slip: readSlip, base64: unb64u };
  for (const trap of example("traps")) {
    test(trap.name, () => {
      const [before, part, count, after] = trap.repeat ?? ["", "", 0, ""];
      const text = trap.nest ? "[".repeat(trap.nest) + "]".repeat(trap.nest) : (trap.text ?? before + part.repeat(count) + after);
      if (trap.error === null) {
        const value = readers[trap.read](text);
        if ("value" in trap) assert.deepEqual(trap.read === "base64" ? [...value] : value, trap.value);
      } else
        assert.throws(
          () => readers[trap.read](text),
          (/** @type {any} */ thrown) =>
            thrown.code === trap.error && (trap.wrong === undefined || thrown.fields.name === trap.wrong),
        );
    });
  }
});

describe("entries", () => {
  for (const one of example("entries")) {
    test(one.name, async () => {
      assert.equal(b64u(await hash(utf8(one.body))), one.body_hash);
      assert.equal(one.slip ? b64u(await hash(utf8(one.slip))) : "", one.slip_hash);
      const input = signingInput("fieldapp-entry", one.kid, utf8(one.header));
      assert.equal(input, one.input);
      assert.equal(await idOf(hands, input), one.id);
      const split = splitJws(one.jws, "fieldapp-entry");
      assert.equal(split.kid, one.kid);
      assert.equal(compact(split.input, split.signature), one.jws);
      assert.ok(await isSigned(await publicKey(one.kid, one.key), split.signature, split.input));
      assert.equal(readHeader(one.header).body_hash, one.body_hash);
      readBody(one.body);
      if (one.slip) readSlip(one.slip);
    });
  }
});

describe("kids", () => {
  for (const one of example("kids")) {
    test(one.kid, async () => {
      assert.equal(thumbprintText(one.jwk), one.text);
      assert.equal(await thumbprint(one.jwk), one.kid);
    });
  }
});

describe("signatures", () => {
  const keys = Object.fromEntries(example("kids").map(({ kid, jwk }) => [kid, jwk]));
  for (const one of example("signatures")) {
    test(one.name, async () => {
      if (one.error !== null) return judged(one.error, () => splitJws(one.jws, one.typ));
      const { kid, input, signature } = splitJws(one.jws, one.typ);
      assert.equal(await isSigned(await publicKey(kid, keys[kid]), signature, input), one.verifies);
    });
  }
});

describe("packets, envelopes and frames", () => {
  const { parts, packets, padme: sizes, envelopes, info, frames, waiting } = example("packets");
  for (const one of parts) {
    test(`parts: ${one.name}`, () =>
      judged(one.error, () => {
        const read = readParts(unb64u(one.raw));
        const texts = ["header", "body", "slip"].map((name) => new TextDecoder().decode(read[name]));
        assert.deepEqual(texts, [one.header, one.body, one.slip]);
        assert.equal(b64u(layParts(read.header, read.body, read.slip)), one.raw);
      }));
  }
  for (const one of packets) {
    test(`packet: ${one.name}`, () =>
      judged(one.error, () => {
        const read = readPacket(unb64u(one.packet));
        assert.deepEqual([b64u(read.kid), b64u(read.signature), b64u(read.deflated)], [one.kid, one.signature, one.deflated]);
        assert.equal(b64u(layPacket(read.kid, read.signature, read.deflated)), one.packet);
      }));
  }
  test("PADMÉ", () =>
    assert.deepEqual(
      sizes.map(([length]) => [length, padme(length)]),
      sizes,
    ));
  for (const one of envelopes) {
    test(`envelope: ${one.name}`, () =>
      judged(one.error, () => {
        const { ingestKid, encapsulated, ciphertext } = readEnvelope(unb64u(one.envelope));
        assert.equal(b64u(ingestKid), one.ingest_kid);
        assert.equal(
          b64u(encapsulated.length + ciphertext.length ? unb64u(one.envelope).subarray(33) : encapsulated),
          one.sealed,
        );
      }));
  }
  test("what HPKE binds", () => {
    for (const { kid, use, text } of info) assert.equal(envelopeInfo(kid, use), text);
  });
  for (const one of frames) {
    test(`frames: ${one.name}`, () =>
      judged(one.error, () => {
        const read = readFrames(unb64u(one.frames));
        assert.deepEqual(read.map(b64u), one.envelopes);
        assert.equal(b64u(layFrames(read)), one.frames);
      }));
  }
  for (const one of waiting)
    test(`a file of what waits: ${one.name}`, () => assert.equal(b64u(layWaiting(one.envelopes.map(unb64u))), one.file));
});

describe("chains", () => {
  const {
    casefile,
    links,
    head,
    broken,
    enrolments,
    heads,
    digest: told,
    checkpoint_root,
    digest_of_nothing,
  } = example("chains");
  const start = { seq: 0, log_hash: "" };
  test("a whole chain", async () => {
    await assert.doesNotReject(follow(hands, casefile, start, links));
    assert.deepEqual(await follow(hands, casefile, start, links), head);
  });
  test("a chain taken up in the middle", async () =>
    assert.deepEqual(await follow(hands, casefile, links[1], links.slice(2)), head));
  for (const one of broken) test(one.name, () => assert.rejects(follow(hands, casefile, start, one.links), { code: one.error }));
  test("enrolments", async () => {
    let prev = "";
    for (const link of enrolments) {
      assert.equal(await enrolmentHash(hands, { ...link, prev }), link.log_hash);
      prev = link.log_hash;
    }
  });
  test("digest and checkpoint root", async () => {
    const all = heads.map(([id, seq, log_hash]) => [id, { seq, log_hash }]);
    assert.equal(await digest(hands, all), told);
    assert.equal(await digest(hands, [...all].reverse()), told);
    assert.equal(await checkpointRoot(hands, all), checkpoint_root);
    assert.equal(await digest(hands, []), digest_of_nothing);
  });
});

describe("views", () => {
  for (const one of example("views")) {
    test(one.name, () => {
      const view = fold(one.entries ?? generated(one.generate));
      const choice = ({ id, value }) => (value === undefined ? { id, absent: true } : { id, value });
      const fields = Object.fromEntries(
        Object.entries(view.fields).map(([name, { values, items }]) => {
          const forked = Object.entries(items).map(([id, choices]) => [id, choices.map(choice)]);
          return [
            name,
            forked.length ? { values: values.map(choice), items: Object.fromEntries(forked) } : { values: values.map(choice) },
          ];
        }),
      );
      if (one.heads) assert.deepEqual(view.heads, one.heads);
      if (one.order) assert.deepEqual(view.order, one.order);
      if (one.writes) assert.deepEqual(view.writes, one.writes);
      assert.deepEqual(fields, one.fields);
    });
  }
});

/** Entry i has id `e` and five digits and follows the one before; at each fork an `f` stands beside it. */
function generated({ length, fork_at }) {
  const digits = (n) => String(n).padStart(5, "0");
  const entries = [];
  for (let i = 0; i < length; i++) {
    const parents = i === 0 ? [] : [`e${digits(i - 1)}`];
    entries.push({ id: `e${digits(i)}`, parents, fields: { text: `version ${i}`, every_tenth: Math.floor(i / 10), kept: "k" } });
    if (fork_at.includes(i))
      entries.push({ id: `f${digits(i)}`, parents, fields: { text: "other", every_tenth: Math.floor(i / 10), kept: `f${i}` } });
  }
  return entries;
}
