/** The one door to document, window and navigator. */
import { ownScript } from "./trusted.js";

/** Where the screens are drawn. */
export function root() {
  const found = document.getElementById("app");
  if (!found) throw new Error("the page has no place to draw in");
  return found;
}

/**
 * What the server wrote into the page: which release this is, whether it may be kept for offline use, and whether all of
 * it is a demonstration.
 *
 * @returns {{release: string, offline: boolean, demo: boolean}}
 */
export function shell() {
  const { release = "", offline, demo } = root().dataset;
  return { release, offline: offline === "yes", demo: demo === "yes" };
}

/** Starts the core in its own worker. Ending it is how the app locks: its memory goes with it. */
export function startCore() {
  return new Worker(ownScript(`/dist/${shell().release}/worker.js`), { type: "module" });
}

/** @type {ServiceWorkerRegistration | undefined} */
let registration;

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
    registration = await container.register(ownScript("/sw.js"), { scope: "/app", updateViaCache: "none" });
    if (registration.waiting && container.controller) {
      takeUpdate();
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
 * Tells when a newer release lies ready on the phone.
 *
 * @param {() => void} heard
 */
export function onUpdateReady(heard) {
  void navigator.serviceWorker?.ready.then((found) => {
    const look = () => found.waiting && navigator.serviceWorker.controller && heard();
    found.addEventListener("updatefound", () => found.installing?.addEventListener("statechange", look));
    look();
  });
}

/**
 * Moves to the newer release and loads the page again. The older one may still be sending, and give way only later: whoever has gone on meanwhile is left alone, and
 * begins with the newer one next time. Only for when nothing typed is unkept.
 */
export function takeUpdate() {
  const begin = () => void leave().then(reload);
  if (!registration?.waiting) return begin();
  let isIdle = true;
  onTouch(() => {
    isIdle = false;
  });
  navigator.serviceWorker.addEventListener("controllerchange", () => isIdle && begin(), { once: true });
  registration.waiting.postMessage({ do: "take over" });
}

/**
 * Moves keyboard and screen reader to the first match, if the page has one, and shows it.
 *
 * @param {string} selector
 */
export function focusOn(selector) {
  const found = document.querySelector(selector);
  if (found instanceof HTMLElement) bringTo(found);
}

/**
 * Moves keyboard and screen reader to a place on the page, and shows it with the question it belongs to.
 *
 * @param {HTMLElement} place
 */
export function bringTo(place) {
  place.focus({ preventScroll: true });
  (place.closest(".govuk-form-group") ?? place).scrollIntoView({ block: "start" });
}

/** The way here, so that going back finds each screen where it was left. In memory only. @type {{path: string, top: number}[]} */
const trail = [];
/** Which step of the way is on screen; the browser’s history is told this number and nothing else. */
let at = 0;
/** Where the screen that opens now was left; 0 for one met anew. */
let leftAt = 0;
/** Whether the next move takes the place of the screen it leaves. */
let isReplacing = false;

/** What keyboard and screen reader are on. */
export function focused() {
  return document.activeElement;
}

/**
 * Begins a screen with the reader on its heading: at its top, or where it was left when somebody comes back to it. Whoever was quicker, and has moved on from
 * where the drawing left them, keeps their place: they may be typing.
 *
 * @param {{isOpening?: boolean, left?: Element | null}} [how] isOpening: the screen still waits for what it shows, and begins once more
 */
export function beginScreen({ isOpening = false, left = focused() } = {}) {
  scrollTo(0, leftAt);
  if (!isOpening) leftAt = 0;
  if (focused() !== left) return;
  const heading = document.querySelector("h1");
  if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
}

/** The address inside the page: random ids and fixed words only, so that history tells nothing. */
export function here() {
  return location.hash.replace(/^#\/?/, "");
}

/** @param {() => void} heard */
export function onMove(heard) {
  const step = () => /** @type {{at: number} | null} */ (history.state)?.at;
  const arrive = (/** @type {number} */ number) => {
    at = number;
    leftAt = trail[at]?.top ?? 0;
    trail[at] = { path: here(), top: leftAt };
    history.replaceState({ at }, "");
  };
  history.scrollRestoration = "manual";
  arrive(step() ?? 0);
  addEventListener("hashchange", () => {
    trail[at].top = scrollY;
    const known = step();
    // A new step, or one in place of another: what lay ahead of it is forgotten, as browsers do.
    if (known === undefined) trail.length = isReplacing ? at : at + 1;
    isReplacing = false;
    arrive(known ?? trail.length);
    heard();
  });
}

/** @param {string} path @returns {boolean} whether this is the screen one step back */
export function cameFrom(path) {
  return trail[at - 1]?.path === path;
}

/**
 * @param {string} path
 * @param {{replace?: boolean}} [how] replace: the screen left behind cannot be gone back to
 */
export function go(path, { replace = false } = {}) {
  if (path === here()) return;
  if (replace) {
    isReplacing = true;
    location.replace(`#/${path}`);
  } else location.hash = `#/${path}`;
}

export function back() {
  history.back();
}

export function reload() {
  location.reload();
}

/** What runs when the page may be about to go. @type {Set<() => unknown>} */
const leaving = new Set();

/** Has everything that must not be lost kept now. @returns {Promise<unknown>} when it is, or could not be */
export const leave = () => Promise.all([...leaving].map((run) => run()));

/**
 * Runs when the page may be about to go: hidden, frozen, left. Phones give no later chance.
 *
 * @param {() => unknown} run
 * @returns {() => void} ends it
 */
export function onLeaving(run) {
  if (leaving.size === 0) {
    onSeen((is) => !is && leave());
    document.addEventListener("freeze", leave);
    addEventListener("pagehide", leave);
  }
  leaving.add(run);
  return () => void leaving.delete(run);
}

/** Tells when the page is seen again, and when it no longer is. @param {(is: boolean) => void} heard */
export function onSeen(heard) {
  document.addEventListener("visibilitychange", () => heard(document.visibilityState === "visible"));
}

/** Tells of every touch and key. @param {() => void} heard */
export function onTouch(heard) {
  for (const sort of ["pointerdown", "keydown", "wheel"]) addEventListener(sort, heard, { capture: true, passive: true });
}

/**
 * Has the browser ask before the page goes while something typed is not kept; its words are the browser’s own.
 *
 * @param {() => boolean} isUnkept
 */
export function askBeforeLeaving(isUnkept) {
  addEventListener("beforeunload", (event) => isUnkept() && event.preventDefault());
}

/**
 * Runs when a sending is worth trying: seen again, or the phone says it has signal (a hint and no more).
 *
 * @param {() => void} run
 */
export function onChance(run) {
  addEventListener("online", run);
  onSeen((is) => is && run());
}

const random = (/** @type {number} */ size) => crypto.getRandomValues(new Uint8Array(size));

const b64u = (/** @type {Uint8Array} */ bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

/** @returns {string} 16 random bytes as 22 characters */
export const randomId = () => b64u(random(16));

/** @typedef {{id: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer>}} Asked a passkey, and what it is asked for */
/** @typedef {Asked & {prf: Uint8Array}} Passkey with what it answered: 32 bytes, and the same for the same question */

/** Why a passkey gave nothing, as screens take a refusal. @param {"passkey_unable" | "passkey_refused"} code */
const without = (code) => Object.assign(new Error(code), { code });

/** @param {Promise<Credential | null>} asked @returns {Promise<any>} a person said no, waited too long, or the passkey was removed: browsers tell these apart for nobody */
const answered = (asked) =>
  asked.catch(() => null).then((credential) => credential ?? Promise.reject(without("passkey_refused")));

/**
 * Makes a passkey behind this phone’s own lock, for opening notes and for nothing else. It names nobody: the phone lists it among its passkeys.
 *
 * @returns {Promise<Passkey>} rejects with `passkey_unable` where the phone’s lock has no answer to give
 */
export async function makePasskey() {
  const salt = random(32);
  const made = await answered(
    navigator.credentials.create({
      publicKey: {
        challenge: random(32),
        rp: { name: "fieldapp" },
        user: { id: random(16), name: "fieldapp", displayName: "fieldapp" },
        pubKeyCredParams: [-7, -257].map((alg) => ({ type: "public-key", alg })),
        authenticatorSelection: { authenticatorAttachment: "platform", residentKey: "required", userVerification: "required" },
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  const id = new Uint8Array(made.rawId);
  const { prf } = made.getClientExtensionResults();
  try {
    if (!prf?.enabled) throw without("passkey_unable");
    // Some answer only when they are asked, not already when they are made.
    return prf.results ? { id, salt, prf: new Uint8Array(prf.results.first) } : await usePasskey({ id, salt });
  } catch (error) {
    forgetPasskey(id);
    throw error;
  }
}

/**
 * Asks for a touch, a face or the phone’s own code. Works without signal.
 *
 * @param {Asked} asked
 * @returns {Promise<Passkey>}
 */
export async function usePasskey({ id, salt }) {
  const used = await answered(
    navigator.credentials.get({
      publicKey: {
        challenge: random(32),
        allowCredentials: [{ type: "public-key", id }],
        userVerification: "required",
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  const { prf } = used.getClientExtensionResults();
  if (!prf?.results) throw without("passkey_unable");
  return { id, salt, prf: new Uint8Array(prf.results.first) };
}

/** Whether this browser can be asked for a passkey at all. */
export const knowsPasskeys = () => "PublicKeyCredential" in window;

/**
 * Asks for a passkey of this office, in place of a code. Which account it is, only the passkey says.
 *
 * @param {Uint8Array<ArrayBuffer>} challenge what it signs
 * @returns {Promise<string>} its answer as the standard's JSON, which not every browser writes by itself
 */
export async function showPasskey(challenge) {
  const { id, type, response } = await answered(
    navigator.credentials.get({ publicKey: { challenge, userVerification: "required" } }),
  );
  const said = Object.fromEntries(
    ["clientDataJSON", "authenticatorData", "signature", "userHandle"].flatMap((part) =>
      response[part] ? [[part, b64u(new Uint8Array(response[part]))]] : [],
    ),
  );
  return JSON.stringify({ id, rawId: id, type, response: said, clientExtensionResults: {} });
}

/** Tells the phone that a passkey opens nothing any more; only some take it off their list. @param {Uint8Array} id */
export function forgetPasskey(id) {
  const phone = /** @type {any} */ (window.PublicKeyCredential);
  phone?.signalUnknownCredential?.({ rpId: location.hostname, credentialId: b64u(id) })?.catch(() => {});
}

export function now() {
  return new Date();
}

/**
 * @param {() => void} run
 * @param {number} ms
 * @returns {() => void} ends it
 */
export function later(run, ms) {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/**
 * Asks the browser not to clear what is kept. Only a page may ask; a worker cannot.
 *
 * @returns {Promise<boolean>} its answer; some browsers ask the person, some decide by themselves
 */
export async function askToKeep() {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false;
}

/** Whether the app was opened from the home screen. */
export function isInstalled() {
  return matchMedia("(display-mode: standalone)").matches || /** @type {any} */ (navigator).standalone === true;
}

/** Whether this is an iPhone or iPad, where an app outside the home screen loses what it keeps after some days. */
export function isApple() {
  return /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
}

/**
 * What this browser says of itself, asking nobody. What it does not tell counts as not there.
 *
 * @returns {Promise<import("./parts/readiness.js").Facts>}
 */
export async function browserFacts() {
  const { storage } = navigator;
  const [persisted, room, folder, passkey] = await Promise.allSettled([
    storage?.persisted(),
    storage?.estimate(),
    storage?.getDirectory?.(),
    window.PublicKeyCredential?.isUserVerifyingPlatformAuthenticatorAvailable?.(),
  ]);
  const value = (/** @type {PromiseSettledResult<any>} */ told) => (told.status === "fulfilled" ? told.value : undefined);
  return {
    installed: isInstalled(),
    apple: isApple(),
    persisted: value(persisted) === true,
    share: value(room)?.quota ? value(room).usage / value(room).quota : 0,
    // Some browsers refuse these two in private windows; others show no difference at all.
    odd: isSecureContext && (!navigator.serviceWorker || folder.status === "rejected"),
    passkey: value(passkey) === true,
    camera: "capture" in HTMLInputElement.prototype,
    background: "SyncManager" in window,
  };
}

/**
 * Hands a file to the person: by the phone’s share sheet where it takes files, else as a download.
 *
 * @param {string} name
 * @param {Uint8Array} bytes
 * @returns {Promise<boolean>} false when the person changed their mind
 */
export async function giveFile(name, bytes) {
  const file = new File([/** @type {BlobPart} */ (bytes)], name, { type: "application/octet-stream" });
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file] });
      return true;
    } catch (refusal) {
      if (/** @type {Error} */ (refusal).name === "AbortError") return false;
      // Some share only kinds of files they know; all of them can keep any.
    }
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  later(() => URL.revokeObjectURL(link.href), 60_000);
  return true;
}

/** @type {any} */
let installOffer = null;

/** @param {(offered: boolean) => void} heard */
export function onInstallOffer(heard) {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    installOffer = event;
    heard(true);
  });
  addEventListener("appinstalled", () => {
    installOffer = null;
    heard(false);
  });
}

export function install() {
  void installOffer?.prompt();
}

export function printPage() {
  print();
}

/** Asks to be woken when there is signal, so that what waits is sent with no page open. Only some browsers can: a bonus, never the plan. */
export async function sendWhenPossible() {
  const found = /** @type {any} */ (await navigator.serviceWorker?.ready);
  await found?.sync?.register("send").catch(() => {});
}
