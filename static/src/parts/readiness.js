/** Whether a phone is ready to be relied on, from what its browser and the core say of it. Pure. */
import { clockSays } from "../words/sending.js";

/**
 * What a browser says of itself. `share` is how much of its room is taken, 0 to 1; `odd`: it refuses what only private windows, and browsers inside other apps, refuse.
 * @typedef {{installed: boolean, apple: boolean, persisted: boolean, share: number, odd: boolean, passkey: boolean, camera: boolean, background: boolean}} Facts
 * @typedef {{about: string, is: string}} Line what a line is about, and how that stands: `good`, or the name of what to change
 */

/** A phone in daily use that has not been in touch for so long has lost its way to the office. */
const SILENT_MS = 3 * 86_400_000;

/**
 * Judges each thing by itself. A private window cannot be told from another in most browsers: only what rules it out is called good.
 * @param {Facts} facts @param {{at?: string, offset?: number}} heard @param {Date} now @param {boolean} [guarded] whether a hidden screen asks who taps; unknown while it is locked
 * @returns {Line[]} always the same lines, in the same order
 */
export function readiness(facts, heard, now, guarded) {
  const silent = now.getTime() - new Date(heard.at ?? Number.NaN).getTime();
  return [
    { about: "home", is: facts.installed ? "good" : facts.apple ? "apple" : "not" },
    { about: "kept", is: facts.persisted ? "good" : "not" },
    { about: "window", is: facts.odd ? "odd" : facts.installed || facts.persisted ? "good" : "unknown" },
    { about: "room", is: facts.share >= 0.95 ? "none" : facts.share >= 0.8 ? "short" : "good" },
    { about: "contact", is: Number.isNaN(silent) ? "never" : Math.abs(silent) > SILENT_MS ? "long" : "good" },
    { about: "clock", is: heard.offset === undefined ? "unknown" : clockSays(heard.offset) ? "wrong" : "good" },
    { about: "background", is: facts.background ? "good" : "not" },
    { about: "passkey", is: facts.passkey ? "good" : "not" },
    ...(guarded === undefined ? [] : [{ about: "hidden", is: guarded ? "good" : "not" }]),
    { about: "camera", is: facts.camera ? "good" : "not" },
  ];
}

/** Whether what waits may be gone before it is sent: only a promise of the browser, and on Apple’s phones the home screen, keeps it. @param {Line[]} lines */
export const isAtRisk = (lines) =>
  lines.some(({ about, is }) => (about === "kept" && is === "not") || is === "apple" || is === "odd");
