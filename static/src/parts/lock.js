/** Locking: what was typed is kept first, then the keys are forgotten. */
import { later, leave, reload } from "../page.js";
import { isHurried } from "./hurried.js";
import { ask, unkept } from "./told.js";

/** However slow the store is: the keys do not wait for it. */
const PATIENCE_MS = 5_000;

/**
 * Gives the lock of a page. Locking keeps what was typed, tells the core, and ends its worker with all it held, whatever stands on the page. Then the page begins anew;
 * but what the phone would not keep, or has not answered for yet, is on this page and nowhere else: there it stays, shown to nobody, until whoever typed it unlocks.
 *
 * @param {() => void} end ends the worker
 * @param {() => void} goOn begins with another worker on this same page
 */
export const locking = (end, goOn) => {
  /** @type {Promise<void> | null} */
  let running = null;
  const lock = async () => {
    const patience = /** @type {Promise<void>} */ (new Promise((over) => later(over, PATIENCE_MS)));
    // Whatever goes wrong with keeping, the keys end.
    await Promise.race([leave().catch(() => {}), patience]);
    await Promise.race([ask("lock").catch(() => {}), patience]);
    end();
    if (unkept.value > 0 || isHurried()) goOn();
    else reload();
  };
  return () => {
    running ??= lock().finally(() => {
      running = null;
    });
    return running;
  };
};
