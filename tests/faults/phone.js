/**
 * Phones: storage that stays, tabs and service workers that come and go, each with the real core inside. A tab that is killed does nothing more, whatever its code
 * was waiting for.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { makeDisk } from "./disk.js";
import { running } from "./subtle.js";
import { makeFetch } from "./weather.js";

const { open } = await import("../../static/src/core/index.js");
const { createOutside } = await import("../../static/src/core/outside.js");
const { sendInBackground } = await import("../../static/src/core/background.js");
const { Malformed } = await import("../../static/src/sync/errors.js");
const { INFLATE_LIMIT } = await import("../../static/src/sync/wire.js");

const never = () => new Promise(() => undefined);

/** Locks as browsers have them, for all tabs of one phone. */
function makeLocks(clock) {
  const held = new Map();
  return {
    letGo(owner) {
      for (const [name, one] of held)
        if (one.owner === owner) {
          held.delete(name);
          one.end();
        }
    },
    async request(owner, name, { ifAvailable = false, steal = false }, work) {
      const now = held.get(name);
      if (now && ifAvailable && !steal) return work(null);
      if (now && steal) {
        held.delete(name);
        now.steal();
        // Whoever waits in line does not wait for a frozen tab to hear of it.
        if (now.owner.isStill()) now.end();
      } else if (now) {
        await now.ended;
        return owner.isDead ? never() : this.request(owner, name, {}, work);
      }
      const mine = { owner };
      mine.ended = new Promise((resolve) => {
        mine.end = resolve;
      });
      const stolen = new Promise((_, reject) => {
        const rejects = () => !owner.isDead && reject(new DOMException("stolen", "AbortError"));
        mine.steal = () => clock.after(0, () => owner.deliver(mine, rejects));
      });
      held.set(name, mine);
      // A frozen tab is given what it waited for, and knows nothing of it.
      if (owner.isStill()) await new Promise((resolve) => owner.deliver(mine, resolve));
      try {
        return await Promise.race([work({ name }), stolen]);
      } finally {
        if (held.get(name) === mine) held.delete(name);
        mine.end();
      }
    },
  };
}

/** @param world {clock, chance, office, count, random} @param kept {disk's databases, cookie, people} of an earlier one */
export function makePhone(world, name, kept = {}) {
  const { clock, count } = world;
  const requests = [];
  const phone = {
    name,
    disk: makeDisk(kept.databases),
    cookie: kept.cookie ?? "",
    /** Who set this phone up: {person, words, vault}. */
    people: kept.people ?? [],
    locks: makeLocks(clock),
    tabs: new Set(),
    /** How far this phone's clock is off. */
    skew: 0,
    latency: 300,
    air: { fine: 1 },
    /** When it asked for what; the busiest minute is held against a limit. */
    requests,
    asked(path, kind) {
      requests.push({ at: clock.now, path, kind });
    },
    now: () => clock.now + phone.skew,
    /** Somebody clears what the browser keeps, or the system does. The cookie goes with it. */
    clear() {
      Object.assign(phone, { disk: makeDisk(), cookie: "", keysetN: 0, isCleared: true });
    },

    /** Starts the app as a page does. */
    start() {
      const tab = makeTab(world, phone, "page");
      const asked = new Map();
      let last = 0;
      const port = {
        onmessage: null,
        postMessage(message) {
          if (tab.isDead) return;
          const { id, answer, error, news, value } = message;
          if (id === undefined) return tab.hear(news, value);
          const { resolve, reject } = asked.get(id);
          asked.delete(id);
          if (error) reject(Object.assign(new Error(error.code), error));
          else resolve(structuredClone(answer));
        },
      };
      const core = running.run(tab, () => open(port, tab.outside));
      tab.end = core.end;
      /** Asks the core, and never hears of it when the tab dies. */
      tab.ask = (ask, given) =>
        tab.isDead
          ? never()
          : new Promise((resolve, reject) => {
              last += 1;
              asked.set(last, { resolve, reject });
              const data = structuredClone({ id: last, ask, with: given });
              tab.deliver(port, () => port.onmessage({ data }));
            });
      return tab;
    },

    /** The browser wakes the service worker. It is ended when it is done, or killed before that. */
    wake() {
      const tab = makeTab(world, phone, "worker");
      count("service worker");
      running
        .run(tab, () => sendInBackground(tab.outside))
        .then(
          () => tab.kill(),
          () => tab.kill(),
        );
      return tab;
    },
  };
  return phone;
}

function makeTab(world, phone, kind) {
  const { clock, chance, office, count, random, stranger, isMild, frost } = world;
  const tab = {
    kind,
    phone,
    isDead: false,
    isFrozen: false,
    /** Who is unlocked here, as far as the one who taps knows. */
    who: null,
    connections: new Set(),
    /** Of each entry that was written here: whether anybody heard how that ended, and whether the last look for it had an answer. */
    told: new Map(),
    held: [],
    memory: isMild ? null : new Map(),
    news: {},
    end: () => undefined,
    hear(news, value) {
      tab.news[news] = value;
    },
    /** Ends as a killed process does: nothing is flushed, and what was not committed never was. */
    kill() {
      if (tab.isDead) return;
      tab.isDead = true;
      tab.end();
      phone.tabs.delete(tab);
      phone.disk.leave(tab, () => chance.oneIn(2));
      phone.locks.letGo(tab);
    },
    /** The system stops a tab in the background: it hears of nothing until it is thawed, and keeps every lock and transaction that it has. In mild schedules only its timers stand still. */
    freeze() {
      tab.isFrozen = true;
    },
    isStill: () => tab.isFrozen && !tab.isDead && !isMild,
    /** Whoever is frozen asks for nothing: else it was told something that it should not have heard, and the simulation is wrong. */
    goesOut(what) {
      if (tab.isStill()) world.leak ??= `a frozen tab of ${phone.name} asks for ${what}`;
    },
    /** Lets a tab hear of something, now or when it is thawed. */
    deliver(source, run) {
      if (tab.isStill()) tab.held.push({ source, run });
      else running.run(tab, run);
    },
    /** What came meanwhile comes in any order, except that of one source, which keeps its own. */
    thaw() {
      tab.isFrozen = false;
      const queues = new Map();
      const held = tab.held.splice(0);
      if (isMild) return held.forEach(({ run }) => void clock.after(0, run));
      for (const { source, run } of held) queues.set(source, [...(queues.get(source) ?? []), run]);
      while (queues.size > 0) {
        const source = frost.pick([...queues.keys()]);
        const [run, ...rest] = queues.get(source);
        if (rest.length > 0) queues.set(source, rest);
        else queues.delete(source);
        clock.after(0, () => tab.isDead || tab.deliver(source, run));
      }
    },
  };
  phone.tabs.add(tab);
  const whenAlive = (run) => () => {
    if (tab.isDead) return;
    if (tab.isFrozen) tab.held.push({ source: tab, run });
    else running.run(tab, run);
  };
  const made = createOutside({
    indexedDB: phone.disk.openFor(tab),
    locks: {
      request(name, how, work) {
        tab.goesOut(`the lock ${name}`);
        return tab.isDead ? never() : phone.locks.request(tab, name, how, work);
      },
    },
    fetch: makeFetch({ clock, chance, office, device: phone, tab, count, stranger }),
    storage: {
      persisted: async () => true,
      estimate: async () => ({ usage: 1, quota: 2 }),
    },
    now: phone.now,
    setTimeout(run, ms) {
      tab.goesOut("a timer");
      let isCleared = false;
      const takeBack = clock.after(
        ms,
        whenAlive(() => (isCleared && !isMild) || run()),
        true,
      );
      return () => {
        isCleared = true;
        takeBack();
      };
    },
    clearTimeout: (takeBack) => takeBack(),
    random,
    zone: "Europe/London",
    build: "faults",
    channel: makeChannel(clock, phone, tab),
    unlockCost: { m: 19 * 1024, t: 2 },
    origin: "",
  });
  tab.outside = Object.assign(made, {
    deflate: async (bytes) => new Uint8Array(deflateRawSync(bytes)),
    async inflate(bytes) {
      try {
        return new Uint8Array(inflateRawSync(bytes, { maxOutputLength: INFLATE_LIMIT }));
      } catch {
        throw new Malformed("inflate");
      }
    },
  });
  return tab;
}

function makeChannel(clock, phone, tab) {
  const channel = {
    onmessage: null,
    postMessage(data) {
      for (const other of phone.tabs)
        if (other !== tab)
          clock.after(1, () => other.isDead || other.deliver(channel, () => other.channel?.onmessage?.({ data })));
    },
  };
  tab.channel = channel;
  return channel;
}
