/** The cost of guessing: what one guess takes with the parameters that lie on a phone, and what that makes of the words the app draws. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { areStrong, KDF_FLOOR, unwrapVaultKey, wrapVaultKey } from "../../static/src/core/keys.js";
import { drawWords } from "../../static/src/core/unlock.js";
import { bitsOf, FLOOR, guessesASecond, listedWords, table, toOpen, USUAL } from "./guessing.js";
import { makeOffice } from "./office.js";
import { inVault, setUp, startPhone } from "./phone.js";

/** The least one guess may take on any machine that runs this: quicker means that something of the stretching was left out. */
const LEAST_MS = 15;
const GUESSES = 3;

const chance = /** @type {any} */ ({
  pick: (/** @type {number} */ limit) => crypto.getRandomValues(new Uint32Array(1))[0] % limit,
});

/** The quickest of some guesses: other work makes them slower, and nothing makes them quicker. @param {import("../../static/src/core/keys.js").Wrap} wrap @param {string} vault */
async function quickest(wrap, vault) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < GUESSES; i++) {
    const begun = performance.now();
    await assert.rejects(unwrapVaultKey(`not these words at all ${i}`, wrap, vault), { code: "wrong_words" });
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}

test("a guess against what lies on a phone costs what this phone was found to bear, and one against the floor is dear as well", async (t) => {
  const office = await makeOffice();
  const phone = startPhone(office, undefined, { unlockCost: undefined });
  await setUp(phone, office.addPerson("Ama"));
  const [{ vault }] = (await phone.ask("status")).people;
  const [stored] = await inVault(phone, "meta", (meta) => meta.get("wraps"));
  phone.kill();
  const { m, t: passes } = stored.kdf;
  assert.ok(m >= KDF_FLOOR.m && passes >= KDF_FLOOR.t);
  const [calibrated, floor] = [
    await quickest(stored, vault),
    await quickest(await wrapVaultKey("apple river stone cloud", KDF_FLOOR, new Uint8Array(32), vault), vault),
  ];
  for (const [what, ms] of Object.entries({
    [`${m / 1024} MiB and ${passes} passes, calibrated`]: calibrated,
    "the floor": floor,
  }))
    t.diagnostic(`${what}: ${ms.toFixed(0)} ms a guess, ${(1_000 / ms).toFixed(1)} guesses a second on one core`);
  assert.ok(floor >= LEAST_MS, `${floor} ms`);
  assert.ok(calibrated >= LEAST_MS, `${calibrated} ms`);
});

test("words are stretched for as long as the phone on which they are chosen was found to bear", async () => {
  const office = await makeOffice();
  const phone = startPhone(office, undefined, { unlockCost: undefined });
  let now = 0;
  // Between a look at the clock and the next, as much as a phone takes that bears the usual.
  phone.outside.elapsed = () => {
    now += 800;
    return now;
  };
  await setUp(phone, office.addPerson("Ama"));
  const [{ kdf }] = await inVault(phone, "meta", (meta) => meta.get("wraps"));
  phone.kill();
  assert.deepEqual([kdf.m, kdf.t], [64 * 1024, 3]);
});

test("a guess with parameters that somebody lowered below the floor is not made at all", async () => {
  const wrap = await wrapVaultKey("apple river stone cloud", KDF_FLOOR, new Uint8Array(32), "v1");
  for (const lowered of [{ m: KDF_FLOOR.m - 1 }, { t: KDF_FLOOR.t - 1 }]) {
    /** @type {any} */
    const weak = { ...wrap, kdf: { .../** @type {any} */ (wrap).kdf, ...lowered } };
    await assert.rejects(unwrapVaultKey("apple river stone cloud", weak, "v1"), { code: "kdf_below_floor" });
  }
});

test("no word is drawn that would be read as two when it is typed", () => {
  const list = listedWords();
  const hyphened = list.filter((word) => word.includes("-"));
  assert.deepEqual(hyphened, ["drop-down", "felt-tip", "t-shirt", "yo-yo"]);
  // Each of them comes up first, and again among the others.
  const falls = [...hyphened, "acid", "yo-yo", "acorn", "acre", "t-shirt", "agile"].map((word) => list.indexOf(word));
  const drawn = drawWords(/** @type {any} */ ({ pick: () => falls.shift() }), list);
  assert.deepEqual(drawn, ["acid", "acorn", "acre", "agile"]);
  assert.ok(areStrong(drawn.join(" "), new Set(list)));
});

test("the words that the app draws are dear to guess on a stolen phone even at the floor", () => {
  const list = listedWords();
  const drawn = drawWords(chance, list);
  assert.equal(new Set(drawn).size, 4);
  const bits = bitsOf(list.length, drawn.length);
  assert.ok(bits > 51 && bits < 52, `${bits}`);
  assert.deepEqual(FLOOR, KDF_FLOOR);
  assert.ok(toOpen(bits, FLOOR).euros > 10_000_000);
  assert.ok(toOpen(bits, USUAL).euros > 100_000_000);
  // What a password of three words is worth once the office's database is stolen, and not more: decision 21 says so too.
  assert.ok(toOpen(bitsOf(list.length, 3), USUAL).euros < 100_000);
});

test("what the page about security says of guessing is what comes out of it", () => {
  const page = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
  const cells = (/** @type {string} */ line) => line.split("|").map((cell) => cell.trim());
  const told = page
    .split("| what is guessed | bits | one card, on average | rent |\n|---|---|---|---|\n")[1]
    .split("\n\n")[0]
    .split("\n");
  // Bits, time and rent: how each line is called may differ.
  const worked = table(listedWords().length)
    .split("\n")
    .map(cells)
    .map((line) => [line[2], line[5], line[6]].join(" | "));
  assert.ok(told.length > 5);
  for (const line of told) assert.ok(worked.includes(cells(line).slice(2, 5).join(" | ")), line);
  assert.ok(page.includes(`${(Math.round(guessesASecond(USUAL) / 100) * 100).toLocaleString("en-GB")} guesses a second`));
  assert.ok(page.includes(`${bitsOf(listedWords().length, 4).toFixed(1)} bits`));
});
