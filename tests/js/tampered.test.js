/** Laws of a phone whose storage somebody wrote into while it was locked: what is not what its person put there is never shown as theirs, and takes nothing else with it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { json, KDF_FLOOR, makeReader, sign, text } from "../../static/src/core/keys.js";
import { b64u, readBody, splitJws } from "../../static/src/sync/entry.js";
import { readEnvelope } from "../../static/src/sync/wire.js";
import { makeOffice, newId } from "./office.js";
import { ready, setUp, startPhone, visitNote } from "./phone.js";
import { bytesIn, copyOf, openIn, sameIn, spotsOf, storageWith } from "./tampering.js";

/** What an unlocking may be refused with: each has words of its own on the screen. */
const TOLD = new Set(["passkey_wrong", "vault_unreadable", "kdf_below_floor"]);
const noSignal = async () => {
  throw new TypeError("Failed to fetch");
};
const wordsOf = (/** @type {any} */ fields) => String(fields?.seen_and_heard ?? fields?.name_shown ?? fields?.title ?? "");

/** Two people on one phone, one of them on another phone as well; notes the office has, notes that wait, drafts, and a note from before unlocking. */
async function lived() {
  const office = await makeOffice();
  const [ama, reece] = [office.addPerson("Ama"), office.addPerson("Reece")];
  const tarnley = await office.openFamily(ama, "Tarnley");
  const aldous = await office.openFamily(reece, "Aldous");
  /** What each entry says and whose it is; what each draft ever said. @type {Map<string, string>} */
  const said = new Map();
  const write = async (phone, who, { casefile, child }, words) => {
    const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
    const { id } = await phone.ask("send", { slot, fields: visitNote(child, words) });
    said.set(id, `${who.id} ${words}`);
    return id;
  };
  const keep = async (phone, { casefile }, words) => {
    const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
    for (const version of words) await phone.ask("draft.keep", { slot, fields: { seen_and_heard: version } });
    said.set(slot, words.join("|"));
  };
  const phone = startPhone(office);
  const words = await setUp(phone, ama);
  const [{ vault }] = (await phone.ask("status")).people;
  const random = (/** @type {number} */ size) => crypto.getRandomValues(new Uint8Array(size));
  const passkey = { id: random(20), salt: random(32), prf: random(32) };
  await phone.ask("passkey.add", { proof: { words }, passkey });
  for (const [family, line] of [
    [tarnley, "Tea."],
    [aldous, "Rain."],
  ])
    await write(phone, ama, /** @type {any} */ (family), `${line} Ama and the office have it.`);
  await phone.ask("sync");
  office.weather = noSignal;
  await write(phone, ama, tarnley, "Waits, first.");
  await keep(phone, aldous, ["Draft, first words."]);
  const earlier = await copyOf(phone.storage);
  office.weather = null;
  await office.write(reece, { kind: "goal", schema: "goal.1", casefile: tarnley.casefile, fields: { title: "A goal by Reece" } });
  await phone.ask("sync");
  office.weather = noSignal;
  const [[draft]] = (await copyOf(phone.storage)).flatMap(({ stores }) =>
    stores.filter(({ name }) => name === "drafts").map(({ rows }) => rows.map(({ key }) => key)),
  );
  await phone.ask("draft.keep", { slot: draft, fields: { seen_and_heard: "Draft, later words." } });
  said.set(draft, "Draft, first words.|Draft, later words.");
  await write(phone, ama, tarnley, "Waits, second.");
  await write(phone, ama, aldous, "Waits, third.");
  office.weather = null;
  const { refuse } = office;
  office.refuse = () => ({ status: "retry", retry_after: 1 });
  await setUp(phone, reece);
  office.weather = noSignal;
  await write(phone, reece, tarnley, "Reece waits.");
  await keep(phone, tarnley, ["Draft of Reece."]);
  await phone.ask("lock");
  await phone.ask("note.write", { vault, about: "The Tarnleys", text: "Before unlocking." });
  phone.kill();
  const now = await copyOf(phone.storage);
  const own = office.device;
  Object.assign(office, { device: newId(), weather: null });
  const other = startPhone(office);
  await setUp(other, ama);
  office.weather = noSignal;
  await write(other, ama, tarnley, "On the other phone.");
  await keep(other, tarnley, ["Draft on the other phone."]);
  other.kill();
  const elsewhere = await copyOf(other.storage);
  Object.assign(office, { device: own, refuse });
  for (const { id, jws, body } of office.byId.values())
    said.set(id, `${JSON.parse(text(splitJws(jws, "fieldapp-entry").payload)).author} ${wordsOf(readBody(body).fields)}`);
  /** @type {[string, any[]][]} */
  const frozen = ["casefiles", "byId", "quarantine", "held", "numbers", "drafts"].map((name) => [name, [...office[name]]]);
  return {
    ...{ office, ama, tarnley, passkey, vault, said, earlier, now, elsewhere },
    /** Puts the office back to where it was: each run sends to it. */
    anew() {
      for (const [name, rows] of frozen) {
        const kept = rows.map((/** @type {any} */ row) =>
          name === "casefiles" ? [row[0], { ...row[1], entries: [...row[1].entries] }] : row,
        );
        office[name] = name === "held" ? new Set(kept) : new Map(kept);
      }
      Object.assign(office, { weather: noSignal, locked_notes: [] });
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof lived>>} Lived */

/** Answers in place of words: the phone says what it cannot show now, and each of these passes once the office is heard. */
const LATER = new Set(["record_unreadable", "cannot_open", "definitions_missing", "offline"]);
/** @param {Promise<any>} asked */
const unlessLater = (asked) =>
  asked.catch((error) => {
    if (!LATER.has(error.code)) throw error;
  });

/** Everything the phone shows of anybody's words: entries by id, drafts by slot, notes from before unlocking. */
async function shownOn(phone) {
  const shown = { entries: new Map(), drafts: new Map(), notes: [] };
  for (const { casefile } of (await phone.ask("caseload")).families) {
    const family = await phone.ask("family", { casefile });
    for (const { record } of family.records) {
      const told = await unlessLater(phone.ask("record", { record }));
      for (const { id, author, fields } of told?.versions ?? []) shown.entries.set(id, `${author.id} ${wordsOf(fields)}`);
    }
    for (const { slot } of family.drafts) {
      const told = await unlessLater(phone.ask("draft.open", { slot }));
      if (told) shown.drafts.set(slot, wordsOf(told.fields));
    }
  }
  shown.notes = (await phone.ask("notes")).map((note) => note.text);
  return shown;
}

/** Nothing on the screen says what its author did not write, wherever it lay. @param {Lived} world @param {Awaited<ReturnType<typeof shownOn>>} shown */
function isTrue({ said }, { entries, drafts, notes }) {
  for (const [id, words] of entries) assert.equal(words, said.get(id));
  for (const [slot, words] of drafts) assert.ok(said.get(slot)?.split("|").includes(words), words);
  for (const words of notes) assert.equal(words, "Before unlocking.");
}

const HOUR_MS = 3_600_000;
const isSame = (/** @type {any} */ a, /** @type {any} */ b) => isDeepStrictEqual(a, b);

/**
 * Lives on with what lies there: without signal, with it, and once more, and writes one more note. Answers whether the vault opened, and how many of its person's entries still have no receipt.
 * @param {Lived} world @param {import("./tampering.js").Database[]} tampered
 */
async function livesOn(world, tampered) {
  world.anew();
  const { office, vault, passkey, tarnley } = world;
  const storage = await storageWith(tampered);
  const start = (/** @type {number} */ hours) => startPhone(office, storage, { now: () => Date.now() + hours * HOUR_MS });
  const unlock = async (phone) => {
    const told = await phone.ask("unlock", { vault, passkey }).catch((error) => error);
    assert.ok(!told.code || TOLD.has(told.code), told.code);
    return !told.code;
  };
  const first = start(2);
  const isOpen = await unlock(first);
  if (isOpen) {
    await first.until(async () => (await first.ask("caseload")).complete, "a complete caseload");
    isTrue(world, await shownOn(first));
  }
  office.weather = null;
  await first.ask("sync");
  if (isOpen) isTrue(world, await shownOn(first));
  await first.ask("sync");
  first.kill();
  const second = start(9);
  let unsettled = 0;
  if (isOpen) {
    assert.ok(await unlock(second));
    await ready(second);
    const { slot } = await second.ask("draft.begin", { casefile: tarnley.casefile, schema: "visit-note.1" });
    const { id } = await second.ask("send", { slot, fields: visitNote(tarnley.child, "Written afterwards.") });
    world.said.set(id, `${world.ama.id} Written afterwards.`);
    await second.ask("sync");
    assert.ok(office.byId.has(id), "what is written afterwards never comes");
    unsettled = (await second.ask("outbox")).items.filter((item) => world.said.has(item.id)).length;
    const shown = await shownOn(second);
    isTrue(world, shown);
    // A cache that was spoiled is whole again: nothing is hidden for longer than until the office is heard.
    for (const id of office.byId.keys()) assert.ok(shown.entries.has(id), `hidden: ${world.said.get(id)}`);
  } else await second.ask("sync");
  for (const spot of spotsOf(world.now).filter((one) => one.store === "items")) {
    const { key, value } = spot.row;
    const left = sameIn(tampered, spot)?.value;
    // One whole copy is enough; what only its author can open waits for them, and what was exchanged for a note from before unlocking is kept aside as that.
    const isMine = isOpen && world.said.get(key)?.startsWith(world.ama.id) && left?.kid === value.kid;
    const isNote = [...office.quarantine.values()].some(
      ({ code, envelope }) => code === "before_unlocking" && isSame(envelope, left?.sealed),
    );
    // What was said of it in the open is gone with the row that said it, and cannot be asked for twice.
    const openly = (/** @type {any} */ row) => ({ ...row, sealed: null, own: null });
    if (isNote || !isSame(openly(left), openly(value))) continue;
    if (isSame(left.sealed, value.sealed) || (isMine && isSame(left.own, value.own))) {
      // Sealed anew after unlocking, by itself, and sent then.
      const came = await second.until(() => office.byId.has(key)).catch(() => false);
      assert.ok(came, `never came: ${world.said.get(key)}`);
    }
  }
  second.kill();
  return { isOpen, unsettled };
}

const world = await lived();
/** One of a list, by a number that fast-check shrinks. @template T @param {T[]} list @param {number} at */
const one = (list, at) => list[at % list.length];
const anyNumber = fc.nat({ max: 100_000 });
const RUNS = { numRuns: Number(process.env.RUNS ?? 10) };

test("a phone that nobody wrote into shows everything, and sends what waits", async () => {
  assert.deepEqual(await livesOn(world, world.now), { isOpen: true, unsettled: 0 });
});

test("law: whatever bytes are cut, turned or exchanged for another row's, vault's, phone's or day's, nothing untrue is shown and the rest lives on", async () => {
  const change = fc.oneof(
    fc.record({ how: fc.constant("turn"), at: anyNumber, bit: fc.nat({ max: 7 }) }),
    fc.record({ how: fc.constant("cut"), at: anyNumber, bit: fc.constant(0) }),
    fc.record({ how: fc.constantFrom("swap", "earlier", "elsewhere"), at: anyNumber, bit: fc.constant(0) }),
  );
  const sealedIn = (/** @type {import("./tampering.js").Database[]} */ copied) =>
    spotsOf(copied).flatMap(({ store, row }) => (store === "practice" ? [] : bytesIn(row)));
  await fc.assert(
    fc.asyncProperty(anyNumber, change, async (spot, { how, at, bit }) => {
      const tampered = structuredClone(world.now);
      const target = one(sealedIn(tampered), spot);
      const { bytes } = target;
      if (how === "turn") target.put(bytes.map((byte, i) => (i === at % bytes.length ? byte ^ (1 << bit) : byte)));
      else if (how === "cut") target.put(bytes.slice(0, at % bytes.length));
      else {
        const source = one(sealedIn(how === "swap" ? tampered : world[/** @type {"earlier" | "elsewhere"} */ (how)]), at);
        if (how === "swap") source.put(bytes);
        target.put(source.bytes);
      }
      await livesOn(world, tampered);
    }),
    RUNS,
  );
});

test("law: whatever rows change places, or come from another phone, another person or another day, nothing untrue is shown and the rest lives on", async () => {
  await fc.assert(
    fc.asyncProperty(anyNumber, anyNumber, fc.constantFrom("swap", "earlier", "elsewhere"), async (at, from, how) => {
      const tampered = structuredClone(world.now);
      const spots = spotsOf(tampered).filter(({ store }) => store !== "practice");
      const hit = one(spots, at);
      if (how === "earlier") {
        const before = sameIn(world.earlier, hit);
        if (before) hit.row.value = structuredClone(before.value);
      } else {
        // Rows of one store are alike; what has another shape is not mistaken for one in any case.
        const pool = (how === "swap" ? spots : spotsOf(world.elsewhere)).filter(
          ({ store, row }) =>
            store === hit.store && (!["meta", "device"].includes(store) || how === "swap" || row.key === hit.row.key),
        );
        fc.pre(pool.length > 0);
        const other = one(pool, from);
        const { value } = hit.row;
        hit.row.value = structuredClone(other.row.value);
        if (how === "swap") other.row.value = value;
      }
      await livesOn(world, tampered);
    }),
    RUNS,
  );
});

test("law: whatever name, number or state that lies open is another, nothing untrue is shown and the rest lives on", async () => {
  const others = ["", "x", 0, -1, 1.5, Number.MAX_SAFE_INTEGER, null, true, [], {}];
  await fc.assert(
    fc.asyncProperty(anyNumber, fc.option(fc.constantFrom(...others), { nil: undefined }), async (spot, value) => {
      const tampered = structuredClone(world.now);
      // A chain's own head is a count: where that is rubbish, what follows is kept aside at the office as rubbish counted so (docs/decisions/0024-tampered-stores.md).
      const open = spotsOf(tampered).flatMap(({ store, row }) => (store === "chain" ? [] : openIn(row)));
      one(open, spot).put(value);
      await livesOn(world, tampered);
    }),
    RUNS,
  );
});

/** @typedef {import("./tampering.js").Spot} Spot */
/** @typedef {(copied: import("./tampering.js").Database[]) => boolean} Change makes it in a copy; false where there is nothing to make it with */

/** What a row is: its store and, where a store holds one of each by name, that name. @param {Spot} spot */
const kindOf = ({ database, store, row }) =>
  [database === "outbox" ? database : "vault", store, ...(["meta", "device"].includes(store) ? [row.key] : [])].join(" ");
const isHers = (/** @type {Spot} */ spot) =>
  Boolean(sameIn(world.earlier, spot)) || spot.database === world.vault || world.said.get(spot.row.key)?.startsWith(world.ama.id);
/** One row of every kind, Ama's where others have one too. @type {Map<string, Spot>} */
const kinds = new Map();
for (const spot of spotsOf(world.now).filter(({ store }) => store !== "practice")) {
  const known = kinds.get(kindOf(spot));
  if (!known || (isHers(spot) && !isHers(known))) kinds.set(kindOf(spot), spot);
}
const rowIn = (/** @type {import("./tampering.js").Database[]} */ copied, /** @type {Spot} */ spot) =>
  /** @type {import("./tampering.js").Row} */ (sameIn(copied, spot));

/** The row that is to take a row's place: another one of its kind, its own of an earlier day, or one of its kind on another phone. @param {Spot} spot @param {string} how */
const insteadOf = (spot, how, /** @type {import("./tampering.js").Database[]} */ tampered) => {
  if (how === "earlier") return sameIn(world.earlier, spot);
  const isItself = (/** @type {Spot} */ one) => one.database === spot.database && `${one.row.key}` === `${spot.row.key}`;
  const among = how === "swap" ? tampered : world.elsewhere;
  return spotsOf(among).find((one) => kindOf(one) === kindOf(spot) && !(how === "swap" && isItself(one)))?.row;
};

/** Changes the nth run of bytes of a row. @param {Spot} spot @param {number} nth @param {string} how @returns {Change} */
const ofBytes = (spot, nth, how) => (tampered) => {
  const { bytes, put } = bytesIn(rowIn(tampered, spot))[nth];
  const half = bytes.length >> 1;
  if (how === "turn") put(bytes.map((byte, at) => (at === half ? byte ^ 1 : byte)));
  else if (how === "cut") put(bytes.slice(0, half));
  else {
    const other = insteadOf(spot, how, tampered);
    const source = other && bytesIn(other)[nth];
    if (!source) return false;
    put(source.bytes);
    if (how === "swap") source.put(bytes);
  }
  return true;
};

/** Exchanges a whole row. @param {Spot} spot @param {string} how @returns {Change} */
const ofRow = (spot, how) => (tampered) => {
  const [row, other] = [rowIn(tampered, spot), insteadOf(spot, how, tampered)];
  if (!other) return false;
  const { value } = row;
  row.value = structuredClone(other.value);
  if (how === "swap") other.value = value;
  return true;
};

/** Changes what the nth open place of a row says. @param {Spot} spot @param {number} nth @param {unknown} value @returns {Change} */
const ofOpen = (spot, nth, value) => (tampered) => {
  openIn(rowIn(tampered, spot))[nth].put(value);
  return true;
};

/** Every change there is, by store and way, each with what it is called. @type {Map<string, [string, Change][]>} */
const changes = new Map();
for (const [kind, spot] of kinds) {
  const add = (/** @type {string} */ how, /** @type {string} */ place, /** @type {Change} */ change) => {
    const way = `${kind.split(" ", 2).join(" ")}: ${how}`;
    changes.set(way, [...(changes.get(way) ?? []), [`${kind}, ${place}, ${how}`, change]]);
  };
  for (const how of ["swap", "earlier", "elsewhere"]) add(`row ${how}`, "whole", ofRow(spot, how));
  for (const nth of bytesIn(spot.row).keys())
    for (const how of ["turn", "cut", "swap", "earlier", "elsewhere"]) add(how, `bytes ${nth}`, ofBytes(spot, nth, how));
  if (spot.store !== "chain")
    for (const nth of openIn(spot.row).keys()) {
      add("gone", `open ${nth}`, ofOpen(spot, nth, undefined));
      add("another", `open ${nth}`, ofOpen(spot, nth, "x"));
    }
}

test("every store, changed once in every way there is: nothing untrue is shown and the rest lives on", async (t) => {
  let walked = 0;
  for (const all of changes.values()) {
    // The ways begin at different places of a store, so that not only its first row is walked; a wide run walks every place.
    const from = walked % all.length;
    let left = RUNS.numRuns > 10 ? all.length : 1;
    for (const [name, change] of [...all.slice(from), ...all.slice(0, from)]) {
      const tampered = structuredClone(world.now);
      if (left === 0 || !change(tampered)) continue;
      left -= 1;
      walked += 1;
      await t.test(name, async () => {
        await livesOn(world, tampered);
      });
    }
  }
  assert.ok(walked > 60, `${walked}`);
});

test("an older head of a family put back keeps nothing from being fetched and kept", async () => {
  const tampered = structuredClone(world.now);
  const heads = spotsOf(tampered).filter((spot) => spot.store === "casefiles" && sameIn(world.earlier, spot));
  assert.ok(heads.length > 0);
  for (const head of heads) head.row.value = structuredClone(sameIn(world.earlier, head)?.value);
  assert.ok(heads.some((head) => !isSame(head.row.value, sameIn(world.now, head)?.value)));
  assert.ok((await livesOn(world, tampered)).isOpen);
});

/** @param {import("./tampering.js").Database[]} tampered */
const itemsOfAma = (tampered) =>
  spotsOf(tampered).filter((spot) => spot.store === "items" && world.said.get(spot.row.key)?.startsWith(world.ama.id));

for (const [what, state] of [
  ["another that waits", "waiting"],
  ["one that was sent", "sent"],
])
  test(`envelopes that changed places, with ${what}, reach the office all the same: each is sealed anew from its author's copy`, async () => {
    const tampered = structuredClone(world.now);
    const mine = itemsOfAma(tampered);
    const a = mine.find(({ row }) => row.value.state === "waiting");
    const b = mine.find((spot) => spot !== a && spot.row.value.state === state);
    [a.row.value.sealed, b.row.value.sealed] = [b.row.value.sealed, a.row.value.sealed];
    assert.deepEqual(await livesOn(world, tampered), { isOpen: true, unsettled: 0 });
  });

test("an envelope that names a key nobody has is sealed anew, whatever is noted beside it", async () => {
  const tampered = structuredClone(world.now);
  const mine = itemsOfAma(tampered);
  assert.ok(mine.length > 0);
  for (const { row } of mine) row.value.sealed[9] ^= 1;
  await livesOn(world, tampered);
});

test("a key of somebody else's, put where a locked phone finds what reads its notes, stays there no longer than until its person unlocks", async () => {
  world.anew();
  const { office, vault, passkey } = world;
  const penIn = (/** @type {import("./tampering.js").Database[]} */ copied) =>
    spotsOf(copied).find(({ store, row }) => store === "people" && row.key === vault)?.row.value.pen;
  const tampered = structuredClone(world.now);
  const thief = await makeReader();
  penIn(tampered).point = thief.point;
  const storage = await storageWith(tampered);
  const phone = startPhone(office, storage);
  await phone.ask("unlock", { vault, passkey });
  const isBack = async () => isSame(penIn(await copyOf(storage)), penIn(world.now));
  assert.ok(await phone.until(isBack, "its own key again").catch(() => false));
  await phone.ask("lock");
  await phone.ask("note.write", { vault, about: "The Tarnleys", text: "Before unlocking." });
  await phone.ask("unlock", { vault, passkey });
  assert.equal((await phone.ask("notes")).length, 2);
  phone.kill();
});

test("law: keys of another office, an older or a forged set of keys in the outbox seal nothing for anybody else", async () => {
  const other = await makeOffice();
  const theirs = { kid: other.official.signer.kid, jwk: other.official.jwk, n: 1 };
  const is = (/** @type {any} */ signer, /** @type {any} */ set, typ = "fieldapp-keyset") =>
    sign(signer, typ, json({ v: 1, n: 1, issued_at: "", keys: world.office.keys, ...set })).then(({ jws }) => jws);
  const { signer } = world.office.official;
  const [head, payload, signature] = (await is(signer, {})).split(".");
  const unsigned = b64u(json({ alg: "none", typ: "fieldapp-keyset", kid: signer.kid }));
  const sets = {
    "another office's own": await other.keySet(),
    "signed by another office, with ours in it": await is(other.official.signer, {}),
    "signed by another office in our name": await is({ ...other.official.signer, kid: signer.kid }, { keys: other.keys }),
    "of another typ": await is(signer, { keys: other.keys }, "fieldapp-checkpoint"),
    "without a signature": `${unsigned}.${b64u(json({ v: 1, n: 1, keys: other.keys }))}.`,
    "with a key put in": `${head}.${b64u(json({ v: 1, n: 1, keys: other.keys }))}.${signature}`,
    "cut short": `${head}.${payload}`,
    "lower in number": await is(signer, { n: 0, keys: other.keys }),
  };
  const known = new Set(world.office.keys.map(({ kid }) => kid));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.entries(sets)),
      fc.constantFrom("whole", "kid", "jwk", "keyset", "gone"),
      async ([name, keyset], what) => {
        const tampered = structuredClone(world.now);
        const rows = tampered.find((one) => one.name === "outbox")?.stores.find((one) => one.name === "device")?.rows ?? [];
        const office = /** @type {import("./tampering.js").Row} */ (rows.find(({ key }) => key === "office"));
        if (what === "whole") office.value = { ...theirs, keyset };
        else if (what === "gone") rows.splice(rows.indexOf(office), 1);
        else office.value = { ...office.value, ...(what === "keyset" ? { keyset } : { [what]: theirs[what], keyset }) };
        assert.ok((await livesOn(world, tampered)).isOpen, `${name}, ${what}`);
        const { drafts, quarantine } = world.office;
        const came = [...drafts.values(), ...[...quarantine.values()].map(({ envelope }) => envelope)];
        assert.ok(came.length > 0);
        for (const envelope of came) assert.ok(known.has(b64u(readEnvelope(envelope).ingestKid)), `${name}, ${what}`);
      },
    ),
    { ...RUNS, examples: [[["another office's own", sets["another office's own"]], "whole"]] },
  );
});

test("keys that another office numbered higher give way to the vault's own at unlocking", async () => {
  const { office, vault, passkey } = world;
  const other = await makeOffice();
  const officeIn = (/** @type {import("./tampering.js").Database[]} */ copied) =>
    /** @type {any} */ (spotsOf(copied).find(({ row }) => row.key === "office")).row;
  const tampered = structuredClone(world.now);
  const { signer, jwk } = other.official;
  officeIn(tampered).value = { kid: signer.kid, jwk, n: 9, keyset: await other.keySet() };
  const storage = await storageWith(tampered);
  const phone = startPhone(office, storage);
  await phone.ask("unlock", { vault, passkey });
  phone.kill();
  assert.equal(officeIn(await copyOf(storage)).value.kid, officeIn(world.now).value.kid);
});

test("law: parameters of stretching that were lowered open nothing with the right words, and nothing is written anew", async () => {
  const office = await makeOffice();
  const ama = office.addPerson("Ama");
  const { casefile, child } = await office.openFamily(ama, "Tarnley");
  const phone = startPhone(office, undefined, { unlockCost: { m: KDF_FLOOR.m + 2048, t: 3 } });
  const words = await setUp(phone, ama);
  const [{ vault }] = (await phone.ask("status")).people;
  office.weather = noSignal;
  const { slot } = await phone.ask("draft.begin", { casefile, schema: "visit-note.1" });
  const { id } = await phone.ask("send", { slot, fields: visitNote(child) });
  phone.kill();
  const before = await copyOf(phone.storage);
  const wrapsIn = (copied) => spotsOf(copied).find(({ row }) => row.key === "wraps")?.row.value;
  const lowered = fc.oneof(
    fc.record({ m: fc.integer({ min: 8, max: KDF_FLOOR.m - 1 }) }),
    fc.record({ t: fc.integer({ min: 0, max: 1 }) }),
    fc.record({ m: fc.integer({ min: KDF_FLOOR.m, max: KDF_FLOOR.m + 2047 }) }),
    fc.constant({ t: 2 }),
    fc.constant({ p: 2 }),
    fc.constant({ alg: "argon2d" }),
  );
  await fc.assert(
    fc.asyncProperty(lowered, async (change) => {
      const tampered = structuredClone(before);
      Object.assign(wrapsIn(tampered)[0].kdf, change);
      const { m, t, p, alg } = wrapsIn(tampered)[0].kdf;
      const isAbove = m >= KDF_FLOOR.m && t >= KDF_FLOOR.t && p === 1 && alg === "argon2id";
      const again = startPhone(office, await storageWith(tampered));
      await assert.rejects(again.ask("unlock", { vault, words }), { code: isAbove ? "wrong_words" : "kdf_below_floor" });
      again.kill();
      const after = await copyOf(again.storage);
      const lies = (/** @type {any} */ copied) =>
        spotsOf(copied).filter(({ row }) => !["attempts", "heartbeat", "line"].includes(row.key) && row.key !== id);
      assert.deepEqual(lies(after), lies(tampered));
      // With what was there put back it opens: whoever lowers them destroys nothing.
      for (const { row } of spotsOf(after)) if (row.key === "wraps") row.value = structuredClone(wrapsIn(before));
      const whole = startPhone(office, await storageWith(after));
      assert.equal((await whole.ask("unlock", { vault, words })).person.name, "Ama");
      whole.kill();
    }),
    { numRuns: 6 },
  );
  office.weather = null;
  const tampered = structuredClone(before);
  wrapsIn(tampered)[0].kdf.m = 8;
  const locked = startPhone(office, await storageWith(tampered));
  await locked.ask("sync");
  assert.ok(office.byId.has(id), "what waits goes from a phone that nobody can open");
  locked.kill();
});
