/** What is said while a phone is set up. */

export const title = "Set up this phone";
export const another_title = "Set up this phone for you";
export const lead = "You need signal for this, once. Afterwards everything works without it.";
export const email = "Work email";
export const password = "Password";
export const code = "Code from your authenticator app";
export const code_hint = "Six digits that change every 30 seconds";
export const kept = "What you typed is still here.";
export const missing = { email: "Type your work email", password: "Type your password", code: "Type the six digits" };
export const passkey = "Use a passkey in place of the code";
export const go_on = "Go on";
export const me = "Me";
export const check_title = "Is this your office?";
export const check_why = "Ask your administrator, or look at their page. The four words there must be the same as these:";
export const check_same = "The words are the same";
export const check_differ = "The words are different";
export const check_differ_do =
  "Stop here and tell your administrator. Something may be standing between this phone and your office. Nothing of yours has been kept or sent.";
export const words_title = "Your unlock words";
export const words_why = "These four words open this phone’s notes. Nobody else knows them, and the office cannot look them up.";
export const words_keep =
  "Write them down and keep the paper away from the phone. If you forget them, nothing waiting to be sent is lost: you set up the phone again with signal.";
export const words_take = "I have written them down";
export const words_other = "Show me four others";
export const other_words = "Four other words are shown";
export const confirm_title = "Type your unlock words";
export const confirm = "Your four unlock words";
export const confirm_hint = "In the same order, with spaces between them";
export const differ = "These are not the four words that were shown. Nothing is lost. Look at them again, or type them once more";
export const label = "What should this phone call you?";
export const label_hint = "Shown on the screen before it is unlocked. Your first name is enough";
export const new_label = (/** @type {string} */ name) => `${name} (new words)`;
export const finish = "Finish";
export const making = "Locking your notes with these words…";
export const see_again = "Show me the words again";
export const arriving_title = "Your families are arriving";
export const here_title = "Everything is here";
export const here = "From now on this phone opens without signal.";
export const meanwhile = "You can begin now. The rest keeps arriving while you work.";
export const open = "Open my families";
export const open_now = "Open what is here";

/** @param {{name: string}} person @returns {string} */
export const greeting = (person) => `Hello ${person.name}.`;

/** @param {{done: number, total: number} | null} told @returns {string} */
export const arriving = (told) => (told?.total ? `${told.done} of ${told.total} have arrived` : "Asking your office…");
