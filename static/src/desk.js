// The office's pages work without this file; it makes them kinder: no double sends, a password that can be shown,
// errors that take the focus, and a warning before the page closes itself.
import { Button, createAll, ErrorSummary, NotificationBanner, PasswordInput, Radios, SkipLink } from "govuk-frontend";
import { beginPasskeys } from "./passkeys.js";

const MINUTE = 60_000;
const WARN_AFTER = 25 * MINUTE;
const CLOSE_AFTER = 30 * MINUTE;

// The class is what govuk-frontend asks for before it starts; an inline script would break the page's policy.
document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const part of [Button, ErrorSummary, NotificationBanner, PasswordInput, Radios, SkipLink]) createAll(part);

/** Says whether somebody typed words into this page that would be gone with it. */
function isTypedInto() {
  return [...document.querySelectorAll("textarea")].some((box) => box.value.trim() !== "");
}

/**
 * Shows a line at the foot of the page, told by screen readers at once.
 *
 * @param {string} sentence
 * @param {string} [label] of a button after it
 * @param {() => void} [act] what the button does
 */
function tell(sentence, label, act) {
  document.querySelector(".desk-closing")?.remove();
  const line = document.createElement("p");
  line.className = "desk-closing";
  line.setAttribute("role", "alert");
  line.append(sentence);
  if (label && act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", act);
    line.append(button);
  }
  document.body.append(line);
}

/** Hides what is private; typed words stay, because nothing typed may be lost. */
function close() {
  if (!isTypedInto()) {
    location.replace(document.body.dataset.signedOut ?? "/");
    return;
  }
  for (const part of document.querySelectorAll("[data-private]")) part.setAttribute("hidden", "");
  tell("You have been signed out. What you typed is still here: copy it, then sign in again in another tab.");
}

/**
 * Counts the time nobody uses the page, as the office does.
 *
 * @param {string} stay the address that keeps the session going
 */
function begin(stay) {
  let openedAt = Date.now();
  let warned = false;
  const look = () => {
    const unused = Date.now() - openedAt;
    if (unused >= CLOSE_AFTER) {
      clearInterval(looking);
      close();
    } else if (unused >= WARN_AFTER && !warned) {
      warned = true;
      tell("This page closes in 5 minutes, because nobody has used it.", "Stay signed in", async () => {
        const answer = await fetch(stay).catch(() => null);
        if (!answer?.ok || answer.redirected) return;
        document.querySelector(".desk-closing")?.remove();
        openedAt = Date.now();
        warned = false;
      });
    }
  };
  const looking = setInterval(look, 15_000);
  // A laptop that slept runs no timers: look as soon as somebody does.
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", look);
}

beginPasskeys((sentence) => tell(sentence));
if (document.body.dataset.stay) begin(document.body.dataset.stay);
