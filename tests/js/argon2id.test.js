/** Argon2id: the same bytes as everybody else's, or no phone could be opened by another release. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { argon2id as another } from "hash-wasm";
import { argon2id } from "../../static/src/core/argon2id.js";

const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Buffer.from(bytes).toString("hex");

for (const { m, t, known } of [
  { m: 65_536, t: 2, known: "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7" },
  { m: 256, t: 2, known: "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe" },
]) {
  test(`${m} KiB and ${t} passes give what the reference implementation gives`, async () => {
    const told = await argon2id({ password: utf8("password"), salt: utf8("somesalt"), m, t, size: 32 });
    assert.equal(hex(told), known);
  });
}

test("another implementation stretches any words, at any cost, to the same bytes", async () => {
  const bytes = (least, most) => fc.uint8Array({ minLength: least, maxLength: most });
  // 513 KiB are more than one block of addresses to each slice.
  const cost = fc.record({
    m: fc.oneof(fc.integer({ min: 8, max: 40 }), fc.integer({ min: 500, max: 1_100 })),
    t: fc.integer({ min: 1, max: 4 }),
  });
  const given = fc.record({ password: bytes(1, 300), salt: bytes(8, 200), cost, size: fc.integer({ min: 4, max: 200 }) });
  await fc.assert(
    fc.asyncProperty(given, async ({ password, salt, cost: { m, t }, size }) => {
      const told = await argon2id({ password, salt, m, t, size });
      const theirs = await another({
        password,
        salt,
        parallelism: 1,
        memorySize: m,
        iterations: t,
        hashLength: size,
        outputType: "hex",
      });
      assert.equal(hex(told), theirs);
    }),
    { numRuns: 60 },
  );
});
