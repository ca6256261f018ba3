/** Laws of what the office signs: a receipt, or a set of keys, that is not to the letter what it signed proves nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { json, makeSigner, sign, takeKeySet, text } from "../../static/src/core/keys.js";
import { b64u, unb64u } from "../../static/src/sync/entry.js";
import { FieldappError } from "../../static/src/sync/errors.js";
import { makeOffice } from "./office.js";
import { setUp, startPhone, visitNote } from "./phone.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const said = (/** @type {string} */ jws) => JSON.parse(text(unb64u(jws.split(".")[1])));
const header = (/** @type {string} */ jws) => JSON.parse(text(unb64u(jws.split(".")[0])));

/** Ways to make another token of one that is genuine, with no key of the office. */
const forgeries = fc.oneof(
  fc.record({ how: fc.constant("letter"), at: fc.nat({ max: 9_999 }), to: fc.constantFrom(...LETTERS) }),
  fc.record({ how: fc.constant("cut"), at: fc.nat({ max: 9_999 }) }),
  fc.record({
    how: fc.constant("header"),
    with: fc.constantFrom(
      { alg: "none" },
      { alg: "HS256" },
      { alg: "ES384" },
      { typ: "JWT" },
      { typ: "fieldapp-entry" },
      { jwk: {} },
      { crit: [] },
    ),
  }),
  fc.record({ how: fc.constant("unsigned"), with: fc.constantFrom({ alg: "none" }, { alg: "ES256" }) }),
  fc.record({ how: fc.constant("stranger"), inTheirName: fc.boolean() }),
);

/** @param {string} jws @param {any} change @param {import("../../static/src/core/keys.js").Signer} stranger */
async function forged(jws, change, stranger) {
  const [head, payload, signature] = jws.split(".");
  const { kid, typ } = header(jws);
  if (change.how === "letter") {
    const at = change.at % jws.length;
    return `${jws.slice(0, at)}${jws[at] === change.to ? "." : change.to}${jws.slice(at + 1)}`;
  }
  if (change.how === "cut") return jws.slice(0, change.at % jws.length);
  if (change.how === "header") return [b64u(json({ ...header(jws), ...change.with })), payload, signature].join(".");
  if (change.how === "unsigned")
    return [change.with.alg === "none" ? b64u(json({ alg: "none", typ, kid })) : head, payload, ""].join(".");
  return (await sign({ ...stranger, kid: change.inTheirName ? kid : stranger.kid }, typ, json(said(jws)))).jws;
}

test("law: a set of keys that the pinned office key did not sign to the letter, or with a lower number, is not taken", async () => {
  const [office, { signer: stranger }] = await Promise.all([makeOffice(), makeSigner()]);
  const pinned = { kid: office.official.signer.kid, jwk: office.official.jwk };
  office.n = 5;
  const genuine = await office.keySet();
  assert.equal((await takeKeySet(genuine, pinned, 5)).n, 5);
  await fc.assert(
    fc.asyncProperty(forgeries, async (change) => {
      await assert.rejects(takeKeySet(await forged(genuine, change, stranger), pinned, 5), FieldappError);
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ max: 4 }), async (n) => {
      const { jws } = await sign(office.official.signer, "fieldapp-keyset", json({ ...said(genuine), n }));
      await assert.rejects(takeKeySet(jws, pinned, 5), { code: "keyset_older" });
    }),
    { numRuns: 20 },
  );
});

test("law: a receipt of another office, key, kind, entry or status, or with a letter changed, is never called sent", async () => {
  let now = Date.parse("2026-11-21T09:00:00Z");
  const [office, other, { signer: stranger }] = await Promise.all([makeOffice(() => now), makeOffice(() => now), makeSigner()]);
  const ama = office.addPerson("Ama");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const phone = startPhone(office, undefined, { now: () => now });
  await setUp(phone, ama);
  /** @type {(genuine: string) => Promise<string>} */
  let another = async (genuine) => genuine;
  let came = 0;
  office.weather = async (path, real) => {
    const response = await real();
    if (path !== "/sync/v1/push") return response;
    const answer = await response.json();
    for (const result of answer.results) {
      result.receipt = await another(result.receipt);
      came++;
    }
    return new Response(JSON.stringify(answer), { headers: { "Content-Type": "application/json" } });
  };
  const wrong = fc.oneof(
    forgeries,
    fc.record({ how: fc.constant("other office") }),
    fc.record({ how: fc.constant("checkpoint") }),
    fc.record({
      how: fc.constant("says"),
      with: fc.constantFrom(
        ...[{ v: 2 }, { v: "1" }, { status: "quarantined" }, { status: "duplicate" }, { id: "x".repeat(43) }, { id: undefined }],
        ...[{ seq: "1" }, { seq: 1.5 }, { received_at: "" }, { received_at: "2026-02-30T00:00:00.000Z" }, { log_hash: "" }],
      ),
    }),
  );
  another = async () => "";
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  const { id } = await phone.ask("send", { slot, fields: visitNote(child) });
  const standing = async () => (await phone.ask("outbox")).items.map((item) => item.standing);
  await fc.assert(
    fc.asyncProperty(wrong, async (change) => {
      another = async (genuine) => {
        if (change.how === "other office") return other.receipt(said(genuine));
        if (change.how === "checkpoint") return office.checkpoint(1);
        if (change.how === "says") return office.receipt({ ...said(genuine), ...change.with });
        return forged(genuine, change, stranger);
      };
      const before = came;
      now += 7 * 3_600_000;
      await phone.ask("sync");
      assert.ok(came > before);
      assert.deepEqual(await standing(), ["waiting"]);
    }),
    { numRuns: 40 },
  );
  another = async (genuine) => genuine;
  now += 7 * 3_600_000;
  await phone.ask("sync");
  assert.deepEqual(await standing(), []);
  assert.ok(office.byId.has(id));
  phone.kill();
});

test("a phone that was set up with one office is set up with no other, nor with older keys than it has", async () => {
  const [office, other] = await Promise.all([makeOffice(), makeOffice()]);
  office.n = 2;
  const phone = startPhone(office);
  await setUp(phone, office.addPerson("Ama"));
  phone.kill();
  const starts = async (/** @type {any} */ of) => {
    const again = startPhone(of, phone.storage);
    const { email } = of.addPerson("Reece");
    return again.ask("setup.start", { email, password: "correct", code: "123456" }).finally(() => again.kill());
  };
  await assert.rejects(starts(other), { code: "setup_failed", why: "other_office" });
  office.n = 1;
  await assert.rejects(starts(office), { code: "keyset_older" });
  office.n = 2;
  assert.equal((await starts(office)).offered_words.length, 4);
});
