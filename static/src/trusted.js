/**
 * The only Trusted Types policy of the app. It makes no HTML and no script text at all, and turns only our own
 * scripts' addresses into something a worker may be started from.
 */
const OURS = /^\/(sw\.js|dist\/[0-9a-f]{12}\/(worker|sending)\.js)$/;

/**
 * @param {string} address
 * @returns {string}
 */
function check(address) {
  if (!OURS.test(address)) throw new TypeError("not a script of this app");
  return address;
}

const { trustedTypes } = /** @type {Window} */ (/** @type {unknown} */ (globalThis));
const policy = trustedTypes?.createPolicy("fieldapp", { createScriptURL: check });

/**
 * Vouches for the address of one of our own scripts. Browsers without Trusted Types get the same check.
 *
 * @param {string} address a path on this origin
 * @returns {string} what `new Worker`, `serviceWorker.register` and `importScripts` take (a TrustedScriptURL where there is one)
 */
export function ownScript(address) {
  return /** @type {string} */ (/** @type {unknown} */ (policy ? policy.createScriptURL(address) : check(address)));
}
