/** What stood before versions parted, and when an edit of them began. The fold needs no common ancestor (sync/view.js); only what is said to a person does. Pure. */
import { fold, plain } from "../sync/view.js";
import { versionsOf } from "./briefs.js";

/** @typedef {import("./briefs.js").Reading} Reading */

/**
 * The text of a field in the view of everything that all of its writers had before them; empty where that is nothing, or is itself parted.
 * @param {Reading[]} contents @param {string[]} writers ids of the entries whose values stand side by side @param {string} name @returns {string}
 */
export function beforeParting(contents, writers, name) {
  const byId = new Map(contents.map((one) => [one.id, one]));
  const [first, ...rest] = writers.map((id) => ancestors(byId, id));
  if (!first) return "";
  const shared = contents.filter(({ id }) => first.has(id) && rest.every((one) => one.has(id)));
  const view = fold(versionsOf(shared));
  const value = plain(view)[name];
  return view.fields[name]?.values.length === 1 && typeof value === "string" ? value : "";
}

/**
 * The view of a record as it stood on the screen when an edit of it began: what that edit settles is what was parted then, and nothing that came since.
 * @param {{contents: Reading[], view: import("../sync/view.js").View}} state @param {string[]} heads the parents of the edit
 */
export function viewAt({ contents, view }, heads) {
  if (view.heads.every((id) => heads.includes(id))) return view;
  const byId = new Map(contents.map((one) => [one.id, one]));
  const seen = new Set(heads.flatMap((id) => [...ancestors(byId, id)]));
  return fold(versionsOf(contents.filter(({ id }) => seen.has(id))));
}

/** @param {Map<string, Reading>} byId @param {string} id @returns {Set<string>} with itself */
function ancestors(byId, id) {
  const found = new Set([id]);
  for (const one of found) for (const parent of byId.get(one)?.header.parents ?? []) if (byId.has(parent)) found.add(parent);
  return found;
}
