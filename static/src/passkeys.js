// Passkeys on the office's pages: as a second factor in place of a code, and making one. A page without this file asks for the code.

/** @typedef {(sentence: string) => void} Tell */

const NOT_USED = "No passkey was used, and nothing was sent. Try again, or enter the code.";
const NOT_MADE = "No passkey was made, and nothing was sent. Try again, and follow what your device asks.";
const KNOWN = "This device has a passkey for your account already. Nothing was sent.";

/**
 * Lets every form on the page that can take a passkey do so.
 *
 * @param {Tell} tell says what went wrong
 */
export function beginPasskeys(tell) {
  if (typeof PublicKeyCredential === "undefined") return;
  document.querySelector("[data-without-passkeys]")?.setAttribute("hidden", "");
  for (const button of document.querySelectorAll("[data-show-passkey]")) {
    if (!(button instanceof HTMLButtonElement) || !button.form) continue;
    button.parentElement?.removeAttribute("hidden");
    const form = button.form;
    button.addEventListener("click", () => show(form, button.dataset.showPasskey ?? "", tell));
  }
  for (const form of document.querySelectorAll("form[data-make-passkey]")) {
    if (form instanceof HTMLFormElement) form.addEventListener("submit", (event) => make(event, form, tell));
  }
}

/**
 * Asks for a passkey and sends the form with it.
 *
 * @param {HTMLFormElement} form
 * @param {string} address of what to ask for
 * @param {Tell} tell
 */
async function show(form, address, tell) {
  try {
    const asked = await told(address);
    const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: [] };
    const shown = await navigator.credentials.get({ publicKey });
    field(form, "passkey").value = written(shown);
    form.requestSubmit();
  } catch {
    tell(NOT_USED);
  }
}

/**
 * Makes a passkey before the form that asks for one is sent.
 *
 * @param {SubmitEvent} event
 * @param {HTMLFormElement} form
 * @param {Tell} tell
 */
async function make(event, form, tell) {
  const kept = field(form, "made");
  if (kept.value) return;
  event.preventDefault();
  // govuk-frontend holds back a second click on the button for a second; the sending itself comes after the device has asked.
  try {
    const asked = await told(form.dataset.makePasskey ?? "");
    const publicKey = {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: asked.excludeCredentials.map((/** @type {{ id: string }} */ each) => ({ ...each, id: bytes(each.id) })),
    };
    kept.value = written(await navigator.credentials.create({ publicKey }));
    form.requestSubmit();
  } catch (error) {
    tell(error instanceof DOMException && error.name === "InvalidStateError" ? KNOWN : NOT_MADE);
  }
}

/** @param {string} address @returns {Promise<any>} what the office wants to be asked of the device */
async function told(address) {
  const answer = await fetch(address);
  if (!answer.ok || answer.redirected) throw new Error("no answer");
  return answer.json();
}

/** @param {HTMLFormElement} form @param {string} name @returns {HTMLInputElement} */
function field(form, name) {
  const found = form.elements.namedItem(name);
  if (found instanceof HTMLInputElement) return found;
  throw new Error(`a form without ${name}`);
}

/**
 * Writes a device's answer as the standard's JSON. Not by its own `toJSON`, which browsers of two years ago lack.
 *
 * @param {Credential | null} credential
 */
function written(credential) {
  if (!(credential instanceof PublicKeyCredential)) throw new Error("no passkey");
  const { id, rawId, type, response } = credential;
  /** @type {Record<string, string>} */
  const parts = { clientDataJSON: text(response.clientDataJSON) };
  if (response instanceof AuthenticatorAttestationResponse) parts.attestationObject = text(response.attestationObject);
  if (response instanceof AuthenticatorAssertionResponse) {
    parts.authenticatorData = text(response.authenticatorData);
    parts.signature = text(response.signature);
    if (response.userHandle) parts.userHandle = text(response.userHandle);
  }
  return JSON.stringify({ id, rawId: text(rawId), type, response: parts, clientExtensionResults: {} });
}

/** @param {string} base64url */
function bytes(base64url) {
  return Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer */
function text(buffer) {
  const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return plain.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
