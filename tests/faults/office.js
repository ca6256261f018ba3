/**
 * A model of the office, faithful to fieldapp/intake.py, judging.py, placing.py, delivery.py and epoch.py where phones can tell: real keys, real envelopes,
 * real chains and receipts. All it knows lies in `state`, so that it can be put back by hand from an older copy, and every request is answered at once,
 * so that it stops before or after its one commit and never within. What it ever promised is noted outside the state: the promises are held against that.
 */
import { inflateRawSync } from "node:zlib";
import { hmac, isSignedBy, luck, makePair, openGcm, sha256, shared, signBytes } from "./subtle.js";

const entry = await import("../../static/src/sync/entry.js");
const wire = await import("../../static/src/sync/wire.js");
const { byCode } = await import("../../static/src/sync/chain.js");

const { ascii, b64u, compact, readHeader, readSlip, signingInput, splitJws } = entry;
const { envelopeInfo, INFLATE_LIMIT, join, readEnvelope, readFrames, readPacket, readParts } = wire;

/** The number of what was given back without its slip. */
const UNNUMBERED = -1;
const NOT_CONTENT = new Set(["review", "erasure", "moved"]);
const UNREAD = new Set(["unknown_key", "cannot_open", "not_an_entry", "too_large"]);
const UNBELIEVED_A_DAY = 200;
const NONCE_LASTS_MS = 12 * 3_600_000;
const MOST_KEYSETS_LOST = 100;
const WITHOUT_BACKUPS_MS = 14 * 86_400_000;

const WORDS = Array.from({ length: 2200 }, (_, i) => `w${i.toString(36).padStart(3, "x")}`).join("\n");
const text = (bytes) => Buffer.from(bytes).toString("utf8");
const utf8 = (given) => new Uint8Array(Buffer.from(given, "utf8"));
const hashText = (given) => b64u(sha256(given));
export const newId = () => b64u(luck.chance.fill(new Uint8Array(16)));
const thumbprint = ({ x, y }) => hashText(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`);

function makeSigner() {
  const { jwk, point, privateKey } = makePair();
  return { kid: thumbprint(jwk), jwk, point, privateKey };
}
function jwsBy(signer, typ, payload) {
  const input = signingInput(typ, signer.kid, payload instanceof Uint8Array ? payload : utf8(JSON.stringify(payload)));
  return { id: hashText(input), jws: compact(input, new Uint8Array(signBytes(signer.privateKey, ascii(input)))) };
}

// ── HPKE, the opening half ──

const KEM = join(ascii("KEM"), new Uint8Array([0, 0x10]));
const SUITE = join(ascii("HPKE"), new Uint8Array([0, 0x10, 0, 1, 0, 2]));
const VERSION = ascii("HPKE-v1");
const extract = (suite, salt, label, material) => hmac(salt, join(VERSION, suite, ascii(label), material));
const expand = (suite, key, label, info, size) =>
  hmac(key, join(new Uint8Array([0, size]), VERSION, suite, ascii(label), info, new Uint8Array([1]))).subarray(0, size);
const NO_SALT = new Uint8Array(32);
const NOTHING = new Uint8Array();

function openSealed({ privateKey, point }, encapsulated, ciphertext, info) {
  const prk = extract(KEM, NO_SALT, "eae_prk", shared(privateKey, encapsulated));
  const secret = extract(SUITE, expand(KEM, prk, "shared_secret", join(encapsulated, point), 32), "secret", NOTHING);
  const schedule = join(
    new Uint8Array([0]),
    extract(SUITE, NO_SALT, "psk_id_hash", NOTHING),
    extract(SUITE, NO_SALT, "info_hash", info),
  );
  const nonce = expand(SUITE, secret, "base_nonce", schedule, 12);
  return new Uint8Array(openGcm(expand(SUITE, secret, "key", schedule, 32), nonce, ciphertext));
}

class NotAnswered extends Error {
  constructor(status, error, more = {}) {
    super(error);
    Object.assign(this, { status, more: { error, ...more } });
  }
}

const copyOf = (state) => ({
  ...state,
  people: new Map([...state.people].map(([id, one]) => [id, { ...one }])),
  devices: new Map([...state.devices].map(([id, one]) => [id, { ...one }])),
  signers: new Map([...state.signers].map(([kid, one]) => [kid, { ...one }])),
  casefiles: new Map([...state.casefiles].map(([id, one]) => [id, { ...one, entries: [...one.entries] }])),
  placed: new Map(state.placed),
  slips: new Map(state.slips),
  quarantine: new Map([...state.quarantine].map(([hash, one]) => [hash, { ...one }])),
  setups: new Map(state.setups),
  drafts: new Map(state.drafts),
  enrolments: [...state.enrolments],
  grants: state.grants.map((grant) => ({ ...grant })),
  heard: new Set(state.heard),
  keys: state.keys.map((key) => ({ ...key })),
  ingest: new Map(state.ingest),
});

/** @param clock whose time the office goes by @param practice {index, files} as it serves them */
export function makeOffice(clock, practice, from = null) {
  const stamp = (at = clock.now) => new Date(at).toISOString();
  const official = from?.official ?? makeSigner();
  const receiptKey = from?.receiptKey ?? makeSigner();
  const desk = from?.desk ?? makeSigner();
  let state = from
    ? copyOf(from.state)
    : {
        epoch: 1,
        keysetN: 1,
        keysets: 1,
        keys: [receiptKey, desk].map(({ kid, jwk }, i) => ({
          kid,
          use: i ? "desk" : "receipt",
          jwk,
          from: stamp(),
          until: null,
          burned_at: null,
        })),
        ingest: new Map(),
        people: new Map(),
        devices: new Map(),
        signers: new Map(),
        enrolments: [],
        setups: new Map(),
        casefiles: new Map(),
        placed: new Map(),
        slips: new Map(),
        quarantine: new Map(),
        drafts: new Map(),
        grants: [],
        heard: new Set(),
        durable: null,
      };
  /** What lies beside the key file, outside the database and its backups. */
  const beside = { epoch: from?.beside.epoch ?? 0, count: from?.beside.count ?? 0 };
  /** What this office ever did, whatever was restored since. */
  const ever = { placed: new Map(), quarantined: new Map(), durable: "", droppedAtOnce: "", cleared: new Set(), lost: new Set() };
  if (from) for (const [id, one] of from.state.placed) ever.placed.set(id, one);
  /** Opened once: the same bytes come again and again. */
  const opened = new Map();
  let keyset = null;
  /** Entries a pull gives at most; the real one counts bytes. */
  let room = 400;
  /** How many answers from now on take everything away. */
  let mistakes = 0;
  /** What each signer still holds, by rights, after a mistake that it must not believe yet. */
  const doubts = new Map();
  /** What the last answer to each signer took away, by mistake or not. */
  const takenLast = new Map();

  /** Is told of everything that happens here, for the real office to live through as well. */
  let record = null;
  let labels = 0;
  const told = (what, more) => record?.({ at: clock.now, what, ...more });
  const privateOf = ({ kid, privateKey }) => ({
    kid,
    der: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
  });

  const keysetJws = () => {
    const name = `${state.keysetN} ${state.keys.length}`;
    if (keyset?.name !== name)
      keyset = {
        name,
        jws: jwsBy(official, "fieldapp-keyset", { v: 1, n: state.keysetN, issued_at: stamp(), keys: state.keys }).jws,
      };
    return keyset.jws;
  };
  function addIngest() {
    const made = makeSigner();
    state.ingest.set(made.kid, made);
    state.keys.push({ kid: made.kid, use: "ingest", jwk: made.jwk, from: stamp(), until: null, burned_at: null });
  }
  if (!from) addIngest();

  // ── access ──

  const holds = ({ from_at, until_at }, at) => from_at <= at && (until_at === null || at < until_at);
  const grantsOn = (casefile, person) => state.grants.filter((one) => one.casefile === casefile && one.person === person);
  const isActive = (person) => person !== undefined && person.ended_at === null;
  /** May a phone of theirs hold it? Only where they are named. */
  const mayCarry = (person, casefile, at = stamp()) =>
    isActive(state.people.get(person)) && grantsOn(casefile, person).some((one) => holds(one, at));
  /** There is one team, and its supervisors read and write about all its families: at the desk, and what their phones still send. */
  const mayRead = (person, casefile, at = stamp()) =>
    mayCarry(person, casefile, at) ||
    (isActive(state.people.get(person)) && state.people.get(person).role === "supervisor" && state.casefiles.has(casefile));
  const couldOnceRead = (person, casefile, at) => grantsOn(casefile, person).some((one) => one.from_at <= at);

  // ── taking ──

  const receipt = (payload) => jwsBy(receiptKey, "fieldapp-receipt", { v: 1, ...payload, epoch: state.epoch }).jws;
  const durableThrough = () => state.durable ?? stamp(clock.now - WITHOUT_BACKUPS_MS);

  /** Opens one envelope with the keys of today. */
  function open(envelope) {
    const hash = hashText(envelope);
    const known = opened.get(hash);
    if (known && state.ingest.has(known.ingest)) return known.item;
    const item = { hash, envelope: new Uint8Array(envelope), code: "", isBelieved: false, kid: "", ready: null };
    let ingest = "";
    try {
      const { ingestKid, encapsulated, ciphertext } = readEnvelope(envelope);
      ingest = b64u(ingestKid);
      const key = state.ingest.get(ingest);
      if (!key) return { ...item, code: "unknown_key" };
      const packet = readPacket(openSealed(key, encapsulated, ciphertext, utf8(envelopeInfo(ingest, "entry"))));
      const parts = readParts(inflateRawSync(packet.deflated, { maxOutputLength: INFLATE_LIMIT }));
      item.kid = b64u(packet.kid);
      const header = readHeader(text(parts.header));
      if (parts.slip.length === 0 && header.device !== "" && header.slip_hash === "") throw new Error("slip");
      const n = parts.slip.length > 0 ? readSlip(text(parts.slip)).n : header.device === "" ? 0 : UNNUMBERED;
      const input = signingInput("fieldapp-entry", item.kid, parts.header);
      item.ready = {
        id: hashText(input),
        jws: compact(input, packet.signature),
        input,
        signature: packet.signature,
        header,
        body: text(parts.body),
        n,
      };
      if (
        header.body_hash !== b64u(sha256(parts.body)) ||
        (parts.slip.length > 0 && header.slip_hash !== b64u(sha256(parts.slip)))
      )
        item.code = "bad_hashes";
    } catch (error) {
      item.code =
        error.code === "ERR_OSSL_EVP_BAD_DECRYPT" || /auth|decrypt/i.test(error.message) ? "cannot_open" : "not_an_entry";
    }
    opened.set(hash, { ingest, item });
    return item;
  }

  /** Says in `code` why nobody stands behind what came. */
  function believe({ ...item }) {
    if (!item.ready) return item;
    const signer = state.signers.get(item.kid);
    const { header, input, signature } = item.ready;
    item.signer = signer;
    const desk =
      signer || header.device !== "" ? undefined : state.keys.find(({ kid, use }) => kid === item.kid && use === "desk");
    if (!signer && !desk) item.code = "unknown_signer";
    else if (!isSignedBy((signer ?? desk).jwk, signature, ascii(input))) item.code = "bad_signature";
    else if (desk) item.isBelieved = item.code === "";
    else if (header.author !== signer.person || header.device !== signer.device) item.code = "wrong_author";
    else item.isBelieved = item.code === "";
    return item;
  }

  function place(casefile, { id, jws, header, body, n }, kid, flags = "") {
    const received_at = stamp();
    const seq = casefile.seq + 1;
    const log_hash = hashText(
      `fieldapp log 1\n${casefile.log_hash}\n${casefile.id}\n${seq}\n${id}\n${hashText(jws)}\n${received_at}\n`,
    );
    const placed = { id, casefile: casefile.id, seq, received_at, log_hash, jws, body, header, kid, flags, n };
    Object.assign(casefile, { seq, log_hash, active_at: received_at });
    casefile.entries.push(placed);
    state.placed.set(id, placed);
    ever.placed.set(id, placed);
    return placed;
  }

  function whyNot({ ready: { id, header, body, n }, signer, kid }) {
    const at = stamp();
    if (signer) {
      if ((state.slips.get(`${kid} ${n}`) ?? id) !== id) return "clone";
      const device = state.devices.get(signer.device);
      if (!device || device.status === "cloned") return "clone";
      if (device.status !== "ok" || (signer.ended_at && signer.end_reason !== "replaced")) return "device_ended";
      if (NOT_CONTENT.has(header.kind)) return "not_allowed";
    }
    const where = [...state.casefiles.values()].find((one) =>
      one.entries.some((placed) => placed.header.record === header.record),
    );
    if (where && where.id !== header.casefile) return "wrong_casefile";
    const casefile = state.casefiles.get(header.casefile);
    if (!casefile)
      return header.kind === "opening" && header.parents.length === 0 ? openCasefile(header, body, signer) : "no_opening";
    if (header.kind === "opening" && casefile.entries[0] && header.record !== casefile.entries[0].header.record)
      return "wrong_casefile";
    if (!signer || mayRead(header.author, casefile.id, at)) return "";
    const hasNotHeard =
      isActive(state.people.get(header.author)) &&
      couldOnceRead(header.author, casefile.id, at) &&
      !state.heard.has(`${casefile.id} ${kid}`);
    return hasNotHeard ? "" : "not_allowed";
  }

  function openCasefile({ casefile, author }, body, signer) {
    if (signer && !isActive(state.people.get(author))) return "not_allowed";
    const { readers = [] } = JSON.parse(body).fields;
    addCasefile(casefile, new Set([author, ...readers]));
    return "";
  }

  function judge(item) {
    const { ready, kid } = item;
    const found = state.placed.get(ready.id);
    const isClone = () => (state.slips.get(`${kid} ${ready.n}`) ?? ready.id) !== ready.id;
    const number = () => ready.n > 0 && !isClone() && state.slips.set(`${kid} ${ready.n}`, ready.id);
    const stop = () => {
      const device = state.devices.get(item.signer.device);
      if (device?.status === "ok") device.status = "cloned";
    };
    if (found) {
      // The slip of what another phone gave back without.
      if (found.n < 0 && ready.n > 0) {
        if (isClone()) stop();
        number();
        found.n = ready.n;
      }
      return Object.assign(item, { placed: found, isDuplicate: true });
    }
    item.code = whyNot(item);
    if (item.code === "clone") {
      stop();
    }
    number();
    if (item.code) return item;
    const casefile = state.casefiles.get(ready.header.casefile);
    const isLate = item.signer && !mayRead(ready.header.author, casefile.id);
    item.placed = place(casefile, ready, kid, isLate ? "after_access_ended" : "");
    for (const row of state.quarantine.values()) if (row.entry === ready.id) row.placed_at = stamp();
    if (ready.header.kind === "opening") placeWhatWaited(casefile.id);
    return item;
  }

  function placeWhatWaited(casefile) {
    for (const row of [...state.quarantine.values()]) {
      if (row.reason !== "no_opening" || row.casefile !== casefile || row.placed_at) continue;
      const item = believe(open(row.envelope));
      if (!item.isBelieved) continue;
      judge(item);
      if (item.code) row.reason = item.code;
    }
  }

  function keepAside(device, item) {
    const day = stamp().slice(0, 10);
    const found = state.quarantine.get(item.hash);
    if (!found && !item.isBelieved) {
      const today = [...state.quarantine.values()].filter((row) => row.device === device && row.day === day && !row.isBelieved);
      if (today.length >= UNBELIEVED_A_DAY) return Object.assign(item, { code: "full", retry_after: 60 });
    }
    item.received_at = found?.received_at ?? stamp();
    if (found) return item;
    const row = {
      hash: item.hash,
      device,
      kid: item.kid,
      entry: item.isBelieved || item.code === "unknown_signer" ? item.ready.id : "",
      casefile: item.isBelieved ? item.ready.header.casefile : "",
      reason: item.code,
      isBelieved: item.isBelieved,
      received_at: item.received_at,
      day,
      envelope: item.envelope,
      placed_at: null,
    };
    state.quarantine.set(item.hash, row);
    ever.quarantined.set(item.hash, row);
    return item;
  }

  function take(device, envelopes) {
    const items = envelopes.map((envelope) => believe(open(envelope)));
    const openingsFirst = (item) => (item.ready?.header.kind === "opening" ? 0 : 1);
    for (const item of items.filter((one) => one.isBelieved).sort((a, b) => openingsFirst(a) - openingsFirst(b))) judge(item);
    for (const item of items) if (!item.placed) keepAside(device, item);
    note();
    return items.map(({ hash, placed, isDuplicate, code, retry_after, received_at }) => {
      if (placed) {
        const { id, casefile, seq, log_hash } = placed;
        const word = { status: "stored", id, casefile, seq, received_at: placed.received_at, log_hash };
        return { hash, status: isDuplicate ? "duplicate" : "stored", id, receipt: receipt(word) };
      }
      if (retry_after) return { hash, status: "retry", code, retry_after };
      return { hash, status: "quarantined", code, receipt: receipt({ status: "quarantined", hash, received_at }) };
    });
  }

  /** Issues the key set again, under the number after `n`. */
  function issueAbove(n) {
    state.keysetN = n + 1;
    state.keysets += 1;
  }

  /** How much was ever answered with a receipt, and how many key sets were issued. */
  const kept = () => state.placed.size + state.quarantine.size + state.keysets;
  /** fieldapp/epoch.py: what is noted never goes back. */
  function note() {
    const count = kept();
    if (state.epoch > beside.epoch || (state.epoch === beside.epoch && count > beside.count))
      Object.assign(beside, { epoch: state.epoch, count });
  }

  // ── giving ──

  const those = (may, person) =>
    [...state.casefiles.values()].filter((one) => may(person, one.id)).sort((a, b) => byCode(b.active_at, a.active_at));
  const readable = (person) => those(mayRead, person);
  const carried = (person) => those(mayCarry, person);
  const digestFor = (person) =>
    hashText(
      carried(person)
        .map(({ id, seq, log_hash }) => `${id} ${seq} ${log_hash}\n`)
        .sort(byCode)
        .join(""),
    );
  const makeNonce = (device) => `${device}.${clock.now}`;
  function isNonceGood(nonce, device) {
    const [of, at] = String(nonce).split(".");
    return of === device && Number(at) <= clock.now && clock.now - Number(at) <= NONCE_LASTS_MS;
  }
  function hearRemovals(kid, person, casefiles) {
    for (const id of casefiles) {
      // What was dropped while its person went on reading it at the desk was no end that the phone heard of.
      if (state.casefiles.has(id) && !mayRead(person, id)) state.heard.add(`${id} ${kid}`);
      if (doubts.get(kid)?.includes(id)) ever.droppedAtOnce = id;
    }
  }

  /** Closes what this phone brought and nobody could read, where the entry that was in it is placed from another envelope. */
  function hearResealed(device, resealed) {
    for (const [hash, id] of Object.entries(resealed)) {
      const [row, placed] = [state.quarantine.get(hash), state.placed.get(id)];
      if (row?.device !== device || state.signers.get(placed?.kid)?.device !== device) continue;
      if (UNREAD.has(row.reason) && !row.isBelieved && row.entry === "" && !row.placed_at && !row.away_at)
        Object.assign(row, { placed_at: stamp(), entry: id });
    }
  }

  /** Whether a key of this phone signed what it says, whatever has become of the phone. */
  function isSigned(device, headers) {
    if (!headers["Fieldapp-Proof"]) return false;
    const { kid, input, signature } = splitJws(headers["Fieldapp-Proof"], "fieldapp-proof");
    const signer = state.signers.get(kid);
    return signer?.device === device.id && isSignedBy(signer.jwk, signature, ascii(input));
  }

  function prove(device, path, body, headers) {
    if (device.status !== "ok") throw new NotAnswered(401, "device");
    const { kid, input, payload, signature } = splitJws(headers["Fieldapp-Proof"] ?? "", "fieldapp-proof");
    const signer = state.signers.get(kid);
    if (!signer || signer.device !== device.id || signer.ended_at) throw new NotAnswered(401, "read_token");
    if (headers.Authorization !== `Bearer ${signer.read_token}`) throw new NotAnswered(401, "read_token");
    const said = JSON.parse(text(payload));
    if (!isSignedBy(signer.jwk, signature, ascii(input)) || said.path !== path || said.body !== b64u(sha256(body)))
      throw new NotAnswered(401, "proof");
    if (!isNonceGood(said.nonce, device.id)) throw new NotAnswered(401, "nonce", { nonce: makeNonce(device.id) });
    return { ...signer, kid };
  }

  /** Ends the signers whose copies are gone from this phone; without a signature only where the office asked for it. */
  function hearDropped(device, kids, isSigned) {
    if (!isSigned && device.status !== "lost" && device.status !== "ended") return;
    for (const kid of kids) {
      const signer = state.signers.get(kid);
      if (signer?.device === device.id && !signer.ended_at) Object.assign(signer, { ended_at: stamp(), end_reason: "dropped" });
    }
  }

  function hello(device, asked, reader, isSigned) {
    if (reader && asked.keyset_n > state.keysetN && asked.keyset_n <= state.keysetN + MOST_KEYSETS_LOST)
      issueAbove(asked.keyset_n);
    const said = asked.signers.filter(({ kid }) => state.signers.get(kid)?.device === device.id);
    if (reader) {
      hearRemovals(reader.kid, reader.person, asked.removals_done ?? []);
      hearResealed(device.id, asked.resealed ?? {});
    }
    hearDropped(device, asked.dropped ?? [], isSigned);
    return {
      time: stamp(),
      epoch: state.epoch,
      keyset_n: state.keysetN,
      // A locked phone does not say which key set it has.
      ...((asked.keyset_n ?? 0) < state.keysetN ? { keyset: keysetJws() } : {}),
      device: { status: device.status },
      signers: said.map(({ kid }) => ({ kid, ...headOf(kid) })),
      durable_through: promiseDurable(),
      practice: practice.index,
      nonce: makeNonce(device.id),
      ...(reader ? { same: mistakes === 0 && asked.digest === digestFor(reader.person) } : {}),
      ...(asked.checkpoint_n === 1 ? {} : { checkpoint: jwsBy(receiptKey, "fieldapp-checkpoint", { v: 1, n: 1 }).jws }),
    };
  }
  function headOf(kid) {
    let head = { n: 0, id: "" };
    for (const [name, id] of state.slips) {
      const [of, n] = name.split(" ");
      if (of === kid && Number(n) > head.n) head = { n: Number(n), id };
    }
    return head;
  }
  function promiseDurable() {
    const through = durableThrough();
    if (through > ever.durable) ever.durable = through;
    return through;
  }

  function pull(signer, { cursors, removals }) {
    if (removals) hearRemovals(signer.kid, signer.person, Object.keys(removals));
    const isMistaken = mistakes > 0 && Object.keys(cursors).length > 1;
    if (isMistaken) mistakes--;
    const rows = isMistaken ? [] : carried(signer.person);
    const here = new Set(rows.map((row) => row.id));
    const held = Object.keys(cursors);
    const isOurs = ({ seq, entries }, [from, head]) => from <= seq && (entries[from - 1]?.log_hash ?? "") === head;
    const diverged = held.filter((id) => {
      const casefile = state.casefiles.get(id);
      return !casefile || (!here.has(id) && !isOurs(casefile, cursors[id]));
    });
    const gone = held.filter((id) => state.casefiles.has(id) && !here.has(id));
    const removed = gone.filter((id) => !diverged.includes(id)).map((casefile) => ({ casefile, reason: "ended" }));
    const confirm = gone.length > 5 || (gone.length >= 2 && gone.length * 5 > held.length);
    doubt(signer, gone, isMistaken && confirm);
    const authors = new Set([signer.person]);
    const kids = new Set();
    const casefiles = [];
    let [left, space] = [0, room];
    for (const { id, seq, log_hash, entries } of rows) {
      let [from, head] = cursors[id] ?? [0, ""];
      if (from > seq || (entries[from - 1]?.log_hash ?? "") !== head) {
        diverged.push(id);
        from = 0;
      }
      const given = entries.slice(from, from + Math.max(0, space));
      space -= given.length;
      left += seq - from - given.length;
      for (const { header, kid } of given) {
        authors.add(header.author);
        kids.add(kid);
      }
      if (given.length > 0)
        casefiles.push({
          id,
          seq,
          log_hash,
          entries: given.map((one) => ({
            seq: one.seq,
            received_at: one.received_at,
            log_hash: one.log_hash,
            jws: one.jws,
            body: one.body,
          })),
        });
    }
    return {
      epoch: state.epoch,
      nonce: makeNonce(signer.device),
      added: rows.filter(({ id }) => !Object.hasOwn(cursors, id)).map(({ id }) => id),
      removed,
      confirm,
      diverged,
      people: [...authors].flatMap((id) => {
        const person = state.people.get(id);
        return person ? [{ id, name: person.name, role: person.role }] : [];
      }),
      enrolments: state.enrolments.filter(({ kid }) => kids.has(kid)).map(({ kid: _, ...link }) => link),
      casefiles,
      more: left > 0,
      total: left,
    };
  }

  /**
   * Notes what one answer takes away by mistake: a phone that says it has dropped it before it asked again believed that one answer. Of one family alone, and of what the
   * answer before said as well, whether it was a mistake or has been put right since, a phone need ask no second time.
   */
  function doubt({ kid, person }, gone, isDoubtful) {
    const before = takenLast.get(kid) ?? [];
    takenLast.set(kid, gone);
    doubts.set(kid, isDoubtful ? gone.filter((id) => mayCarry(person, id) && !before.includes(id)) : []);
  }

  function have(device, ids) {
    const mine = (kid) => state.signers.get(kid)?.device === device.id;
    const found = ids.flatMap((id) => {
      const placed = state.placed.get(id);
      return placed && mine(placed.kid) && !(placed.n < 0) ? [placed] : [];
    });
    const held = new Set([...state.quarantine.values()].flatMap(({ entry: id, kid }) => (id && mine(kid) ? [id] : [])));
    const here = new Set(found.map(({ id }) => id));
    const away = [...state.quarantine.values()].flatMap((row) => (row.away_at && !here.has(row.entry) ? [row.entry] : []));
    return {
      ...(away.some((id) => ids.includes(id)) ? { put_away: away.filter((id) => ids.includes(id)) } : {}),
      missing: ids.filter((id) => !here.has(id) && !held.has(id)),
      receipts: found.map(({ id, casefile, seq, received_at, log_hash }) => ({
        id,
        receipt: receipt({ status: "stored", id, casefile, seq, received_at, log_hash }),
      })),
    };
  }

  /** What the office lacks of anybody's entries, for a reader. */
  function lacking(ids) {
    const bringers = (id) => [...state.quarantine.values()].filter((row) => row.entry === id);
    const isHeld = (rows) => rows.some((row) => row.isBelieved) || new Set(rows.map((row) => row.device)).size >= 3;
    return { missing: ids.filter((id) => !state.placed.has(id) && !isHeld(bringers(id))), receipts: [] };
  }

  // ── setting up ──

  function begin({ email, password }, cookie) {
    const person = [...state.people.values()].find((one) => one.email === email && one.ended_at === null);
    if (!person || password !== "correct") throw new NotAnswered(401, "sign_in");
    const known = deviceBy(cookie);
    const device = known?.status === "ok" ? known.id : newId();
    const nonce = newId();
    state.setups.set(nonce, { person: person.id, device });
    return {
      person: { id: person.id, name: person.name, role: person.role },
      device,
      nonce,
      office: { jwk: official.jwk, keyset: keysetJws() },
      check_words: [],
      practice: practice.index,
      policy: {},
    };
  }
  function enrol({ enrolment }, cookie) {
    const { kid, input, payload, signature } = splitJws(enrolment, "fieldapp-enrolment");
    const said = JSON.parse(text(payload));
    if (thumbprint(said.jwk) !== kid || !isSignedBy(said.jwk, signature, ascii(input)))
      throw new NotAnswered(400, "bad_signature");
    const meant = state.setups.get(said.nonce);
    if (!meant) throw new NotAnswered(401, "nonce");
    state.setups.delete(said.nonce);
    if (said.person !== meant.person || said.device !== meant.device) throw new NotAnswered(400, "wrong_person");
    const device = state.devices.get(said.device) ?? { id: said.device, status: "ok" };
    if (!device.token || device.token !== cookie) device.token = newId();
    state.devices.set(device.id, device);
    const read_token = newId();
    const replaced = state.signers.get(said.replaces);
    if (replaced && !replaced.ended_at) Object.assign(replaced, { ended_at: stamp(), end_reason: "replaced" });
    state.signers.set(kid, {
      person: said.person,
      device: said.device,
      jwk: said.jwk,
      read_token,
      ended_at: null,
      end_reason: "",
    });
    const [n, received_at] = [state.enrolments.length + 1, stamp()];
    const prev = state.enrolments.at(-1)?.log_hash ?? "";
    const log_hash = hashText(
      `fieldapp enrolment 1\n${prev}\n${n}\n${hashText(input)}\n${hashText(enrolment)}\n${received_at}\n`,
    );
    state.enrolments.push({ jws: enrolment, n, received_at, log_hash, kid });
    return {
      answer: { read_token, proof_nonce: makeNonce(device.id), time: stamp(), epoch: state.epoch },
      cookie: device.token,
    };
  }
  const deviceBy = (token) => (token ? [...state.devices.values()].find((one) => one.token === token) : undefined);

  function answer(path, body, headers, cookie) {
    const asked = () => JSON.parse(text(body));
    if (path === "/sync/v1/devices/begin") return { answer: begin(asked(), cookie) };
    if (path === "/sync/v1/devices") return enrol(asked(), cookie);
    const device = deviceBy(cookie);
    if (!device) throw new NotAnswered(401, "device");
    if (path === "/sync/v1/hello") {
      const reader = asked().digest !== undefined && device.status === "ok" ? prove(device, path, body, headers) : null;
      return { answer: hello(device, asked(), reader, asked().dropped?.length > 0 && isSigned(device, headers)) };
    }
    if (path === "/sync/v1/push") {
      let frames;
      try {
        frames = readFrames(body);
      } catch {
        throw new NotAnswered(400, "malformed");
      }
      if (frames.length > wire.PUSH_FRAMES) throw new NotAnswered(413, "too_many");
      return {
        answer: { results: take(device.id, frames), epoch: state.epoch, time: stamp(), durable_through: promiseDurable() },
      };
    }
    if (path === "/sync/v1/have") {
      const { ids, anybody } = asked();
      if (anybody) prove(device, path, body, headers);
      return { answer: anybody ? lacking(ids) : have(device, ids) };
    }
    if (path === "/sync/v1/pull") return { answer: pull(prove(device, path, body, headers), asked()) };
    if (path === "/sync/v1/practice")
      return {
        answer: {
          files: Object.fromEntries(
            asked().hashes.flatMap((name) => (practice.files.has(name) ? [[name, practice.files.get(name)]] : [])),
          ),
        },
      };
    if (path.startsWith("/sync/v1/drafts/")) {
      if (!state.ingest.has(b64u(readEnvelope(body).ingestKid))) throw new NotAnswered(400, "unknown_key");
      state.drafts.set(path.slice(16), body);
      return { answer: { status: "kept", n: 1 } };
    }
    throw new NotAnswered(404, "not_found");
  }

  function reply(path, body, headers, cookie) {
    try {
      const given = answer(path, body, headers, cookie);
      const json = JSON.stringify({ v: 1, ...given.answer });
      return { status: 200, headers: { "Content-Type": "application/json" }, body: json, cookie: given.cookie };
    } catch (error) {
      if (!(error instanceof NotAnswered)) throw error;
      const { status, more } = error;
      return { status, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ v: 1, ...more }) };
    }
  }

  function addCasefile(id, readers) {
    state.casefiles.set(id, { id, seq: 0, log_hash: "", active_at: stamp(), entries: [] });
    for (const person of readers) office.grant(id, person);
  }

  const office = {
    official,
    receiptKey,
    desk,
    beside,
    ever,
    get state() {
      return state;
    },
    setRoom(entries) {
      room = entries;
    },
    open,
    mayRead,
    readable,
    carried,
    receipt,

    /** Answers one request, wholly and at once: `{status, headers, body, cookie?}`. */
    serve(path, { body = new Uint8Array(), headers = {}, cookie = "" }) {
      if (path === "/sync/v1/words") return { status: 200, headers: { "Content-Type": "text/plain" }, body: WORDS };
      if (path.startsWith("/sync/v1/practice/")) {
        const file = practice.files.get(path.slice(18));
        if (file !== undefined) return { status: 200, headers: { "Content-Type": "application/json" }, body: file };
      }
      const given = reply(path, body, headers, cookie);
      told("request", {
        path,
        body: Buffer.from(body).toString("base64"),
        headers,
        cookie,
        status: given.status,
        told: given.body,
      });
      return given;
    },

    /** Has everything that happens from now on told, after what is so by now. */
    tellTo(teller) {
      record = teller;
      const { people, devices, signers, casefiles, grants, ingest } = state;
      told("setting", {
        keys: [
          { use: "office", ...privateOf(official) },
          ...[...ingest.values()].map((key) => ({ use: "ingest", ...privateOf(key) })),
          { use: "receipt", ...privateOf(receiptKey) },
          { use: "desk", ...privateOf(desk) },
        ],
        people: [...people.values()],
        devices: [...devices.values()],
        signers: [...signers].map(([kid, signer]) => ({ kid, ...signer })),
        grants,
        casefiles: [...casefiles.values()].map(({ id, entries }) => ({
          id,
          entries: entries.map((one) => ({
            id: one.id,
            jws: one.jws,
            body: one.body,
            kid: one.kid,
            received_at: one.received_at,
          })),
        })),
      });
    },

    // ── what people do at the office ──

    addPerson(name, role = "keyworker") {
      const person = { id: newId(), name, role, email: `${name.toLowerCase()}@harrowmere.example`, ended_at: null };
      state.people.set(person.id, person);
      return person;
    },
    /** Signs an entry with the desk key and places it. */
    write(author, { kind, schema, casefile, record = newId(), parents = [], fields, form = "" }) {
      const body = JSON.stringify({ salt: newId(), fields });
      const header = {
        v: 1,
        kind,
        schema,
        form,
        app: "desk",
        casefile,
        record,
        parents,
        author,
        device: "",
        written_at: stamp(),
        zone: "Europe/London",
        mode: "",
        body_hash: hashText(body),
        slip_hash: hashText(""),
        blobs: [],
        via: "1",
      };
      const { id, jws } = jwsBy(desk, "fieldapp-entry", header);
      const placed = place(state.casefiles.get(casefile), { id, jws, header, body }, desk.kid);
      note();
      told("desk", { id, jws, body, casefile, kid: desk.kid });
      return placed;
    },
    openFamily(author, title, readers) {
      const casefile = newId();
      addCasefile(casefile, readers);
      told("casefile", { casefile, readers });
      const fields = { about: "family", sort: "main", readers, title };
      office.write(author, { kind: "opening", schema: "opening.1", casefile, fields });
      const child = newId();
      const people = [{ id: child, name: "Ada", group: "child", relation: "daughter", birth: "unknown" }];
      const about = { name_shown: title, programme: "staying-together@1", status: "active", started_on: "2026-09-01", people };
      office.write(author, { kind: "family", schema: "family.1", casefile, fields: about });
      return { casefile, child, title };
    },
    grant(casefile, person) {
      if (grantsOn(casefile, person).some((one) => one.until_at === null)) return;
      const same = grantsOn(casefile, person).find((one) => one.from_at === stamp());
      if (same) same.until_at = null;
      else state.grants.push({ casefile, person, from_at: stamp(), until_at: null });
      for (const [kid, signer] of state.signers) if (signer.person === person) state.heard.delete(`${casefile} ${kid}`);
      told("grant", { casefile, person });
    },
    end(casefile, person) {
      for (const one of grantsOn(casefile, person)) if (one.until_at === null) one.until_at = stamp();
      told("end", { casefile, person });
    },
    setDevice(id, status) {
      const device = state.devices.get(id);
      if (device) device.status = status;
      if (status === "lost") ever.lost.add(id);
      told("device", { device: id, status });
    },
    /** Takes everything away from whoever asks next, so many times. */
    takeAwayByMistake(times) {
      mistakes = times;
    },
    /** A person decides about what waits to be sorted: `away` puts it away, `back` takes that back, `place` places it where it belongs. */
    sort(row, how) {
      if (how !== "place") {
        row.away_at = how === "away" ? stamp() : null;
        return;
      }
      const item = believe(open(row.envelope));
      const casefile = state.casefiles.get(item.ready?.header.casefile);
      if (!item.isBelieved || !casefile || state.placed.has(item.ready.id) || NOT_CONTENT.has(item.ready.header.kind)) return;
      place(casefile, item.ready, item.kid, "after_access_ended");
      row.placed_at = stamp();
      note();
    },
    /** A key set as it might have been signed before the one that holds. */
    olderKeys: () =>
      jwsBy(official, "fieldapp-keyset", { v: 1, n: state.keysetN - 1, issued_at: stamp(), keys: state.keys.slice(0, 3) }).jws,
    rotate() {
      addIngest();
      issueAbove(state.keysetN);
      note();
      told("rotate", privateOf([...state.ingest.values()].at(-1)));
    },
    /** A backup that was read back: nothing received before its start can be lost by a restore. */
    backUp() {
      state.durable = stamp(clock.now - 60_000);
      told("durable", { through: state.durable });
      return office.copy();
    },
    /** A copy of the database, as it lies there: nobody promises anything by it. */
    copy() {
      const label = labels++;
      told("copy", { label });
      return { taken: copyOf(state), at: clock.now, label };
    },
    /** Puts an older database back and starts: what lies beside the key file says that it is older. */
    restore({ taken, label }) {
      state = copyOf(taken);
      told("restore", { label });
      const count = kept();
      if (beside.epoch > state.epoch || beside.count > count) {
        state.epoch = Math.max(state.epoch, beside.epoch) + 1;
        // The sets that a restore lost had the numbers that come next: each epoch has numbers of its own.
        const own = (state.epoch - 1) * MOST_KEYSETS_LOST;
        issueAbove(state.keysetN < own ? own : state.keysetN + MOST_KEYSETS_LOST);
      }
      Object.assign(beside, { epoch: state.epoch, count });
    },
  };
  note();
  return office;
}
