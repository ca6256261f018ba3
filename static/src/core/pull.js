/**
 * Brings what is new: greets the office, follows its key set, reads page after page, checks every chain and every signature before anything is shown, and drops
 * what this person no longer reads. Nothing here touches what is unsent.
 */
import { digest, follow } from "../sync/chain.js";
import { b64u, idOf, isHash, splitJws } from "../sync/entry.js";
import { FieldappError, Malformed, NoAnswer } from "../sync/errors.js";
import { makeBrief, readEntry } from "./briefs.js";
import { hands, hash, isSigned, json, officeKeys, publicKey, sign, takeKeySet, text, utf8, verify } from "./keys.js";
import { exchange } from "./push.js";
import { free } from "./settle.js";

/** @typedef {import("./unlock.js").Session} Session */
/** @typedef {import("./vault.js").Casefile} Casefile */
/** @typedef {import("./vault.js").Kept} Kept */
/** @typedef {import("./briefs.js").Reading} Reading */
/** @typedef {Omit<Kept, "id" | "record" | "bad">} Served one entry as the office serves it */

const PAGE_CHARACTERS = 60_000;
/** How many a greeting may name. */
const RESEALED = 512;
/** As many as one greeting may tell of. */
const READS = 1_000;
/** Some hundred megabytes: a round that goes on for longer is ended, because what waits to be sent is sent after it. */
const PAGES = 200;
const RENEW = "/sync/v1/devices/renew";

/**
 * Asks with the reading proof; a stale nonce is answered by a fresh one and the request is made again.
 * @param {Session} session @param {string} path @param {unknown} body @returns {Promise<any>}
 */
export async function askAsReader(session, path, body) {
  const bytes = json(body);
  /** What was refused once, and mended. @type {Set<string>} */
  const met = new Set();
  for (;;) {
    const proof = { v: 1, method: "POST", path, nonce: session.nonce, body: b64u(await hash(bytes)) };
    const { jws } = await sign(session.signer, "fieldapp-proof", json(proof));
    const headers = {
      "Content-Type": "application/json",
      Authorization: `Bearer ${session.vault.self.read_token}`,
      "Fieldapp-Proof": jws,
    };
    const told = await exchange(session.outside, path, {
      method: "POST",
      body: /** @type {BodyInit} */ (bytes),
      headers,
      patience: 120_000,
    });
    if (typeof told.answer?.nonce === "string") session.nonce = told.answer.nonce;
    if (told.status === 200) return told.answer;
    const why = String(told.answer?.error ?? "");
    if (told.status === 401 && !met.has(why)) {
      met.add(why);
      if (why === "nonce" && told.answer.nonce) continue;
      if (why === "device" && path !== RENEW) {
        await renew(session);
        continue;
      }
    }
    if (told.status === 401) throw new FieldappError("fetching_paused", { why });
    if (told.status === 426) throw new FieldappError("update_first");
    throw new NoAnswer(told.status === 0 ? "no_signal" : "office_not_answering", { status: told.status });
  }
}

/** Gets this phone a new device token: browsers drop a cookie whose time is up, and one day of a clock that runs ahead is enough. @param {Session} session */
export const renew = (session) => askAsReader(session, RENEW, { v: 1 });

/** Notes, once the screen has its answer, that these records were shown here; the office writes each down once for each day. @param {Session} session @param {string[]} shown */
export function noteRead({ vault, caseload, outside, later }, shown) {
  later(async () => {
    /** @type {string[][]} */
    const reads = (await vault.fact("reads")) ?? [];
    const known = new Set(reads.map(String));
    const day = outside.stamp().slice(0, 10);
    const fresh = shown
      .map((record) => [caseload.records.get(record)?.casefile ?? "", record, day])
      .filter((read) => read[0] && !known.has(String(read)));
    if (fresh.length > 0) await vault.keepFact("reads", [...reads, ...fresh]);
  });
}

/** @param {Session} session @returns {[string, {seq: number, log_hash: string}][]} */
const headsOf = ({ caseload }) =>
  [...caseload.families.values()].flatMap(({ casefile, of }) => (of ? [[casefile, of.head]] : []));

/**
 * Greets the office and takes what it tells about itself; says whether a pull is needed, and which index of forms to follow first, if another than is here.
 * @param {Session} session @returns {Promise<{isNew: boolean, drafts?: number, practice: string | null}>} `drafts`: how many of this person's the office has from where nobody unlocks any more
 */
async function greet(session) {
  const { outbox, outside, caseload } = session;
  const before = outside.now();
  const heads = headsOf(session);
  const [removals, reads, signer, checkpoint, responders, again, count, sum] = await Promise.all([
    session.vault.fact("removals_done"),
    session.vault.fact("reads"),
    outbox.head(session.signer.kid),
    outbox.fact("checkpoint"),
    session.vault.fact("responders"),
    session.vault.fact("resealed"),
    outbox.waiting(),
    digest(hands, heads),
  ]);
  const removals_done = removals ?? [];
  const resealed = Object.entries(again ?? {})
    .filter(([, id]) => !caseload.unsettled.get(id))
    .slice(0, RESEALED);
  const [oldest] = caseload.unsettled.first(1, "waiting");
  const answer = await askAsReader(session, "/sync/v1/hello", {
    v: 1,
    signers: [{ kid: session.signer.kid, ...signer }],
    keyset_n: session.keySet.n,
    removals_done: removals_done.length > 0 ? removals_done : undefined,
    waiting: count > 0 ? { count, oldest_at: oldest?.header.written_at ?? null } : undefined,
    app: outside.build.slice(0, 40),
    digest: sum,
    checkpoint_n: checkpoint?.n ?? 0,
    checkpoint: session.hasShownCheckpoint ? undefined : checkpoint?.jws,
    responders: responders?.hash,
    resealed: resealed.length > 0 ? Object.fromEntries(resealed) : undefined,
    reads: reads?.slice(0, READS),
  });
  session.hasShownCheckpoint = true;
  session.elsewhere = answer.elsewhere;
  if (answer.responders) await session.vault.keepFact("responders", answer.responders);
  if (removals_done.length > 0) await session.vault.keepFact("removals_done", []);
  if (resealed.length > 0) {
    const rest = { ...(await session.vault.fact("resealed")) };
    for (const [hash] of resealed) delete rest[hash];
    await session.vault.keepFact("resealed", rest);
  }
  // What was opened meanwhile stands behind what was told.
  if (reads?.length)
    await session.vault.keepFact("reads", (await session.vault.fact("reads")).slice(Math.min(READS, reads.length)));
  if (typeof answer.keyset === "string") await takeNewKeySet(session, answer.keyset);
  if (typeof answer.checkpoint === "string") await keepCheckpoint(session, answer.checkpoint);
  const theirs = answer.signers?.find((/** @type {{kid: string}} */ one) => one.kid === session.signer.kid);
  // The office knows more of this signer's chain than this phone: the store was cleared. Going on from zero would look like a cloned phone.
  // A number or an id that is none would stand in all that is written from then on, and none of that would ever be placed.
  if (theirs?.n > signer.n && Number.isSafeInteger(theirs.n) && isHash(theirs.id)) {
    await outbox.continueFrom(session.signer.kid, { n: theirs.n, id: theirs.id });
    session.tell("office", { status: "store_was_cleared" });
  }
  const middle = before + (outside.now() - before) / 2;
  session.offset = Math.round(outside.at(answer.time) - middle);
  await outbox.keepFact("office_seen", {
    epoch: answer.epoch,
    durable_through: answer.durable_through,
    offset: session.offset,
    status: answer.device?.status,
    at: outside.stamp(),
  });
  session.tell("office", { status: answer.device?.status ?? "ok", time_offset_ms: session.offset });
  await free(session, answer);
  if (answer.device?.status !== "ok") throw new FieldappError("fetching_paused", { why: answer.device?.status, is_all: true });
  await session.vault.keepFact("heard", outside.now());
  const known = await session.vault.fact("practice");
  const isHere = known?.name === answer.practice && session.definitions.hasIndex();
  return {
    isNew: answer.same !== true,
    drafts: answer.drafts,
    practice: typeof answer.practice === "string" && !isHere ? answer.practice : null,
  };
}

/** @param {Session} session @param {string} jws */
async function takeNewKeySet(session, jws) {
  const keySet = await takeKeySet(jws, session.office, session.keySet.n);
  await session.outbox.keepFacts({ office: { ...session.office, keyset: jws, n: keySet.n } });
  session.keySet = keySet;
}

/** The last checkpoint is kept and shown back after each unlocking: the office cannot forget what it once swore to. @param {Session} session @param {string} jws */
async function keepCheckpoint(session, jws) {
  const { payload } = await verify(jws, "fieldapp-checkpoint", officeKeys(session.keySet, "receipt"));
  if (!Number.isSafeInteger(payload.n)) throw new Malformed("checkpoint");
  const known = await session.outbox.fact("checkpoint");
  if (known?.n > payload.n) {
    // The office went back behind its own word: the later one stays, and is shown to it at the next greeting.
    session.hasShownCheckpoint = false;
    return;
  }
  await session.outbox.keepFacts({ checkpoint: { n: payload.n, jws } });
}

/**
 * Asks for the page after what is held, without waiting for it: the office makes it, and the line carries it, while this phone is busy with the page before.
 * @param {Session} session @param {Iterable<[string, {seq: number, log_hash: string}]>} heads @returns {Promise<any>}
 */
function askPage(session, heads) {
  const cursors = Object.fromEntries([...heads].map(([casefile, { seq, log_hash }]) => [casefile, [seq, log_hash]]));
  const asked = askAsReader(session, "/sync/v1/pull", { v: 1, cursors });
  // Whoever awaits it hears of a failure; until then nobody does.
  asked.catch(() => undefined);
  return asked;
}

/** Greets, and brings everything that is new. @param {Session} session */
export async function pull(session) {
  const { isNew, drafts, practice } = await greet(session);
  let next = isNew ? askPage(session, headsOf(session)) : null;
  // Forms have no share in the bar: it counts records, and one that was full would have to go back.
  // Records come whether or not every form does; what was amiss with the forms is told at the end, and tried again.
  let amiss = null;
  if (practice) {
    session.tell("arrival", { done: 0, total: 0, stage: "forms" });
    amiss = await session.definitions.follow(practice).then(
      () => null,
      (error) => error,
    );
  }
  const progress = { done: 0, total: 0 };
  /** @type {Set<string>} */
  let asked = new Set();
  /** By entry, the hash of words that came and are not those which were signed. @type {Map<string, string>} */
  const doubted = new Map();
  /** Where the office stands with what is passed over, because its chain did not hold. @type {Map<string, {seq: number, log_hash: string}>} */
  const passed = new Map();
  let hasReread = false;
  for (let pages = 0; next !== null; pages++) {
    /** @type {any} */
    const page = await next;
    await takePeople(session, page);
    let again = await takeRemovals(session, page, asked);
    await noteLost(session, page);
    const count = page.casefiles.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.entries.length, 0);
    if (progress.total === 0) progress.total = count + page.total;
    const before = passed.size;
    const checked = await checkCasefiles(session, page.casefiles, doubted, passed);
    // At once, so that what is wrong with one entry hides for no longer those that follow; once, so that a line on which nothing arrives whole is not asked without end.
    if (doubted.size > 0 && !hasReread) again = hasReread = true;
    // A page of which nothing can be kept would only come again, and what was kept so far need not.
    if (pages > PAGES || (page.more && !checked[0] && passed.size === before && !again))
      throw new NoAnswer("office_not_answering");
    const taken = checked.map(({ of, head }) => /** @type {const} */ ([of.casefile, head]));
    const heads = new Map([...headsOf(session), ...taken, ...passed]);
    next = page.more || again ? askPage(session, heads) : null;
    await keepCasefiles(session, checked);
    progress.done = Math.min(progress.total, progress.done + count);
    if (progress.total > 0)
      session.tell("arrival", { done: page.more ? progress.done : progress.total, total: progress.total, stage: "records" });
    if (count > 0) session.tell("caseload", {});
    asked = new Set(page.confirm ? page.removed.map((/** @type {{casefile: string}} */ one) => one.casefile) : []);
  }
  if (isNew) {
    await session.caseload.keepRow();
    session.tell("arrival", { ...progress, stage: "done" });
  }
  if (drafts) await session.drafts.takeBack((await askAsReader(session, "/sync/v1/drafts", { v: 1 })).drafts);
  await session.vault.keepFact("nonce", session.nonce);
  if (amiss) throw amiss;
}

/**
 * Notes behind which casefiles the office went back: they are read again from the start, what lies in the pages stays, and restores.js gives back what the office
 * lacks. `lost` has the epoch of each, below zero until that is done; a casefile the office cannot open again stays diverged, and is given back once an epoch.
 * @param {Session} session @param {{diverged?: string[], epoch: number}} page
 */
async function noteLost({ vault, caseload }, { diverged = [], epoch }) {
  /** @type {{[casefile: string]: number}} */
  const known = (await vault.fact("lost")) ?? {};
  const lost = Object.fromEntries(Object.entries(known).filter(([casefile, at]) => at < 0 || diverged.includes(casefile)));
  for (const casefile of diverged) {
    const of = caseload.families.get(casefile)?.of;
    if (of) of.head = { seq: 0, log_hash: "" };
    if (lost[casefile] !== epoch) lost[casefile] = -epoch;
  }
  if (diverged.length > 0 || Object.keys(known).length > 0) await vault.keepFact("lost", lost);
}

/** @param {Session} session @param {any} page */
async function takePeople(session, page) {
  const { caseload, vault } = session;
  let changed = false;
  for (const person of page.people ?? []) {
    const known = caseload.people.get(person.id);
    if (known?.name === person.name && known?.role === person.role) continue;
    caseload.people.set(person.id, { id: person.id, name: person.name, role: person.role });
    changed = true;
  }
  if (changed) await vault.keepFact("people", [...caseload.people.values()]);
  let enrolled = false;
  for (const { jws } of page.enrolments ?? []) {
    const { kid, payload } = splitJws(jws, "fieldapp-enrolment");
    if (session.signers.has(kid)) continue;
    const { person, device, jwk } = JSON.parse(text(payload));
    await verify(jws, "fieldapp-enrolment", () => jwk);
    session.signers.set(kid, { person, device, jwk });
    enrolled = true;
  }
  if (enrolled) await vault.keepFact("signers", [...session.signers]);
}

/**
 * Drops what was taken away; a sudden removal of many only when a second answer says the same.
 * @param {Session} session @param {any} page @param {Set<string>} asked what the answer before said @returns {Promise<boolean>} whether to ask again
 */
async function takeRemovals(session, page, asked) {
  // What the office lacks of it is given back first: its cursor, which begins again at 0 then, no longer tells the office so.
  const lost = (await session.vault.fact("lost")) ?? {};
  const removed = (page.removed ?? []).filter((/** @type {{casefile: string}} */ { casefile }) => !(lost[casefile] < 0));
  if (removed.length === 0) return false;
  const sure = page.confirm ? removed.filter((/** @type {{casefile: string}} */ one) => asked.has(one.casefile)) : removed;
  const done = sure.map((/** @type {{casefile: string}} */ { casefile }) => casefile);
  for (const casefile of done) {
    const of = session.caseload.families.get(casefile)?.of;
    if (of) await session.vault.drop(of);
    session.caseload.forget(casefile);
  }
  if (done.length > 0) {
    await session.vault.keepFact("removals_done", [...((await session.vault.fact("removals_done")) ?? []), ...done]);
    await session.caseload.keepRow();
    session.tell("caseload", {});
  }
  return done.length < removed.length;
}

/** @typedef {{of: Casefile, head: {seq: number, log_hash: string}, entries: Kept[], headers: Map<string, import("../sync/entry.js").Header>}} News of one casefile, checked and not yet kept */

/**
 * Checks what came: every chain, every signature. @param {Session} session @param {{id: string, seq: number, log_hash: string, entries: Served[]}[]} casefiles @param {Map<string, string>} doubted
 * @param {Map<string, {seq: number, log_hash: string}>} passed takes where the office stands with what is wrong @returns {Promise<News[]>}
 */
async function checkCasefiles(session, casefiles, doubted, passed) {
  const { vault, caseload } = session;
  const came = casefiles.filter(({ entries }) => entries.length > 0);
  const checked = await Promise.all(
    came.map(async ({ id: casefile, entries: kept, seq, log_hash }) => {
      await caseload.load(casefile);
      const of = caseload.families.get(casefile)?.of ?? (await vault.newCasefile(casefile));
      /** @type {News["headers"]} */
      const headers = new Map();
      try {
        const entries = await Promise.all(kept.map((entry) => check(session, casefile, headers, doubted, entry)));
        return { of, head: await follow(hands, casefile, of.head, entries), entries, headers };
      } catch (error) {
        // A chain that does not hold is never shown; the others still come, and this one is asked for again from its start by the next pull.
        if (!(error instanceof FieldappError)) throw error;
        if (error.code === "bad_hashes") return null;
        passed.set(casefile, { seq, log_hash });
        if (of.head.seq > 0) of.head = { seq: 0, log_hash: "" };
        session.tell("office", { status: "chain_broken" });
        return null;
      }
    }),
  );
  return checked.filter((one) => one !== null);
}

/** Keeps what was checked, and shows it. @param {Session} session @param {News[]} checked */
async function keepCasefiles(session, checked) {
  const { vault, caseload, definitions } = session;
  const news = [];
  for (const { of, head, entries, headers } of checked) {
    const before = of.head;
    const pages = paged(entries, of.next_page);
    /** @type {Map<string, {byId: Map<string, Reading>, pages: Set<number>}>} */
    const touched = new Map();
    for (const { page, entries: list } of pages) {
      for (const kept of list) {
        let found = touched.get(kept.record);
        if (!found) {
          const stored = caseload.records.get(kept.record)?.stored;
          const known = stored ? await caseload.readings(kept.record) : [];
          const held = known.filter((one) => !one.lies || one.seq !== undefined);
          found = { byId: new Map(held.map((one) => [one.id, one])), pages: new Set(stored?.pages) };
          touched.set(kept.record, found);
        }
        found.pages.add(page);
        if (!kept.bad) found.byId.set(kept.id, readEntry(kept, headers.get(kept.id)));
      }
    }
    const briefs = [...touched.values()].flatMap(({ byId, pages: all }) =>
      byId.size > 0 ? makeBrief([...byId.values()], definitions.known, [...all]) : [],
    );
    // A page before these could not be read: its casefile is read again from the start, and is not called read up to here.
    news.push({ of, head: of.head === before ? head : of.head, pages, briefs });
  }
  if (news.length === 0) return;
  await vault.keep(news);
  for (const { of, briefs } of news) await caseload.stored(of, briefs);
  for (const { briefs } of news) if (briefs.length < 20) for (const { record } of briefs) session.tell("record", { record });
}

/** Lays entries into pages of some tens of kilobytes. @param {Kept[]} entries @param {number} first @returns {{page: number, entries: Kept[]}[]} */
function paged(entries, first) {
  /** @type {{page: number, entries: Kept[]}[]} */
  const pages = [];
  let size = PAGE_CHARACTERS;
  for (const entry of entries) {
    const length = entry.jws.length + (entry.body?.length ?? 0);
    if (size + length > PAGE_CHARACTERS) {
      pages.push({ page: first + pages.length, entries: [] });
      size = 0;
    }
    size += length;
    /** @type {{entries: Kept[]}} */ (pages.at(-1)).entries.push(entry);
  }
  return pages;
}

/**
 * Checks one entry: who signed it, that person and device are those of the signer, that the body is the one that was signed. What is wrong is kept and marked.
 * Words that are not those which were signed may have been changed on their way: they are read again, and kept only when the office says the same once more.
 * @param {Session} session @param {string} casefile @param {Map<string, any>} headers takes what was read, so that it is read once @param {Map<string, string>} doubted @param {Served} entry @returns {Promise<Kept>}
 */
async function check(session, casefile, headers, doubted, { seq, received_at, log_hash, jws, body, gone }) {
  const { kid, input, payload, signature } = splitJws(jws, "fieldapp-entry");
  let header;
  try {
    header = JSON.parse(text(payload));
  } catch {
    throw new Malformed("header");
  }
  const signer = session.signers.get(kid);
  const jwk = signer?.jwk ?? officeKeys(session.keySet, "desk")(kid);
  const [id, signed, bodyHash] = await Promise.all([
    idOf(hands, input),
    jwk ? publicKey(kid, jwk).then((key) => isSigned(key, signature, input)) : false,
    body === undefined ? header.body_hash : hash(utf8(body)).then(b64u),
  ]);
  const isRight = signer ? header.author === signer.person && header.device === signer.device : header.device === "";
  const bad = !jwk
    ? "unknown_signer"
    : !signed
      ? "bad_signature"
      : !isRight
        ? "wrong_author"
        : bodyHash !== header.body_hash
          ? "bad_hashes"
          : header.casefile !== casefile
            ? "wrong_casefile"
            : undefined;
  if (bad === "bad_hashes" && doubted.get(id) !== bodyHash) {
    doubted.set(id, bodyHash);
    throw new Malformed(bad);
  }
  headers.set(id, header);
  return { id, record: String(header.record), seq, received_at, log_hash, jws, body, gone, bad };
}
