/** What is said of whether this phone is ready. */
import { dayAndTime } from "./dates.js";
import { clockSays } from "./sending.js";
import { of } from "./spelling.js";

export const title = "Is this phone ready?";
export const check = "Check this phone";
export const again = "Check again";
export const good = "In order:";
export const change = "To change:";
export const ready = "Yes. This phone is ready.";
export const at_risk = "Not yet. Notes that wait to be sent are not safe here for long. Send as soon as you have signal.";

export const to_settings = "Go to the settings";
export const persist = "Ask the browser to keep it";
export const install = "Put it on the home screen";
export const apple =
  "On an iPhone or iPad, notes that were not sent are only safe when the app is on the home screen. Outside it the phone may clear them after seven days.";
export const apple_steps = [
  "Tap the share button of Safari.",
  "Choose “Add to Home Screen”.",
  "Open the app from there and set it up once.",
];
export const not_kept =
  "The browser has not promised to keep what is on this phone: it may clear it when space runs out, and a private window forgets all of it when it is closed. Send as soon as you have signal.";

/** @type {Record<string, Record<string, string>>} */
export const lines = {
  home: {
    title: "Home screen",
    good: "The app is on your home screen.",
    not: "Open your browser’s menu and choose “Install app” or “Add to home screen”.",
    apple,
  },
  kept: { title: "Keeping notes", good: "The browser has promised not to clear what is kept here.", not: not_kept },
  window: {
    title: "Ordinary window",
    good: "There is no sign of a private window.",
    odd: "This is a private window, or a browser inside another app: it forgets notes. Open the app in the phone’s ordinary browser.",
    unknown: "Browsers hide whether a window is private. If this one is, close it and open an ordinary one.",
  },
  room: {
    title: "Room",
    good: "There is enough room on this phone.",
    short: "Room is running short. Free some space soon.",
    none: "There is almost no room left. Notes can still be written, photos cannot be added. Free some space now.",
  },
  contact: {
    title: "Contact with your office",
    never: "There has been none yet. Open the app where there is signal.",
    long: "It is days since the last. Open the app where there is signal.",
  },
  clock: {
    title: "Clock",
    good: "It agrees with your office’s.",
    unknown: "It is compared with your office’s at the next contact. Open the app where there is signal.",
  },
  background: {
    title: "Sending while closed",
    good: "What waits can be sent also while the app is closed.",
    not: "This browser sends only while the app is open. Open it when you have signal.",
  },
  passkey: {
    title: "Screen lock",
    good: "The phone’s own lock can be asked for.",
    not: "Apps cannot ask for this phone’s own lock. Switch on a fingerprint, face or code in the phone’s settings; your unlock words always work.",
  },
  hidden: {
    title: "Hidden screen",
    good: "It asks whoever taps it for your PIN or this phone’s own lock.",
    not: "One tap brings it back, whoever taps; so does one that says a questionnaire is done. Choose a PIN in the settings.",
  },
  camera: {
    title: "Camera",
    good: "A form can open the camera.",
    not: "A form cannot open the camera in this browser. For photos, use a phone; notes need none.",
  },
};

/** @param {{about: string, is: string}} line @param {{at?: string, offset?: number}} heard @param {Date} now @returns {string} */
export const says = ({ about, is }, heard, now) =>
  lines[about][is] ?? (about === "clock" ? clockSays(heard.offset ?? null) : `Last in touch ${dayAndTime(heard.at, now)}.`);

/** @param {number} count @returns {string} */
export const nearly = (count) => `Nearly: ${of(count, "thing")} to change.`;
