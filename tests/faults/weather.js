/**
 * The way between a phone and the office, and all that goes wrong on it. For each request the schedule's chance says what becomes of it; the office is
 * asked at once or never, and what it said may be lost, cut, replaced, said twice or come late.
 */
import { makePair, sha256, signBytes } from "./subtle.js";

const { ascii, b64u, compact, signingInput } = await import("../../static/src/sync/entry.js");
const { readFrames } = await import("../../static/src/sync/wire.js");

export const FAIR = { fine: 1 };
export const KINDS = [
  "lost",
  "silent",
  "answer_lost",
  "answer_silent",
  "late",
  "cut",
  "html",
  "empty",
  "refused",
  "busy",
  "broken",
  "too_large",
  "twice",
  "forged",
  "swapped",
  "no_receipt",
  "tampered",
  "old_keys",
  "put_off",
];

const SPECIAL = {
  html: { status: 200, headers: { "Content-Type": "text/html" }, body: "<html>Please sign in to the café Wi-Fi</html>" },
  empty: { status: 204, headers: {}, body: "" },
  refused: { status: 403, headers: { "Content-Type": "text/html" }, body: "<html>Blocked</html>" },
  broken: { status: 502, headers: { "Content-Type": "text/html" }, body: "<html>Bad gateway</html>" },
  too_large: { status: 413, headers: { "Content-Type": "application/json" }, body: '{"v":1,"error":"too_large"}' },
};

/** Somebody who is not the office. */
export function makeStranger() {
  const { jwk, privateKey } = makePair();
  return { kid: b64u(sha256(`{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`)), privateKey };
}

/**
 * What somebody would answer who wants an envelope forgotten: that it was stored long ago, signed by a stranger, or with the office's own receipt for something else.
 * The office hears nothing.
 */
function pretended(office, stranger, body, fate) {
  let frames = [];
  try {
    frames = readFrames(body);
  } catch {
    // Not a push: there is nothing to pretend.
  }
  const [other] = office.state.placed.values();
  const results = frames.map((envelope) => {
    const { hash, ready } = office.open(envelope);
    const { casefile, log_hash } = other;
    const word = {
      v: 1,
      status: "stored",
      id: ready?.id ?? "",
      casefile,
      seq: 1,
      received_at: LONG_AGO,
      log_hash,
      epoch: office.state.epoch,
    };
    const { v: _, epoch: __, ...own } = { ...word, id: other.id };
    return { hash, status: "stored", id: word.id, receipt: fate === "swapped" ? office.receipt(own) : signedBy(stranger, word) };
  });
  const { epoch } = office.state;
  const told = { v: 1, results, epoch, time: LONG_AGO, durable_through: LONG_AGO };
  return { status: 200, headers: { "Content-Type": "application/json" }, body: JSON.stringify(told) };
}
const LONG_AGO = "2020-01-01T00:00:00.000Z";

function signedBy({ kid, privateKey }, payload) {
  const input = signingInput("fieldapp-receipt", kid, new Uint8Array(Buffer.from(JSON.stringify(payload))));
  return compact(input, new Uint8Array(signBytes(privateKey, ascii(input))));
}

/** Not all that an office serves is JSON: the list of words is none. */
function jsonOf({ body }) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function changed(answer, how) {
  if (answer.status !== 200) return answer;
  const told = jsonOf(answer);
  if (!Array.isArray(told?.results)) return answer;
  const results = told.results.map((one) => ({ ...one, receipt: how(one.receipt) }));
  return { ...answer, body: JSON.stringify({ ...told, results }) };
}

/** One character of a text is another. */
function flipped(chance, given, letter = "A") {
  const at = chance.below(given.length);
  return given.slice(0, at) + (given[at] === letter ? (letter === "A" ? "B" : "A") : letter) + given.slice(at + 1);
}

/** An answer in which somebody has changed one thing that is vouched for: a receipt, a key set, an entry, its words or its link in the chain. */
function tampered(answer, chance) {
  if (answer.status !== 200) return answer;
  const told = jsonOf(answer);
  if (told === null) return { ...answer, body: flipped(chance, answer.body) };
  const places = [
    ...[...(told.results ?? []), ...(told.receipts ?? [])].map((one) => [one, "receipt"]),
    ...(told.keyset ? [[told, "keyset"]] : []),
    ...(told.checkpoint ? [[told, "checkpoint"]] : []),
    ...(told.casefiles ?? []).flatMap(({ entries }) =>
      entries.flatMap((one) => [
        [one, "jws"],
        [one, "body"],
        [one, "log_hash"],
      ]),
    ),
    ...(told.enrolments ?? []).map((one) => [one, "jws"]),
  ].filter(([one, name]) => typeof one[name] === "string" && one[name] !== "");
  if (places.length === 0) return answer;
  const [one, name] = chance.pick(places);
  // Not the same change in two answers: nobody could tell that from an office that says so.
  one[name] = flipped(chance, one[name], told.nonce?.at(-1));
  return { ...answer, body: JSON.stringify(told) };
}

/** A greeting with a key set that the office did sign, long ago. */
function withOldKeys(answer, office) {
  if (answer.status !== 200) return answer;
  const told = jsonOf(answer);
  return told?.keyset_n === undefined ? answer : { ...answer, body: JSON.stringify({ ...told, keyset: office.olderKeys() }) };
}

/** What an office would answer that never takes anything; the real one hears nothing. */
function putOff(office, path, body, chance) {
  const headers = { "Content-Type": "application/json" };
  if (!path.endsWith("/push")) return { status: 429, headers, body: '{"v":1,"error":"busy"}' };
  const retry_after = chance.pick([0, -5, 1e9, "soon"]);
  const results = readFrames(body).map((envelope) => ({
    hash: b64u(sha256(envelope)),
    status: "retry",
    code: "busy",
    retry_after,
  }));
  const { epoch } = office.state;
  return { status: 200, headers, body: JSON.stringify({ v: 1, results, epoch, time: LONG_AGO, durable_through: LONG_AGO }) };
}

/** Answers as fetch gives them, as far as the core reads them. */
class Answer {
  constructor({ status, headers, body }) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = { get: (name) => headers[name] ?? null };
    this.body = { getReader: () => reading([Buffer.from(body, "utf8")]) };
  }
}

/** Reads what is there to its end. @param {Uint8Array[]} parts */
function reading(parts) {
  return {
    read: async () => ({ done: parts.length === 0, value: parts.shift() }),
    cancel: async () => {},
  };
}

/**
 * What a tab calls fetch. @param device has `air`, the weights of what may become of a request, and the cookie @param count is told of every fault
 */
export function makeFetch({ clock, chance, office, device, tab, count, stranger }) {
  return (path, options) =>
    new Promise((resolve, reject) => {
      tab.goesOut("the office");
      const body =
        options.body === undefined
          ? new Uint8Array()
          : typeof options.body === "string"
            ? new Uint8Array(Buffer.from(options.body, "utf8"))
            : new Uint8Array(options.body);
      const fate = tab.isDead ? "silent" : chance.weighted(device.air);
      if (fate !== "fine") count(`net ${fate}`);
      device.asked(path, tab.kind);
      let isOver = false;
      // An answer and the end of its time are told apart: a tab that was frozen hears of either first.
      const ends = () => tab.deliver({}, () => isOver || reject(options.signal.reason));
      options.signal?.addEventListener("abort", ends, { once: true });
      const fail = () => tab.deliver({}, () => reject(new TypeError("Failed to fetch")));
      const arrive = (answer) => {
        if (tab.isDead) return;
        if (answer.cookie) device.cookie = answer.cookie;
        tab.deliver({}, () => {
          isOver = true;
          resolve(new Answer(answer));
        });
      };
      const pace = () => chance.between(1, device.latency);
      if (fate === "silent") return;
      if (fate === "lost") return void clock.after(pace(), fail);
      if (SPECIAL[fate]) return void clock.after(pace(), () => arrive(SPECIAL[fate]));
      if (fate === "forged" || fate === "swapped") {
        return void clock.after(pace(), () => arrive(pretended(office, stranger, path.endsWith("/push") ? body : [], fate)));
      }
      if (fate === "put_off") return void clock.after(pace(), () => arrive(putOff(office, path, body, chance)));
      if (fate === "busy") {
        const headers = { "Content-Type": "application/json", "Retry-After": String(chance.between(1, 90)) };
        const status = chance.pick([429, 503]);
        return void clock.after(pace(), () => arrive({ status, headers, body: '{"v":1,"error":"busy"}' }));
      }
      const serve = () => office.serve(path, { body, headers: options.headers ?? {}, cookie: device.cookie });
      const there = fate === "late" ? chance.between(1_000, 200_000) : pace();
      clock.after(there, () => {
        if (office.isDown()) return void clock.after(pace(), fail);
        const answer = serve();
        if (fate === "twice") clock.after(chance.between(1, 90_000), () => !office.isDown() && serve());
        if (fate === "answer_silent") return;
        if (fate === "answer_lost" || office.diesNow()) return void clock.after(pace(), fail);
        const told = {
          cut: () => ({ ...answer, body: answer.body.slice(0, Math.floor(answer.body.length * 0.7)) }),
          no_receipt: () => changed(answer, () => undefined),
          tampered: () => tampered(answer, chance),
          old_keys: () => withOldKeys(answer, office),
        }[fate];
        clock.after(pace(), () => arrive(told ? told() : answer));
      });
    });
}
