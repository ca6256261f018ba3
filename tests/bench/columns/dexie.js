// What a strong engineer writes in a day: Dexie, AES-GCM per record, a dirty flag, JSON batches of 100 in base64, cursor pull.
import Dexie from "dexie";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const HEADERS = { Authorization: "Bearer bench-token", "Content-Type": "application/json" };
const database = new Dexie("rival");
database.version(1).stores({ notes: "id,dirty", kept: "" });
let key;

async function seal(note) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = encoder.encode(note.id);
  const text = encoder.encode(JSON.stringify(note));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, text));
  const row = new Uint8Array(12 + sealed.length);
  row.set(iv);
  row.set(sealed, 12);
  return { id: note.id, row, dirty: 1 };
}

async function unseal({ id, row }) {
  const settings = { name: "AES-GCM", iv: row.subarray(0, 12), additionalData: encoder.encode(id) };
  return JSON.parse(decoder.decode(await crypto.subtle.decrypt(settings, key, row.subarray(12))));
}

export default {
  async setup({ shared }) {
    const raw = shared ? Uint8Array.fromBase64(shared) : crypto.getRandomValues(new Uint8Array(32));
    key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    await database.kept.put(key, "key");
    return raw.toBase64();
  },
  async unlock() {
    key ??= await database.kept.get("key");
  },
  async open() {
    return Promise.all((await database.notes.toArray()).map(unseal));
  },
  async saveOne(note) {
    await database.notes.put(await seal(note));
  },
  saveDraft(note) {
    return this.saveOne(note);
  },
  async saveMany(notes) {
    await database.notes.bulkPut(await Promise.all(notes.map(seal)));
  },
  async push() {
    for (let count = 0; ; ) {
      const rows = await database.notes.where("dirty").equals(1).limit(100).toArray();
      if (rows.length === 0) return count;
      const body = JSON.stringify({ records: rows.map(({ id, row }) => ({ id, ct: row.toBase64() })) });
      const answer = await fetch("/rival/push", { method: "POST", headers: HEADERS, body });
      if (!answer.ok) throw new Error(String(answer.status));
      await database.notes.bulkPut(rows.map((row) => ({ ...row, dirty: 0 })));
      count += rows.length;
    }
  },
  async pull() {
    let since = (await database.kept.get("cursor")) ?? 0;
    for (let count = 0; ; ) {
      const page = await (await fetch(`/rival/pull?since=${since}&limit=500`, { headers: HEADERS })).json();
      if (page.records.length === 0) return count;
      await database.notes.bulkPut(page.records.map(({ id, ct }) => ({ id, row: Uint8Array.fromBase64(ct), dirty: 0 })));
      since = page.cursor;
      await database.kept.put(since, "cursor");
      count += page.records.length;
    }
  },
};
