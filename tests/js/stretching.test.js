/** Stretching unlock words, held against another library. Not among the tests of keys.js: the simulation runs those too, and a hash stands for stretching there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { argon2id } from "hash-wasm";
import { areStrong, KDF_FLOOR, plainWords, seal, unwrapVaultKey } from "../../static/src/core/keys.js";
import { b64u } from "../../static/src/sync/entry.js";

const bytes = (size, fill = 7) => new Uint8Array(size).fill(fill);
const utf8 = (text) => new TextEncoder().encode(text);

test("law: a vault made with another library's Argon2id opens as before, whatever its words, salt and cost", async () => {
  const given = fc.record({
    words: fc.array(fc.string({ unit: "grapheme", minLength: 3, maxLength: 9 }), { minLength: 4, maxLength: 5 }),
    salt: fc.uint8Array({ minLength: 16, maxLength: 32 }),
    m: fc.integer({ min: KDF_FLOOR.m, max: KDF_FLOOR.m + 4096 }),
    t: fc.integer({ min: 2, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(given, async ({ words, salt, m, t }) => {
      const typed = words.join(" ");
      // No vault was ever made under words that are easier to guess: the next law.
      fc.pre(areStrong(typed, new Set()));
      const material = await argon2id({
        password: plainWords(typed),
        salt,
        parallelism: 1,
        memorySize: m,
        iterations: t,
        hashLength: 32,
        outputType: "binary",
      });
      const base = await crypto.subtle.importKey("raw", Uint8Array.from(material), "HKDF", false, ["deriveKey"]);
      const how = { name: "HKDF", hash: "SHA-256", salt: bytes(0), info: utf8("fieldapp words 1") };
      const key = await crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
      const place = `fieldapp wrap 1\nv1\nwords\nargon2id ${m} ${t} 1\n${b64u(salt)}`;
      /** @type {any} */
      const wrap = { sort: "words", kdf: { alg: "argon2id", m, t, p: 1, salt }, sealed: await seal(key, bytes(32), place) };
      assert.deepEqual(await unwrapVaultKey(typed, wrap, "v1"), bytes(32));
    }),
    { numRuns: 12 },
  );
});
