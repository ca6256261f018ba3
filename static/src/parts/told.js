/** What the core has told so far, as signals that screens read, and the line to ask it more. */
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { askToKeep } from "../page.js";

/** @import { Family, Outbox, Status } from "./shapes.js" */

/** @type {import("@preact/signals").Signal<Status | null>} */
export const status = signal(null);
/** @type {import("@preact/signals").Signal<Outbox | null>} */
export const outbox = signal(null);
/** @type {import("@preact/signals").Signal<{families: Family[], complete: boolean} | null>} */
export const caseload = signal(null);
/** @type {import("@preact/signals").Signal<{done: number, total: number, stage?: string} | null>} */
export const arrival = signal(null);
/** Whether names are hidden because somebody may be looking over the worker's shoulder. */
export const namesHidden = signal(false);
/** One sentence for the live region; a screen reader speaks it without losing its place. */
export const spoken = signal("");
/** What was last looked for. Kept here and nowhere else: an address or a stored value would outlive the lock. */
export const lookedFor = signal("");
/** The lock whose words were forgotten, while its person sets up anew; notes waiting under it are still taken. */
export const replacing = signal(/** @type {string | undefined} */ (undefined));
export const stopped = signal(false);
/** Set-up keeps the screen until its person opens the families, although the core is unlocked before that. */
export const settingUp = signal(false);
export const secondTab = signal(false);
/** The office's last word on this phone: ok, lost, cloned, ended. */
export const office = signal("ok");
/** Drafts on screen with something typed that has not been kept yet; an update waits until there are none. */
export const unkept = signal(0);

/** @type {ReturnType<typeof import("../line.js").connect>} */
let line;

/**
 * Joins the signals to the line.
 *
 * @param {ReturnType<typeof import("../line.js").connect>} connected
 */
export function join(connected) {
  line = connected;
  line.on("outbox", (value) => {
    outbox.value = value;
  });
  line.on("arrival", (value) => {
    const before = arrival.value;
    // Progress never goes back, whatever order the news arrives in.
    if (before && before.total > 0 && value.total > 0 && value.done / value.total < before.done / before.total) return;
    arrival.value = value;
  });
  line.on("caseload", () => void refreshCaseload());
  line.on("locked", () => void refreshStatus());
  line.on("second_tab", (value) => {
    secondTab.value = value !== false;
  });
  line.on("office", (value) => {
    office.value = value?.status ?? "ok";
    // Another tab or the browser closed the store under this page: only beginning anew opens it again.
    if (office.value === "store_closed") stopped.value = true;
  });
  line.on("stopped", () => {
    stopped.value = true;
  });
}

/**
 * Asks the core; rejects with a Refusal.
 *
 * @param {string} name
 * @param {unknown} [args]
 * @returns {Promise<any>}
 */
export function ask(name, args) {
  return line.ask(name, args);
}

export async function refreshStatus() {
  const told = /** @type {Status} */ (await ask("status"));
  status.value = told;
  secondTab.value = told.second_tab === true;
}

let asked = false;

/** Asks the browser, once and at the first thing worth keeping, not to clear what lies on this phone. */
export async function keepStorage() {
  if (asked || status.value?.storage?.persisted) return;
  asked = true;
  await askToKeep();
  await refreshStatus();
}

export async function refreshCaseload() {
  caseload.value = await ask("caseload");
}

/**
 * Asks when the screen opens and again whenever one of the topics has news. What was answered stays on screen while
 * asking again, so nothing flickers under a thumb.
 *
 * @param {string} name
 * @param {unknown} [args]
 * @param {string[]} [topics]
 * @returns {{answer: any, error: any, again: () => void}}
 */
export function useAsked(name, args, topics = []) {
  const [state, set] = useState({ answer: /** @type {any} */ (undefined), error: /** @type {any} */ (undefined), turn: 0 });
  const key = JSON.stringify(args);
  useEffect(() => {
    let left = false;
    const again = () =>
      ask(name, args).then(
        (answer) => left || set((was) => ({ ...was, answer, error: undefined })),
        (error) => left || set((was) => ({ ...was, error })),
      );
    void again();
    const off = topics.map((topic) => line.on(topic, again));
    return () => {
      left = true;
      for (const end of off) end();
    };
  }, [name, key, state.turn]);
  return { answer: state.answer, error: state.error, again: () => set((was) => ({ ...was, turn: was.turn + 1 })) };
}
