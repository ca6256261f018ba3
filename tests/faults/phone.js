/**
 * Phones: storage that stays, tabs and service workers that come and go, each with the real core inside. A tab that is killed does nothing more, whatever its code
 * was waiting for.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { makeDisk } from "./disk.js";
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
      } else if (now) {
        await now.ended;
        return owner.isDead ? never() : this.request(owner, name, {}, work);
      }
      const mine = { owner };
      mine.ended = new Promise((resolve) => {
        mine.end = resolve;
      });
      const stolen = new Promise((_, reject) => {
        mine.steal = () => clock.after(0, () => !owner.isDead && reject(new DOMException("stolen", "AbortError")));
      });
      held.set(name, mine);
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
      const core = open(port, tab.outside);
      tab.end = core.end;
      /** Asks the core, and never hears of it when the tab dies. */
      tab.ask = (ask, given) =>
        tab.isDead
          ? never()
          : new Promise((resolve, reject) => {
              last += 1;
              asked.set(last, { resolve, reject });
              port.onmessage({ data: structuredClone({ id: last, ask, with: given }) });
            });
      return tab;
    },

    /** The browser wakes the service worker. It is ended when it is done, or killed before that. */
    wake() {
      const tab = makeTab(world, phone, "worker");
      count("service worker");
      sendInBackground(tab.outside).then(
        () => tab.kill(),
        () => tab.kill(),
      );
      return tab;
    },
  };
  return phone;
}

function makeTab(world, phone, kind) {
  const { clock, chance, office, count, random, stranger } = world;
  const tab = {
    kind,
    phone,
    isDead: false,
    isFrozen: false,
    /** Who is unlocked here, as far as the one who taps knows. */
    who: null,
    connections: new Set(),
    held: [],
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
    /** The system stops a tab in the background: no timer of its runs until it is thawed. */
    freeze() {
      tab.isFrozen = true;
    },
    thaw() {
      tab.isFrozen = false;
      for (const run of tab.held.splice(0)) clock.after(0, run);
    },
  };
  phone.tabs.add(tab);
  const whenAlive = (run) => () => {
    if (tab.isDead) return;
    if (tab.isFrozen) tab.held.push(run);
    else run();
  };
  const made = createOutside({
    indexedDB: phone.disk.openFor(tab),
    locks: { request: (name, how, work) => (tab.isDead ? never() : phone.locks.request(tab, name, how, work)) },
    fetch: makeFetch({ clock, chance, office, device: phone, tab, count, stranger }),
    storage: {
      persisted: async () => true,
      estimate: async () => ({ usage: 1, quota: 2 }),
    },
    now: phone.now,
    setTimeout: (run, ms) => clock.after(ms, whenAlive(run), true),
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
        if (other !== tab) clock.after(1, () => !other.isDead && other.channel?.onmessage?.({ data }));
    },
  };
  tab.channel = channel;
  return channel;
}
