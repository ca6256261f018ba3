/** Ratings on one screen, each a draft that is kept, left and found again as that of any other form. */
import { beginDraft, isUnsaved, keeper, openDraft, showSlot } from "./draft.js";

/** @param {string} goal @param {string} rater */
export const keyOf = (goal, rater) => `${goal} ${rater}`;

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
