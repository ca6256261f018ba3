/**
 * A small office made from the same twins, with real keys: what it signs is signed, what it cannot open it cannot read. Its weather can be told to lose, repeat,
 * cut or replace answers. The real one is proved against the same stories in tests/app.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { hands, hash, json, makeSigner, sign, text, utf8, verify } from "../../static/src/core/keys.js";
import { digest, enrolmentHash, logHash } from "../../static/src/sync/chain.js";
import {
  b64u,
  compact,
  idOf,
  readBody,
  readHeader,
  readSlip,
  signingInput,
  splitJws,
  unb64u,
} from "../../static/src/sync/entry.js";
import { envelopeInfo, readEnvelope, readFrames, readPacket, readParts } from "../../static/src/sync/wire.js";

/** What every phone that is set up here is given to read with. */
export const READ_TOKEN = "what-this-phone-reads-with";

const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const random = (size) => b64u(crypto.getRandomValues(new Uint8Array(size)));
export const newId = () => random(16);

const WORDS = Array.from({ length: 2200 }, (_, i) => {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  return `w${letters[i % 26]}${letters[Math.floor(i / 26) % 26]}${letters[Math.floor(i / 676)]}`;
});

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Practice files as the office serves them; `policy` says what of it is otherwise. */
async function practiceFiles(policy) {
  const root = new URL("../../fieldapp/practice/", import.meta.url);
  const files = new Map();
  const index = { records: {}, measures: {}, programmes: {}, vocabularies: {} };
  const keep = async (bytes) => {
    const name = b64u(await hash(bytes));
    files.set(name, bytes);
    return name;
  };
  for (const room of Object.keys(index)) {
    for (const file of readdirSync(new URL(`${room}/`, root)).filter((name) => name.endsWith(".json"))) {
      const bytes = new Uint8Array(readFileSync(new URL(`${room}/${file}`, root)));
      const plain = JSON.parse(text(bytes));
      const name = room === "measures" || room === "programmes" ? `${plain.id}@${plain.version}` : file.replace(/\.json$/, "");
      index[room][name] = await keep(bytes);
    }
  }
  index.policy = await keep(json({ ...JSON.parse(readFileSync(new URL("policy.json", root), "utf8")), ...policy }));
  return { files, index: await keep(json(index)) };
}

export async function makeOffice(clock = () => Date.now(), policy = {}) {
  const stamp = () => new Date(clock()).toISOString();
  const [official, receipts, desk] = await Promise.all([makeSigner(), makeSigner(), makeSigner()]);
  const ingest = new Map();
  const keys = [];
  const addIngest = async () => {
    const pair = await suite.kem.generateKeyPair();
    const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    const kid = b64u(await hash(utf8(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`)));
    ingest.set(kid, pair.privateKey);
    keys.push({ kid, use: "ingest", jwk: { kty, crv, x, y }, from: stamp(), until: null, burned_at: null });
    return kid;
  };
  await addIngest();
  keys.push({ kid: receipts.signer.kid, use: "receipt", jwk: receipts.jwk, from: stamp(), until: null, burned_at: null });
  keys.push({ kid: desk.signer.kid, use: "desk", jwk: desk.jwk, from: stamp(), until: null, burned_at: null });
  const practice = await practiceFiles(policy);

  const office = {
    stamp,
    n: 1,
    epoch: 1,
    durable: () => new Date(clock() - 1000).toISOString(),
    practice,
    /** Whether the phone still has its device token. */
    isKnown: true,
    /** @type {Map<string, {seq: number, log_hash: string, entries: any[]}>} */
    casefiles: new Map(),
    /** @type {Map<string, any>} */
    byId: new Map(),
    quarantine: new Map(),
    /** What phones said they sealed anew. */
    resealed: [],
    /** Ids a person put aside, and those that quarantine holds. */
    putAway: new Set(),
    held: new Set(),
    /** What came of each signer's own chain, by entry. */
    numbers: new Map(),
    /** How many envelopes each push had. */
    pushes: [],
    drafts: new Map(),
    refusesDraft: (_envelope) => false,
    /** Notes written before unlocking, which nobody has confirmed. @type {any[]} */
    locked_notes: [],
    people: new Map(),
    signers: new Map(),
    enrolments: [],
    scope: new Set(),
    removed: [],
    confirm: false,
    device: newId(),
    status: "ok",
    /** What phones said they dropped, each with whether they signed it; signers a person ended; what was read; drafts left elsewhere. */
    dropped: [],
    endedSigners: new Set(),
    reads: [],
    leftDrafts: [],
    nonces: new Set(),
    /** Every request that came, by path. */
    requests: [],
    /** What the weather does: a function of (path, request) that may answer in place of the office, or change its answer. */
    weather: null,
    /** What intake does to one opened entry in place of placing it. */
    /** @type {(entry: any, hash: string) => any} */
    refuse: () => null,
    bytesIn: 0,
    bytesOut: 0,
    pageEntries: 400,

    async keySet() {
      return (await sign(official.signer, "fieldapp-keyset", json({ v: 1, n: office.n, issued_at: stamp(), keys }))).jws;
    },
    official,
    keys,
    addIngest,
    async checkpoint(n) {
      return (await sign(receipts.signer, "fieldapp-checkpoint", json({ v: 1, n }))).jws;
    },
    async receipt(payload) {
      return (await sign(receipts.signer, "fieldapp-receipt", json({ v: 1, ...payload, epoch: office.epoch }))).jws;
    },

    addPerson(name, role = "keyworker", email = `${name.toLowerCase()}@harrowmere.example`) {
      const person = { id: newId(), name, role, email };
      office.people.set(person.id, person);
      return person;
    },

    /** Is put back to where it was when `count` entries of a casefile had come; at 0 it never heard of it. */
    async putBack(casefile, count = 0) {
      office.epoch += 1;
      const file = office.casefiles.get(casefile);
      const lost = file.entries.splice(count);
      for (const { id } of lost) office.byId.delete(id);
      Object.assign(file, { seq: count, log_hash: file.entries.at(-1)?.log_hash ?? "" });
      if (count === 0) office.casefiles.delete(casefile);
      return lost.map(({ id }) => id);
    },

    /** Puts an entry on the end of its casefile's chain. */
    async place({ id, jws, body, header }) {
      const file = office.casefiles.get(header.casefile) ?? { seq: 0, log_hash: "", entries: [] };
      office.casefiles.set(header.casefile, file);
      const received_at = stamp();
      const seq = file.seq + 1;
      const log_hash = await logHash(hands, { prev: file.log_hash, casefile: header.casefile, seq, id, jws, received_at });
      Object.assign(file, { seq, log_hash });
      const entry = { seq, received_at, log_hash, jws, body, id, casefile: header.casefile };
      file.entries.push(entry);
      office.byId.set(id, entry);
      return entry;
    },

    /** Writes an entry at the desk, signed by the desk key. */
    async write(person, { kind, schema, casefile, record = newId(), parents = [], fields, form = "" }) {
      const body = json({ salt: random(16), fields });
      const header = {
        v: 1,
        kind,
        schema,
        form,
        app: "desk",
        casefile,
        record,
        parents,
        author: person.id,
        device: "",
        written_at: stamp(),
        zone: "Europe/London",
        mode: "",
        body_hash: b64u(await hash(body)),
        slip_hash: "",
        blobs: [],
        via: "1",
      };
      const { id, jws } = await sign(desk.signer, "fieldapp-entry", json(header));
      return office.place({ id, jws, body: text(body), header });
    },

    /** A family with its opening and its family record, open to everybody in scope. */
    async openFamily(person, title, more = {}) {
      const casefile = newId();
      await office.write(person, {
        kind: "opening",
        schema: "opening.1",
        casefile,
        fields: { about: "family", sort: "main", readers: [person.id], title },
      });
      const child = newId();
      await office.write(person, {
        kind: "family",
        schema: "family.1",
        casefile,
        fields: {
          name_shown: title,
          programme: "staying-together@1",
          status: "active",
          started_on: "2026-09-01",
          people: [{ id: child, name: "Ada", group: "child", relation: "daughter", birth: "unknown" }],
          ...more,
        },
      });
      office.scope.add(casefile);
      return { casefile, child };
    },

    /** Opens one envelope as intake does. */
    async unseal(envelope, use) {
      const { ingestKid, encapsulated, ciphertext } = readEnvelope(envelope);
      const kid = b64u(ingestKid);
      const key = ingest.get(kid);
      if (!key) throw new Error("unknown_key");
      const info = utf8(envelopeInfo(kid, use)).buffer;
      const packet = new Uint8Array(
        await suite.open({ recipientKey: key, enc: new Uint8Array(encapsulated), info }, new Uint8Array(ciphertext)),
      );
      const { kid: signerKid, signature, deflated } = readPacket(packet);
      return { signerKid, signature, parts: readParts(await inflate(deflated)) };
    },

    async open(envelope) {
      const { signerKid, signature, parts } = await office.unseal(envelope, "entry");
      const input = signingInput("fieldapp-entry", b64u(signerKid), parts.header);
      return {
        id: await idOf(hands, input),
        jws: compact(input, signature),
        header: readHeader(text(parts.header)),
        body: text(parts.body),
        slip: parts.slip.length > 0 ? readSlip(text(parts.slip)) : null,
        parts,
      };
    },

    async take(envelope) {
      const envelopeHash = b64u(await hash(envelope));
      const quarantined = async (code) => {
        const received_at = stamp();
        office.quarantine.set(envelopeHash, { envelope, code });
        if (entry) office.held.add(entry.id);
        return {
          hash: envelopeHash,
          status: "quarantined",
          code,
          receipt: await office.receipt({ status: "quarantined", hash: envelopeHash, received_at }),
        };
      };
      let entry;
      try {
        entry = await office.open(envelope);
      } catch (error) {
        return quarantined(error.message === "unknown_key" ? "unknown_key" : "cannot_open");
      }
      const stored = async (status, { seq, received_at, log_hash }) => ({
        hash: envelopeHash,
        status,
        id: entry.id,
        receipt: await office.receipt({
          status: "stored",
          id: entry.id,
          casefile: entry.header.casefile,
          seq,
          received_at,
          log_hash,
        }),
      });
      if (entry.slip) office.numbers.set(entry.id, entry.slip.n);
      if (office.byId.has(entry.id)) return stored("duplicate", office.byId.get(entry.id));
      const { kid } = splitJws(entry.jws, "fieldapp-entry");
      if (entry.header.kind === "locked_note") {
        const vouched = await verify(entry.header.certificate, "fieldapp-note-key", (by) => office.signers.get(by).jwk);
        await verify(entry.jws, "fieldapp-entry", () => vouched.payload.jwk);
        office.locked_notes.push({ ...entry, fields: readBody(entry.body).fields });
        return quarantined("before_unlocking");
      }
      await verify(entry.jws, "fieldapp-entry", () => (kid === desk.signer.kid ? desk.jwk : office.signers.get(kid).jwk));
      readBody(entry.body);
      const told = await office.refuse(entry, envelopeHash);
      if (told?.status === "retry") return { hash: envelopeHash, ...told };
      if (told) return quarantined(told.code);
      return stored("stored", await office.place(entry));
    },

    /** Answers a request as fetch would. */
    async fetch(url, options = {}) {
      const path = new URL(url, "http://office.example").pathname;
      const body =
        options.body === undefined
          ? new Uint8Array()
          : typeof options.body === "string"
            ? utf8(options.body)
            : new Uint8Array(options.body);
      office.requests.push(path);
      office.bytesIn += body.length;
      options.signal?.throwIfAborted();
      const real = async () => {
        const response = await answer(path, body, options);
        office.bytesOut += Number(response.headers.get("x-size") ?? 0);
        return response;
      };
      return office.weather ? office.weather(path, real, body) : real();
    },
  };

  const told = (value, status = 200) => {
    const body = JSON.stringify({ v: 1, ...value });
    return new Response(body, { status, headers: { "Content-Type": "application/json", "x-size": String(body.length) } });
  };
  const nonce = () => {
    const fresh = random(16);
    office.nonces.add(fresh);
    return fresh;
  };

  async function reader(path, body, options) {
    const proof = new Headers(options.headers).get("Fieldapp-Proof") ?? "";
    const { payload, kid } = await verify(proof, "fieldapp-proof", (found) => office.signers.get(found)?.jwk);
    if (payload.path !== path || payload.body !== b64u(await hash(body))) return { refused: told({ error: "proof" }, 401) };
    if (!office.nonces.delete(payload.nonce)) return { refused: told({ error: "nonce", nonce: nonce() }, 401) };
    return { kid };
  }

  async function answer(path, body, options) {
    if (path === "/sync/v1/words") return new Response(WORDS.join("\n"), { headers: { "Content-Type": "text/plain" } });
    if (path === "/sync/v1/practice") {
      const found = JSON.parse(text(body)).hashes.flatMap((name) =>
        practice.files.has(name) ? [[name, text(practice.files.get(name))]] : [],
      );
      return told({ files: Object.fromEntries(found) });
    }
    if (path.startsWith("/sync/v1/practice/")) {
      const bytes = practice.files.get(path.slice(18));
      return bytes ? new Response(bytes, { headers: { "Content-Type": "application/json" } }) : told({ error: "unknown" }, 404);
    }
    if (path === "/sync/v1/devices/begin") {
      const { email, password } = JSON.parse(text(body));
      const person = [...office.people.values()].find((one) => one.email === email);
      if (!person || password !== "correct") return told({ error: "sign_in", wait_s: 5 }, 401);
      office.beginning = { person, nonce: random(16) };
      const { id, name, role } = person;
      return told({
        person: { id, name, role },
        device: office.device,
        nonce: office.beginning.nonce,
        office: { jwk: official.jwk, keyset: await office.keySet() },
        check_words: [],
        practice: practice.index,
        policy: {},
      });
    }
    if (path === "/sync/v1/devices") {
      const { enrolment } = JSON.parse(text(body));
      const claim = JSON.parse(text(unb64u(enrolment.split(".")[1])));
      const { kid, id, payload } = await verify(enrolment, "fieldapp-enrolment", () => claim.jwk);
      office.replaced = JSON.parse(text(body)).replaced;
      if (payload.nonce !== office.beginning?.nonce) return told({ error: "nonce" }, 401);
      const link = { jws: enrolment, n: office.enrolments.length + 1, received_at: stamp() };
      const log_hash = await enrolmentHash(hands, { ...link, id, prev: office.enrolments.at(-1)?.log_hash ?? "" });
      office.enrolments.push({ ...link, log_hash });
      office.signers.set(kid, payload);
      return told({ read_token: READ_TOKEN, proof_nonce: nonce(), time: stamp(), epoch: office.epoch });
    }
    if (path === "/sync/v1/devices/renew") {
      const { refused } = await reader(path, body, options);
      if (!refused) office.isKnown = true;
      return refused ?? told({});
    }
    if (!office.isKnown) return told({ error: "device" }, 401);
    if (path === "/sync/v1/hello") {
      const asked = JSON.parse(text(body));
      const isProved = new Headers(options.headers).has("Fieldapp-Proof");
      const drops = () => office.dropped.push(...(asked.dropped ?? []).map((/** @type {string} */ one) => [one, isProved]));
      if (!isProved) drops();
      if (!isProved) return told({ time: stamp(), epoch: office.epoch, device: { status: office.status }, nonce: nonce() });
      const { refused, kid } = await reader(path, body, options);
      if (refused) return refused;
      drops();
      if (office.endedSigners.has(kid) && asked.digest) return told({ error: "ended" }, 401);
      office.hello = asked;
      if (asked.resealed) office.resealed.push(asked.resealed);
      office.reads.push(...(asked.reads ?? []));
      /** @type {[string, any][]} */
      const heads = [...office.scope].flatMap((id) => (office.casefiles.has(id) ? [[id, office.casefiles.get(id)]] : []));
      const mine = { kid, n: 0, id: "", ...(office.heads?.get(kid) ?? {}) };
      return told({
        time: stamp(),
        epoch: office.epoch,
        keyset_n: office.n,
        ...(asked.keyset_n < office.n ? { keyset: await office.keySet() } : {}),
        device: { status: office.status },
        signers: [mine],
        durable_through: office.durable(),
        practice: practice.index,
        nonce: nonce(),
        ...(asked.checkpoint_n === 1 ? {} : { checkpoint: await office.checkpoint(1) }),
        ...(office.responders && asked.responders !== office.responders.hash ? { responders: office.responders } : {}),
        ...(office.leftDrafts.length > 0 ? { drafts: office.leftDrafts.length } : {}),
        same: asked.digest === (await digest(hands, heads)) && office.removed.length === 0,
      });
    }
    if (path === "/sync/v1/push") {
      const results = [];
      office.pushes.push(readFrames(body).length);
      for (const frame of readFrames(body)) results.push(await office.take(new Uint8Array(frame)));
      return told({ epoch: office.epoch, time: stamp(), durable_through: office.durable(), results });
    }
    if (path === "/sync/v1/drafts") {
      const { refused } = await reader(path, body, options);
      return refused ?? told({ drafts: office.leftDrafts });
    }
    if (path.startsWith("/sync/v1/drafts/")) {
      if (office.refusesDraft(body)) return told({ error: "unknown_key" }, 400);
      office.drafts.set(path.slice(16), body);
      return told({ status: "kept", n: 1 });
    }
    if (path === "/sync/v1/have") {
      const { ids, anybody } = JSON.parse(text(body));
      if (anybody) {
        const { refused } = await reader(path, body, options);
        return refused ?? told({ missing: ids.filter((id) => !office.byId.has(id) && !office.held.has(id)), receipts: [] });
      }
      const found = ids.filter((id) => office.byId.has(id));
      const receipts = await Promise.all(
        found.map(async (id) => {
          const { seq, received_at, log_hash, casefile } = office.byId.get(id);
          return { id, receipt: await office.receipt({ status: "stored", id, casefile, seq, received_at, log_hash }) };
        }),
      );
      const put_away = ids.filter((id) => office.putAway.has(id));
      return told({ missing: ids.filter((id) => !office.byId.has(id)), receipts, ...(put_away.length > 0 ? { put_away } : {}) });
    }
    if (path === "/sync/v1/pull") {
      const { refused } = await reader(path, body, options);
      if (refused) return refused;
      const { cursors } = JSON.parse(text(body));
      const casefiles = [];
      // Nor is what this person lost taken away while their cursor is not the office's own: they give it back first.
      const isOurs = (id) =>
        cursors[id][0] === 0 || office.casefiles.get(id)?.entries[cursors[id][0] - 1]?.log_hash === cursors[id][1];
      const diverged = Object.keys(cursors).filter((id) => !office.casefiles.has(id) || (!office.scope.has(id) && !isOurs(id)));
      let room = office.pageEntries;
      let left = 0;
      for (const id of office.scope) {
        const file = office.casefiles.get(id);
        if (!file) continue;
        let [seq, head] = cursors[id] ?? [0, ""];
        if (seq > 0 && file.entries[seq - 1]?.log_hash !== head) {
          diverged.push(id);
          [seq, head] = [0, ""];
        }
        const fresh = file.entries.slice(seq);
        const given = fresh.slice(0, Math.max(0, room));
        room -= given.length;
        left += fresh.length - given.length;
        if (given.length)
          casefiles.push({
            id,
            seq: file.seq,
            log_hash: file.log_hash,
            entries: given.map(({ id: _, casefile: __, ...entry }) => entry),
          });
      }
      const people = [...office.people.values()].map(({ id, name, role }) => ({ id, name, role }));
      return told({
        epoch: office.epoch,
        nonce: nonce(),
        added: [],
        removed: office.removed.filter((one) => one.casefile in cursors && !diverged.includes(one.casefile)),
        confirm: office.confirm,
        diverged,
        people,
        enrolments: office.enrolments,
        casefiles,
        more: left > 0,
        total: left,
      });
    }
    return told({ error: "unknown" }, 404);
  }
  return office;
}
