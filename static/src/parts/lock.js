/** Locking: what was typed is kept first, then the keys are forgotten. */
import { later, leave, reload } from "../page.js";
import { hasUnsaved } from "./draft.js";
import { ask, unkept } from "./told.js";

/** However slow the store is: the keys of somebody who asked for the lock do not wait for it. */
const PATIENCE_MS = 5_000;

/**
 * Gives the lock of a page. Locking keeps what was typed, tells the core, ends its worker with all it held, and begins the page anew. What the phone would not keep
 * is on this screen and nowhere else: where its owner asked for the lock the browser asks first, and whoever stays can go on; where nobody did, nothing is thrown away
 * for it, nor what the phone has not answered for yet, and whoever locks tries again.
 *
 * @param {() => void} end ends the worker
 */
export const locking =
  (end) =>
  async (isAsked = false) => {
    const patience = /** @type {Promise<void>} */ (new Promise((over) => later(over, PATIENCE_MS)));
    await Promise.race([leave(), patience]);
    if (isAsked ? hasUnsaved() : unkept.value > 0) return void (isAsked && reload());
    await Promise.race([ask("lock").catch(() => {}), patience]);
    end();
    reload();
  };
