/** What the core has told so far, for screens to read, and the line to ask it more. */
import { useEffect, useState } from "preact/hooks";
import { askToKeep, reload, sendWhenPossible } from "../page.js";

/** @import { Family, Outbox, Status } from "./shapes.js" */

let draw = () => {};
let isDrawingDue = false;

/**
 * A thing that many screens show. Writing its value draws the page anew, once for all that is written in one go: a page
 * is small enough that nobody has to keep a list of who shows what.
 *
 * @template T
 * @param {T} value
 * @returns {{value: T}}
 */
export function shown(value) {
  return {
    get value() {
      return value;
    },
    set value(next) {
      if (Object.is(value, next)) return;
      value = next;
      if (isDrawingDue) return;
      isDrawingDue = true;
      void Promise.resolve().then(() => {
        isDrawingDue = false;
        draw();
      });
    },
  };
}

/** @param {() => void} drawing how the page is drawn anew */
export function drawWith(drawing) {
  draw = drawing;
  draw();
}

export const status = shown(/** @type {Status | null} */ (null));
/** The passkey of whoever has unlocked this phone. @returns {import("../page.js").Asked | undefined} */
export const ownPasskey = () => status.value?.people.find((one) => one.vault === status.value?.vault)?.passkey;
export const outbox = shown(/** @type {Outbox | null} */ (null));
export const caseload = shown(/** @type {{families: Family[], complete: boolean, role: string} | null} */ (null));
export const arrival = shown(/** @type {{done: number, total: number, stage?: string} | null} */ (null));
/** Whether names are hidden because somebody may be looking over the worker's shoulder. */
export const namesHidden = shown(false);
/** One sentence for the live region; a screen reader speaks it without losing its place. */
export const spoken = shown("");
/** What was last looked for. Kept here and nowhere else: an address or a stored value would outlive the lock. */
export const lookedFor = shown("");
/** The lock whose words were forgotten, while its person sets up anew; notes waiting under it are still taken. */
export const replacing = shown(/** @type {string | undefined} */ (undefined));
export const stopped = shown(false);
/** Set-up keeps the screen until its person opens the families, although the core is unlocked before that. */
export const settingUp = shown(false);
export const secondTab = shown(false);
/** The office's last word on this phone: ok, lost, cloned, ended. */
export const office = shown("ok");
/** Office time minus this phone’s clock, in milliseconds, when the office was last heard; null before that. */
export const clockOffset = shown(/** @type {number | null} */ (null));
/** Drafts on screen with something typed that has not been kept yet; an update waits until there are none. */
export const unkept = shown(0);
/** The questionnaire that somebody of a family holds in their hands: until the phone is back there is no other screen. */
export const handedOver = shown(/** @type {{casefile: string, slot: string, step: "items" | "back"} | null} */ (null));

/** @type {ReturnType<typeof import("../line.js").connect>} */
let line;
/** For how many that could not be sent the browser has been asked to wake the app. */
let woken = 0;

/**
 * Joins what is shown to the line.
 *
 * @param {ReturnType<typeof import("../line.js").connect>} connected
 */
export function join(connected) {
  line?.end();
  line = connected;
  line.on("outbox", (value) => {
    const cannot = value.reach === "ok" ? 0 : value.waiting;
    // At once, and not only when the page is left: a page that is killed is not told. Once for each, since being woken is told here too.
    if (cannot > woken) void sendWhenPossible();
    woken = cannot;
    outbox.value = value;
  });
  line.on("arrival", (value) => {
    const before = arrival.value;
    // Progress never goes back, whatever order the news arrives in.
    if (before && before.total > 0 && value.total > 0 && value.done / value.total < before.done / before.total) return;
    arrival.value = value;
  });
  // Whatever the page showed of a worker that has ended meanwhile is asked for anew.
  line.on("caseload", () => void refreshCaseload().catch(() => {}));
  line.on("parted", reload);
  line.on("locked", () => void refreshStatus().catch(() => {}));
  line.on("second_tab", (value) => {
    secondTab.value = value !== false;
    // It took the place of one that stands still: what is shown is asked for anew.
    if (!secondTab.value) void refreshStatus().catch(() => {});
  });
  line.on("office", (value) => {
    office.value = value?.status ?? "ok";
    if (typeof value?.time_offset_ms === "number") clockOffset.value = value.time_offset_ms;
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

/**
 * Saves what a draft holds, for sending. How many wait is told a moment later; until then the line above must not go on calling everything sent.
 *
 * @param {{slot: string, fields: {[name: string]: any}, mode?: string, chosen?: import("../practice/choosing.js").Chosen}} given
 * @returns {Promise<{record: string}>}
 */
export async function save(given) {
  const saved = await ask("send", given);
  if (outbox.value) outbox.value = { ...outbox.value, waiting: Math.max(1, outbox.value.waiting), is_listed: false };
  return saved;
}

export async function refreshStatus() {
  const told = /** @type {Status} */ (await ask("status"));
  status.value = told;
  secondTab.value = told.second_tab === true;
  if (told.state === "unlocked") return;
  // Whoever unlocks next on this page may be somebody else.
  caseload.value = handedOver.value = outbox.value = arrival.value = null;
  office.value = "ok";
  lookedFor.value = "";
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
