// The raw floor: bare IndexedDB and WebCrypto doing once, and nothing else, what each row cannot do without.
//   save   sign, seal to the office (HPKE), seal for oneself (AES-GCM), one strict put
//   open   getAll, decrypt, parse
//   push   send; the office opens, verifies, seals, stores and receipts; verify each receipt; one strict transaction
//   pull   receive; verify one signature an entry; seal; one strict transaction a page
// Not a product: no conflict, no retry, no chain, no drafts, no second person.
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ECDSA = { name: "ECDSA", hash: "SHA-256" };
const EC = { name: "ECDSA", namedCurve: "P-256" };
const STRICT = { durability: "strict" };
const FRAMES = 64;
const BATCH = 1 << 20;
const INFO = encoder.encode("floor");

const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const completed = (change) =>
  new Promise((resolve, reject) => {
    change.oncomplete = () => resolve();
    change.onabort = () => reject(change.error);
  });

let database;
let keys;
let received = 0;

async function openDatabase() {
  const opening = indexedDB.open("floor", 1);
  opening.onupgradeneeded = () => {
    for (const store of ["outbox", "vault", "keys"]) opening.result.createObjectStore(store);
  };
  database = await asked(opening);
}

async function sealOwn(text) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, keys.local, text));
  const row = new Uint8Array(12 + sealed.length);
  row.set(iv);
  row.set(sealed, 12);
  return row;
}

async function read(row) {
  const iv = row.subarray(0, 12);
  return JSON.parse(decoder.decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, keys.local, row.subarray(12))));
}

async function sealForOffice(packet) {
  const sender = await suite.createSenderContext({ recipientPublicKey: keys.office, info: INFO });
  const sealed = new Uint8Array(await sender.seal(packet));
  const envelope = new Uint8Array(65 + sealed.length);
  envelope.set(new Uint8Array(sender.enc));
  envelope.set(sealed, 65);
  return envelope;
}

async function made(note) {
  const text = encoder.encode(JSON.stringify(note));
  const signature = new Uint8Array(await crypto.subtle.sign(ECDSA, keys.signing, text));
  const packet = new Uint8Array(64 + text.length);
  packet.set(signature);
  packet.set(text, 64);
  return { id: note.id, sealed: await sealForOffice(packet), own: await sealOwn(text) };
}

async function send(rows) {
  const length = rows.reduce((sum, row) => sum + 4 + row.sealed.length, 0);
  const body = new Uint8Array(length);
  const view = new DataView(body.buffer);
  let at = 0;
  for (const { sealed } of rows) {
    view.setUint32(at, sealed.length);
    body.set(sealed, at + 4);
    at += 4 + sealed.length;
  }
  const answer = await fetch("/floor/push", { method: "POST", body });
  if (!answer.ok) throw new Error(String(answer.status));
  const { receipts } = await answer.json();
  for (const receipt of receipts) {
    const signature = Uint8Array.fromBase64(receipt.signature);
    if (!(await crypto.subtle.verify(ECDSA, keys.receipt, signature, encoder.encode(receipt.payload)))) {
      throw new Error("a receipt does not verify");
    }
  }
  const change = database.transaction(["outbox", "vault"], "readwrite", STRICT);
  for (const row of rows) {
    change.objectStore("vault").put(row.own, row.id);
    change.objectStore("outbox").delete(row.id);
  }
  await completed(change);
}

export default {
  async setup({ shared }) {
    await openDatabase();
    const local = shared ? Uint8Array.fromBase64(shared) : crypto.getRandomValues(new Uint8Array(32));
    const pair = await crypto.subtle.generateKey(EC, false, ["sign", "verify"]);
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)).toBase64();
    const told = await (await fetch("/floor/signer", { method: "POST", body: JSON.stringify({ spki }) })).json();
    keys = {
      local: await crypto.subtle.importKey("raw", local, "AES-GCM", false, ["encrypt", "decrypt"]),
      signing: pair.privateKey,
      office: await suite.kem.deserializePublicKey(Uint8Array.fromBase64(told.ingest)),
      receipt: await crypto.subtle.importKey("raw", Uint8Array.fromBase64(told.receipt), EC, false, ["verify"]),
    };
    const change = database.transaction("keys", "readwrite", STRICT);
    change.objectStore("keys").put(keys, "keys");
    await completed(change);
    return local.toBase64();
  },

  async unlock() {
    if (database) return;
    await openDatabase();
    keys = await asked(database.transaction("keys").objectStore("keys").get("keys"));
  },

  async open() {
    const transaction = database.transaction(["vault", "outbox"]);
    const [vault, outbox] = await Promise.all([
      asked(transaction.objectStore("vault").getAll()),
      asked(transaction.objectStore("outbox").getAll()),
    ]);
    const opened = [];
    for (const row of vault) opened.push(await read(row));
    for (const row of outbox) opened.push(await read(row.own));
    return opened;
  },

  async saveOne(note) {
    const row = await made(note);
    const change = database.transaction("outbox", "readwrite", STRICT);
    change.objectStore("outbox").put(row, row.id);
    await completed(change);
  },

  saveDraft(note) {
    return this.saveOne(note);
  },

  async saveMany(notes) {
    const rows = [];
    for (const note of notes) rows.push(await made(note));
    const change = database.transaction("outbox", "readwrite", STRICT);
    for (const row of rows) change.objectStore("outbox").put(row, row.id);
    await completed(change);
  },

  async push() {
    const rows = await asked(database.transaction("outbox").objectStore("outbox").getAll());
    let batch = [];
    let size = 0;
    for (const row of rows) {
      if (batch.length === FRAMES || size + row.sealed.length + 4 > BATCH) {
        await send(batch);
        batch = [];
        size = 0;
      }
      batch.push(row);
      size += row.sealed.length + 4;
    }
    if (batch.length > 0) await send(batch);
    return rows.length;
  },

  async pull() {
    let count = 0;
    const signers = new Map();
    for (;;) {
      const page = await (await fetch(`/floor/pull?since=${received}`)).json();
      for (const [kid, spki] of Object.entries(page.signers)) {
        if (!signers.has(kid)) {
          signers.set(kid, await crypto.subtle.importKey("spki", Uint8Array.fromBase64(spki), EC, false, ["verify"]));
        }
      }
      const rows = [];
      for (const entry of page.entries) {
        const text = encoder.encode(entry.body);
        const signature = Uint8Array.fromBase64(entry.signature);
        if (!(await crypto.subtle.verify(ECDSA, signers.get(entry.kid), signature, text))) throw new Error("does not verify");
        rows.push([JSON.parse(entry.body).id, await sealOwn(text)]);
        received = entry.seq;
      }
      const change = database.transaction("vault", "readwrite", STRICT);
      for (const [id, row] of rows) change.objectStore("vault").put(row, id);
      await completed(change);
      count += rows.length;
      if (!page.more) return count;
    }
  },
};
