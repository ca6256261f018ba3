// The app itself, asked over the very message port its screens use: the real worker, or, where the page is slowed (throttling
// does not reach workers), the same core on the page's own thread behind a MessageChannel.
import { open } from "../../../static/src/core/index.js";
import { createOutside } from "../../../static/src/core/outside.js";
import { connect } from "../../../static/src/line.js";

const SCHEMA = "visit-note.1";
const told = window.benchTold;
let line;
let worker;
let families;
let vault;
let syncing = Promise.resolve();

function start() {
  if (told.inline) {
    const { port1, port2 } = new MessageChannel();
    open(port1, createOutside());
    line = connect(port2);
    return;
  }
  worker = new Worker(told.worker, { type: "module" });
  line = connect(worker);
}

/** Resolves when the topic says what is asked for; listening begins at once, so nothing is missed. */
const heard = (topic, isIt) =>
  new Promise((resolve) => {
    const off = line.on(topic, (value) => {
      if (!isIt(value)) return;
      off();
      resolve(value);
    });
  });

const fieldsOf = (note) => ({
  contact_type: "failed_visit",
  failed_reason: "no_reply",
  failed_tried: note.text,
  happened_on: new Date(note.at).toISOString().slice(0, 10),
  started_at: "17:40",
  place: note.id,
  planned: "planned",
  announced: "yes",
  anything_worrying: "no",
  unsafe_now: "no",
  next_visit: "to_arrange",
  written_where: "in_car",
});

async function begun(note) {
  const { casefile } = families[note.family % families.length];
  return line.ask("draft.begin", { casefile, schema: SCHEMA });
}

/** Asks to send, and waits until the office has confirmed everything; what is fetched afterwards is `idle`'s to wait for. */
async function sent() {
  const done = heard("outbox", ({ waiting }) => waiting === 0);
  syncing = line.ask("sync");
  const now = await line.ask("outbox");
  if (now.waiting > 0) await done;
}

/** Asks for the caseload: what comes at once, and a promise of the whole. News of it only says that it changed. */
async function whole() {
  let off = () => {};
  const first = await line.ask("caseload");
  const rest = new Promise((resolve) => {
    const look = async () => {
      const now = await line.ask("caseload");
      if (!now.complete) return;
      off();
      families = now.families.filter((family) => !family.practice);
      resolve(now);
    };
    off = line.on("caseload", () => void look());
    void look();
  });
  return { first, rest };
}

export default {
  firstMs: null,

  /** Sets the phone up as a new worker would. The first waits until its families are there; on the second that is `pull`. */
  async setup({ shared }) {
    start();
    const { offered_words } = await line.ask("setup.start", told.person);
    this.arrived = heard("arrival", ({ stage }) => stage === "done");
    await line.ask("setup.finish", { words: offered_words.join(" "), label: "bench" });
    const { people } = await line.ask("status");
    vault = people.at(-1).vault;
    localStorage.setItem("bench", JSON.stringify({ vault, words: offered_words.join(" ") }));
    if (!shared) {
      await this.arrived;
      this.arrived = undefined;
      await (await whole()).rest;
    }
    return "the other phone";
  },

  close() {
    worker?.terminate();
  },

  async unlock() {
    if (line) return;
    start();
    await line.ask("status");
    await line.ask("unlock", JSON.parse(localStorage.getItem("bench")));
  },

  async open() {
    const start = performance.now();
    const { rest } = await whole();
    this.firstMs = performance.now() - start;
    await rest;
  },

  async checkRead(count) {
    const last = await line.ask("search", { text: `mark${String(count - 1).padStart(7, "0")}` });
    const first = await line.ask("search", { text: "mark0000000" });
    if (first.length !== 1 || last.length !== 1) throw new Error("not every note can be read");
  },

  async search(text) {
    return (await line.ask("search", { text })).length;
  },

  async saveOne(note) {
    const { slot } = await begun(note);
    const start = performance.now();
    await line.ask("send", { slot, fields: fieldsOf(note), mode: "alone" });
    return performance.now() - start;
  },

  async saveDraft(note) {
    const { slot } = await begun(note);
    const start = performance.now();
    await line.ask("draft.keep", { slot, fields: fieldsOf(note) });
    const took = performance.now() - start;
    await line.ask("draft.discard", { slot });
    return took;
  },

  async saveMany(notes) {
    for (const note of notes) await this.saveOne(note);
  },

  /** Sends records of any kind; returns how many bytes they are as plain JSON. */
  async saveRecords(records) {
    let plain = 0;
    for (const [i, { schema, fields }] of records.entries()) {
      const { casefile } = families[i % families.length];
      const { slot, record } = await line.ask("draft.begin", { casefile, schema });
      await line.ask("send", { slot, fields, mode: "alone" });
      plain += new TextEncoder().encode(JSON.stringify({ casefile, record, schema, written_at: new Date(), fields })).length;
    }
    return plain;
  },

  async push() {
    const { waiting } = await line.ask("outbox");
    await sent();
    return waiting;
  },

  idle: () => syncing,

  async pull() {
    if (this.arrived) {
      await this.arrived;
      this.arrived = undefined;
      return;
    }
    await line.ask("sync");
  },
};
