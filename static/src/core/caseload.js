/**
 * What this person may read, in memory while unlocked: families, briefs, search by scan, what is due.
 * The small caseload row is read first and shown; the briefs stream in behind it, a casefile at a time.
 */
import { due as dueOf } from "../practice/due.js";
import { Refused, Unbelievable } from "../sync/errors.js";
import { excerpt, makeBrief, measuredIn, readEntry } from "./briefs.js";
import { openUnsettledList } from "./unsettled.js";

/** @typedef {import("./vault.js").Vault} Vault */
/** @typedef {import("./vault.js").Casefile} Casefile */
/** @typedef {import("./vault.js").Brief} Brief */
/** @typedef {import("./vault.js").Kept} Kept */
/** @typedef {import("./briefs.js").Reading} Reading */
/** @typedef {import("./definitions.js").Definitions} Definitions */
/** @typedef {{brief: Brief, stored: Brief | null, casefile: string, folded: string, unsettled: Reading[]}} Rec `stored` is the brief as the vault has it; `unsettled` are entries of ours that only the outbox has */
/** @typedef {{casefile: string, of: Casefile | null, recs: Map<string, Rec>, summary: any, isLoaded: boolean, isUntidy: boolean}} Family `isUntidy`: its briefs are worth writing anew */
/** @typedef {{slot: string, kind: string, schema: string, written_at: string, record: string, casefile: string}} DraftBrief */
/** @typedef {ReturnType<typeof openCaseload>} Caseload */

const FIRST = 50;
/** Casefiles read at a time: the store answers for one while another is opened. */
const AT_ONCE = 8;
const HITS = 100;
const AROUND = 40;

/**
 * @param {{vault: Vault, definitions: Definitions, outside: import("./outside.js").Outside, tell: (news: string, value: unknown) => void}} session
 */
export function openCaseload({ vault, definitions, outside, tell }) {
  /** @type {Map<string, Family>} */
  const families = new Map();
  /** @type {Map<string, Rec>} */
  const records = new Map();
  /** @type {Map<string, {id: string, name: string, role: string}>} */
  const people = new Map();
  /** @type {Map<string, DraftBrief>} */
  const drafts = new Map();
  const unsettled = openUnsettledList();
  /** @type {Map<string, Promise<void>>} */
  const loading = new Map();
  let isComplete = false;

  /** @param {string} casefile @returns {Family} */
  function familyOf(casefile) {
    const found = families.get(casefile);
    if (found) return found;
    const made = { casefile, of: null, recs: new Map(), summary: null, isLoaded: true, isUntidy: false };
    families.set(casefile, made);
    return made;
  }

  /** @param {Family} family @param {Brief} brief @param {Reading[]} ours @param {Brief | null} stored */
  function place(family, brief, ours, stored) {
    const rec = { brief, stored, casefile: family.casefile, folded: foldText(`${brief.title}\n${brief.text}`), unsettled: ours };
    family.recs.set(brief.record, rec);
    records.set(brief.record, rec);
    family.summary = null;
    return rec;
  }

  /** @param {Family} family */
  async function loadOne(family) {
    if (family.isLoaded || !family.of) return;
    const running = loading.get(family.casefile);
    if (running) return running;
    const started = (async () => {
      const of = /** @type {Casefile} */ (family.of);
      const { briefs, isWhole, isCrowded } = await vault.briefs(of);
      family.isUntidy = isCrowded || !isWhole;
      // A cache that cannot be read is read from the office again.
      if (!isWhole) of.head = { seq: 0, log_hash: "" };
      for (const brief of briefs) {
        // An entry settled or pulled while this ran has already put a newer brief here.
        if (!family.recs.has(brief.record)) place(family, brief, [], brief);
      }
      family.isLoaded = true;
      for (const record of unsettled.recordsIn(family.casefile)) await caseload.refresh(family.casefile, record);
      family.summary = null;
    })();
    loading.set(family.casefile, started);
    try {
      await started;
    } finally {
      loading.delete(family.casefile);
    }
  }

  /** The pages of a record as the cache has them. Where a page cannot be read, the casefile is read from the office again. @param {Family} family @param {Rec} rec @returns {Promise<Kept[]>} */
  async function pagesOf(family, { stored }) {
    try {
      return await vault.pages(/** @type {Casefile} */ (family.of), /** @type {Brief} */ (stored).pages);
    } catch (error) {
      if (!(error instanceof Unbelievable)) throw error;
      /** @type {Casefile} */ (family.of).head = { seq: 0, log_hash: "" };
      /** @type {Brief} */ (stored).pages = [];
      return [];
    }
  }

  const personOf = (/** @type {string} */ id) => ({ id, name: people.get(id)?.name ?? "" });

  /** @param {Brief} brief */
  const told = ({ pages: __, text: ___, fields: ____, author, question, ...rest }) => ({
    ...rest,
    author: personOf(author),
    ...(question ? { question: { ...question, by: personOf(question.by) } } : {}),
  });

  /** @param {string} name the hash of a measure @returns {Promise<any>} null where this phone does not have it */
  const measureAt = async (name) => (name ? definitions.byHash(name).catch(() => null) : null);

  /** @param {Brief} brief a questionnaire says which one it is and what it came to */
  async function toldInFull(brief) {
    if (brief.kind !== "measure_response" || !brief.fields) return told(brief);
    const measure = await measureAt(String(brief.fields.measure_hash ?? ""));
    return { ...told(brief), measured: measuredIn(brief.fields, measure) };
  }

  /** @param {Family} family */
  function summaryOf(family) {
    const counted = {
      waiting: unsettled.countIn(family.casefile),
      drafts: [...drafts.values()].filter((one) => one.casefile === family.casefile).length,
    };
    if (!family.isLoaded && family.summary) return { ...family.summary, ...counted };
    family.summary ??= summarise(family);
    return { ...family.summary, ...counted };
  }

  /** What a family is called, "" where nothing here says so. @param {string} casefile */
  const nameOf = (casefile) => {
    const family = families.get(casefile);
    return family ? summaryOf(family).title : "";
  };

  const caseload = {
    nameOf,
    families,
    records,
    people,
    drafts,
    unsettled,
    familyOf,
    personOf,
    isComplete: () => isComplete,

    /** Reads the small row and the casefiles' heads; the briefs follow by `loadAll`. */
    async open() {
      const [row, casefiles, known] = await Promise.all([vault.fact("caseload"), vault.casefiles(), vault.fact("people")]);
      for (const person of known ?? []) people.set(person.id, person);
      const summaries = new Map((row ?? []).map((/** @type {{casefile: string}} */ one) => [one.casefile, one]));
      for (const of of casefiles)
        families.set(of.casefile, {
          casefile: of.casefile,
          of,
          recs: new Map(),
          summary: summaries.get(of.casefile) ?? null,
          isLoaded: false,
          isUntidy: false,
        });
    },

    /** Streams every brief in. */
    async loadAll() {
      const order = caseload.list(families.size).families.map((one) => one.casefile);
      for (let i = 0; i < order.length; i += AT_ONCE)
        await Promise.all(order.slice(i, i + AT_ONCE).map((casefile) => caseload.load(casefile)));
      isComplete = true;
      // It only saves the next unlocking time; on a full phone everything is in memory all the same.
      await caseload.keepRow().catch(() => undefined);
      tell("caseload", {});
    },
    /** @param {string} casefile */
    async load(casefile) {
      const family = families.get(casefile);
      if (family) await loadOne(family);
    },

    /** Writes the small row anew: it only saves the next unlocking time. */
    keepRow: () =>
      vault.keepFact(
        "caseload",
        [...families.values()].filter((one) => one.of).map((one) => summaryOf(one)),
      ),

    /** Families by name, the practice one on top. @param {number} [most] */
    list(most = FIRST) {
      const all = [...families.values()].map(summaryOf);
      all.sort((a, b) => Number(b.practice) - Number(a.practice) || a.title.localeCompare(b.title));
      return { families: isComplete ? all : all.slice(0, most || all.length), complete: isComplete };
    },

    /** @param {string} casefile */
    async family(casefile) {
      const family = families.get(casefile);
      if (!family) throw new Refused("unknown_casefile");
      await loadOne(family);
      const pages = pagesIn(family);
      const others = pages.slice(1).flatMap(({ fields }) => (Array.isArray(fields?.people) ? fields.people : []));
      return {
        ...summaryOf(family),
        fields: { ...pages[0]?.fields, ...(pages.length > 1 && { warning: { values: pages.flatMap(warningsIn), items: {} } }) },
        record: pages[0]?.record ?? null,
        others: Object.fromEntries(others.map((/** @type {any} */ one) => [one?.id, one?.name])),
        records: (await Promise.all(briefsIn(family).map(toldInFull))).sort(newestFirst),
        drafts: [...drafts.values()].filter((one) => one.casefile === casefile),
        due: await dueIn(family),
      };
    },

    /** @param {string} record @returns {Rec} */
    rec(record) {
      const found = records.get(record);
      if (!found) throw new Refused("unknown_record");
      return found;
    },
    told,

    /** Every entry of one record: what the vault has, and ours that only the outbox has. @param {string} record @returns {Promise<Reading[]>} */
    async readings(record) {
      const rec = records.get(record);
      const family = rec && families.get(rec.casefile);
      const stored = rec?.stored;
      const kept = stored && family?.of ? await pagesOf(family, rec) : [];
      // Placed while its pages were read: it would be found neither there nor among what is unsettled, and what it followed would look like a second version.
      if (records.get(record)?.stored !== stored) return caseload.readings(record);
      /** @type {Map<string, Reading>} */
      const byId = new Map();
      for (const one of /** @type {any[]} */ (kept)) if (one.record === record && !one.bad) byId.set(one.id, readEntry(one));
      for (const one of unsettled.of(record)) byId.set(one.id, { ...byId.get(one.id), ...one });
      return [...byId.values()];
    },

    /** Every entry of a casefile that this phone was given and can give back, in the order of its chain. @param {string} casefile @returns {Promise<Kept[]>} */
    async kept(casefile) {
      const family = families.get(casefile);
      if (!family) return [];
      await loadOne(family);
      /** @type {Map<string, Kept>} */
      const byId = new Map();
      for (const rec of family.recs.values())
        for (const one of rec.stored ? await pagesOf(family, rec) : []) if (one.body && !one.bad) byId.set(one.id, one);
      return [...byId.values()].sort((a, b) => a.seq - b.seq);
    },

    /** Makes a record's brief anew after something of ours was saved or settled. @param {string} casefile @param {string} record */
    async refresh(casefile, record) {
      const family = families.get(casefile);
      // Taken away meanwhile: it does not come back by what somebody still wrote about it.
      if (!family) return;
      await loadOne(family);
      const readings = await caseload.readings(record);
      const stored = records.get(record)?.stored ?? null;
      if (readings.length === 0) {
        if (stored) return;
        // Ours alone, and placed where this person no longer reads: nothing of it is left here, nor of a casefile that was shown for its sake.
        family.recs.delete(record);
        records.delete(record);
        family.summary = null;
        if (!family.of && family.recs.size === 0) families.delete(casefile);
        return;
      }
      const brief = makeBrief(readings, definitions.known, stored?.pages ?? []);
      place(
        family,
        brief,
        readings.filter((one) => one.lies),
        stored,
      );
    },

    /** Takes briefs the vault has just stored. @param {Casefile} of @param {Brief[]} briefs */
    async stored(of, briefs) {
      const family = familyOf(of.casefile);
      family.of = of;
      // All at once with what its caller took from the unsettled: nobody may look between.
      for (const brief of briefs) place(family, brief, [], brief);
      for (const { record } of briefs) if (unsettled.of(record).length > 0) await caseload.refresh(of.casefile, record);
      family.summary = null;
    },

    /** Writes anew what lies in too many rows, or in one that cannot be read. Runs with nothing else that writes to the vault. */
    async tidy() {
      const untidy = [...families.values()].flatMap((family) =>
        family.isUntidy && family.of ? [{ family, of: family.of }] : [],
      );
      for (const { family, of } of untidy) {
        const briefs = [...family.recs.values()].flatMap(({ stored }) => stored ?? []);
        await vault.keep([{ of, head: of.head, pages: [], briefs, isAll: true }]);
        family.isUntidy = false;
      }
    },

    /** Forgets a casefile this person no longer reads; ours that are unsent stay in the outbox. @param {string} casefile */
    forget(casefile) {
      for (const record of families.get(casefile)?.recs.keys() ?? []) records.delete(record);
      families.delete(casefile);
    },

    /**
     * Finds briefs in whose words every word of `text` stands; case and accents do not matter.
     * @param {string} text
     */
    search(text) {
      const words = foldText(text).split(/\s+/).filter(Boolean);
      if (words.length === 0) return [];
      const hits = [];
      for (const { brief, folded, casefile } of records.values()) {
        if (!words.every((word) => folded.includes(word))) continue;
        hits.push({ brief, casefile, at: folded.indexOf(words[0]) - brief.title.length - 1 });
      }
      hits.sort((a, b) => newestFirst(a.brief, b.brief));
      return hits.slice(0, HITS).map(({ brief, casefile, at }) => ({
        record: brief.record,
        casefile,
        title: brief.title,
        family: nameOf(casefile),
        where: at < 0 ? brief.line : excerpt(brief.text.replace(/\s/g, " "), at - AROUND, at + AROUND * 2),
        kind: brief.kind,
        on: brief.happened_on,
      }));
    },

    /** Briefs of some kinds in one casefile, with their fields. @param {string} casefile @param {string[]} kinds */
    async ofKinds(casefile, kinds) {
      const family = families.get(casefile);
      if (!family) throw new Refused("unknown_casefile");
      await loadOne(family);
      return briefsIn(family).filter((brief) => kinds.includes(brief.kind));
    },
  };

  /** @param {Family} family */
  async function dueIn(family) {
    const briefs = briefsIn(family);
    const about = pagesIn(family)[0]?.fields;
    if (!about || !definitions.hasIndex()) return [];
    const name = definitions.index().programmes[String(about.programme ?? "")];
    const programme = name ? await definitions.byHash(name).catch(() => null) : null;
    if (!programme) return [];
    const of = (/** @type {string} */ kind) =>
      briefs
        .filter((brief) => brief.kind === kind && brief.fields)
        .map((brief) => ({ record: brief.record, .../** @type {any} */ (brief.fields) }));
    const visits = briefs.filter((brief) => brief.kind === "visit_note").sort((a, b) => (a.happened_on < b.happened_on ? -1 : 1));
    const ratings = of("rating");
    const facts = {
      status: about.status,
      started_on: about.started_on,
      last_visit_on: visits.filter(isMet).at(-1)?.happened_on,
      next_visit_on: visits.at(-1)?.fields?.next_visit_on,
      goals: of("goal").map((goal) => ({
        ...goal,
        last_rated_on: ratings
          .filter((one) => one.goal === goal.record)
          .map((one) => one.rated_on)
          .sort()
          .at(-1),
      })),
      responses: of("measure_response"),
      incidents: of("incident"),
      plan_review_on: of("plan")
        .map((plan) => plan.review_on)
        .sort()
        .at(-1),
    };
    const found = dueOf(programme, /** @type {any} */ (facts), outside.localMinute());
    const { measures } = definitions.index();
    const titles = new Map();
    for (const one of found)
      if (one.what === "measure" && one.subject) titles.set(one.subject, (await measureAt(measures[one.subject]))?.title);
    return found.map((one) => ({
      ...(titles.get(one.subject) ? { title: titles.get(one.subject) } : {}),
      what: one.what,
      on: one.by,
      late: one.state === "late",
      state: one.state,
      subject: one.subject,
      point: one.point,
    }));
  }

  return caseload;
}

/** @param {{happened_on: string, written_at: string}} a @param {{happened_on: string, written_at: string}} b */
const newestFirst = (a, b) =>
  a.happened_on === b.happened_on ? (a.written_at < b.written_at ? 1 : -1) : a.happened_on < b.happened_on ? 1 : -1;

/** @param {Family} family */
const briefsIn = ({ recs }) => [...recs.values()].map(({ brief }) => brief);

/** Whether somebody was reached; of a brief made by an earlier release nobody knows. @param {Brief} brief */
const isMet = ({ met }) => met !== false;

/** The records about the family itself, first the one that is gone by: of several, by people who had not seen each other's, that of the smallest id in which anything can be read, as at the desk. @param {Family} family @returns {any[]} */
const pagesIn = (family) =>
  briefsIn(family)
    .filter(({ kind }) => kind === "family")
    .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));

/** No id has a sign behind "~". @param {Brief} page */
const placeOf = ({ fields = {}, record }) => (Object.keys(fields).length ? record : `~${record}`);

/** @param {Brief} page @returns {{value: any}[]} */
const warningsIn = ({ fields: { warning } = {} }) => /** @type {any} */ (warning)?.values ?? [{ value: warning }];

/** @param {Family} family */
function summarise(family) {
  const briefs = briefsIn(family);
  const opening = briefs.find((brief) => brief.kind === "opening")?.fields ?? {};
  const about = pagesIn(family)[0]?.fields ?? {};
  const visits = briefs.filter((brief) => brief.kind === "visit_note" || brief.kind === "contact").sort(newestFirst);
  // What is planned next stands in the newest note, also in that of a visit nobody opened the door to.
  const next = visits.find((brief) => brief.kind === "visit_note")?.fields?.next_visit_on;
  const listed = Array.isArray(about.people) ? about.people : [];
  return {
    casefile: family.casefile,
    title: String(about.name_shown || opening.title || ""),
    practice: about.practice_family === "yes",
    sort: opening.sort ?? "main",
    people: listed.map((/** @type {any} */ { id, name, relation, group, born_on, due_on }) => ({
      id,
      name,
      relation,
      group,
      born_on,
      due_on,
    })),
    last_contact_on: visits.find(isMet)?.happened_on ?? null,
    next_visit_on: next ?? null,
    questions: briefs.filter((brief) => brief.standing === "question").length,
  };
}

/** @type {Map<string, string>} */
const folds = new Map([
  ["’", "'"],
  ["‘", "'"],
  ["“", '"'],
  ["”", '"'],
  ["–", "-"],
  ["—", "-"],
  ["ß", "s"],
]);

/** Folds case and accents away, sign for sign, so that a place in folded text is the same place in the text. @param {string} text */
export function foldText(text) {
  return text
    .replace(/\P{ASCII}/gu, (sign) => {
      let folded = folds.get(sign);
      if (folded === undefined) {
        folded = sign.normalize("NFD")[0].toLowerCase();
        if (folded.length !== 1) folded = sign;
        folds.set(sign, folded);
      }
      return folded;
    })
    .toLowerCase();
}
