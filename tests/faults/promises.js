/**
 * What must hold. `hold` is asked after every step: whatever a screen called saved is in a readable outbox, placed at the office, or kept there for a person to place.
 * `holdAtRest` is asked when everything has healed: nothing waits, nothing came twice, and everybody sees what they may read and nothing else.
 */
import { isDeepStrictEqual } from "node:util";
import { sha256 } from "./subtle.js";

const { b64u } = await import("../../static/src/sync/entry.js");

const NOT_CONTENT = new Set(["review", "erasure", "moved"]);
/** Requests of one phone in one minute, taps apart: more than this is a loop. */
export const BUSIEST_MINUTE = 60;
const EACH_TAP = 8;

export class Broken extends Error {}
const same = (a, b) => a !== undefined && b !== undefined && Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;
const itemsOf = (phone) => phone.disk.look("outbox", "items");

/** Whether the office can open these bytes and finds this entry in them. */
function opensTo(office, envelope, id) {
  return office.open(envelope).ready?.id === id;
}

/** Whether the vault is on this phone that opens what this signer kept for themselves: elsewhere those bytes are nothing anybody can read. */
export function hasOpener({ disk }, kid) {
  return [...disk.look("outbox", "people")].some(([vault, person]) => person.kid === kid && disk.hasVault(vault));
}

/** Where one saved entry lies now; "" is nowhere. */
export function whereIs(world, phones, saved) {
  const { office } = world;
  const { id } = saved;
  const placed = office.state.placed.get(id);
  if (placed?.body.includes(saved.sentence)) return "placed";
  for (const phone of phones) {
    const item = itemsOf(phone).get(id);
    if (item && ((same(item.own, saved.own) && hasOpener(phone, item.kid)) || opensTo(office, item.sealed, id)))
      return `outbox of ${phone.name}`;
  }
  for (const { envelope } of office.state.quarantine.values()) if (opensTo(office, envelope, id)) return "quarantine";
  return "";
}

/** The invariant of every step, for drafts: what the core called kept lies in its slot, unless its storage was cleared, or something newer does. */
export function holdDrafts(drafts) {
  for (const [slot, { phone, disk, n, own }] of drafts) {
    if (phone.disk !== disk) continue;
    const row = disk.look("outbox", "drafts").get(slot);
    if (!row || row.n < n || (row.n === n && !same(row.own, own))) throw new Broken(`a draft kept on ${phone.name} is gone`);
  }
}

/** The invariant of every step. */
export function hold(world, phones, saved) {
  const { office } = world;
  for (const one of saved.values())
    if (whereIs(world, phones, one) === "")
      throw new Broken(`lost: ${one.sentence}, saved on ${one.phone.name} by ${one.person.name}`);
  if (office.ever.droppedAtOnce) throw new Broken("one mistaken answer took everything away");
  for (const phone of phones) {
    const n = phone.disk.look("outbox", "device").get("office")?.n ?? 0;
    if (n < (phone.keysetN ?? 0)) throw new Broken(`${phone.name} went back to a key set of ${n} from ${phone.keysetN}`);
    phone.keysetN = n;
  }
  for (const phone of phones)
    for (const [id, item] of itemsOf(phone)) {
      const one = saved.get(id);
      if (one && !same(item.own, one.own)) throw new Broken(`the author's own copy of ${one.sentence} was changed`);
      const name = one?.sentence ?? id;
      if (item.state === "sent" && !office.ever.placed.has(id)) throw new Broken(`called sent, never placed: ${name}`);
      if (item.state === "sorting" && !office.ever.quarantined.has(b64u(sha256(item.sealed))))
        throw new Broken(`called kept for sorting, never kept: ${name}`);
      if (!["waiting", "answered", "sent", "sorting"].includes(item.state))
        throw new Broken(`a state nobody knows: ${item.state}`);
    }
}

/** A screen's word about one record, held against the office: what it dates as received, and what it calls sent or signed off. */
export function holdWord(world, { standing, versions }, name) {
  const isAllSent = !["waiting", "sorting"].includes(standing);
  for (const { id, kind, received_at } of versions) {
    if (NOT_CONTENT.has(kind) || (!isAllSent && !received_at)) continue;
    if (!world.office.ever.placed.has(id)) throw new Broken(`${name} is shown as with the office, and never was`);
  }
}

/**
 * What was called not saved is not there: its author has saved it again since, or will. Where a store answered neither the writing nor the look for it, nobody could tell.
 * @param unsaved {sentence, phone, inVain: ids that were looked for until then without an answer}
 */
export function holdUnsaved(world, phones, unsaved) {
  const { office } = world;
  const envelopes = [
    ...phones.flatMap((phone) => [...itemsOf(phone).values()].map(({ sealed }) => sealed)),
    ...[...office.state.quarantine.values()].map(({ envelope }) => envelope),
  ];
  const opened = envelopes.flatMap((envelope) => office.open(envelope).ready ?? []);
  const there = [...[...office.state.placed].map(([id, { body }]) => ({ id, body })), ...opened];
  // In quotes: the salts are chance, and of so many some have three such letters in them.
  for (const { sentence, phone, inVain } of unsaved)
    if (there.some(({ id, body }) => body.includes(`"${sentence}"`) && !inVain.has(id)))
      throw new Broken(`called not saved on ${phone.name}, and there: ${sentence}`);
}

/** Whether a row of somebody whose vault was not there must still be as it was: they were not set up anew since, and the office never said that they or their phone have left. */
export function isUntold({ office }, { phone, disk, vault, row }) {
  const { ended_at } = office.state.signers.get(row.kid) ?? {};
  const isLost = office.ever.lost.has(disk.look("outbox", "device").get("place"));
  return phone.disk === disk && phone.people.some((one) => one.vault === vault) && !isLost && !ended_at;
}

/** Only the office's word makes anybody go from a phone; that a vault is not there is none. What notes are written with may be laid anew by whoever was unlocked. */
export function holdRows(world, missed) {
  const isSame = ({ disk, vault, row }) => {
    const now = disk.look("outbox", "people").get(vault);
    return isDeepStrictEqual({ ...now, pen: undefined }, { ...row, pen: undefined }) && (now.pen || !row.pen);
  };
  for (const one of missed)
    if (isUntold(world, one) && !isSame(one))
      throw new Broken(`the row of somebody on ${one.phone.name} whose vault was not there was changed`);
}

/** No phone asks without end. */
export function holdQuiet(phones) {
  for (const { name, requests, taps } of phones) {
    let first = 0;
    for (const [i, { at }] of requests.entries()) {
      while (requests[first].at < at - 60_000) first++;
      const tapped = taps.filter((tap) => tap > at - 61_000 && tap <= at).length;
      if (i - first + 1 > BUSIEST_MINUTE + EACH_TAP * tapped)
        throw new Broken(`${name} asked ${i - first + 1} times in one minute: ${requests[i].path}`);
    }
  }
}

/**
 * What one unlocked person sees, held against what they may read; records of `before` are looked at in lists only.
 * @param view {families: [casefile], records: Map of record to the core's answer}
 */
export function holdView(world, phone, person, view, { saved, isRestored, before }) {
  const { office } = world;
  const items = itemsOf(phone);
  const who = `${person.name} on ${phone.name}`;
  const sorting = [...items].filter(([, { state }]) => state === "sorting");
  const unsettled = new Set(sorting.map(([id]) => id));
  const may = new Set(office.carried(person.id).map(({ id }) => id));
  // One that was written and whose writer was interrupted before anybody said so is theirs all the same.
  const mine = new Set(
    sorting.map(([id, { sealed }]) => saved.get(id)?.casefile ?? office.open(sealed).ready?.header.casefile ?? ""),
  );
  for (const casefile of view.families)
    if (!may.has(casefile) && !mine.has(casefile) && !(isRestored && !office.state.casefiles.has(casefile)))
      throw new Broken(`${who} still sees a record taken away`);
  for (const casefile of may) if (!view.families.includes(casefile)) throw new Broken(`${who} does not see a record of theirs`);
  const shown = new Map();
  for (const [record, told] of view.records)
    for (const version of told.versions) shown.set(version.id, { record, told, version });
  for (const casefile of may)
    for (const { id, header, body } of office.state.casefiles.get(casefile).entries) {
      if (NOT_CONTENT.has(header.kind) || before.has(header.record)) continue;
      const seen = shown.get(id);
      if (!seen) throw new Broken(`${who} does not see an entry of ${header.kind} ${header.record} that is placed`);
      const { fields } = JSON.parse(body);
      if (JSON.stringify(fields) !== JSON.stringify(seen.version.fields))
        throw new Broken(`${who} sees other words than were written`);
    }
  for (const [id, { told, version }] of shown) {
    if (version.waiting) throw new Broken(`${who} is told that ${version.kind} waits, and nothing does`);
    if (office.state.placed.has(id) || unsettled.has(id) || (isRestored && office.ever.placed.has(id))) continue;
    throw new Broken(`${who} is shown an entry the office never had: ${told.title}`);
  }
}

/** When everything has healed: every sentence once at the office, or kept there for a person. */
export function holdAtRest(world, phones, saved, isRestored) {
  const { office } = world;
  for (const phone of phones)
    for (const [id, { state }] of itemsOf(phone))
      if (state === "waiting" || state === "answered")
        throw new Broken(`never sent: ${saved.get(id)?.sentence ?? id} on ${phone.name} is still ${state}`);
  const placed = [...office.state.casefiles.values()].flatMap(({ entries }) => entries.map(({ id }) => id));
  if (new Set(placed).size < placed.length) throw new Broken("one entry is twice at the office");
  for (const [name] of office.state.slips) {
    const [kid, n] = name.split(" ");
    // What a cleared phone had not sent is gone, and the gap tells the office so; two phones that say they are one have one count between them.
    const device = office.state.devices.get(office.state.signers.get(kid)?.device);
    if (device?.status === "cloned" || office.ever.cleared.has(device?.id)) continue;
    if (!isRestored && Number(n) > 1 && !office.state.slips.has(`${kid} ${n - 1}`))
      throw new Broken(
        `a signer's chain has a gap before ${n}: an entry that no screen called saved was sent, or one is missing`,
      );
  }
  for (const one of saved.values()) {
    const where = whereIs(world, phones, one);
    if (where === "placed" || where === "quarantine") continue;
    const rows = [...office.state.quarantine.values()].filter((row) => row.entry === one.id);
    if (rows.length === 0) throw new Broken(`not at the office when all was well: ${one.sentence} lies in ${where}`);
  }
}
