/** What the service worker does with the outbox while nobody looks: it sends what is sealed. No key, no verdict; the page settles what came back. */
import { openOutbox } from "./outbox.js";
import { createOutside } from "./outside.js";
import { push } from "./push.js";

/** The name under which a page asks the browser to be woken when there is signal. */
export const SEND = "send";

/** Sends everything that is due. Rejects when it could not, so that the browser wakes the service worker once more. @param {import("./outside.js").Outside} [outside] */
export async function sendInBackground(outside = createOutside()) {
  const outbox = await openOutbox(outside);
  try {
    // Whoever sends just now may be a page that is being closed: its answers would be lost with it, and nobody would ask again.
    const reach = await push(outside, outbox, { atOnce: true, inTurn: true });
    if (reach !== "ok") throw new Error(reach);
  } finally {
    outside.tellOthers("written");
    outbox.close();
  }
}
