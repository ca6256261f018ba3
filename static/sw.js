import { SEND, sendInBackground } from "./src/core/background.js";

/**
 * Keeps one release of the app on this phone, all of it or none of it, and answers from it when the app is opened.
 *
 * It answers only for /app and for files of a release. Everything else (the sync protocol, the desk's pages, sign-in)
 * goes to the network as if this file did not exist, and nothing the network answers is ever kept.
 * The release before this one stays until a page of this one says that it has started.
 */
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const PREFIX = "fieldapp-release-";
const KEPT = PREFIX + RELEASE.id;

/**
 * Fetches every file of this release into its own cache. Throws, so that the browser tries again later, when one is
 * missing or when the office serves another release by now: half of one and half of the next would not start.
 */
async function keep() {
  const answers = await Promise.all(RELEASE.files.map((file) => fetch(file, { cache: "no-store", redirect: "error" })));
  const whole = answers.every((answer) => answer.ok && answer.headers.get("Fieldapp-Release") === RELEASE.id);
  if (!whole) throw new Error("the office is serving another release; trying again later");
  const cache = await caches.open(KEPT);
  try {
    await Promise.all(RELEASE.files.map((file, at) => cache.put(file, answers[at])));
  } catch (error) {
    await caches.delete(KEPT);
    throw error;
  }
}

/** Drops every release but this one. */
async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== KEPT).map((name) => caches.delete(name)));
}

/**
 * Answers from what is kept, whichever release it belongs to; from the network when the browser has cleared it.
 * @param {Request} request
 */
async function answer(request) {
  const page = request.mode === "navigate";
  const kept = page ? await caches.match("/app", { cacheName: KEPT }) : await caches.match(request);
  return kept ?? fetch(request);
}

worker.addEventListener("install", (event) => event.waitUntil(keep()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("message", (event) => {
  if (event.data?.do === "take over") event.waitUntil(worker.skipWaiting());
  if (event.data?.started === RELEASE.id) event.waitUntil(dropOthers());
});

worker.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== worker.location.origin) return;
  if (pathname === "/app" || pathname.startsWith("/dist/")) event.respondWith(answer(event.request));
});

worker.addEventListener("sync", (event) => {
  const { tag, waitUntil } = /** @type {ExtendableEvent & {tag: string}} */ (event);
  if (tag === SEND) waitUntil.call(event, sendInBackground());
});
