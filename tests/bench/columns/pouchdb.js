// PouchDB 9 on its newer adapter with crypto-pouch 4, replicating to express-pouchdb on LevelDB. crypto-pouch alone would
// replicate plain text, so replication goes through a second, raw handle: what travels is sealed.
import cryptoPouch from "crypto-pouch";
import adapter from "pouchdb-adapter-indexeddb";
import PouchDB from "pouchdb-browser";

PouchDB.plugin(cryptoPouch);
PouchDB.plugin(adapter);
const SECRET = "correct horse battery staple";
const SETTINGS = { adapter: "indexeddb" };
let raw;
let sealed;

const remote = () => new PouchDB(`${location.origin}/couch/notes`);
const document = ({ id, type, ...rest }) => ({ _id: id, kind: type, ...rest });

export default {
  async setup({ shared }) {
    raw = new PouchDB("notes", SETTINGS);
    if (shared) await raw.put({ _id: "_local/crypto", exportString: shared });
    sealed = new PouchDB("notes", SETTINGS);
    await sealed.crypto(SECRET);
    return (await raw.get("_local/crypto")).exportString;
  },
  async unlock() {
    if (sealed) return;
    raw = new PouchDB("notes", SETTINGS);
    sealed = new PouchDB("notes", SETTINGS);
    await sealed.crypto(SECRET);
    await sealed._crypt._setup;
  },
  async open() {
    return (await sealed.allDocs({ include_docs: true })).rows.map(({ doc }) => ({ ...doc, id: doc._id }));
  },
  async saveOne(note) {
    await sealed.put(document(note));
  },
  saveDraft(note) {
    return this.saveOne(note);
  },
  async saveMany(notes) {
    for (const answer of await sealed.bulkDocs(notes.map(document))) if (answer.error) throw new Error(answer.message);
  },
  async push() {
    return (await raw.replicate.to(remote(), { batch_size: 500 })).docs_written;
  },
  async pull() {
    return (await raw.replicate.from(remote(), { batch_size: 500 })).docs_written;
  },
};
