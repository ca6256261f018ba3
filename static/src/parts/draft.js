/** A draft on screen: what is typed, and that it is kept on the phone within a second. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { go, here, later, onLeaving } from "../page.js";
import { bothItems, bothWhole, isText, withChosen } from "../practice/choosing.js";
import * as saySaved from "../words/saved.js";
import { withAnswer } from "./fields.js";
import { ask, keepStorage, save, spoken, status, unkept } from "./told.js";

/** @import { Chosen } from "../practice/choosing.js" */
/** @import { Definition, Field, Fields } from "./shapes.js" */

/** Drafts begun or opened here, by slot, and by whom: until the first word there is nothing on the phone to open, and after another window has sent it there is nothing any more. @type {Map<string, any>} */
const met = new Map();

/**
 * What the phone could not keep, by slot, who typed it, and when what lay there then was written: whoever comes back to their form finds it. `tried`: what was handed over
 * since and never answered for, as text; a store that was slow may have it all the same.
 * @type {Map<string, {fields: Fields, chosen?: Chosen, by?: string, after?: string, tried?: string[]}>}
 */
const unsaved = new Map();

/** Whoever is unlocked. Where another window took over, somebody else may be next on this page. */
const me = () => status.value?.person?.id;

/** @template {{by?: string}} T @param {T | undefined} one @returns {T | undefined} */
const mine = (one) => (one?.by === me() ? one : undefined);

/** @param {string} slot */
const leftIn = (slot) => mine(unsaved.get(slot));

/** @param {any} draft as the core told of it @param {string} [by] */
const meet = (draft, by = me()) => {
  met.set(draft.slot, { ...draft, by });
  return draft;
};

/** Slots with something typed that is not kept: what two openings of one slot typed is still one draft. @type {Set<string>} */
const dirtySlots = new Set();

/** @param {string} slot @param {boolean} is whether something typed into it is not kept */
function markSlot(slot, is) {
  if (is) dirtySlots.add(slot);
  else dirtySlots.delete(slot);
  unkept.value = dirtySlots.size;
}

/** Forgets what the drafts held that were met here and are kept on the phone: nobody is unlocked any more. */
export function forgetDrafts() {
  for (const slot of met.keys()) if (!unsaved.has(slot)) met.delete(slot);
}

/** Whether words are on screen that the phone refused to keep. */
export const hasUnsaved = () => unsaved.size > 0;

/** @param {string} slot @returns {boolean} whether the phone refused to keep what was typed last */
export const isUnsaved = (slot) => leftIn(slot) !== undefined;

/**
 * Every draft of a family, also those the phone has never been able to keep: the core does not list them, and whoever left the form must find the way back.
 *
 * @param {{casefile: string, drafts?: any[]}} family
 * @returns {any[]}
 */
export const draftsOf = ({ casefile, drafts = [] }) => [
  ...[...met.values()].filter(
    (one) => one.casefile === casefile && isUnsaved(one.slot) && !drafts.some(({ slot }) => slot === one.slot),
  ),
  ...drafts,
];

/**
 * Begins a draft. @param {{casefile: string, schema: string, record?: string, preset?: Record<string, unknown>, note?: {slot: string, id: string}}} what `note`: what this one confirms
 * @returns {Promise<any>} as `draft.open` answers
 */
export async function beginDraft(what) {
  return meet(await ask("draft.begin", what));
}

/** @param {string} slot @returns {Promise<any>} what lies in it; in another, where this one is gone and something typed into it was not kept */
export const openDraft = async (slot) => {
  const by = me();
  const left = leftIn(slot);
  const was = mine(met.get(slot));
  const draft = await ask("draft.open", { slot }).then(
    (draft) => meet(draft, by),
    (error) => {
      if (error.code !== "unknown_slot" && was) return was;
      return left && was ? moved(was, left.fields) : Promise.reject(error);
    },
  );
  if (!unsaved.has(slot) || !left) return draft;
  const isOurs = left.after === draft.written_at || left.tried?.includes(JSON.stringify(draft.fields));
  return isOurs
    ? { ...draft, fields: left.fields, ...(left.chosen && { chosen: left.chosen }) }
    : { ...draft, fields: together(draft, left.fields) };
};

/**
 * Keeps as a draft of its own what was typed in one window after another sent or threw away the rest: whoever wrote it decides what becomes of it. Where the family
 * was taken away meanwhile it goes to the office as any draft does, and is here again when the family is.
 *
 * @param {any} was
 * @param {Fields} left
 */
async function moved({ slot, casefile, schema, record, heads, fields: before = {}, by }, left) {
  const about = { casefile, schema, record: heads.length > 0 ? record : undefined };
  const draft = await ask("draft.begin", about).catch((error) => {
    const isGone = error.code === "unknown_casefile" || error.code === "unknown_record";
    return isGone ? ask("draft.begin", { ...about, heads }) : Promise.reject(error);
  });
  meet(draft, by);
  // What stands there as it stood when somebody began to type is nobody's answer to what they typed.
  const since = Object.entries(draft.fields).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]));
  const fields = together({ ...draft, fields: Object.fromEntries(since) }, left);
  const isKept = await ask("draft.keep", { slot: draft.slot, fields }).then(
    () => true,
    () => false,
  );
  // A phone without room may have locked meanwhile: the words go on being shown, and called not kept.
  if (!isKept) unsaved.set(draft.slot, { fields, by, after: draft.written_at });
  markSlot(draft.slot, !isKept);
  unsaved.delete(slot);
  markSlot(slot, false);
  return { ...draft, fields };
}

/**
 * Puts what could not be kept beside what another window has kept since: neither takes the other's words away, and whoever reads it mends it. Of two answers that are no words
 * the one that is kept stands.
 *
 * @param {{definition: Definition, fields: Fields}} draft
 * @param {Fields} left
 */
export function together({ definition, fields }, left) {
  const both = { ...left, ...fields };
  for (const field of definition.sections.flatMap((section) => section.fields)) {
    const [kept, typed] = [fields[field.id], left[field.id]];
    // Null is no answer, whoever wrote it.
    if ((typed ?? null) !== null) both[field.id] = (kept ?? null) === null ? typed : beside(field, kept, typed);
  }
  return both;
}

/** @param {Field} field @param {any} kept @param {any} typed @returns {any} */
function beside({ type, item = [] }, kept, typed) {
  if (Array.isArray(kept) && Array.isArray(typed)) {
    const other = new Map(typed.map((one) => [one?.id ?? one, one]));
    const all = kept.map((one) => (one?.id && other.has(one.id) && bothItems(item, [one, other.get(one.id)])) || one);
    const known = new Set(kept.map((one) => one?.id ?? one));
    return [...all, ...typed.filter((one) => !known.has(one?.id ?? one))];
  }
  if (!isText(type) || typeof kept !== "string" || typeof typed !== "string" || kept.includes(typed)) return kept;
  return typed.includes(kept) ? typed : bothWhole(type, [kept, typed]);
}

/** @param {string} slot @param {Fields} fields @param {Chosen} [chosen] only a draft of what was parted has it */
const asKept = (slot, fields, chosen) => ({ slot, fields, ...(chosen && { chosen }) });

/** Slots that a form on screen keeps. @type {Set<string>} */
const shownSlots = new Set();

/** Leaves a slot to the form on screen that keeps it. @param {string} slot @returns {() => void} when the form is left */
export function showSlot(slot) {
  // Held once, however many forms ask for it, and for as long as the page is there.
  onLeaving(keepWhatWasLeft);
  shownSlots.add(slot);
  return () => void shownSlots.delete(slot);
}

/** Tries again what could not be kept of forms that were left: nobody else would, and the phone locks only when it is done. */
export const keepWhatWasLeft = () =>
  Promise.allSettled(
    [...unsaved.keys()].map(async (slot) => {
      if (shownSlots.has(slot) || !isUnsaved(slot)) return;
      const { fields, chosen } = await openDraft(slot);
      if (!unsaved.has(slot)) return;
      await ask("draft.keep", asKept(slot, fields, chosen));
      if (shownSlots.has(slot)) return;
      unsaved.delete(slot);
      markSlot(slot, false);
    }),
  );

/** Keep after this much quiet, and at the latest after this much typing: a killed phone costs at most a second. */
const QUIET_MS = 400;
const LONGEST_MS = 900;

/**
 * Keeps one slot. Only one keeping runs at a time, and what is typed meanwhile is kept next, so the newest always wins.
 *
 * @param {string} slot
 * @param {Fields} begun
 * @param {(told: {fields: Fields, chosen?: Chosen, kept_at?: string, error?: any}) => void} tell
 * @param {string} [after] when what lies in it was written
 * @param {Chosen} [chosen] between which versions somebody has chosen
 */
export function keeper(slot, begun, tell, after, chosen) {
  const by = me();
  let fields = begun;
  let dirty = false;
  let ended = false;
  /** @type {Promise<void> | null} */
  let keeping = null;
  /** What was handed over since the last answer. @type {string[]} */
  let tried = leftIn(slot)?.tried ?? [];
  /** @type {(() => void) | null} */
  let quiet = null;
  /** @type {(() => void) | null} */
  let longest = null;

  const rest = () => {
    quiet?.();
    longest?.();
    quiet = longest = null;
  };
  const mark = (/** @type {boolean} */ is) => {
    dirty = is;
    markSlot(slot, is);
  };

  /** @returns {Promise<void>} when everything typed so far is kept, or could not be */
  async function keep() {
    rest();
    while (keeping) await keeping;
    if (!dirty || ended) return;
    // Not kept before the answer is here: until then the screen must not say so, and nothing may begin anew over it.
    dirty = false;
    tried = [...tried, JSON.stringify(fields)];
    keeping = ask("draft.keep", asKept(slot, fields, chosen)).then(
      ({ kept_at }) => {
        if (!dirty) mark(false);
        after = kept_at;
        tried = [];
        unsaved.delete(slot);
        tell({ fields, kept_at, error: null });
      },
      (error) => {
        mark(true);
        unsaved.set(slot, { fields, chosen, by, after, tried });
        tell({ fields, error });
      },
    );
    await keeping;
    keeping = null;
  }

  return {
    /** @param {string} name @param {any} value @param {string} [id] of what was chosen with it, where versions stand side by side */
    change(name, value, id) {
      if (ended) return;
      fields = withAnswer(fields, name, value);
      if (id !== undefined) chosen = withChosen(chosen ?? {}, name, id);
      mark(true);
      tell({ fields, chosen });
      quiet?.();
      quiet = later(() => void keep(), QUIET_MS);
      longest ??= later(() => void keep(), LONGEST_MS);
    },
    /** Replaces all fields without marking them typed. @param {Fields} next */
    put(next) {
      fields = next;
      tell({ fields });
    },
    keep,
    /** Goes on with what could not be kept when it was left, and says at once whether it can be now. */
    resume() {
      mark(true);
      void keep();
    },
    fields: () => fields,
    chosen: () => chosen,
    /** Ends keeping: the slot is gone (sent or discarded). */
    async end() {
      rest();
      if (keeping) await keeping;
      mark(false);
      unsaved.delete(slot);
      ended = true;
    },
  };
}

/**
 * Opens a draft and keeps it while the screen shows it, until it is sent or thrown away.
 *
 * @param {string} slot
 * @param {(definition: Definition, fields: Fields) => Fields} [begin] first answers of a new draft
 */
export function useDraft(slot, begin) {
  const [state, set] = useState(
    /** @type {{draft: any, error: any, fields: Fields, chosen?: Chosen, kept_at?: string, keep_error?: any}} */ ({
      draft: null,
      error: null,
      fields: {},
    }),
  );
  const holder = useMemo(() => ({ keeper: /** @type {ReturnType<typeof keeper> | null} */ (null) }), []);
  useEffect(() => {
    let left = false;
    const hide = showSlot(slot);
    openDraft(slot).then(
      (draft) => {
        if (left) return;
        if (draft.slot !== slot) return go(here().replace(slot, draft.slot), { replace: true });
        const fields = begin && !draft.heads?.length ? begin(draft.definition, draft.fields) : draft.fields;
        const tell = (
          /** @type {{fields: Fields, chosen?: Chosen, kept_at?: string, error?: any}} */ { fields, chosen, kept_at, error },
        ) =>
          set((was) => ({
            ...was,
            fields,
            chosen: chosen ?? was.chosen,
            kept_at: kept_at ?? was.kept_at,
            keep_error: error === undefined ? was.keep_error : error,
          }));
        holder.keeper = keeper(slot, fields, tell, draft.written_at, draft.chosen);
        set({ draft, error: null, fields, chosen: draft.chosen, kept_at: draft.n > 0 ? draft.written_at : undefined });
        if (isUnsaved(slot)) holder.keeper.resume();
      },
      (error) => left || set((was) => ({ ...was, error })),
    );
    const off = onLeaving(() => holder.keeper?.keep());
    return () => {
      left = true;
      hide();
      off();
      void holder.keeper?.keep();
    };
  }, [slot]);
  const keep = () => holder.keeper?.keep() ?? Promise.resolve();
  const end = () => holder.keeper?.end() ?? Promise.resolve();
  /** What is on screen at this moment; state lags behind by one drawing. */
  const current = () => holder.keeper?.fields() ?? state.fields;
  return {
    ...state,
    /** @param {string} name @param {any} value @param {string} [id] of what was chosen with it */
    change: (name, value, id) => holder.keeper?.change(name, value, id),
    /** @param {Fields} fields */
    put: (fields) => holder.keeper?.put(fields),
    keep,
    current,
    /** Between which versions somebody has chosen at this moment. */
    chosenNow: () => holder.keeper?.chosen() ?? {},
    /**
     * Saves it for sending, then says and shows where it stands. Rejects with a Refusal, and the draft is as it was.
     *
     * @param {string} home of its family
     * @param {(typed: Fields) => {fields: Fields, mode: string}} ready what of the draft is sent
     */
    async send(home, ready) {
      await keep();
      const { record } = await save({ ...asKept(slot, {}, holder.keeper?.chosen()), ...ready(current()) });
      await end();
      spoken.value = saySaved.title;
      void keepStorage().catch(() => {});
      go(`${home}/saved/${record}`, { replace: true });
    },
    /** Throws it away. @param {string} to where to go then */
    async discard(to) {
      await end();
      await ask("draft.discard", { slot });
      go(to, { replace: true });
    },
  };
}
