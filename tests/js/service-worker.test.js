/** What the service worker keeps and answers: one release of the app, whole or not at all, and nothing else; and that it sends without being asked for anything more. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const SOURCE = readFileSync(new URL("../../static/sw.js", import.meta.url), "utf8");
const ORIGIN = "https://office.example";
const FILES = ["/app", "/dist/two/phone.js", "/dist/two/phone.css"];

/** As much of a browser as a service worker sees. @param {{fetch?: (path: string) => Response, caches?: Map<string, Map<string, Response>>}} [given] */
function worker({
  fetch = () => new Response("from the office", { headers: { "Fieldapp-Release": "two" } }),
  caches = new Map(),
} = {}) {
  /** @type {{[name: string]: (event: any) => void}} */
  const hears = {};
  /** @type {string[]} */
  const asked = [];
  /** @type {string[]} */
  const did = [];
  const pathOf = (/** @type {any} */ request) => new URL(request.url ?? request, ORIGIN).pathname;
  const self = {
    location: { origin: ORIGIN },
    clients: { claim: async () => did.push("claims") },
    skipWaiting: async () => did.push("takes over"),
    addEventListener: (name, heard) => {
      hears[name] = heard;
    },
  };
  const storage = {
    async open(name) {
      const kept = caches.get(name) ?? caches.set(name, new Map()).get(name);
      return { put: async (request, answer) => void kept?.set(pathOf(request), answer) };
    },
    keys: async () => [...caches.keys()],
    delete: async (name) => caches.delete(name),
    async match(request, { cacheName } = /** @type {any} */ ({})) {
      const looked = cacheName ? [caches.get(cacheName)] : [...caches.values()];
      return looked.map((kept) => kept?.get(pathOf(request))).find((answer) => answer);
    },
  };
  const ask = async (request) => {
    asked.push(pathOf(request));
    return fetch(pathOf(request));
  };
  const code = SOURCE.replace(/^import .*$/m, "");
  assert.ok(!/\bimport\b/.test(code), "it has one import, and this test stands for it");
  const given = { self, caches: storage, fetch: ask, RELEASE: { id: "two", files: FILES }, SEND: "send" };
  new Function(...Object.keys(given), "sendInBackground", code)(...Object.values(given), async () => did.push("sends"));
  return {
    caches,
    asked,
    did,
    /** Tells it of something, and waits for what it asks the browser to wait for. @param {string} name @param {any} [event] */
    async tell(name, event = {}) {
      /** @type {Promise<unknown>[]} */
      const waited = [];
      const waitUntil = (work) => waited.push(work);
      hears[name]({ ...event, waitUntil });
      await Promise.all(waited);
    },
    /** @param {string} path @param {{method?: string, mode?: string, origin?: string}} [how] @returns {Promise<string | null>} null where the browser goes to the network as if there were no worker */
    async opens(path, { method = "GET", mode = "no-cors", origin = ORIGIN } = {}) {
      /** @type {Promise<Response> | null} */
      let answered = null;
      hears.fetch({
        request: { method, mode, url: origin + path },
        respondWith: (answer) => {
          answered = answer;
        },
      });
      return answered && (await /** @type {Promise<Response>} */ (answered)).clone().text();
    },
  };
}

test("the service worker answers for the app and its files alone: whatever else is asked is neither answered nor kept", async () => {
  const { opens, tell, caches, asked } = worker();
  await tell("install");
  const before = asked.length;
  for (const path of ["/sync/v1/hello", "/sync/v1/pull", "/desk", "/sign-in", "/application", "/", "/static/app", "/healthz"])
    for (const mode of ["navigate", "no-cors"]) assert.equal(await opens(path, { mode }), null, path);
  assert.equal(await opens("/app", { method: "POST" }), null);
  assert.equal(await opens("/dist/two/phone.js", { origin: "https://elsewhere.example" }), null);
  assert.equal(await opens("/app", { mode: "navigate" }), "from the office");
  assert.equal(await opens("/dist/two/phone.js"), "from the office");
  assert.equal(await opens("/dist/three/phone.js"), "from the office");
  // What had to be fetched was handed on, and nothing of it stays.
  assert.deepEqual(asked.slice(before), ["/dist/three/phone.js"]);
  assert.deepEqual(
    [...caches].map(([name, kept]) => [name, [...kept.keys()]]),
    [["fieldapp-release-two", FILES]],
  );
});

for (const [name, answer] of Object.entries({
  "is missing": () => new Response("not found", { status: 404, headers: { "Fieldapp-Release": "two" } }),
  "is of another release": () => new Response("newer", { headers: { "Fieldapp-Release": "three" } }),
  "comes from nobody who says of which release it is": () => new Response("<html>Please sign in to the Wi-Fi</html>"),
}))
  test(`nothing of a release is kept where one of its files ${name}`, async () => {
    const whole = () => new Response("from the office", { headers: { "Fieldapp-Release": "two" } });
    const { tell, caches } = worker({ fetch: (path) => (path === "/dist/two/phone.css" ? answer() : whole()) });
    await assert.rejects(tell("install"));
    assert.equal(caches.size, 0);
  });

test("a release takes over when it is told to, and the one before stays until a page of the newer has started", async () => {
  const caches = new Map([
    ["fieldapp-release-one", new Map([["/app", new Response("the older one")]])],
    ["somebody else's", new Map()],
  ]);
  const { tell, did } = worker({ caches });
  await tell("install");
  await tell("activate");
  assert.deepEqual(did, ["claims"]);
  await tell("message", { data: { do: "take over" } });
  assert.deepEqual(did, ["claims", "takes over"]);
  await tell("message", { data: { started: "one" } });
  assert.ok(caches.has("fieldapp-release-one"));
  await tell("message", { data: { started: "two" } });
  assert.deepEqual([...caches.keys()], ["somebody else's", "fieldapp-release-two"]);
});

test("a service worker that is woken sends for the one tag it was given, and for no other", async () => {
  const { tell, did } = worker();
  await tell("sync", { tag: "anything" });
  assert.deepEqual(did, []);
  await tell("sync", { tag: "send" });
  assert.deepEqual(did, ["sends"]);
});

test("the service worker listens to what it must, and shows nobody a notification", () => {
  const heard = [...SOURCE.matchAll(/addEventListener\("(\w+)"/g)].map(([, name]) => name);
  assert.deepEqual(heard.sort(), ["activate", "fetch", "install", "message", "sync"]);
  assert.ok(!/showNotification|pushManager|localStorage|indexedDB/.test(SOURCE));
});
