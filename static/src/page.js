/** The one door to document, window and navigator. */
import { ownScript } from "./trusted.js";

/** Where the screens are drawn. */
export function root() {
  const found = document.getElementById("app");
  if (!found) throw new Error("the page has no place to draw in");
  return found;
}

/** What the server wrote into the page: which release this is, and whether it may be kept for offline use. */
export function shell() {
  const { release = "", offline } = root().dataset;
  return { release, offline: offline === "yes" };
}

/** Starts the core in its own worker. Ending it is how the app locks: its memory goes with it. */
export function startCore() {
  return new Worker(ownScript(`/dist/${shell().release}/worker.js`), { type: "module" });
}

/**
 * Keeps this release on the phone and moves to a newer one, but only here, before anything is opened or typed:
 * an update never happens over somebody's words.
 *
 * @returns {Promise<boolean>} whether the app will open without signal from now on; false in browsers that refuse
 */
export async function keepForOffline() {
  const { release, offline } = shell();
  if (!offline || !navigator.serviceWorker) return false;
  const container = navigator.serviceWorker;
  try {
    const registration = await container.register(ownScript("/sw.js"), { scope: "/app", updateViaCache: "none" });
    if (registration.waiting && container.controller) {
      container.addEventListener("controllerchange", () => location.reload(), { once: true });
      registration.waiting.postMessage({ do: "take over" });
      return true;
    }
    const { active } = await container.ready;
    active?.postMessage({ started: release });
    return true;
  } catch {
    return false;
  }
}

/**
 * Moves keyboard and screen reader to the first match, if the page has one.
 *
 * @param {string} selector
 */
export function focusOn(selector) {
  const found = document.querySelector(selector);
  if (found instanceof HTMLElement) found.focus();
}
