/** What the service worker does with the outbox while nobody looks: it sends what is sealed. No key, no verdict; the page settles what came back. */
import { openOutbox } from "./outbox.js";
import { createOutside } from "./outside.js";
import { endTurn, push } from "./push.js";

/** The name under which a page asks the browser to be woken when there is signal. */
export const SEND = "send";
/** As long as one request may take that carries little. */
const LOOK_AFTER_MS = 30_000;

/** Sends everything that is due. Rejects when it could not, so that the browser wakes the service worker once more. @param {import("./outside.js").Outside} [outside] */
export async function sendInBackground(outside = createOutside()) {
  const outbox = await openOutbox(outside);
  let isWaiting = true;
  const stopWaiting = () => {
    isWaiting = false;
  };
  // Whoever sends just now may be a page that was frozen in the middle of it, and would do so for ever. One that runs says so, and may take its time.
  const look = () =>
    outside.after(LOOK_AFTER_MS, async () => {
      const isStill = isWaiting && (await outbox.isStill().catch(() => false));
      if (!isWaiting) return;
      if (isStill) await endTurn(outside);
      look();
    });
  look();
  try {
    // Or it is being closed: its answers would be lost with it, and nobody would ask again.
    const reach = await push(outside, outbox, { atOnce: true, inTurn: true, signal: stopWaiting });
    if (reach !== "ok") throw new Error(reach);
  } finally {
    stopWaiting();
    outside.tellOthers("written");
    outbox.close();
  }
}
