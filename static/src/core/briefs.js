/** What a record's entries come to: its view, where it stands, and the brief that lists and search read. Pure. */
import { MISSING_STATES } from "../practice/questionnaire.js";
import { readBody, splitJws } from "../sync/entry.js";
import { fold, forks, NOT_CONTENT, plain } from "../sync/view.js";
import { text as asText } from "./keys.js";

/** @typedef {import("../sync/entry.js").Header} Header */
/** @typedef {import("../sync/entry.js").Json} Json */
/** @typedef {import("./vault.js").Brief} Brief */
/** @typedef {import("../practice/forms.js").Definition} Definition */
/** @typedef {import("../practice/forms.js").Field} Field */
/** @typedef {"waiting" | "sorting" | "put_away"} Lies */
/** @typedef {Lies | "sent" | "question" | "signed_off"} Standing */
/**
 * One entry as it is read: `fields` null when its body is gone or cannot be read; `lies` says where an unsettled one of ours lies.
 * @typedef {{id: string, jws: string, body?: string, gone?: string, seq?: number, received_at?: string, log_hash?: string, header: Header,
 *   fields: {[name: string]: Json} | null, lies?: Lies}} Reading
 */

/** Kinds whose fields are few and are read in lists, charts and sums: the brief carries them whole. */
const WHOLE = new Set(["family", "opening", "goal", "rating", "measure_response", "incident", "plan"]);
/** Which field says when it happened, where it is not `happened_on`. @type {{[kind: string]: string}} */
const DAYS = {
  rating: "rated_on",
  measure_response: "completed_on",
  incident: "started_on",
  goal: "agreed_on",
  plan: "agreed_on",
};
/** What a visit or a call came to where it reached nobody: no contact, though somebody tried. */
const REACHED_NOBODY = new Set(["failed_visit", "no_answer", "left_message", "sent"]);
const LINE = 80;
/** Where an unsettled entry of ours can lie, the most pressing first. @type {Lies[]} */
export const LIES = ["waiting", "sorting", "put_away"];

/** Reads a kept entry, whose signature was checked before it was kept. @param {{id: string, jws: string, body?: string, gone?: string, lies?: Lies}} kept @param {Header} [header] where it has been read already @returns {Reading} */
export function readEntry(kept, header = JSON.parse(asText(splitJws(kept.jws, "fieldapp-entry").payload))) {
  let fields = null;
  if (kept.body !== undefined) {
    try {
      fields = readBody(kept.body).fields;
    } catch {
      // Signed, kept and shown raw: it is somebody's words, though not in a shape this phone reads.
    }
  }
  return { ...kept, header, fields };
}

/** What was erased or cannot be read writes nothing: left out, it takes no answer of others with it. @param {Reading[]} contents @returns {import("../sync/view.js").Version[]} */
export const versionsOf = (contents) =>
  contents.flatMap(({ id, header, fields }) => (fields ? [{ id, parents: header.parents, fields }] : []));

/** @param {Reading[]} readings */
export function stateOf(readings) {
  const contents = readings.filter((one) => !NOT_CONTENT.has(one.header.kind));
  const view = fold(versionsOf(contents));
  const byId = new Map(readings.map((one) => [one.id, one]));
  const reviews = readings
    .filter((one) => one.header.kind === "review" && one.fields !== null)
    .sort(bySeq)
    .map((one) => ({ id: one.id, by: one.header.author, at: one.header.written_at, ...readReview(one.fields ?? {}) }));
  const seen = coveredBy(reviews, byId);
  const later = reviews.length === 0 ? [] : view.order.filter((id) => !seen.has(id));
  return { contents, view, reviews, later, ...standingOf(contents, reviews, later) };
}

/** @param {Reading} a @param {Reading} b */
const bySeq = (a, b) => (a.seq ?? Number.MAX_SAFE_INTEGER) - (b.seq ?? Number.MAX_SAFE_INTEGER);

/** @param {{[name: string]: any}} fields */
function readReview(fields) {
  const comments = Array.isArray(fields.comments) ? fields.comments.filter((one) => one && typeof one === "object") : [];
  return {
    decision: String(fields.decision ?? ""),
    text: [fields.text, fields.question].filter((one) => typeof one === "string" && one !== "").join("\n\n"),
    comments: comments.map(({ id, field, text }) => ({ id: String(id), field: String(field ?? ""), text: String(text ?? "") })),
    covers: Array.isArray(fields.covers) ? fields.covers.filter((one) => typeof one === "string") : [],
  };
}

/** Everything some review saw, and what came before that. @param {{covers: string[]}[]} reviews @param {Map<string, Reading>} byId */
function coveredBy(reviews, byId) {
  /** @type {Set<string>} */
  const seen = new Set();
  const open = reviews.flatMap(({ covers }) => covers);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(byId.get(id)?.header.parents ?? []));
  }
  return seen;
}

/** Where a record stands, read from what is stored. @param {Reading[]} contents @param {{decision: string, at: string}[]} reviews @param {string[]} later @returns {{standing: Standing, at: string}} */
function standingOf(contents, reviews, later) {
  for (const standing of LIES) {
    const found = contents.find(({ lies }) => lies === standing);
    if (found) return { standing, at: found.header.written_at };
  }
  const last = reviews.at(-1);
  if (last && later.length === 0 && (last.decision === "question" || last.decision === "signed_off"))
    return { standing: last.decision, at: last.at };
  return {
    standing: "sent",
    at:
      contents
        .map((one) => one.received_at ?? "")
        .sort()
        .at(-1) ?? "",
  };
}

/**
 * Makes the brief of a record. @param {Reading[]} readings @param {(form: string, schema: string) => Definition | undefined} definitionOf
 * @param {number[]} pages of the vault in which its entries lie @returns {Brief}
 */
export function makeBrief(readings, definitionOf, pages) {
  const { view, reviews, later, standing, at, contents } = stateOf(readings);
  const byId = new Map(readings.map((one) => [one.id, one]));
  const begun = byId.get(view.order[0]) ?? contents[0] ?? readings[0];
  const first = begun.header;
  const newest = byId.get(view.order.at(-1) ?? "")?.header ?? first;
  // What an opening says holds as it was first said, here as at the office: a later version renames nothing.
  const fields = first.kind === "opening" ? (begun.fields ?? {}) : plain(view);
  const definition = definitionOf(newest.form, newest.schema);
  const question = standing === "question" ? reviews.at(-1) : undefined;
  const { line, text } = wordsOf(fields, definition, first.kind === "opening" ? undefined : view.fields);
  const day = DAYS[first.kind] ?? "happened_on";
  const clock = fields.started_at ?? fields.happened_at;
  return {
    record: first.record,
    pages,
    kind: first.kind,
    schema: newest.schema,
    title: titleOf(first.kind, fields, definition, definitionOf),
    line,
    text,
    happened_on: String(fields[day] || first.written_at.slice(0, 10)),
    ...(typeof clock === "string" ? { happened_at: clock } : {}),
    ...(REACHED_NOBODY.has(String(fields.contact_type ?? fields.outcome)) && { met: false }),
    author: first.author,
    written_at: first.written_at,
    standing,
    at,
    ...(question ? { question: { by: question.by, at: question.at, text: question.text, comments: question.comments } } : {}),
    forked: forks(view).length > 0,
    later: later.length,
    ...(first.kind === "family"
      ? {
          former: formerIn(
            view.order.map((id) => byId.get(id)?.fields),
            fields,
          ),
        }
      : {}),
    ...(WHOLE.has(first.kind)
      ? // Of what must be read before any contact, no version is left out because another stands beside it.
        { fields: { ...fields, ...(view.fields.warning?.values.length > 1 && { warning: view.fields.warning }) } }
      : typeof fields.next_visit_on === "string"
        ? { fields: { next_visit_on: fields.next_visit_on } }
        : {}),
  };
}

/** Who is no longer listed, by id: what was written of them while they were still names them by it alone. @param {any[]} versions @param {{[name: string]: any}} fields @returns {Record<string, string>} */
function formerIn(versions, fields) {
  const listed = (/** @type {any} */ people) => (Array.isArray(people) ? people : []).filter((one) => one?.id && one.name);
  const names = Object.fromEntries(versions.flatMap((one) => listed(one?.people).map(({ id, name }) => [id, name])));
  for (const { id } of listed(fields.people)) delete names[id];
  return names;
}

/**
 * @param {string} kind @param {{[name: string]: Json}} fields @param {Definition | undefined} definition
 * @param {(form: string, schema: string) => any} definitionOf knows measures too: nobody looks for a PHQ-9 under "Questionnaire"
 */
function titleOf(kind, fields, definition, definitionOf) {
  if (kind === "measure_response" && fields.measure)
    return measuredIn(fields, definitionOf(String(fields.measure_hash), String(fields.measure))).title;
  const own =
    kind === "goal" ? fields.agreed_words : kind === "opening" ? fields.title : kind === "family" ? fields.name_shown : undefined;
  return typeof own === "string" && own !== "" ? own : (definition?.title ?? kind);
}

/**
 * The words of a record in the order of its form: all of them for search, of every version that stands, and the first of them for lists.
 * @param {{[name: string]: Json}} fields @param {Definition | undefined} definition @param {import("../sync/view.js").View["fields"]} [versions]
 */
function wordsOf(fields, definition, versions = {}) {
  /** @type {Set<string>} what versions have in common is one */
  const words = new Set();
  let line = "";
  let most = 0;
  const asked = definition?.sections.flatMap((section) => section.fields) ?? [];
  // What the form does not ask was written in another one.
  const unknown = Object.keys(fields).filter((name) => !asked.some(({ id }) => id === name));
  for (const field of [...asked, ...unknown.map((id) => /** @type {Field} */ ({ id, type: "text" }))]) {
    const { id, type, rows } = field;
    const value = fields[id];
    if (value === undefined) continue;
    const { values, items } = versions[id] ?? { values: [{ value }], items: {} };
    for (const one of values) gather(field, one.value, words);
    for (const one of Object.values(items).flat()) gather(field, [one.value], words);
    // The box given the most room is the one the record is about.
    const room = id === "line" ? 100 : type === "long_text" ? (rows ?? 1) : 0;
    if (typeof value === "string" && room > most) [line, most] = [value, room];
  }
  const [first = ""] = words;
  return { line: excerpt((line || first).replace(/\s+/g, " "), 0, LINE), text: [...words].join("\n") };
}

/** Cuts a piece out of a text, at whole words unless one fills it, and says by … that there is more. @param {string} text @param {number} from @param {number} to */
export function excerpt(text, from, to) {
  const start = from <= 0 ? 0 : text.indexOf(" ", from) + 1 || from;
  const space = text.lastIndexOf(" ", to);
  const end = text.length <= to ? text.length : space > (start + to) / 2 ? space : to;
  return `${start > 0 ? "… " : ""}${text.slice(start, end).trim()}${end < text.length ? " …" : ""}`;
}

/**
 * What a questionnaire came to, for lists: its own title and its main score. @param {{[name: string]: any}} fields
 * @param {{title: string, scoring?: {primary: string, scores: {id: string, title: string}[]}} | null | undefined} measure where this phone has it
 */
export function measuredIn({ measure: id, about, entry, scores = [], score_only }, measure) {
  const isPaper = entry === "score_only" && score_only;
  const found = isPaper ? [{ id: score_only.score_id, value: score_only.score }] : scores;
  const main = found.find((/** @type {{id: string}} */ one) => one.id === measure?.scoring?.primary) ?? found[0];
  const rules = measure?.scoring?.scores ?? [];
  return {
    title: measure?.title ?? id,
    ...(about ? { about } : {}),
    ...(main && main.value !== null && main.value !== undefined
      ? {
          value: main.value,
          ...(main.band ? { band: main.band } : {}),
          ...(rules.length > 1 ? { of: rules.find((rule) => rule.id === main.id)?.title ?? "" } : {}),
        }
      : {}),
  };
}

/** @type {Pick<Field, "type" | "item">} */
const TEXT = { type: "text" };

/**
 * Collects what somebody wrote. Of an answer its form says what in it is words, however short, and what an id, a day or the name of an option.
 * @param {Pick<Field, "type" | "item">} field @param {any} value @param {Set<string>} words
 */
function gather({ type, item }, value, words) {
  if (typeof value === "string") {
    if (value !== "" && (type === "text" || type === "long_text")) words.add(value);
  } else if (type === "paper_score") gather(TEXT, value?.scored_by, words);
  else if (type === "answers") {
    for (const one of Object.values(value ?? {})) if (!MISSING_STATES.includes(one)) gather(TEXT, one, words);
  } else if (item && Array.isArray(value)) {
    for (const one of value)
      for (const [name, inner] of typeof one === "object" ? Object.entries(one ?? {}) : [["", one]]) {
        const told = item.find(({ id }) => id === name);
        if (told) gather(told, inner, words);
        else gatherUntold(inner, words);
      }
  } else gatherUntold(value, words);
}

/** In what no form tells of, a small word may be the name of an option. */
const NOT_WORDS = /^(?:|[A-Za-z0-9_-]{22}|[A-Za-z0-9_-]{43}|\d{4}-\d\d-\d\d|\d\d:\d\d|[a-z]+(?:_[a-z]+)*)$/;

/** Collects text and leaves out ids, dates and the names of options. @param {Json} value @param {Set<string>} words */
function gatherUntold(value, words) {
  const open = [value];
  for (let one = open.shift(); one !== undefined; one = open.shift()) {
    if (typeof one === "string") {
      if (!NOT_WORDS.test(one)) words.add(one);
    } else if (Array.isArray(one)) open.push(...one);
    else if (typeof one === "object" && one !== null) open.push(...Object.values(one));
  }
}
