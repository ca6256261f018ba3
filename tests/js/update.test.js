/** A newer version takes the page over only where nobody has gone on meanwhile. */
import assert from "node:assert/strict";
import test from "node:test";

/** Stands for the page of a phone on which a newer release lies ready: what it listens to, what it keeps on leaving, and how often it began anew. */
function phoneWithNewer() {
  const window = new EventTarget();
  const container = Object.assign(new EventTarget(), {
    controller: {},
    register: async () => ({ waiting: { postMessage: (/** @type {any} */ { do: what }) => asked.push(what) } }),
  });
  /** @type {string[]} */
  const asked = [];
  let begun = 0;
  const page = {
    document: Object.assign(new EventTarget(), { getElementById: () => ({ dataset: { offline: "yes" } }) }),
    addEventListener: window.addEventListener.bind(window),
    location: { reload: () => begun++ },
  };
  Object.assign(globalThis, page);
  Object.defineProperty(globalThis, "navigator", { value: { serviceWorker: container }, configurable: true });
  return {
    asked,
    touches: () => window.dispatchEvent(new Event("keydown")),
    gives: () => container.dispatchEvent(new Event("controllerchange")),
    begun: () => begun,
  };
}

const turn = () => new Promise((done) => setImmediate(done));

test("a newer version that may come late waits for what is typed, and not at all over somebody who has gone on", async () => {
  const phone = phoneWithNewer();
  const { keepForOffline, onLeaving, takeUpdate } = await import("../../static/src/page.js");

  // When the app is opened, and nobody has touched it when the older version gives way
  /** @type {() => void} */
  let isKept = () => undefined;
  const off = onLeaving(() => new Promise((kept) => (isKept = () => kept(undefined))));
  await keepForOffline();
  assert.deepEqual(phone.asked, ["take over"]);
  phone.gives();
  await turn();
  assert.equal(phone.begun(), 0, "what was typed is kept first");
  isKept();
  await turn();
  assert.equal(phone.begun(), 1);
  off();

  // When somebody asked for it, and was typing again before it came
  takeUpdate();
  phone.touches();
  phone.gives();
  await turn();
  assert.equal(phone.begun(), 1);

  // And when they ask again
  takeUpdate();
  phone.gives();
  await turn();
  assert.equal(phone.begun(), 2);
});
