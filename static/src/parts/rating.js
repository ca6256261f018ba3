/** Ratings on one screen, each a draft that is kept, left and found again as that of any other form. */
import { beginDraft, isUnsaved, keeper, openDraft, showSlot } from "./draft.js";

/** @import { Goal, Person } from "./shapes.js" */
/** @typedef {{key: string, person: Person}} Row a rater, and the draft of what they say */

/** @param {string} goal @param {string} rater */
export const keyOf = (goal, rater) => `${goal} ${rater}`;

/** @param {Goal} goal @returns {boolean} whether anybody is asked for a number */
export const isRated = ({ kind, bottom_line, status }) =>
  kind !== "bottom_line" && bottom_line !== "yes" && !["achieved", "changed", "dropped", "paused"].includes(status ?? "");

/**
 * Whoever rated keeps their id, also when they are no longer listed: by name alone, somebody else of that name would go on with their line.
 *
 * @param {{id?: string, name?: string}} who
 * @param {Person[]} people
 * @returns {Person} without an id when nobody of that name is listed, either
 */
const raterOf = ({ id = "", name = "" }, people) =>
  people.find((person) => (id ? person.id === id : person.name === name)) ?? { id, name };

/**
 * Who rates a goal: those who did before or are named in it, for a new goal its owner, whoever was added here, and everybody of whom something is typed and not sent.
 * Nobody's number may go out that is not on the screen. A goal that is rated no more has only the last.
 *
 * @param {Goal} goal
 * @param {Person[]} people
 * @param {string[]} added
 * @param {Record<string, any>} typed by key
 * @returns {Row[]}
 */
export function rowsOf(goal, people, added, typed) {
  /** @type {Row[]} */
  const begun = Object.entries(typed)
    .filter(([, fields]) => fields.goal === goal.record)
    .map(([key, { rater, rater_name }]) => ({ key, person: raterOf({ id: rater, name: rater_name }, people) }));
  const named = [
    ...goal.series.map((one) => ({ id: one.rater, name: one.rater_name })),
    .../** @type {any[]} */ (goal.raters ?? []).map((one) => ({ id: one.person, name: one.name })),
  ].map((one) => raterOf(one, people));
  const first = named.length ? named : people.filter(({ id }) => id === goal.owner);
  const asked = isRated(goal) ? [...first, ...people.filter(({ id }) => added.includes(id))] : [];
  const who = (/** @type {Person} */ one) => one.id || one.name;
  const rows = asked
    .filter((one, order) => asked.findIndex((each) => who(each) === who(one)) === order)
    .map((person) => ({
      key: begun.find((one) => who(one.person) === who(person))?.key ?? keyOf(goal.record, who(person)),
      person,
    }));
  return [...rows, ...begun.filter(({ key }) => !rows.some((one) => one.key === key))];
}

/** Those that can be sent: a number, by somebody the office can tell apart from others of that name. @param {Row[]} rows @param {Record<string, any>} typed */
export const readyIn = (rows, typed) =>
  rows.filter(({ key, person }) => person.id !== "" && typeof typed[key]?.value === "number");

/** The days on which those were given, "" for one that has none. @param {Row[]} ready @param {Record<string, any>} typed @returns {string[]} each once */
export const daysOf = (ready, typed) => [...new Set(ready.map(({ key }) => typed[key].rated_on ?? ""))];

/**
 * One draft for each goal and rater, begun with the first tap, so that a phone that dies here loses nothing.
 *
 * @param {string} casefile
 * @param {(key: string, told: any) => void} tell
 */
export function ratingDrafts(casefile, tell) {
  /** @type {Map<string, Promise<{slot: string, keeper: ReturnType<typeof keeper>}>>} */
  const open = new Map();
  /** @type {(() => void)[]} */
  const shown = [];
  /** Those whose drafts are on this screen, or on their way to it. @type {Set<string>} */
  const slots = new Set();
  let isLeft = false;
  const opened = (/** @type {string} */ key, /** @type {any} */ { slot, fields, written_at }) => {
    const held = { slot, keeper: keeper(slot, fields, (told) => tell(key, told), written_at) };
    slots.add(slot);
    const hide = showSlot(slot);
    if (isLeft) hide();
    else shown.push(hide);
    tell(key, { fields });
    if (isUnsaved(slot)) held.keeper.resume();
    return held;
  };
  const keep = () => Promise.allSettled([...open.values()].map(async (held) => (await held).keeper.keep()));
  return {
    /** Goes on with a draft that was begun before. @param {string} slot */
    async resume(slot) {
      if (slots.has(slot)) return;
      slots.add(slot);
      const draft = await openDraft(slot).catch((error) => {
        slots.delete(slot);
        throw error;
      });
      const { goal, rater, rater_name } = draft.fields;
      const key = keyOf(goal, rater ?? rater_name);
      if (!isLeft && !open.has(key)) open.set(key, Promise.resolve(opened(key, draft)));
    },
    /** @param {string} key @param {any} preset @param {string} name @param {any} value */
    async change(key, preset, name, value) {
      let held = open.get(key);
      if (!held) {
        held = beginDraft({ casefile, schema: "rating.1", preset }).then((draft) =>
          opened(key, { ...draft, fields: { ...preset, ...draft.fields } }),
        );
        open.set(key, held);
        held.catch(() => open.delete(key));
      }
      (await held).keeper.change(name, value);
    },
    /** Says the same of all that were begun. @param {string} name @param {any} value */
    changeAll: (name, value) => Promise.all([...open.values()].map(async (held) => (await held).keeper.change(name, value))),
    keep,
    /** Keeps what is on the screen that is left now. @returns {Promise<unknown>} */
    leave() {
      isLeft = true;
      for (const hide of shown) hide();
      return keep();
    },
    all: () => Promise.all([...open.entries()].map(async ([key, held]) => ({ key, ...(await held) }))),
    /** @param {string} key */
    drop: (key) => open.delete(key),
  };
}
