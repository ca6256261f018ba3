/** What a screen may ask of the core, over one message port, and what the core tells unasked. Each ask is a line; the work is elsewhere. */
import { score } from "../practice/scoring.js";
import { FieldappError, Refused, StoreFailed } from "../sync/errors.js";
import { layWaiting } from "../sync/wire.js";
import { LIES } from "./briefs.js";
import { greetLocked, leave } from "./leaving.js";
import { layPen, notesOf, writeNote } from "./notes.js";
import { openOutbox } from "./outbox.js";
import { createOutside } from "./outside.js";
import { asMeasure, goalsOf, resultsOf } from "./progress.js";
import { noteRead, renew } from "./pull.js";
import { endTurn, exchange, keepUnjudged, push } from "./push.js";
import { pullAndGiveBack } from "./restores.js";
import { judge, sealAgain, settle } from "./settle.js";
import { begin, challenge, changeWords, drawWords, fill, finish, openSession, wordList } from "./unlock.js";
import { passkeyOf } from "./vault.js";

/** @typedef {import("./unlock.js").Session} Session */
/** @typedef {{id: number, ask: string, with?: any}} Request */
/** @typedef {{postMessage: (message: unknown) => void, onmessage: ((event: any) => void) | null}} Port */

const LOCK = "fieldapp writer";
const BEAT_MS = 5_000;
/** How often a tab without the place looks whether the other stirs, and how often it must have found nothing new. */
const LOOK_MS = 2 * BEAT_MS;
const STILL_LOOKS = 5;
/** While somebody else sends, who says so when it is done. */
const BUSY_MS = 30_000;
/** A breath after saving, so that several notes in a row go together and none waits for another's sending. */
const AFTER_SAVE_MS = 200;
const TELL_AFTER_MS = 50;
const DETAILED = 100;
/** The oldest that are told one by one; `waiting` counts them all. */
const LISTED = 200;
/** What the office says of a phone, or of one person's use of it, that must hold nothing any more. */
const GONE = new Set(["lost", "ended"]);
const PULL_EVERY_MS = 300_000;
/** For so long a phone that somebody may not use any more says whose. */
const PARTED_SAID_MS = 30 * 86_400_000;
/** However long the office asked for patience, or an item has failed: so often everything that waits is tried. */
const TRY_ALL_EVERY_MS = 3_600_000;

/**
 * Opens a core on a port: `{id, ask, with}` is answered by `{id, answer}` or `{id, error: {code, …}}`; `{news, value}` comes unasked.
 * @param {Port} port @param {import("./outside.js").Outside} [outside]
 */
export function open(port, outside = createOutside()) {
  /** @type {Session | null} */
  let session = null;
  /** The same, once its unsent entries are in memory: sending settles nothing before that. @type {Session | null} */
  let filled = null;
  let filling = { first: Promise.resolve(), whole: Promise.resolve() };
  /** @type {import("./unlock.js").Pending | null} */
  let pending = null;
  /** The office's list, while its person changes their words. @type {string[]} */
  let listed = [];
  /** @type {Promise<import("./outbox.js").Outbox> | null} */
  let opening = null;
  let isSecond = false;
  /** Whether this tab became the writer in place of one that may still run. */
  let hasTaken = false;
  let sending = false;
  /** Whether somebody else was sending when this tab last wanted to. */
  let isBusy = false;
  let reach = /** @type {import("./push.js").Reach} */ ("ok");
  let fetching = "ok";
  /** @type {Promise<void> | null} */
  let running = null;
  let runAgain = false;
  /** @type {(() => void) | null} */
  let untimed = null;
  let timedFor = 0;
  let lastPull = 0;
  /** When fetching was last tried although sending had failed, or because it had not. */
  let lastTried = 0;
  let triedAll = outside.now();
  /** Rounds in a row that failed; no signal is no failure. */
  let failures = 0;
  let isEnded = false;
  let isTelling = false;
  /** @type {(() => Promise<void>)[]} */
  const afterAnswer = [];
  let tidied = Promise.resolve();

  const tell = (/** @type {string} */ news, /** @type {unknown} */ value) => port.postMessage({ news, value });
  const tellFailed = (/** @type {any} */ error) =>
    tell("office", {
      status: "store_failed",
      reason: error instanceof FieldappError ? (error.fields.reason ?? error.code) : "unknown",
    });
  const outbox = async () => {
    opening ??= openOutbox(outside).catch((error) => {
      opening = null;
      throw error;
    });
    const box = await opening;
    // Another tab writes, or one whose place was taken and that has not ended what it had begun.
    if (isSecond || hasTaken) box.reread();
    return box;
  };
  /** Forgets what is believed of the store, if it is open: somebody else has written to it. */
  const reread = () => {
    opening?.then(
      (box) => box.reread(),
      () => undefined,
    );
  };
  const unlocked = () => {
    if (isSecond) throw new Refused("second_tab");
    if (!session) throw new Refused("locked");
    return session;
  };

  /** The session, once what lies unsent is in memory: what is asked about a single record must know of it. */
  const atHand = async () => {
    unlocked();
    await filling.first;
    return unlocked();
  };
  /** The session, once every brief is in memory. */
  const complete = async () => {
    const { caseload } = unlocked();
    await filling.whole.catch(() => caseload.loadAll());
    return unlocked();
  };

  // ── one writer among tabs ──

  /** @param {{ifAvailable?: boolean, steal?: boolean}} how @returns {Promise<boolean>} whether this tab is the writer */
  const claim = (how) =>
    new Promise((resolve) => {
      outside
        .hold(LOCK, how, async (held) => {
          isSecond = !held;
          hasTaken ||= how.steal === true;
          // Before anything here begins to send.
          if (how.steal) await endTurn(outside);
          resolve(held);
          if (!held) return;
          // Whoever wrote before knew better what is there.
          reread();
          await beat();
          await new Promise(() => undefined);
        })
        .catch(() => {
          // Another tab took over: whatever is on screen there is newer than what is here.
          isSecond = true;
          session?.vault.close();
          session = filled = null;
          tell("second_tab", { second_tab: true });
          resolve(false);
        });
    });
  const beat = async () => {
    if (isSecond || isEnded) return;
    await outbox()
      .then((box) => box.keepFact("heartbeat", outside.now()))
      .catch(() => undefined);
    outside.after(BEAT_MS, beat);
  };
  const first = (async () => {
    if (await claim({ ifAvailable: true })) return;
    // A frozen tab keeps its lock for ever; one that has not stirred for half a minute gives way.
    const isStill = await outbox()
      .then((box) => box.isStill())
      .catch(() => false);
    if (isStill) await claim({ steal: true });
    else {
      tell("second_tab", { second_tab: true });
      watch(undefined, 0);
    }
  })();

  /**
   * Looks again and again whether the tab that has the place stirs, and takes it when it has not for a while. By the clock alone a frozen one can look alive: somebody set it
   * between two looks. A phone that wakes lets this tab look once before the other has stirred; that is not yet a while.
   * @param {number | undefined} seen @param {number} looks how often that was seen
   */
  function watch(seen, looks) {
    outside.after(LOOK_MS, async () => {
      if (!isSecond || isEnded) return;
      const at = await outbox()
        .then((box) => box.fact("heartbeat"))
        .catch(() => undefined);
      const again = at !== undefined && at === seen ? looks + 1 : 1;
      if (again < STILL_LOOKS) return watch(at, again);
      if (!(await claim({ steal: true }))) return;
      tell("second_tab", false);
      return run(true);
    });
  }

  // ── sending and receiving ──

  /** Runs one round of sending and receiving; a request that comes meanwhile is met by one more round. @param {boolean} atOnce */
  function run(atOnce) {
    if (isSecond || isEnded) return Promise.resolve();
    if (running) {
      runAgain ||= atOnce;
      return running;
    }
    running = round(atOnce)
      .then(
        () => {
          failures = 0;
        },
        (error) => {
          failures++;
          tellFailed(error);
        },
      )
      .finally(() => {
        running = null;
        if (runAgain) {
          runAgain = false;
          return run(true);
        }
        return schedule();
      });
    return running;
  }

  /** @param {boolean} atOnce */
  async function round(atOnce) {
    const box = await outbox();
    const now = filled;
    // What cannot be judged holds up no sending.
    if (now) await settle(now).catch(tellFailed);
    const isLate = Math.abs(outside.now() - triedAll) > TRY_ALL_EVERY_MS;
    if (isLate) triedAll = outside.now();
    const send = async (/** @type {boolean} */ isAsked) =>
      isSecond
        ? "busy"
        : push(outside, box, {
            atOnce: isAsked || isLate,
            most: isLate ? 0 : undefined,
            take: async (rows) => {
              if (!filled) await keepUnjudged(box, rows);
              else
                await judge(filled, rows).catch(async (error) => {
                  await keepUnjudged(box, rows);
                  throw error;
                });
              tellOutboxOnce();
            },
            // Told at once: a push may hang for as long as the line is bad, and so may the fetching after it.
            signal: (is) => {
              sending = is;
              tellOutboxOnce();
            },
          });
    let told = await send(atOnce);
    // The browser dropped this phone's device token: whoever is unlocked can ask for another.
    const isRenewed = told === "unknown_device" && now !== null && (await renew(now).catch(() => null));
    if (isRenewed) told = await send(true);
    if (told === "unknown_device") fetching = "device";
    isBusy = told === "busy";
    if (told !== "busy") reach = told;
    let isPulled = false;
    const isFetching = isTimeToFetch(atOnce);
    if (now && isFetching) {
      try {
        // How far each casefile is known is certain only when all of them have been read.
        await filling.whole.catch(() => undefined);
        await pullAndGiveBack(now);
        fetching = "ok";
        isPulled = true;
      } catch (error) {
        if (error instanceof StoreFailed) throw error;
        const { code, fields = {} } = /** @type {any} */ (error);
        if (code === "fetching_paused" || code === "update_first") fetching = String(fields.why ?? code);
        // An answer that nobody foresaw is none: neither has fetching been paused, nor has this phone no room.
        else reach = code === "no_signal" ? code : "office_not_answering";
        if (fetching !== "ok") tell("office", { status: fetching, time_offset_ms: now.offset });
        if (GONE.has(fetching) && now === filled) await part(box, now, fields.is_all === true);
      }
      if (now === filled) {
        await settle(now);
        if (isPulled && now.caseload.isComplete()) await now.caseload.tidy().catch(() => undefined);
      }
    }
    if (!session && isFetching) {
      const status = await greetLocked(outside, box);
      if (!session && status && GONE.has(status)) await part(box, null, true);
    }
    await tellOutbox();
  }

  /**
   * Fetching does not wait for sending to get through: what was taken away, and that the phone is lost, must be heard also by a phone whose notes the office
   * refuses. Where nothing comes back at all it is tried seldom, because what waits is sent after it. @param {boolean} atOnce
   */
  function isTimeToFetch(atOnce) {
    const isLong = (/** @type {number} */ since) => Math.abs(outside.now() - since) >= PULL_EVERY_MS;
    const isTime = reach === "ok" ? atOnce || isLong(lastPull) : (atOnce && reach !== "no_signal") || isLong(lastTried);
    if (!isTime) return false;
    lastTried = outside.now();
    if (reach === "unknown_device") return false;
    if (reach === "ok") lastPull = lastTried;
    return true;
  }

  /** Drops what can be read here, because the office said so; the page then begins anew, and sending goes on. @param {import("./outbox.js").Outbox} box @param {Session | null} now @param {boolean} isAll */
  async function part(box, now, isAll) {
    session = filled = null;
    await leave(outside, box, now, isAll);
    runAgain = true;
    tell("parted", {});
  }

  async function schedule() {
    if (isEnded) return;
    const box = await outbox().catch(() => null);
    const next = await box?.nextAt().catch(() => null);
    const line = await box?.fact("line").catch(() => null);
    const wanted = [
      next === null || next === undefined ? Number.POSITIVE_INFINITY : Math.max(next, line?.next_at ?? 0),
      // Locked, too: a phone that was stolen must hear of it.
      session || box ? lastTried + PULL_EVERY_MS : Number.POSITIVE_INFINITY,
    ];
    // A store that fails is asked less and less often; a clock that was wrong makes nobody wait longer than between two fetchings.
    const least = isBusy ? BUSY_MS : Math.min(PULL_EVERY_MS, 1_000 * 2 ** failures);
    const wait = Math.min(...wanted) - outside.now();
    soon(Number.isFinite(wait) ? Math.min(PULL_EVERY_MS, Math.max(least, wait)) : wait);
  }

  /** Has a round run after a while; an earlier one that is already planned stands. @param {number} ms */
  function soon(ms) {
    const at = outside.now() + ms;
    // Timers stand still while a phone sleeps: one whose time has passed may have as long to go as it had before.
    const stands = untimed && timedFor <= at && timedFor >= outside.now();
    if (!Number.isFinite(ms) || isEnded || stands) return;
    untimed?.();
    timedFor = at;
    untimed = outside.after(ms, () => {
      untimed = null;
      void run(false);
    });
  }

  // ── what screens are told about sending ──

  async function outboxNow() {
    const box = await outbox();
    const [lastSent, line, notes] = await Promise.all([box.fact("last_sent"), box.fact("line"), session ? notesOf(session) : []]);
    const { unsettled, records, nameOf } = session?.caseload ?? {};
    // Those that wait first: what is being sorted is safe.
    const told = unsettled ? LIES.flatMap((where) => unsettled.first(LISTED, where)).slice(0, LISTED) : [];
    const written = notes.map(({ slot, written_at, is_sent }) => ({
      id: slot,
      record: slot,
      kind: "locked_note",
      written_at,
      standing: is_sent ? "sorting" : "waiting",
      at: written_at,
    }));
    const items = told.map(({ id, header: { record, casefile, kind, written_at }, lies }) => {
      const title = records?.get(record)?.brief.title ?? "";
      const family = nameOf?.(casefile) ?? "";
      return { id, record, casefile, kind, title, family, written_at, standing: lies ?? "waiting", at: written_at };
    });
    // Each list has those that wait before others, the oldest first.
    const oldest = [written, items].flatMap((all) => all.find((one) => one.standing === "waiting")?.written_at ?? []);
    // Only what was put off is read: it is little, and all else is sent next.
    const late = items.length > 0 ? await box.due(Number.MAX_SAFE_INTEGER, DETAILED, outside.now() + 1) : [];
    const putOff = new Map(
      late.flatMap(([id, { state, attempts, next_at }]) => (state === "waiting" ? [[id, { attempts, next_at }]] : [])),
    );
    return {
      // Counted last: what was saved meanwhile must not be told as sent after its screen has said that it is saved.
      waiting: await box.waiting(),
      is_listed: filled !== null,
      oldest_at: oldest.sort()[0] ?? null,
      sending,
      last_sent_at: lastSent?.at ?? null,
      reach,
      line_next_at: line?.failures > 0 ? line.next_at : null,
      fetching,
      elsewhere: session?.elsewhere,
      items: [...written, ...items].map((one) => ({ attempts: 0, next_at: null, ...one, ...putOff.get(one.id) })),
    };
  }
  const tellOutbox = () => outboxNow().then((value) => tell("outbox", value), tellFailed);

  /** Tells once however many were saved meanwhile: what waits is read from the store, which the next save wants for itself. */
  function tellOutboxOnce() {
    if (isTelling) return;
    isTelling = true;
    outside.after(TELL_AFTER_MS, () => {
      isTelling = false;
      void tellOutbox();
    });
  }

  /** Runs what nobody has to wait for, after an answer; the next ask finds it done. */
  function tidy() {
    if (afterAnswer.length === 0) return;
    tidied = tidied.then(async () => {
      for (const work of afterAnswer.splice(0)) {
        // What was saved is saved; only what lists show of it may lag until the next unlocking.
        await work().catch(tellFailed);
      }
    });
  }

  /** @param {{vault: string} & import("./wraps.js").Proof} given */
  async function openFor(given) {
    const box = await outbox();
    const before = session;
    session = await openSession(outside, box, given, {
      tell,
      soon: (ms) => soon(ms + 1),
      saved: () => {
        soon(AFTER_SAVE_MS);
        tellOutboxOnce();
      },
      later: (work) => afterAnswer.push(work),
      onGone: () => tell("office", { status: "store_closed" }),
    });
    const opened = session;
    // Two that write to one vault would write over each other.
    before?.vault.close();
    const first = fill(opened).then(() => {
      if (session === opened) filled = opened;
    });
    const whole = first.then(() => opened.caseload.loadAll());
    filling = { first, whole };
    void whole
      // Tried again at the next unlocking: only what is written before the one after that would miss it.
      .then(() => layPen(opened).catch(() => undefined))
      .then(() => sealAgain(opened))
      .then(() => run(true))
      .catch(tellFailed);
    return { person: opened.me };
  }

  /**
   * What a screen draws lines of. A goal counts as read with all its ratings: who looks at a line reads no rating by itself.
   * @param {Session} session @param {string} casefile @param {string[]} kinds @param {string} read which of them count as read
   */
  async function shownOf(session, casefile, kinds, read) {
    const briefs = await session.caseload.ofKinds(casefile, kinds);
    noteRead(
      session,
      briefs.filter(({ kind }) => kind === read).map(({ record }) => record),
    );
    return briefs;
  }

  // ── the asks ──

  /** @type {Record<string, (given: any) => unknown>} */
  const asks = {
    status: async () => {
      await first;
      const box = await outbox().catch((error) => {
        throw new Refused("store_unreadable", { reason: error.fields?.reason ?? "unknown" });
      });
      const people = await Promise.all(
        (await box.people()).map(async ([vault, { label }]) => {
          // Whoever cannot be asked for a passkey types the words, and hears then what is wrong with the store.
          return { vault, label, passkey: await passkeyOf(outside, vault).catch(() => undefined) };
        }),
      );
      const storage = { persisted: await outside.storage.persisted(), ...(await outside.storage.estimate()) };
      const { at, offset } = (await box.fact("office_seen")) ?? {};
      const parted = await box.fact("parted");
      const state = session ? "unlocked" : people.length > 0 ? "locked" : "fresh";
      return {
        state,
        people,
        ...(session ? { person: session.me, vault: session.vault.name } : {}),
        storage,
        heard: { at, offset },
        parted: outside.now() - parted?.at < PARTED_SAID_MS && parted.label,
        second_tab: isSecond,
      };
    },
    "continue here": async () => ({ second_tab: !(await claim({ steal: true })) }),
    demo: async () => {
      const { status, answer: told } = await exchange(outside, "/demo/sign-ins", {});
      return status === 200 ? told : null;
    },
    "setup.challenge": () => challenge(outside),
    "setup.start": async (given) => {
      pending = await begin(outside, await outbox(), given);
      return { person: pending.person, check_words: pending.check_words, offered_words: drawWords(outside, pending.words) };
    },
    "setup.offer": () => {
      if (!pending) throw new Refused("nonce_expired");
      return { offered_words: drawWords(outside, pending.words) };
    },
    "setup.finish": async (given) => {
      if (!pending) throw new Refused("nonce_expired");
      const box = await outbox();
      const { vault, enlist } = await finish(outside, box, pending, given);
      pending = null;
      // What lies in a slot under words that were forgotten comes back by way of the office.
      await box.draftsDueNow(outside.now());
      const opened = await openFor({ vault, words: given.words });
      await enlist();
      return opened;
    },
    unlock: (given) => openFor(given),
    prove: (proof) => unlocked().vault.prove(proof),
    "words.offer": async () => {
      listed = await wordList(outside);
      return { offered_words: drawWords(outside, listed) };
    },
    "words.change": (given) => changeWords(unlocked(), given, listed),
    "passkey.add": ({ proof, passkey }) => unlocked().vault.addPasskey(proof, passkey),
    "passkey.remove": () => unlocked().vault.removePasskey(),
    lock: async () => {
      const box = await outbox();
      await box.draftsDueNow(outside.now());
      session?.vault.close();
      session = filled = null;
      tell("locked", {});
      void run(true);
    },
    "note.write": async (given) => {
      await writeNote(outside, await outbox(), given);
      tellOutboxOnce();
      void run(true);
    },
    notes: async () => notesOf(await atHand()),
    "note.aside": async ({ slot }) => {
      await unlocked().outbox.putAside(slot);
      tellOutboxOnce();
    },
    pin: async () => (await unlocked().vault.fact("pin")) ?? "",
    "pin.keep": ({ pin }) => unlocked().vault.keepFact("pin", pin),
    policy: async () => {
      const { definitions } = await atHand();
      return definitions.byHash(definitions.index().policy);
    },
    caseload: () => {
      const { caseload, me } = unlocked();
      // The office says with every answer what its person is now; at set-up they may have been something else.
      return { ...caseload.list(), role: (caseload.people.get(me.id) ?? me).role };
    },
    family: async ({ casefile }) => {
      const session = await atHand();
      const told = await session.caseload.family(casefile);
      if (told.record) noteRead(session, [told.record]);
      return told;
    },
    record: async (given) => {
      const session = await complete();
      noteRead(session, [given.record]);
      return session.records.record(given);
    },
    definition: async (given) => (await atHand()).records.definition(given),
    measures: async () => {
      const { definitions, vault } = await atHand();
      const { named = {} } = (await vault.fact("responders")) ?? {};
      return Promise.all(
        Object.entries(definitions.index().measures).map(async ([id, name]) =>
          asMeasure(id, name, await definitions.byHash(name), named),
        ),
      );
    },
    measure: async ({ id }) => {
      const { definitions } = await atHand();
      const name = definitions.index().measures[id];
      if (!name) throw new Refused("unknown_measure");
      return { ...(await definitions.byHash(name)), hash: name };
    },
    score: async ({ measure, answers }) => score(/** @type {any} */ (await asks.measure({ id: measure })), answers),
    "draft.begin": async (given) => {
      const session = given.record ? await complete() : await atHand();
      if (given.record) noteRead(session, [given.record]);
      return session.drafts.begin(given);
    },
    "draft.keep": (given) => unlocked().drafts.keep(given),
    "draft.open": async (given) => (await complete()).drafts.open(given),
    "draft.discard": (given) => unlocked().drafts.discard(given),
    send: async (given) => (await complete()).drafts.send(given),
    goals: async ({ casefile }) => goalsOf(await shownOf(await atHand(), casefile, ["goal", "rating"], "goal")),
    results: async ({ casefile }) => {
      const session = await atHand();
      return resultsOf(session.definitions, await shownOf(session, casefile, ["measure_response"], "measure_response"));
    },
    search: async ({ text }) => (await complete()).caseload.search(text),
    outbox: outboxNow,
    "outbox.file": async () => {
      // Read at once, whether answered or not: between two readings an item may change its state and be in neither.
      const box = await outbox();
      // Another tab, or the service worker, may have written: nothing of what waits is left out for what this one remembers.
      box.reread();
      const rows = [...(await box.due(Number.MAX_SAFE_INTEGER)), ...(await box.unsentNotes())];
      return { file: layWaiting(rows.map(([, { sealed }]) => sealed)), count: rows.length };
    },
    sync: () => run(true),
  };

  port.onmessage = async (/** @type {{data: Request}} */ { data: { id, ask, with: given } }) => {
    await tidied;
    try {
      if (!Object.hasOwn(asks, ask)) throw new Refused("unknown_ask");
      const answer = await asks[ask](given ?? {});
      port.postMessage({ id, answer: answer === undefined ? {} : answer });
    } catch (error) {
      port.postMessage({
        id,
        error: error instanceof FieldappError ? { code: error.code, ...error.fields } : { code: "core_failed" },
      });
    }
    tidy();
  };
  outside.hear(() => {
    reread();
    void run(false);
  });
  void first.then(() => run(false));

  return {
    /** Ends what runs by itself; a worker is simply ended. */
    end: () => {
      isEnded = true;
      untimed?.();
    },
  };
}
