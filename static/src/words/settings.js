/** What the settings say. */

export const title = "Settings";
export const you = "You";
export const person = (/** @type {string} */ name) => `This phone is open for ${name}.`;
export const lock = "Lock";
export const lock_what = "Locking closes your notes until the unlock words are typed. Notes waiting to be sent are still sent.";
export const update = "A newer version is ready";
export const update_what = "It takes a few seconds. Your notes and drafts stay.";
export const update_waits = "It waits until what you are writing is kept.";
export const update_now = "Use the newer version";
export const storage = "Keeping notes on this phone";
export const persisted = "The browser has promised not to clear what is kept on this phone.";
export const not_persisted =
  "The browser has not promised to keep what is on this phone. It may clear it when space runs out. Send as soon as you have signal.";
export const persist = "Ask the browser to keep it";
export const home_screen = "On your home screen";
export const installed = "The app is on your home screen. It opens without signal.";
export const install = "Put it on the home screen";
export const install_what = "From the home screen the app opens like any other, also without signal.";
export const install_menu = "Open your browser’s menu and choose “Install app” or “Add to home screen”.";
export const apple =
  "On an iPhone or iPad, notes that were not sent are only safe when the app is on the home screen. Outside it the phone may clear them after seven days.";
export const apple_steps = [
  "Tap the share button of Safari.",
  "Choose “Add to Home Screen”.",
  "Open the app from there and set it up once.",
];
export const another = "Somebody else on this phone";
export const another_what =
  "Lock first, then choose “Somebody else wants to use this phone”. Nobody can read another person’s notes, and both people’s waiting notes are sent.";
export const version = (/** @type {string} */ release) => `Version ${release}`;

/** @param {number} usage @param {number} quota @returns {string} */
export function room(usage, quota) {
  const share = Math.round((usage / quota) * 100);
  if (share >= 95)
    return "There is almost no room left on this phone. Notes can still be written, photos cannot be added. Free some space soon.";
  if (share >= 80) return "Room on this phone is running short. Free some space soon.";
  return "There is enough room on this phone.";
}
