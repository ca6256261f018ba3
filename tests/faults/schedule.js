/**
 * One schedule: people write, amend, lock, lose signal, change phones and are interrupted, all as a seed says; then everything heals. A schedule is a list of steps
 * that can be read; the same seed gives the same list and the same end.
 */
import { makeChance } from "./chance.js";
import { makeClock } from "./clock.js";
import { makeOffice } from "./office.js";
import { makePhone } from "./phone.js";
import {
  Broken,
  hasOpener,
  hold,
  holdAtRest,
  holdDrafts,
  holdQuiet,
  holdRows,
  holdUnsaved,
  holdView,
  holdWord,
  isUntold,
  whereIs,
} from "./promises.js";
import { makeWorld, theSetting } from "./setting.js";
import { REAL_EACH } from "./subtle.js";
import { KINDS } from "./weather.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEARS = 3653 * DAY;
const STORE_ERRORS = ["QuotaExceededError", "UnknownError", "AbortError", "DataError"];
/** What the office could not read, and the phone seals again. */
const CURABLE = new Set(["unknown_key", "cannot_open", "not_an_entry", "too_large"]);
/** How long after the last fault everything must be sent: the longest wait of one item, and some. */
const HEALS_WITHIN = 9 * HOUR;
/** No request is on its way for longer (weather.js). */
const ON_ITS_WAY = 6 * MINUTE;

/** A round of sending ends within this, however often the store gives no answer in it: half a minute for each. */
const ROUNDS_END = 20 * MINUTE;

/** What may happen, and how often beside the rest. */
const STEPS = {
  open: 14,
  write: 40,
  goal: 10,
  amend: 12,
  draft: 4,
  tap: 12,
  look: 8,
  lock: 4,
  kill: 8,
  "second tab": 3,
  "continue here": 3,
  freeze: 2,
  thaw: 2,
  wake: 7,
  weather: 12,
  disk: 8,
  "lose connections": 2,
  clock: 4,
  "office down": 3,
  "office dies": 3,
  backup: 5,
  copy: 3,
  restore: 5,
  grant: 3,
  end: 4,
  "desk writes": 5,
  "new family": 2,
  rotate: 2,
  device: 1,
  transfer: 3,
  race: 4,
  clone: 2,
  clear: 1,
  mistake: 2,
  "put away": 3,
  opening: 3,
  time: 14,
  sleep: 8,
};

/** What only the model of the office does: with the real one, somebody would have to sign in, or sit at its desk. */
const MODEL_ONLY = new Set(["clear", "mistake", "put away"]);

/**
 * Runs one schedule of at most `most` steps. `record` is told of everything that happens at the office; `isReal` phones use the platform's own cryptography. `isMild`: as
 * schedules were before stores died with no word, timers stood still in sleep and frozen tabs stood still altogether; those that once found something go on as they did. @returns {Promise<{seed: number, steps: string[], faults: Map<string, number>, saved: number, turns: number, broken: string | null}>}
 */
export async function runSchedule(seed, { most = 40, record = null, isReal = seed % REAL_EACH === 0, isMild = false } = {}) {
  const setting = await theSetting();
  const clock = makeClock(setting.now);
  const faults = new Map();
  const count = (name) => faults.set(name, (faults.get(name) ?? 0) + 1);
  const office = makeOffice(clock, setting.served, setting.office);
  const world = makeWorld({ clock, seed, office, count, isReal, isMild });
  const { chance, frost } = world;
  /** A stream of its own, so that the rest is drawn as without it. */
  const harsher = makeChance(seed ^ 0x2545f491);
  /** And one for stores that give no answer. */
  const slack = makeChance(seed ^ 0x1b873593);
  /** And one for vaults that are not there, or not now. */
  const loss = makeChance(seed ^ 0x85ebca6b);
  const isHarsh = (times) => !isMild && !isHealing && harsher.oneIn(times);
  let isHealing = false;
  const steps = [];
  const say = (line) => steps.push(`${String(Math.round(clock.now - setting.now)).padStart(9)} ${line}`);

  const chosen = setting.phones.filter(() => !chance.oneIn(3));
  const phones = (chosen.length > 0 ? chosen : [setting.phones[0]]).map(({ name, ...kept }) =>
    Object.assign(makePhone(world, name, { ...kept, people: [...kept.people] }), { taps: [], former: [] }),
  );
  const families = [...setting.families];
  const people = Object.values(setting.people);
  clock.storePace = chance.pick([0, 0, 1, 7]);
  clock.cryptoPace = chance.pick([0, 0, 0, 1]);
  const harshness = chance.pick([0.1, 0.4, 0.8]);
  const room = chance.pick([3, 10, 400]);
  // The real office counts bytes, and has room for everything that a schedule writes.
  office.setRoom(record ? 10_000 : room);
  if (record) office.tellTo(record);

  const saved = new Map();
  /** What was called kept and never sent, by slot. */
  const drafts = new Map();
  /** What was called not saved, and which entries were looked for until then without an answer. */
  const unsaved = [];
  /** Whose vaults were not there, and their rows as they were. */
  const missed = [];
  let sentences = 0;
  const copies = [];
  let isRestored = false;
  let failure = null;

  /** Does something and lets the schedule go on; what a person cannot do is no failure, a broken promise is. */
  function spawn(name, work) {
    const state = { isDone: false };
    const told = (word) => {
      state.isDone = true;
      say(`          · ${name}: ${word}`);
    };
    work().then(
      (word) => told(word ?? "done"),
      (error) => {
        if (error instanceof Broken) failure ??= error;
        told(`${error.code ?? error.message}${error.problems ? ` ${JSON.stringify(error.problems)}` : ""}`);
        // A note that this file fills in wrongly would never be saved, and nothing be tested by it. One that is added to may have been taken away meanwhile.
        if (error.code === "core_failed" || (error.code === "not_complete" && name.includes("writes")))
          failure ??= new Broken(`${error.code} at ${name}`);
      },
    );
    return state;
  }
  const pages = () => phones.flatMap((phone) => [...phone.tabs].filter(({ kind }) => kind === "page"));
  const unlocked = () => pages().filter((tab) => tab.who && !tab.isFrozen);
  /** Whoever takes up a phone has the page in front of them, and going on. */
  const inFront = (tab) => {
    if (tab.isStill()) thaw(tab);
    return tab;
  };
  function thaw(tab) {
    say(`${tab.phone.name}: a frozen tab goes on, with ${tab.held.length} things to hear of`);
    tab.thaw();
  }
  /** A page stops in the middle of whatever it does, and goes on later, or never. */
  function freezes() {
    const tabs = pages().filter((tab) => !tab.isFrozen);
    if (isHealing || tabs.length === 0) return;
    const tab = frost.pick(tabs);
    say(`${tab.phone.name}: a tab is frozen in the middle`);
    count("frozen in the middle");
    tab.freeze();
    const isKilled = frost.oneIn(4);
    clock.after(frost.pick([3_000, 45_000, 3 * MINUTE, 20 * MINUTE]), () => {
      if (isHealing || !tab.isStill()) return;
      if (!isKilled) return thaw(tab);
      say(`${tab.phone.name}: a frozen tab is killed`);
      tab.kill();
    });
  }
  /** Waits for what was begun: not at all, a moment, or until it is done. */
  const wait = async (state) => {
    const ms = chance.weighted({ 0: 2, 3: 2, 40: 3, 700: 2, 30000: 6 });
    await clock.run(Number(ms), () => state.isDone || failure !== null);
  };

  /** The weather turns, for one phone. */
  function turns(phone) {
    phone.latency = chance.pick([20, 300, 4_000, 40_000]);
    const kinds = chance.oneIn(3) ? KINDS : [chance.pick(KINDS), chance.pick(KINDS), chance.pick(KINDS)];
    const isFair = chance.oneIn(5);
    phone.air = { fine: Math.round(100 * (1 - harshness)) };
    if (!isFair) for (const kind of kinds) phone.air[kind] = Math.max(1, Math.round((100 * harshness) / kinds.length));
    if (chance.oneIn(6)) phone.air = { [chance.pick(KINDS)]: 1 };
    say(`${phone.name}: weather ${isFair ? "fair" : kinds.length > 3 ? "of every kind" : kinds.join(", ")}`);
  }
  async function unlock(tab) {
    const { person, words, vault } = chance.pick(tab.phone.people);
    return spawn(`${tab.phone.name} unlocks for ${person.name}`, async () => {
      await tab.ask("unlock", { vault, words });
      tab.who = person;
    });
  }
  const fieldsOf = {
    contact: (sentence, child) => ({
      with_whom: [{ id: "AAAAAAAAAAAAAAAAAAAAAA", person: child, name: "Ada", role: "daughter" }],
      how: "call",
      outcome: "spoke",
      line: sentence,
      anything_worrying: "no",
      happened_on: "2026-11-20",
      happened_at: "10:00",
    }),
    goal: (sentence, child) => ({
      family_words: sentence,
      agreed_words: "Calmer mornings",
      owner: child,
      type: "routine",
      bottom_line: "no",
      status: "draft",
    }),
  };
  /** Somebody writes; it counts as saved from the moment the core says so. */
  function send(tab, slot, fields, { sentence, casefile, kind }) {
    const { phone, who } = tab;
    const kept = ({ id, record }) => {
      const item = phone.disk.look("outbox", "items").get(id);
      if (!item && !office.ever.placed.has(id)) throw new Broken(`said to be saved, and not in the store: ${sentence}`);
      saved.set(id, { id, record, sentence, casefile, kind, phone, person: who, own: item?.own });
      return `saved ${sentence}`;
    };
    const failed = (error) => {
      const isInVain = ({ isEnded, isSeen }) => !isEnded && isSeen === false;
      const inVain = new Set([...tab.told].filter(([, told]) => isInVain(told)).map(([id]) => id));
      unsaved.push({ sentence, phone, inVain });
      throw error;
    };
    return tab.ask("send", { slot, fields, mode: "alone" }).then(kept, failed);
  }
  function write(tab, kind, { casefile, child, title } = chance.pick(families)) {
    const sentence = `s${++sentences}e`;
    const keeps = chance.oneIn(3);
    return spawn(`${tab.phone.name} ${tab.who.name} writes ${sentence} (${kind}, ${title})`, async () => {
      const { slot } = await tab.ask("draft.begin", { casefile, schema: `${kind}.1` });
      const fields = fieldsOf[kind](sentence, child);
      if (keeps) await tab.ask("draft.keep", { slot, fields });
      return send(tab, slot, fields, { sentence, casefile, kind });
    });
  }

  function dies({ name, disk, tabs }) {
    disk.die(tabs);
    say(`${name}: its storage process dies with no word`);
    count("store died");
    return null;
  }

  /** A store gives no answer to one thing that it is asked, and does it late, or never. */
  function hangs({ name, disk }, how = slack.pick(["start", "start", "end", "end", "end"])) {
    if (isHealing) return;
    if (how === "delete") {
      let left = slack.pick([1, 2, 5]);
      const what = slack.pick(["hang", "silent"]);
      disk.fate.delete = () => {
        if (left-- <= 0) return null;
        count("store hung: delete");
        return what;
      };
      return say(`${name}: no deleting of a vault is answered, ${left} times (${what})`);
    }
    let skip = slack.below(8);
    let left = slack.pick([1, 1, 1, 2, 4]);
    const isOfItems = slack.oneIn(2);
    disk.fate.hang = (tx, where) => {
      const isMeant = where === how && (!isOfItems || (tx.mode === "readwrite" && tx._scope.has("items")));
      if (!isMeant || left === 0 || skip-- > 0) return false;
      left--;
      say(`${name}: a transaction on ${tx.db.name === "outbox" ? [...tx._scope] : "a vault"} stands still at its ${how}`);
      count(`store hung: ${how}`);
      clock.after(slack.pick([2_000, 20_000, 33_000, 50_000, 3 * MINUTE, HOUR]), () => letGo(name, disk));
      return true;
    };
  }
  function letGo(name, disk) {
    const count = disk.standing().length;
    if (count === 0) return;
    const isDone = slack.oneIn(2);
    const isTold = slack.oneIn(2);
    say(
      `${name}: what stood in the store ${isDone ? "is done after all" : "comes to nothing"} (${count})${isTold ? "" : ", with no word"}`,
    );
    disk.release(isDone, isTold);
  }

  /** A vault is gone, or reads empty for a while, and nobody said so. */
  function vanishes(phone) {
    const { disk, name } = phone;
    const { vault, person } = loss.pick(phone.people);
    const row = disk.look("outbox", "people").get(vault);
    if (isHealing || !row || !disk.hasVault(vault)) return;
    const kept = { phone, disk, vault, row, isGone: !record && loss.oneIn(3) };
    missed.push(kept);
    if (kept.isGone) {
      say(`${name}: the vault of ${person.name} is gone, and nobody said so`);
      count("vault vanished");
      return disk.vanish(vault);
    }
    say(`${name}: its vaults read empty`);
    count("vault read empty");
    disk.fate.blank = () => true;
    clock.after(loss.pick([2_000, MINUTE, HOUR]), () => {
      disk.fate.blank = () => false;
    });
  }

  /** @type {Record<string, () => Promise<any>>} */
  const does = {
    async open() {
      const phone = chance.pick(phones);
      const tab = inFront([...phone.tabs].find(({ kind }) => kind === "page") ?? phone.start());
      if (tab.who) return null;
      say(`${phone.name} is opened`);
      return unlock(tab);
    },
    async write() {
      const tab = chance.pick(unlocked());
      const often = chance.oneIn(6) ? chance.between(2, 5) : 1;
      let last = null;
      for (let i = 0; i < often; i++) last = write(tab, "contact");
      return last;
    },
    goal: async () => write(chance.pick(unlocked()), "goal"),
    async amend() {
      if (saved.size === 0) return null;
      const tab = chance.pick(unlocked());
      const { record, casefile, kind } = chance.pick([...saved.values()]);
      if (kind === "opening") return null;
      const sentence = `s${++sentences}e`;
      return spawn(`${tab.phone.name} ${tab.who.name} adds ${sentence}`, async () => {
        const { slot, fields } = await tab.ask("draft.begin", { record, schema: `${kind}.1` });
        const more =
          kind === "goal"
            ? { ...fields, family_words: sentence, agreed_words: fields.agreed_words ?? "Calmer mornings" }
            : { ...fields, additions: [...(fields.additions ?? []), { id: addition(sentence), why: "more", text: sentence }] };
        return send(tab, slot, more, { sentence, casefile, kind });
      });
    },
    async draft() {
      const tab = chance.pick(unlocked());
      const { casefile, child } = chance.pick(families);
      return spawn(`${tab.phone.name} begins to write`, async () => {
        const { slot } = await tab.ask("draft.begin", { casefile, schema: "contact.1" });
        await tab.ask("draft.keep", { slot, fields: fieldsOf.contact("half a", child) });
        const row = tab.phone.disk.look("outbox", "drafts").get(slot);
        if (!row) throw new Broken(`a draft said to be kept is not in the store of ${tab.phone.name}`);
        drafts.set(slot, { phone: tab.phone, disk: tab.phone.disk, n: row.n, own: row.own, kid: row.kid });
      });
    },
    async tap() {
      const tab = chance.pick(unlocked());
      tab.phone.taps.push(clock.now);
      return spawn(`${tab.phone.name} taps send and receive`, () => tab.ask("sync").then(() => "done"));
    },
    async look() {
      const tab = chance.pick(unlocked());
      const mine = [...saved.values()];
      const one = mine.length > 0 ? chance.pick(mine) : null;
      // What is still being saved lies in the store already and may yet be taken back: nobody was told of it.
      const waited = waitingOn(tab.phone).filter((id) => saved.has(id));
      return spawn(`${tab.phone.name} looks`, async () => {
        const told = await tab.ask("outbox");
        const now = new Set(waitingOn(tab.phone));
        const still = waited.filter((id) => now.has(id));
        if (told.waiting < 0) throw new Broken(`${tab.phone.name} says that ${told.waiting} wait`);
        if (told.waiting === 0 && still.length > 0)
          throw new Broken(`${tab.phone.name} says that nothing waits, and ${still.length} do`);
        if (one) holdWord(world, await tab.ask("record", { record: one.record }), one.sentence);
        return `${told.waiting} waiting`;
      });
    },
    async lock() {
      const tab = chance.pick(unlocked());
      tab.who = null;
      return spawn(`${tab.phone.name} locks`, async () => {
        await tab.ask("lock");
        tab.kill();
      });
    },
    async kill() {
      const tab = chance.pick(phones.flatMap((phone) => [...phone.tabs]));
      say(`${tab.phone.name}: ${tab.kind} is killed`);
      count("kill");
      tab.kill();
      return null;
    },
    async "second tab"() {
      const phone = chance.pick(pages()).phone;
      if (phone.tabs.size > 2) return null;
      say(`${phone.name} is opened in one more tab`);
      count("second tab");
      return unlock(phone.start());
    },
    async "continue here"() {
      const tab = inFront(chance.pick(pages()));
      return spawn(`${tab.phone.name} continues in another tab`, async () => {
        await tab.ask("continue here");
        for (const other of tab.phone.tabs) if (other !== tab && other.kind === "page") other.who = null;
      });
    },
    async freeze() {
      const tab = chance.pick(pages());
      say(`${tab.phone.name}: a tab is frozen`);
      count("frozen tab");
      tab.freeze();
      return null;
    },
    async thaw() {
      say("frozen tabs go on");
      for (const tab of pages()) if (tab.isFrozen) tab.thaw();
      return null;
    },
    async wake() {
      const phone = chance.pick(phones);
      say(`${phone.name}: the service worker is woken`);
      phone.taps.push(clock.now);
      phone.wake();
      return null;
    },
    async weather() {
      turns(chance.pick(phones));
      return null;
    },
    async disk() {
      const { disk, name } = chance.pick(phones);
      const reason = chance.pick(STORE_ERRORS);
      const how = chance.pick(["request", "commit", "transaction", "open", "all"]);
      // Opening is rare: it fails at once, or it would never fail.
      let skip = how === "open" ? 0 : chance.below(12);
      let left = chance.pick([1, 1, 2, 5, 30]);
      const fate = (kind, error) => () => {
        if (left === 0 || skip-- > 0) return null;
        left--;
        count(`store ${kind}`);
        return error;
      };
      for (const kind of how === "all" ? ["request", "commit"] : [how])
        disk.fate[kind] = fate(kind, kind === "transaction" ? "InvalidStateError" : kind === "open" ? "hang" : reason);
      say(`${name}: the store fails at ${how} with ${reason}, after ${skip}, ${left} times`);
      return null;
    },
    async "lose connections"() {
      const tab = chance.pick(pages());
      if (isHarsh(2)) return dies(tab.phone);
      say(`${tab.phone.name}: the browser loses its store`);
      count("store lost");
      tab.phone.disk.lose(tab);
      return null;
    },
    async clock() {
      const phone = chance.pick(phones);
      phone.skew = chance.pick([0, 0, 3 * MINUTE, -HOUR, DAY, -DAY, YEARS, -YEARS]);
      say(`${phone.name}: the clock is off by ${Math.round(phone.skew / MINUTE)} minutes`);
      count("clock");
      return null;
    },
    async "office down"() {
      const ms = chance.pick([5_000, MINUTE, HOUR]);
      say(`the office is away for ${ms / 1000} s`);
      count("office down");
      office.goDown(ms);
      return null;
    },
    async "office dies"() {
      say("the office dies at the next request, after its commit");
      count("office dies");
      office.dieAtNext(chance.pick([1_000, 30_000, HOUR]));
      return null;
    },
    async backup() {
      say("the office is backed up");
      copies.length = 0;
      copies.push(office.backUp());
      return null;
    },
    async copy() {
      say("somebody copies the database");
      copies.push(office.copy());
      return null;
    },
    async restore() {
      const old = copies.filter(({ at }) => clock.now - at < 13 * DAY);
      if (old.length === 0) return null;
      const back = chance.pick(old);
      office.restore(back);
      // Nobody promises anything by a copy taken after the one that was put back.
      isRestored = true;
      say(`the office is put back by ${Math.round((clock.now - back.at) / 1000)} s`);
      count("restore");
      return null;
    },
    async grant() {
      const [{ casefile, title }, { id, name }] = [chance.pick(families), chance.pick(people)];
      if (!office.state.casefiles.has(casefile)) return null;
      office.grant(casefile, id);
      say(`${name} is given ${title}`);
      count("grant");
      return null;
    },
    async end() {
      const { id, name } = chance.pick(people);
      const some = chance.oneIn(3) ? families : [chance.pick(families)];
      for (const { casefile } of some) office.end(casefile, id);
      say(`${name} loses ${some.map(({ title }) => title).join(", ")}`);
      count("removal");
      return null;
    },
    async "desk writes"() {
      const { casefile } = chance.pick(families);
      if (!office.state.casefiles.has(casefile)) return null;
      const { id, name } = chance.pick(people);
      const entries = office.state.casefiles.get(casefile).entries.filter(({ header }) => header.kind === "contact");
      if (entries.length > 0 && chance.oneIn(2)) {
        const { id: seen, header } = chance.pick(entries);
        const fields = { decision: "signed_off", covers: [seen], comments: [], text: "" };
        office.write(id, { kind: "review", schema: "review.1", casefile, record: header.record, parents: [seen], fields });
      } else office.write(id, { kind: "contact", schema: "contact.1", casefile, fields: { line: "from the desk" } });
      say(`${name} writes at the desk`);
      return null;
    },
    async "new family"() {
      if (families.length > 9) return null;
      const { id, name } = chance.pick(people);
      families.push(
        office.openFamily(
          id,
          `Family ${families.length}`,
          people.map((one) => one.id),
        ),
      );
      say(`${name} opens a family at the desk`);
      return null;
    },
    async rotate() {
      say("the office has a new key to seal to");
      count("key rotation");
      office.rotate();
      return null;
    },
    async device() {
      const [, { id, status }] = chance.pick([...office.state.devices]);
      if (status === "cloned") return null;
      office.setDevice(id, status === "ok" ? "lost" : "ok");
      if (!isMild && slack.oneIn(2)) for (const phone of phones) hangs(phone, "delete");
      say(`a phone is called ${status === "ok" ? "lost" : "found"}`);
      count("lost phone");
      return null;
    },
    async transfer() {
      const [{ casefile, title }, next] = [chance.pick(families), chance.pick(people)];
      if (!office.state.casefiles.has(casefile)) return null;
      for (const { id } of people) if (id !== next.id) office.end(casefile, id);
      office.grant(casefile, next.id);
      say(`${title} goes to ${next.name} alone`);
      count("transfer");
      return null;
    },
    async race() {
      const tab = chance.pick(unlocked());
      const family = chance.pick(families);
      const begun = write(tab, "contact", family);
      await clock.run(chance.pick([1, 150, 250, 1_000]), () => failure !== null);
      office.end(family.casefile, tab.who?.id ?? chance.pick(people).id);
      say(`${family.title} is taken away while it is sent`);
      count("removal in a push");
      return begun;
    },
    async clone() {
      if (phones.length > setting.phones.length) return null;
      const phone = chance.pick(phones);
      for (const tab of [...phone.tabs]) tab.kill();
      const { name, cookie, people: owners } = phone;
      const other = makePhone(world, `${name} again`, { databases: phone.disk.databases(), cookie, people: [...owners] });
      phones.push(Object.assign(other, { taps: [], former: [], isCleared: phone.isCleared }));
      for (const one of missed) if (one.disk === phone.disk) missed.push({ ...one, phone: other, disk: other.disk });
      say(`${name} is copied whole to another phone`);
      count("cloned phone");
      return null;
    },
    async clear() {
      const phone = chance.pick(phones);
      for (const tab of [...phone.tabs]) tab.kill();
      const held = phone.disk.look("outbox", "items");
      const elsewhere = new Set(
        phones.filter((one) => one !== phone).flatMap((one) => [...one.disk.look("outbox", "items").keys()]),
      );
      // Not covered by any promise: the storage went, and what the office may yet forget with it.
      for (const id of held.keys()) if (!elsewhere.has(id)) saved.delete(id);
      const device = [...office.state.devices.values()].find(({ token }) => token === phone.cookie);
      if (device) office.ever.cleared.add(device.id);
      phone.clear();
      phone.former = [];
      const { name } = phone;
      say(`${name}: the storage is cleared, with ${held.size} in the outbox`);
      count("cleared phone");
      if (chance.oneIn(3)) return null;
      Object.assign(phone, { air: { fine: 1 }, latency: 20 });
      await setUpAgain(phone).catch((error) => say(`${name} is not set up again: ${error.message}`));
      return null;
    },
    async mistake() {
      const times = chance.pick([1, 1, 1, 2, 3]);
      office.takeAwayByMistake(times);
      say(`the office takes everything away by mistake, in ${times} answers`);
      count("mistaken removal");
      return null;
    },
    async "put away"() {
      const rows = unsorted();
      if (rows.length > 0) sort(chance.pick(rows));
      return null;
    },
    async opening() {
      const tab = chance.pick(unlocked());
      const sentence = `s${++sentences}e`;
      count("opening");
      return spawn(`${tab.phone.name} ${tab.who.name} opens a record ${sentence}`, async () => {
        const { slot, casefile } = await tab.ask("draft.begin", { schema: "opening.1" });
        const fields = { about: "family", sort: "main", title: sentence };
        const word = await send(tab, slot, fields, { sentence, casefile, kind: "opening" });
        if (chance.oneIn(2)) families.push({ casefile, child: newChild(), title: sentence });
        return word;
      });
    },
    async time() {
      const ms = Number(chance.weighted({ 50: 3, 2000: 4, 20000: 4, 180000: 2, 900000: 1 }));
      await clock.run(ms, () => failure !== null);
      return null;
    },
    async sleep() {
      const ms = Number(chance.weighted({ [MINUTE]: 3, [HOUR]: 3, [7 * HOUR]: 2, [3 * DAY]: 1 }));
      const isStill = isHarsh(2);
      clock.sleep(ms, isStill);
      say(`${Math.round(ms / MINUTE)} minutes pass in the pocket${isStill ? ", and no timer counts them" : ""}`);
      if (isStill) count("timers stood still");
      await clock.run(1_000, () => failure !== null);
      return null;
    },
  };
  const unsorted = () => [...office.state.quarantine.values()].filter(({ placed_at }) => !placed_at);
  function sort(row) {
    const how = row.away_at ? "back" : chance.pick(["away", "place"]);
    office.sort(row, how);
    say(`at the desk somebody decides on what waits there (${row.reason}): ${how}`);
    count(`desk: ${how}`);
  }
  const needsUnlocked = new Set(["write", "goal", "amend", "draft", "tap", "look", "lock", "race", "opening"]);
  const needsPage = new Set(["second tab", "continue here", "freeze", "kill", "lose connections"]);

  const check = () => {
    if (failure) throw failure;
    if (world.leak) throw new Error(world.leak);
    forgive();
    hold(world, phones, saved);
    holdDrafts(drafts);
    holdRows(world, missed);
  };
  let broken = null;
  const unheard = (error) => {
    failure ??= new Broken(`a promise nobody waits for was broken: ${error?.code ?? ""} ${error?.stack ?? error}`);
  };
  process.on("unhandledRejection", unheard);
  try {
    for (const phone of phones) {
      const begun = await unlock(phone.start());
      if (!chance.oneIn(4)) await clock.run(MINUTE, () => begun.isDone);
      if (!chance.oneIn(3)) turns(phone);
    }
    const length = chance.between(8, most);
    for (let i = 0; i < length; i++) {
      let step = chance.weighted(STEPS);
      if (record && MODEL_ONLY.has(step)) step = "time";
      if (needsUnlocked.has(step) && unlocked().length === 0) step = "open";
      if (needsPage.has(step) && pages().length === 0) step = "open";
      if (isHarsh(20)) {
        const phone = harsher.pick(phones);
        clock.after(harsher.pick([0, 1, 20, 500]), () => isHealing || dies(phone));
      }
      if (!isMild && loss.oneIn(25)) vanishes(loss.pick(phones));
      if (!isMild && slack.oneIn(15)) hangs(slack.pick(phones));
      if (!isMild && frost.oneIn(15)) clock.after(frost.pick([0, 1, 3, 20, 200]), freezes);
      const begun = await does[step]();
      if (begun) await wait(begun);
      else await clock.run(chance.pick([0, 1, 20]), () => failure !== null);
      check();
    }
    say("— everything heals —");
    isHealing = true;
    await heal();
    check();
    holdAtRest(world, phones, saved, isRestored);
    holdUnsaved(world, phones, unsaved);
    holdQuiet(phones);
  } catch (error) {
    broken = error instanceof Broken ? error.message : `the simulation itself: ${error.stack}`;
  }
  for (const phone of phones) for (const tab of [...phone.tabs]) tab.kill();
  // One turn of the machine's loop: what was broken last is still heard.
  await clock.run(0);
  process.off("unhandledRejection", unheard);
  /** Who may read what when all is over, what their phones hold of it, and what lies in it: for the real office's own tables to say the same. */
  const those = (ask) =>
    Object.fromEntries(
      people.map(({ id }) => [
        id,
        Object.fromEntries(ask(id).map((casefile) => [casefile.id, casefile.entries.map((entry) => entry.id)])),
      ]),
    );
  const may = record && { readable: those(office.readable), carried: those(office.carried) };
  return { seed, steps, faults, saved: saved.size, turns: clock.turns, broken, at: clock.now, may };

  /** Not covered by any promise: a restore lost the key that something was sealed to, and no vault is left in which its author's own copy opens: it vanished, or went with a phone that was called lost. */
  function forgive() {
    if (!isRestored) return;
    const openers = missed.filter(({ isGone }) => isGone);
    for (const phone of phones) {
      const isLost = office.ever.lost.has(phone.disk.look("outbox", "device").get("place"));
      for (const [id, { kid, sealed }] of phone.disk.look("outbox", "items")) {
        if (!saved.has(id) || hasOpener(phone, kid) || office.open(sealed).ready || whereIs(world, phones, saved.get(id)))
          continue;
        if (!isLost && !openers.some(({ row }) => row.kid === kid)) continue;
        saved.delete(id);
        count("key and vault lost");
      }
    }
  }

  function waitingOn(phone) {
    return [...phone.disk.look("outbox", "items")].filter(([, { state }]) => state === "waiting").map(([id]) => id);
  }

  /** Fair weather, a store that works, an office that is there; then every person unlocks every phone of theirs, and all is sent and read. */
  async function heal() {
    office.heal();
    office.takeAwayByMistake(0);
    for (const { id, status } of office.state.devices.values()) if (status === "lost") office.setDevice(id, "ok");
    for (const phone of phones) {
      for (const kind of Object.keys(phone.disk.fate)) phone.disk.fate[kind] = () => null;
      letGo(phone.name, phone.disk);
      if (!isMild) {
        await sendsBesideFrozen(phone);
        Object.assign(phone, { air: { fine: 1 }, latency: 20 });
        for (const tab of phone.tabs) inFront(tab);
        for (const tab of phone.tabs) await isAtHand(tab);
      }
      for (const tab of [...phone.tabs]) tab.kill();
      phone.air = { fine: 1 };
      phone.latency = 20;
    }
    await clock.run(1_000);
    // A phone that was called lost says that it dropped everything as soon as it is opened: before that nobody can tell its copy anything.
    for (const phone of phones) await opened(phone);
    for (const phone of phones) await staysLocked(phone);
    if (!record) for (const phone of phones) await setUpAgain(phone);
    // And one whose copy was, just now, in its place: it fetches nothing, and gives a restored office nothing back.
    if (!record && !isMild) for (const phone of phones) await setUpAgain(phone);
    const until = clock.now + HEALS_WITHIN;
    // What the office could not open is sealed again at the next unlocking, when its new keys are here.
    const isCurable = ({ state, answer }) => state === "sorting" && CURABLE.has(answer?.result.code);
    const itemsOf = (phone) => [...phone.disk.look("outbox", "items").values()];
    let unlocked = 0;
    for (let round = 0; round < 40; round++) {
      for (const phone of phones) {
        const sends = async (tab) => void (await must(tab, "sync"));
        if (itemsOf(phone).length > 0) await visit(phone, sends);
        // What was written before a phone was set up anew, and sealed to a key that a restore lost, only its own words open: they still do.
        if (itemsOf(phone).some(isCurable)) await visit(phone, sends, phone.former);
      }
      check();
      const open = phones.flatMap((phone) =>
        itemsOf(phone).flatMap(({ next_at }) => (next_at === undefined ? [] : [Math.max(1_000, next_at - phone.now())])),
      );
      // Counted from when nothing waits any more: what was put off the longest is the last of which the office says that it cannot open it.
      if (open.length === 0 && (unlocked++ >= 2 || !phones.some((phone) => itemsOf(phone).some(isCurable)))) break;
      const next = Math.min(HOUR, ...open);
      if (clock.now + next > until) break;
      clock.sleep(next);
    }
    // What a phone sent that was turned off since is there by now: nothing comes between what is fetched next and what is looked at then.
    await clock.run(ON_ITS_WAY);
    if (!record) for (const row of unsorted()) if (!chance.oneIn(3)) sort(row);
    holdAtRest(world, phones, saved, isRestored);
    // What one phone sent last, the others have yet to fetch.
    for (const phone of phones) {
      // Once its person has unlocked the other again, that one may say what it dropped.
      if (!record) await setUpAgain(phone);
      await visit(phone, async (tab, person) => {
        await must(tab, "sync");
        if ([...office.state.devices.values()].some(({ token, status }) => token === phone.cookie && status !== "ok")) return;

        holdView(world, phone, person, await viewOf(tab), { saved, isRestored, before: setting.records });
        await readDrafts(tab, person);
      });
    }
  }

  /** A page that was frozen keeps its locks, and nobody from sending: another that is opened beside it sends all that is due. Frozen inside a transaction it holds up the store, for all. */
  async function sendsBesideFrozen(phone) {
    if (![...phone.tabs].some((tab) => tab.isStill()) || !phone.disk.isQuiet()) return;
    for (const tab of [...phone.tabs]) if (!tab.isStill()) tab.kill();
    Object.assign(phone, { air: { fine: 1 }, latency: 20 });
    await clock.run(MINUTE);
    if (!phone.disk.isQuiet()) return;
    count("sent beside a frozen tab");
    const tab = phone.start();
    phone.taps.push(clock.now);
    await must(tab, "status");
    await must(tab, "sync");
    await clock.run(MINUTE);
    // A phone that a restored office does not know any more gets its token anew by what only its unlocked person can show.
    if (tab.news.outbox?.reach === "unknown_device") return;
    const isLate = ([, { state, next_at }]) => state === "waiting" && next_at < phone.now() - MINUTE;
    const late = [...phone.disk.look("outbox", "items")].filter(isLate);
    if (late.length > 0) throw new Broken(`${phone.name} has a frozen tab, and another sends nothing: ${late.length} wait`);
  }

  /** Whatever became of its store before, a page that is asked twice reads the outbox and the vault again, and comes to the end of sending: nobody has to begin it anew. */
  async function isAtHand(tab) {
    if (tab.kind !== "page" || tab.isFrozen) return;
    for (const ask of ["status", "pin"]) {
      const codes = [];
      const asks = () =>
        tab.ask(ask).then(
          () => codes.push("fine"),
          ({ code }) => codes.push(code),
        );
      asks().then(asks);
      await clock.run(MINUTE, () => codes.length === 2);
      if (/^store/.test(codes[1]))
        throw new Broken(`a page of ${tab.phone.name} is not told ${ask}, with a store that works: ${codes}`);
    }
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    tab.phone.taps.push(clock.now);
    tab.ask("sync").then(over, over);
    await clock.run(ROUNDS_END, () => isOver || tab.isDead);
    if (!isOver && !tab.isDead) throw new Broken(`a page of ${tab.phone.name} never comes to the end of sending`);
  }

  /** Without a word of the office's, whose vault is not there stays on the phone, is told so, and is not said to have left. */
  async function staysLocked(phone) {
    const mine = missed.filter((one) => one.isGone && one.disk === phone.disk && isUntold(world, one));
    if (mine.length === 0) return;
    const tab = phone.start();
    const { state, people: known, parted } = await must(tab, "status");
    for (const { vault } of mine) {
      if (state !== "locked" || parted || !known.some((one) => one.vault === vault))
        throw new Broken(`${phone.name} is ${state} and says ${parted} has left, because a vault was not there`);
      let code;
      const { words } = phone.people.find((one) => one.vault === vault);
      tab.ask("unlock", { vault, words }).then(
        () => {
          code = "opened";
        },
        (error) => {
          code = error.code;
        },
      );
      await clock.run(MINUTE, () => code !== undefined);
      if (code !== "vault_unreadable") throw new Broken(`${phone.name} says ${code} of a vault that is not there`);
    }
    tab.kill();
  }

  /** Whose storage was cleared, or who learnt that there are two of this phone, sets it up anew, as another signer. */
  async function setUpAgain(phone) {
    const device = [...office.state.devices.values()].find(({ token }) => token === phone.cookie);
    // Called lost, it dropped what was on it, whoever found it afterwards; a store that failed then may still name who it was.
    const isGone = ({ vault }) => !phone.disk.look("outbox", "people").has(vault) || !phone.disk.hasVault(vault);
    const isMissed = ({ vault }) => missed.some((one) => one.isGone && one.disk === phone.disk && one.vault === vault);
    const isDropped = (one) => isGone(one) && !(isMissed(one) && phone.disk.look("outbox", "people").has(one.vault));
    if (
      !phone.isCleared &&
      phone.people.some(isDropped) &&
      !office.ever.lost.has(phone.disk.look("outbox", "device").get("place"))
    )
      throw new Broken(`${phone.name} dropped what could be read, and nobody called it lost`);
    // A copy of a phone that has dropped everything is told nothing any more.
    const kidOf = ({ vault }) => phone.disk.look("outbox", "people").get(vault)?.kid;
    // Nor is one whose other was set up anew in its place.
    const ends = isMild ? ["dropped"] : ["dropped", "replaced"];
    const isEnded = (one) => ends.includes(office.state.signers.get(kidOf(one))?.end_reason);
    if (!phone.isCleared && device?.status === "ok" && !phone.people.some(isGone) && !phone.people.some(isEnded)) return;
    const tab = phone.start();
    phone.taps.push(clock.now, clock.now);
    for (const one of [...phone.people]) {
      // Who was set up again before it failed for the next person is not once more, unless a restore lost that: nobody would unlock what they wrote in between.
      if (phone.isCleared && !isGone(one) && office.state.signers.has(kidOf(one))) continue;
      const { offered_words } = await must(tab, "setup.start", { email: one.person.email, password: "correct", code: "123456" });
      const words = offered_words.join(" ");
      const before = new Set((await must(tab, "status")).people.map(({ vault }) => vault));
      // Beside somebody whose vault vanished, whoever has theirs stays.
      if (
        device?.status === "ok" &&
        phone.people.some(isMissed) &&
        !phone.people.some(isDropped) &&
        !isGone(one) &&
        !isEnded(one)
      )
        continue;
      // Who still stands on the phone is asked for by name, and what they sent before is theirs.
      const isNamed = !isMild && phone.disk.look("outbox", "people").has(one.vault);
      const replaces = isDropped(one) && !isNamed ? undefined : one.vault;
      if (!isGone(one)) phone.former.push(one);
      await must(tab, "setup.finish", { words, label: one.person.name, replaces });
      const { vault } = (await must(tab, "status")).people.find((made) => !before.has(made.vault));
      phone.people.splice(phone.people.indexOf(one), 1, { person: one.person, words, vault });
      await must(tab, "sync");
      await must(tab, "lock");
      await clock.run(500);
    }
    phone.isCleared = false;
    tab.kill();
  }

  async function opened(phone) {
    const tab = phone.start();
    phone.taps.push(clock.now);
    await must(tab, "sync");
    await clock.run(500);
    tab.kill();
  }

  async function visit(phone, does, people = phone.people) {
    const tab = phone.start();
    phone.taps.push(clock.now);
    for (const { person, words, vault } of people) {
      await must(tab, "unlock", { vault, words });
      phone.taps.push(clock.now, clock.now);
      for (let i = 0; !(await must(tab, "caseload")).complete; i++) {
        if (i > 50) throw new Broken(`${phone.name} never completes its caseload`);
        await clock.run(100);
      }
      await does(tab, person);
      await must(tab, "lock");
      await clock.run(500);
    }
    tab.kill();
  }

  /** Whoever has not set up anew since reads every draft of theirs as it was kept. */
  async function readDrafts(tab, person) {
    const { phone } = tab;
    const { vault } = phone.people.find((one) => one.person === person);
    const kid = phone.disk.look("outbox", "people").get(vault)?.kid;
    for (const [slot, draft] of drafts) {
      if (draft.disk !== phone.disk || draft.kid !== kid) continue;
      const { fields } = await must(tab, "draft.open", { slot });
      if (fields.line !== "half a") throw new Broken(`${person.name} reads another draft than was kept on ${phone.name}`);
    }
  }

  async function must(tab, ask, given) {
    let told;
    tab.ask(ask, given).then(
      (answer) => {
        told = { answer };
      },
      (error) => {
        told = { error };
      },
    );
    await clock.run(5 * MINUTE, () => told !== undefined || failure !== null);
    if (failure) throw failure;
    if (!told) throw new Broken(`${tab.phone.name} never answers ${ask}, in fair weather`);
    if (told.error)
      throw new Broken(`${tab.phone.name} refuses ${ask} in fair weather: ${told.error.code} ${told.error.reason ?? ""}`);
    return told.answer;
  }

  async function viewOf(tab) {
    const listed = await must(tab, "caseload");
    const records = new Map();
    const shown = [];
    for (const { casefile } of listed.families) {
      const { records: briefs } = await must(tab, "family", { casefile });
      shown.push(casefile);
      // What was there before is the same in every schedule.
      for (const { record } of briefs)
        if (!setting.records.has(record)) records.set(record, await must(tab, "record", { record }));
    }
    return { families: shown, records };
  }
}

/** Somebody in a family that was opened on a phone. */
const newChild = () => Buffer.from("somebody new____").toString("base64url").slice(0, 21).concat("A");
/** A list item's id, made of the sentence. */
const addition = (sentence) => Buffer.from(sentence.padEnd(16, "_")).toString("base64url").slice(0, 21).concat("A");
