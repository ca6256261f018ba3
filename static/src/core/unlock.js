/** Sets up a phone for a person, and unlocks it: from unlock words to an open session. */
import { b64u, compact, signingInput, unb64u } from "../sync/entry.js";
import { Refused } from "../sync/errors.js";
import { openCaseload } from "./caseload.js";
import { openDefinitions } from "./definitions.js";
import { openDrafts } from "./drafts.js";
import {
  areStrong,
  calibrate,
  checkWords,
  json,
  makeSigner,
  plainWords,
  sign,
  takeKeySet,
  takeSigner,
  thumbprint,
} from "./keys.js";
import { bytesOf } from "./outside.js";
import { readyPacket } from "./packets.js";
import { post } from "./push.js";
import { openRecords } from "./records.js";
import { openUnsettled } from "./settle.js";
import { makeVault, unlockVault } from "./vault.js";

/** @typedef {import("./outside.js").Outside} Outside */
/** @typedef {import("./outbox.js").Outbox} Outbox */
/** @typedef {import("./keys.js").PublicJwk} PublicJwk */
/** @typedef {{tell: (news: string, value: unknown) => void, soon: (ms: number) => void, saved: () => void, later: (work: () => Promise<void>) => void, onGone: () => void}} Ties `later` runs what no screen need wait for, once its answer is out; the next ask finds it done. What a session is given by whoever opens it */
/**
 * One person, unlocked. `offset` is office time minus this clock when last heard, in milliseconds; `hasShownCheckpoint` the office its last checkpoint; `give_back_at` is when the office
 * wants to be given back the rest; `elsewhere` is what it says that waits on another phone of this person.
 * @typedef {Ties & {outside: Outside, outbox: Outbox, vault: import("./vault.js").Vault, definitions: import("./definitions.js").Definitions,
 *   caseload: import("./caseload.js").Caseload, records: import("./records.js").Records, drafts: import("./drafts.js").Drafts, signer: import("./keys.js").Signer, keySet: import("./keys.js").KeySet,
 *   office: {kid: string, jwk: PublicJwk}, me: {id: string, name: string, role: string}, device: string, offset: number | null, nonce: string, hasShownCheckpoint: boolean, give_back_at?: number, elsewhere?: {count: number, seen_at: string},
 *   signers: Map<string, {person: string, device: string, jwk: PublicJwk}>,
 *   jwsOf: (kid: string, header: Uint8Array, signature: Uint8Array) => string}} Session
 */
/** @typedef {{person: {id: string, name: string, role: string}, device: string, nonce: string, office: {kid: string, jwk: PublicJwk, keyset: string, n: number}, practice: string, words: string[], check_words: string[]}} Pending */

const OFFERED = 4;
const DAY_MS = 86_400_000;
/** A year and more without a word is a clock that is wrong: it must not take the families away from somebody without signal. */
const WRONG_DAYS = -366;
/** Where the office's policy does not say. */
const CACHE_KEPT_DAYS = 14;
/** So many days before the families on a phone lapse it says so. */
const WARN_DAYS = 3;

/** @param {Outside} outside @returns {Promise<string[]>} */
export async function wordList(outside) {
  let response;
  try {
    response = await outside.ask("/sync/v1/words");
  } catch {
    throw new Refused("offline");
  }
  const bytes = response.ok ? await bytesOf(response).catch(() => undefined) : undefined;
  const words = new TextDecoder()
    .decode(bytes)
    .split("\n")
    .filter((word) => word !== "");
  if (words.length < 2048) throw new Refused("setup_failed", { why: "words" });
  return words;
}

/**
 * Draws unlock words. "t-shirt" is passed over: it is read as two words when it is typed, as a comma or a hyphen between any others is. @param {Outside} outside
 * @param {string[]} list
 */
export function drawWords(outside, list) {
  /** @type {Set<string>} */
  const drawn = new Set();
  while (drawn.size < OFFERED) {
    const word = list[outside.pick(list.length)];
    if (plainWords(word) === word) drawn.add(word);
  }
  return [...drawn];
}

/**
 * Finds what unlocking with other words may cost here, once they are hard enough to guess. @param {Outside} outside @param {string} words @param {string[]} list
 */
async function costOf(outside, words, list) {
  if (!areStrong(words, new Set(list))) throw new Refused("words_too_weak");
  return outside.unlockCost ?? (await calibrate(outside.elapsed));
}

/** Changes the words of an open session: the vault key is wrapped anew and nothing else. @param {Session} session @param {{proof: import("./wraps.js").Proof, words: string}} given @param {string[]} list */
export async function changeWords({ outside, vault }, { proof, words }, list) {
  await vault.changeWords(proof, words, await costOf(outside, words, list));
}

/** Asks the office what a passkey is to sign in place of a code. @param {Outside} outside @returns {Promise<Uint8Array>} */
export async function challenge(outside) {
  const { status, answer } = await post(outside, "/sync/v1/devices/passkey", { v: 1 });
  if (status === 0) throw new Refused("offline");
  if (status !== 200) throw new Refused("setup_failed", { why: "answer" });
  return unb64u(answer.challenge);
}

/**
 * Proves to the office who this is, with a code or what a passkey answered, and pins its key. @param {Outside} outside @param {Outbox} outbox
 * @param {{email: string, password: string, code?: string, passkey?: string}} given @returns {Promise<Pending>}
 */
export async function begin(outside, outbox, { email, password, code, passkey }) {
  const words = await wordList(outside);
  const { status, answer } = await post(outside, "/sync/v1/devices/begin", { v: 1, email, password, code, passkey });
  if (status === 0) throw new Refused("offline");
  if (status === 401 || status === 403 || status === 429)
    throw new Refused("sign_in_refused", { wait_s: answer?.wait_s ?? answer?.retry_after ?? 0 });
  if (status !== 200) throw new Refused("setup_failed", { why: "answer" });
  const { person, device, nonce, office, practice } = answer;
  const kid = await thumbprint(office.jwk);
  const pinned = await outbox.fact("office");
  if (pinned && pinned.kid !== kid) throw new Refused("setup_failed", { why: "other_office" });
  const keySet = await takeKeySet(office.keyset, { kid, jwk: office.jwk }, pinned?.n ?? 0);
  return {
    person,
    device,
    nonce,
    office: { kid, jwk: office.jwk, keyset: office.keyset, n: keySet.n },
    practice,
    words,
    check_words: await checkWords(kid, words),
  };
}

/**
 * Enrols a new signer and makes its vault. @param {Outside} outside @param {Outbox} outbox @param {Pending} pending @param {{words: string, label: string, replaces?: string}} given
 * @returns {Promise<{vault: string, enlist: () => Promise<unknown>}>} the vault's name, and what puts it on the list of people once it has opened
 */
export async function finish(outside, outbox, pending, { words, label, replaces }) {
  const cost = await costOf(outside, words, pending.words);
  const { signer, jwk, pkcs8 } = await makeSigner();
  const old = (await outbox.people()).find(([vault]) => vault === replaces)?.[1];
  const claim = {
    v: 1,
    person: pending.person.id,
    device: pending.device,
    jwk,
    made_at: outside.stamp(),
    nonce: pending.nonce,
    replaces: old?.kid ?? "",
  };
  const { jws } = await sign(signer, "fieldapp-enrolment", json(claim));
  const { status, answer } = await post(outside, "/sync/v1/devices", { v: 1, enrolment: jws, replaced: old?.enrolment });
  if (status === 0) throw new Refused("offline");
  if (status === 400 || status === 401)
    throw new Refused(/nonce|used|expired/.test(String(answer?.error)) ? "nonce_expired" : "setup_failed", {
      why: answer?.error,
    });
  if (status !== 200) throw new Refused("setup_failed", { why: "answer" });
  const self = {
    person: pending.person,
    device: pending.device,
    kid: signer.kid,
    pkcs8: b64u(pkcs8),
    read_token: answer.read_token,
    nonce: String(answer.proof_nonce ?? ""),
    made_at: claim.made_at,
    office: pending.office,
  };
  pkcs8.fill(0);
  await outbox.keepFacts({ office: pending.office, place: pending.device });
  const vault = await makeVault(outside, words, cost, self);
  return { vault, enlist: () => outbox.addPerson(vault, { label, kid: signer.kid, enrolment: jws, replaces: old?.kid }) };
}

/**
 * The office's keys. What lies in the outbox lies open: whoever put keys of their own there would read all that is written from then on, so the vault says whose may.
 * @param {Outbox} outbox @param {import("./vault.js").Self["office"]} ours absent in vaults made before it was kept there @returns {Promise<{office: {kid: string, jwk: PublicJwk}, keySet: import("./keys.js").KeySet}>}
 */
async function officeOf(outbox, ours) {
  const here = await outbox.fact("office");
  const office = ours ?? here;
  const read = async (/** @type {{keyset: string, n: number}} */ { keyset, n }) => ({
    office,
    keySet: await takeKeySet(keyset, office, n),
  });
  try {
    return await read(here);
  } catch {
    if (!ours) throw new Refused("vault_unreadable");
    // Whatever number stands there: it may be forged too.
    await outbox.keepFact("office", ours);
    return read(ours);
  }
}

/**
 * Opens a session. @param {Outside} outside @param {Outbox} outbox @param {{vault: string} & import("./wraps.js").Proof} given
 * @param {Ties} ties @returns {Promise<Session>}
 */
export async function openSession(outside, outbox, given, ties) {
  const vault = await unlockVault(outside, given.vault, given, ties.onGone);
  try {
    const pinned = await officeOf(outbox, vault.self.office);
    const definitions = openDefinitions(outside, vault);
    const [heard, practice] = await Promise.all([vault.fact("heard"), vault.fact("practice")]);
    // Not a number, and so no reason for anything, where the office was never heard.
    const left = (practice?.days ?? CACHE_KEPT_DAYS) - (outside.now() - heard) / DAY_MS;
    const isLong = left <= WARN_DAYS && left > WRONG_DAYS;
    if (isLong && left <= 0) await vault.lapse();
    if (isLong) ties.tell("office", { status: left <= 0 ? "lapsed" : "lapses" });
    const caseload = openCaseload({ vault, definitions, outside, tell: ties.tell });
    const [signer, seen, signers, nonce] = await Promise.all([
      takeSigner(vault.self.kid, unb64u(vault.self.pkcs8)),
      outbox.fact("office_seen"),
      vault.fact("signers"),
      vault.fact("nonce"),
      caseload.open(),
    ]);
    // From here on it signs and cannot be read out of memory.
    vault.self.pkcs8 = "";
    /** @type {Omit<Session, "records" | "drafts">} */
    const session = {
      outside,
      outbox,
      vault,
      definitions,
      caseload,
      signer,
      ...pinned,
      me: vault.self.person,
      device: vault.self.device,
      offset: seen?.offset ?? null,
      nonce: nonce ?? vault.self.nonce,
      hasShownCheckpoint: false,
      signers: new Map(signers ?? []),
      jwsOf: (kid, header, signature) => compact(signingInput("fieldapp-entry", kid, header), signature),
      ...ties,
    };
    const withRecords = Object.assign(session, { records: openRecords(session) });
    return Object.assign(withRecords, { drafts: openDrafts(withRecords) });
  } catch (error) {
    vault.close();
    throw error;
  }
}

/** Reads in what lists and sending must know of before anything else: forms, unsent entries, drafts. @param {Session} session */
export async function fill(session) {
  await session.definitions.open();
  await openUnsettled(session);
  await session.drafts.openAll().catch(() => undefined);
  for (const reading of session.caseload.unsettled.values()) {
    const family = session.caseload.familyOf(reading.header.casefile);
    if (family.isLoaded) await session.caseload.refresh(reading.header.casefile, reading.header.record);
  }
  session.tell("caseload", {});
  await Promise.all([readyPacket(session, "entry"), readyPacket(session, "draft")]);
}
