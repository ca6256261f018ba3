/**
 * Choosing between versions that stand side by side: what of an answer nobody disputes, and what somebody still has to choose. Pure.
 *
 * A list is parted item by item. That it has items is no choice: it begins with those on which nobody differs, and each of the others is chosen by itself.
 */
import { isAnswered, isSame } from "./forms.js";

/** @typedef {{id: string, value?: any}} Version without `value` whoever wrote it took it away */
/** @typedef {{values: Version[], items: Record<string, Version[]>}} Fork */
/** @typedef {Record<string, string[]>} Chosen by the name of an answer: the ids of its parted items that were chosen, and `WHOLE` where one of its versions was taken as it stands */

/** Stands among the ids for the answer itself: whoever takes the version that is empty has chosen, too. */
export const WHOLE = "";

const BETWEEN = { text: " / ", long_text: "\n\n" };

/** @param {string} type @returns {boolean} whether two versions of it can stand one after the other */
export const isText = (type) => Object.hasOwn(BETWEEN, type);

/** Leaves out of a list the items on which versions differ. @param {Fork} fork @param {any[]} list @returns {any[]} */
const undisputed = ({ items }, list) => list.filter((one) => !Object.hasOwn(items, one?.id));

/** What a draft holds of a parted answer before anybody has chosen: of a list its undisputed items, else nothing. @param {Fork} fork @param {any} value @returns {any} */
export function beforeChoosing(fork, value) {
  if (!isList(fork) || !Array.isArray(value)) return undefined;
  const rest = undisputed(fork, value);
  return rest.length > 0 ? rest : undefined;
}

/** @param {Fork} fork @returns {boolean} whether it is parted item by item */
export const isList = ({ items }) => Object.keys(items).length > 0;

/**
 * Puts the version of an item that was chosen where the item stood; undefined takes it out.
 * @param {Fork} fork @param {any[]} list @param {string} id @param {any} item @returns {any[]}
 */
export function withItem({ values }, list, id, item) {
  const rest = list.filter((one) => one.id !== id);
  if (item === undefined) return rest;
  const order = values.flatMap(({ value }) => (Array.isArray(value) ? value.map((one) => one?.id) : []));
  const behind = new Set(order.slice(order.indexOf(id) + 1));
  const at = rest.findIndex((one) => behind.has(one.id));
  return at < 0 ? [...rest, item] : [...rest.slice(0, at), item, ...rest.slice(at)];
}

/** @param {Chosen} chosen @param {string} name @param {string} id @returns {Chosen} a copy in which this is chosen */
export const withChosen = (chosen, name, id) => ({ ...chosen, [name]: [...new Set([...(chosen[name] ?? []), id])] });

/** The parted items that nobody has chosen yet. @param {Fork} fork @param {string[]} [chosen] @returns {string[]} */
export const leftToChoose = ({ items }, chosen = []) => Object.keys(items).filter((id) => !chosen.includes(id));

/** Whom those are about: they are not asked about anew below the versions. @param {Fork | undefined} fork @param {string[]} [chosen] @returns {Set<string>} */
export const openPeople = (fork, chosen) =>
  new Set(fork && leftToChoose(fork, chosen).flatMap((id) => fork.items[id].flatMap(({ value }) => value?.person ?? [])));

/** Whether somebody still has to choose. Words that were written count for a choice, the items of a list do not. @param {Fork} fork @param {any} value @param {string[]} [chosen] @returns {boolean} */
export function isOpen(fork, value, chosen = []) {
  if (isList(fork)) return leftToChoose(fork, chosen).length > 0;
  return fork.values.length > 1 && value === undefined && !chosen.includes(WHOLE);
}

/**
 * Puts what stands of the parted items into the list as it was before, to see what else went or came: whoever chose struck out nobody's words. One that went stays in it.
 * @param {Fork} fork @param {any} before @param {any} after @returns {any}
 */
export const asSettled = ({ items }, before, after) =>
  Array.isArray(before) && Array.isArray(after)
    ? before.map((one) => (Object.hasOwn(items, one?.id) && after.find((other) => other?.id === one.id)) || one)
    : before;

/** Versions of a text whole, one after the other, as its control can hold them; undefined where there are no two of text. @param {string} type @param {any[]} versions @returns {string | undefined} */
export function bothWhole(type, versions) {
  const between = isText(type) ? BETWEEN[/** @type {keyof typeof BETWEEN} */ (type)] : undefined;
  const texts = [...new Set(versions.filter(isAnswered))];
  if (between === undefined || texts.length < 2 || !texts.every((one) => typeof one === "string")) return undefined;
  return texts.join(between);
}

/**
 * Versions of an item as one, the texts in which they differ whole; undefined where they differ in what cannot be two things at once, or one is the other with more.
 * @param {{id: string, type: string}[]} fields of an item @param {any[]} versions @returns {any}
 */
export function bothItems(fields, versions) {
  if (versions.some((one) => one === undefined)) return undefined;
  /** @type {Record<string, any>} */
  const both = {};
  let isJoined = false;
  for (const name of new Set(versions.flatMap((one) => Object.keys(one)))) {
    const written = versions.map((one) => one[name]).filter((value) => value !== undefined);
    both[name] = written[0];
    if (new Set(written.map((value) => JSON.stringify(value))).size === 1) continue;
    both[name] = bothWhole(fields.find(({ id }) => id === name)?.type ?? "", written);
    if (both[name] === undefined) return undefined;
    isJoined = true;
  }
  return isJoined ? both : undefined;
}

/**
 * What of an item its versions have otherwise: where nine things are known of a person, nobody finds by eye the one number that is not the same.
 * @param {any[]} versions undefined where somebody took it out @returns {Set<string>}
 */
export function differing(versions) {
  const there = versions.filter((one) => one !== undefined);
  const names = there.flatMap((one) => Object.keys(one));
  return new Set(names.filter((name) => !there.every((one) => isSame(one[name], there[0][name]))));
}
