/** What the page tells the browser, which keeps and lists it where anybody who holds the phone may look: numbers and fixed words. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const HIM = "Tarnley";

/** @type {EventTarget} */
const window = new EventTarget();
/** @type {any[]} */
const told = [];
/** @type {any[]} */
const asked = [];
const location = { hash: "", hostname: "office.example", replace: (to) => moves(to) };
const history = {
  state: null,
  scrollRestoration: "auto",
  replaceState(...given) {
    told.push(given);
    history.state = given[0];
  },
};
/** Goes to a new entry of the history, as browsers do. */
function moves(hash) {
  location.hash = hash;
  history.state = null;
  window.dispatchEvent(new Event("hashchange"));
}
const prf = { enabled: true, results: { first: new ArrayBuffer(32) } };
const credential = { rawId: new ArrayBuffer(16), getClientExtensionResults: () => ({ prf }) };
const answers = async ({ publicKey }) => {
  asked.push(publicKey);
  return credential;
};
Object.assign(globalThis, {
  window: { PublicKeyCredential: class {} },
  document: Object.assign(new EventTarget(), { querySelector: () => null, activeElement: null }),
  addEventListener: window.addEventListener.bind(window),
  history,
  location,
  scrollY: 0,
});
Object.defineProperty(globalThis, "navigator", { value: { credentials: { create: answers, get: answers } }, configurable: true });
const { go, here, makePasskey, onMove, usePasskey } = await import("../../static/src/page.js");

test("the browser's history is told a number of each screen, and nothing else", () => {
  onMove(() => undefined);
  for (const path of ["family/AAAAAAAAAAAAAAAAAAAAAA", "record/BBBBBBBBBBBBBBBBBBBBBB"]) moves(`#/${path}`);
  go("sending", { replace: true });
  assert.equal(here(), "sending");
  assert.ok(told.length >= 4);
  for (const [state, title, ...more] of told) {
    assert.deepEqual(Object.keys(state), ["at"]);
    assert.ok(Number.isInteger(state.at));
    assert.deepEqual([title, ...more], [""]);
  }
});

test("a passkey names nobody where the phone lists it, and opens nothing without the phone's own lock", async () => {
  const made = await makePasskey();
  await usePasskey(made);
  const [created, used] = asked;
  assert.deepEqual([created.rp, created.user.name, created.user.displayName], [{ name: "fieldapp" }, "fieldapp", "fieldapp"]);
  assert.equal(created.authenticatorSelection.userVerification, "required");
  assert.equal(created.authenticatorSelection.authenticatorAttachment, "platform");
  assert.equal(used.userVerification, "required");
  const again = (await makePasskey()) && asked[2];
  assert.notDeepEqual(again.user.id, created.user.id);
  assert.notDeepEqual(again.extensions.prf.eval.first, created.extensions.prf.eval.first);
});

/** Every form, and every control in which somebody types or picks, as it is written. */
function controls() {
  const root = new URL("../../static/src/", import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsx"));
  return files.flatMap((name) =>
    [...readFileSync(new URL(name, root), "utf8").matchAll(/<(form|input|textarea)\b([\s\S]*?)(?<!=)\/?>/g)].map(
      ([, sort, said]) => ({ name, sort, said }),
    ),
  );
}

test("whatever control a screen draws, the browser is asked to keep and send away nothing that is typed in it", () => {
  const all = controls();
  const forms = all.filter(({ sort }) => sort === "form");
  assert.deepEqual(
    forms.map(({ name }) => name),
    ["parts/basic.jsx"],
    "one sort of form, for every screen",
  );
  assert.match(forms[0].said, /autocomplete="off"/);
  const typed = all.filter(({ sort, said }) => sort !== "form" && !/type="(?:radio|checkbox)"/.test(said));
  assert.ok(typed.length >= 6);
  const plain = typed.filter(({ said }) => !/\{\.\.\.[^}]*(?:TYPING|UNKEPT)/.test(said));
  assert.deepEqual(
    plain.map(({ name, said }) => `${name} ${said}`),
    [],
  );
  const basic = readFileSync(new URL("../../static/src/parts/basic.jsx", import.meta.url), "utf8");
  assert.match(basic, /TYPING = [\s\S]*?spellcheck: false,\s+autocomplete: "off"/);
  assert.match(basic, /UNKEPT = [^;]*\.\.\.TYPING, autocomplete: "one-time-code"/);
});

test("nothing on a phone gives the page another title, or writes where the browser keeps things in the open", () => {
  const root = new URL("../../static/", import.meta.url);
  const files = readdirSync(new URL("src/", root), { recursive: true, encoding: "utf8" }).filter((name) => /\.jsx?$/.test(name));
  assert.ok(files.length > 80);
  const open =
    /document\.title|localStorage|sessionStorage|\bNotification\(|showNotification|navigator\.clipboard|document\.cookie|caches\.open/;
  const isOpen = (/** @type {string} */ name) => open.test(readFileSync(new URL(`src/${name}`, root), "utf8"));
  assert.deepEqual(files.filter(isOpen), []);
  assert.ok(open.test(`document.title = "${HIM}"`), "what is looked for would be found");
  assert.match(readFileSync(new URL("../templates/app/shell.html", root), "utf8"), /<title>fieldapp<\/title>/);
});
