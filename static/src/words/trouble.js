/** What went wrong: what happened, that nothing was lost where that is true, and what to do. */
import { of } from "./spelling.js";

const STAYS = "Everything that was saved is still on this phone.";
const TYPED = "What you typed is still on this screen.";

/** @typedef {{happened: string, kept?: string, next?: string}} Trouble */
/** @type {Record<string, Trouble | ((told: Record<string, any>) => Trouble)>} */
const TROUBLES = {
  offline: { happened: "There is no signal", kept: "Nothing was lost.", next: "Go where there is signal and try again." },
  office_not_answering: { happened: "The office does not answer", kept: STAYS, next: "Try again in a few minutes." },
  sign_in_refused: ({ wait_s }) => ({
    happened: "Email, password, code or passkey is not right",
    kept: "Nothing was lost.",
    next:
      wait_s > 0
        ? `Check all of them, and try again in ${wait(wait_s)}.`
        : "Check all of them. The code changes every 30 seconds: use the newest.",
  }),
  no_passkey: {
    happened: "No passkey was used",
    kept: "Nothing was sent.",
    next: "Try again, or enter the code.",
  },
  setup_failed: {
    happened: "Setting up did not finish",
    kept: "Nothing was lost.",
    next: "Try again. If it keeps happening, tell your administrator.",
  },
  nonce_expired: {
    happened: "Setting up took longer than 15 minutes",
    kept: "Nothing was lost.",
    next: "Begin again with your email, password and code.",
  },
  words_too_weak: { happened: "These words are too easy to guess", next: "Take four words that the app offers." },
  wrong_words: ({ wait_s }) => ({
    happened: "Those are not the unlock words",
    kept: "Nothing was lost.",
    next: wait_s > 0 ? `Try again in ${wait(wait_s)}.` : "Check the order and the spelling.",
  }),
  no_pen: {
    happened: "This phone cannot keep a note before it is unlocked",
    kept: TYPED,
    next: "Unlock it once with signal or without; from then on it can.",
  },
  passkey_unable: {
    happened: "This phone’s own lock cannot open notes",
    kept: "Nothing was lost.",
    next: "Go on with your unlock words: they always work.",
  },
  passkey_refused: {
    happened: "This phone’s own lock did not open them",
    kept: "Nothing was lost.",
    next: "Try once more, or use your unlock words: they always work.",
  },
  passkey_wrong: {
    happened: "This phone’s own lock does not fit any more",
    kept: "Nothing was lost.",
    next: "Use your unlock words. Afterwards, take the lock off in the settings and add it again.",
  },
  store_unreadable: {
    happened: "This phone cannot read what is kept on it",
    kept: "Nothing has been deleted.",
    next: "Close other tabs of this app and restart the phone. If it stays like this, do not clear the browser: take the phone to your administrator.",
  },
  words_on_this_page: {
    happened: "This phone cannot read what is kept on it just now",
    kept: "What was typed last is still in this page, and nowhere else.",
    next: "Do not close it. Close other tabs of this app, wait a minute and try again.",
  },
  vault_unreadable: {
    happened: "The families on this phone cannot be read",
    kept: "Notes waiting to be sent are kept apart and are still sent.",
    next: "Close this app and open it again. If it stays like this, set up this phone again under “I have forgotten my words”, with signal; your families come back from the office.",
  },
  kdf_below_floor: {
    happened: "The lock of this phone’s notes has been weakened",
    kept: STAYS,
    next: "Do not use this phone. Take it to your administrator.",
  },
  locked: { happened: "This phone is locked", kept: STAYS, next: "Unlock it and go on where you were." },
  store_failed: ({ reason }) =>
    reason === "QuotaExceededError"
      ? {
          happened: "This phone has no room left, so this was not saved",
          kept: TYPED,
          next: "Free some space on the phone, for example videos, then try again. Do not close this screen before.",
        }
      : {
          happened: "This phone could not save this",
          kept: TYPED,
          next: "Try again. Do not close this screen before it says that it is kept.",
        },
  too_large: ({ bytes }) => ({
    happened: "This note is too long to send as one",
    kept: TYPED,
    next: `Shorten it${bytes ? ` by about ${Math.max(1, Math.ceil((bytes - 262_144) / 1000))} thousand characters` : ""}, or write the rest in a second note.`,
  }),
  not_complete: {
    happened: "Something is missing before this can be sent",
    kept: TYPED,
    next: "Go back to the form and fill in what is marked.",
  },
  no_day: { happened: "No day is chosen", next: "Say on which day the numbers were given." },
  nothing_rated: { happened: "No number is chosen yet", next: "Tap a number from 0 to 10 for at least one goal." },
  core_stopped: {
    happened: "The app has stopped working",
    kept: STAYS,
    next: "Open it again. Copy what you typed last if it does not say that it is kept.",
  },
  record_unreadable: {
    happened: "This phone cannot read this note",
    kept: "Nothing was lost.",
    next: "Go where there is signal and try again in a few minutes.",
  },
  unknown_record: {
    happened: "This note is not on this phone",
    next: "It may be shared with somebody else now. Ask your supervisor.",
  },
  unknown_casefile: {
    happened: "This family is not on this phone",
    next: "It may be shared with somebody else now. Ask your supervisor.",
  },
};

/** @param {number} seconds */
export const wait = (seconds) => (seconds < 90 ? of(Math.ceil(seconds), "second") : of(Math.ceil(seconds / 60), "minute"));

/**
 * @param {string} code what the core refused
 * @param {Record<string, any>} told its fields
 * @returns {Trouble}
 */
export function trouble(code, told) {
  const found = TROUBLES[code];
  if (!found)
    return {
      happened: "Something went wrong",
      kept: STAYS,
      next: `Try again. If it keeps happening, tell your administrator this word: ${code}.`,
    };
  return typeof found === "function" ? found(told) : found;
}
