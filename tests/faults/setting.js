/**
 * The service every schedule begins with, made once: two keyworkers and a supervisor, three families, a phone shared by two of them. Set up by the real core over fair
 * weather; schedules begin with copies of its disks, so that none pays for setting up.
 */
import { readFileSync } from "node:fs";
import { makeChance } from "./chance.js";
import { current, makeClock } from "./clock.js";
import { makeOffice } from "./office.js";
import { makePhone } from "./phone.js";
import { forgetKeys } from "./steady.js";
import { luck, sha256 } from "./subtle.js";
import { makeStranger } from "./weather.js";

const { b64u } = await import("../../static/src/sync/entry.js");
const SETTING_SEED = 20261121;

/** The forms that schedules write, and what those need; the rest would only be carried about. */
function practice() {
  const root = new URL("../../fieldapp/practice/", import.meta.url);
  const files = new Map();
  const keep = (text) => {
    const name = b64u(sha256(Buffer.from(text, "utf8")));
    files.set(name, text);
    return name;
  };
  const index = { records: {}, measures: {}, programmes: {}, vocabularies: {}, policy: "" };
  for (const schema of ["opening.1", "family.1", "contact.1", "goal.1"])
    index.records[schema] = keep(readFileSync(new URL(`records/${schema}.json`, root), "utf8"));
  for (const name of ["levels.1"])
    index.vocabularies[name] = keep(readFileSync(new URL(`vocabularies/${name}.json`, root), "utf8"));
  index.policy = keep(readFileSync(new URL("policy.json", root), "utf8"));
  return { files, index: keep(JSON.stringify(index)) };
}

/** What every phone lives in. */
export function makeWorld({ clock, seed, office, count = () => undefined, isReal = false, isMild = false }) {
  const keys = makeChance(seed ^ 0x5bd1e995);
  luck.begin(keys, isReal);
  current.clock = clock;
  forgetKeys();
  let downUntil = 0;
  let dies = 0;
  const weathered = Object.assign(office, {
    isDown: () => clock.now < downUntil,
    /** The process ends after its commit and before its answer, and is away for a while. */
    diesNow() {
      if (dies === 0) return false;
      downUntil = clock.now + dies;
      dies = 0;
      return true;
    },
    goDown(ms) {
      downUntil = clock.now + ms;
    },
    dieAtNext(ms) {
      dies = ms;
    },
    heal() {
      downUntil = dies = 0;
    },
  });
  return {
    clock,
    chance: makeChance(seed),
    /** Frozen tabs have a stream of their own, as all that came later: what is drawn otherwise stays as it was. */
    frost: makeChance(seed ^ 0x6c8e9cf5),
    isMild,
    /** What of the simulation itself is wrong, if anything was noticed. */
    leak: null,
    office: weathered,
    count,
    random: (bytes) => keys.fill(bytes),
    stranger: makeStranger(),
  };
}

async function made() {
  luck.chance = makeChance(SETTING_SEED);
  const clock = makeClock();
  const served = practice();
  const office = makeOffice(clock, served);
  const people = Object.fromEntries(
    [["Ama"], ["Reece"], ["Marian", "supervisor"]].map(([name, role]) => [name, office.addPerson(name, role)]),
  );
  const { Ama, Reece, Marian } = people;
  const families = [
    office.openFamily(Ama.id, "Tarnley", [Ama.id, Reece.id, Marian.id]),
    office.openFamily(Ama.id, "Akerstrom", [Ama.id, Marian.id]),
    office.openFamily(Reece.id, "Oyelaran", [Reece.id, Marian.id]),
  ];
  const world = makeWorld({ clock, seed: SETTING_SEED, office });
  const phones = [];
  for (const [name, owners] of [
    ["shared", [Ama, Reece]],
    ["second", [Ama]],
    ["third", [Marian]],
  ]) {
    const phone = makePhone(world, name);
    phone.latency = 5;
    const tab = phone.start();
    for (const person of owners) await setUp(clock, tab, person);
    tab.kill();
    await clock.run(1_000);
    phones.push({ name, databases: phone.disk.databases(), cookie: phone.cookie, people: phone.people });
  }
  current.clock = null;
  const records = new Set([...office.state.placed.values()].map(({ header }) => header.record));
  return { now: clock.now, office, served, people, families, phones, records };
}

async function setUp(clock, tab, person) {
  const asked = async (ask, given) => {
    let told;
    tab.ask(ask, given).then(
      (answer) => {
        told = { answer };
      },
      (error) => {
        told = { error };
      },
    );
    await clock.run(60_000, () => told !== undefined);
    if (!told?.answer) throw new Error(`setting up: ${ask}: ${told?.error?.message ?? "no answer"}`);
    return told.answer;
  };
  const { offered_words } = await asked("setup.start", { email: person.email, password: "correct", code: "123456" });
  const words = offered_words.join(" ");
  const before = new Set(tab.phone.people.map(({ vault }) => vault));
  await asked("setup.finish", { words, label: person.name });
  await asked("sync");
  await clock.run(5_000);
  await asked("sync");
  const { people } = await asked("status");
  const { vault } = people.find((one) => !before.has(one.vault));
  tab.phone.people.push({ person, words, vault });
  await asked("lock");
  await clock.run(2_000);
}

let setting = null;
/** The setting, made on first use. */
export async function theSetting() {
  setting ??= await made();
  return setting;
}
