/**
 * Hiding the screen, and when it hides and locks by itself. A hidden screen shows the time and nothing of the app; the keys stay in memory. What brings it back is
 * in memory too, and sealed in the vault: chosen once, it is there again at the next unlocking, and opens nothing by itself.
 */
import { focused, later, leave, now, onSeen, onTouch } from "../page.js";
import { ask, ownPasskey, shown } from "./told.js";

export const TRIES = 5;
const LOOK_MS = 5_000;

export const isHidden = shown(false);
/** Four or more digits that bring the screen back; none: a tap does, or the phone's own lock. */
export const pin = shown("");
/** What the organisation decided, until it is known a careful guess. */
export const policy = shown({ hide_after_seconds: 30, lock_after_minutes: 10 });

/** What stands on the screen of a locked phone and is for nobody else's eyes, each with how it is put away by itself. @type {{value: readonly (() => unknown)[]}} */
const exposed = shown([]);
export const isExposed = () => exposed.value.length > 0;

/** Forgets the keys. @type {() => Promise<void>} */
let lock;
let wrong = 0;
/** Where somebody was when the screen was hidden. @type {Element | null} */
let place = null;

/** Reads the PIN of whoever has unlocked. */
export const readPin = () =>
  ask("pin").then(
    (kept) => {
      pin.value = kept;
    },
    () => {},
  );

/** @param {string} digits none: a tap does again */
export async function choosePin(digits) {
  await ask("pin.keep", { pin: digits });
  pin.value = digits;
}

/** Reads what the organisation decided, once somebody has unlocked; an office that decided nothing leaves the guess. */
export const readPolicy = () =>
  ask("policy").then(
    ({ hide_after_seconds, lock_after_minutes }) => {
      if (hide_after_seconds && lock_after_minutes) policy.value = { hide_after_seconds, lock_after_minutes };
    },
    () => {},
  );

/** Hides what is on screen at once; what was typed is kept meanwhile. */
export function hide() {
  if (isHidden.value) return;
  place = focused();
  isHidden.value = true;
  void leave();
}

/**
 * Guards what stands on the screen of a phone on which nobody is unlocked: it can be hidden, hides by itself, and is put away where nobody touched it for long.
 * @param {() => unknown} away keeps it, and takes it off the screen @returns {() => void} when it stands there no more
 */
export function cover(away) {
  exposed.value = [...exposed.value, away];
  return () => {
    exposed.value = exposed.value.filter((one) => one !== away);
  };
}

/** Whether a hidden screen comes back for its owner only: where it does not, a tap of anybody lifts it. */
export const isGuarded = () => pin.value !== "" || ownPasskey() !== undefined;

/** Brings it back, with keyboard and screen reader where they were. */
export function lift() {
  wrong = 0;
  isHidden.value = false;
  later(() => place instanceof HTMLElement && place.focus({ preventScroll: true }), 0);
}

/** Uncovers a page on which nobody is unlocked any more; whoever unlocks next has a PIN and tries of their own. */
export function bare() {
  pin.value = "";
  lift();
}

/** @param {string} given @returns {number} tries that are left; none: it is locked */
export function tryPin(given) {
  // Whoever had their tries has no more, also while the phone is still locking.
  if (wrong >= TRIES) return 0;
  if (given === pin.value) {
    lift();
    return TRIES;
  }
  wrong++;
  if (wrong >= TRIES) void lock();
  return TRIES - wrong;
}

/**
 * Hides the screen as soon as the page is out of sight, so that the list of open apps has no more to show than a clock where the phone asks in time, and brings it back by
 * itself when somebody only looked away; locks when nobody has touched it for long.
 *
 * @param {() => Promise<void>} locking
 * @param {() => boolean} isUnlocked
 */
export function guard(locking, isUnlocked) {
  lock = locking;
  const isOpen = () => isUnlocked() || isExposed();
  const time = () => now().getTime();
  let touchedAt = time();
  let leftAt = 0;
  let isAway = false;
  // A clock that was set back is no reason to stay open.
  const isOver = (/** @type {number} */ since, /** @type {number} */ ms) => Math.abs(time() - since) >= ms;
  const look = () => {
    if (!isOpen()) touchedAt = time();
    if (wrong < TRIES && !isOver(touchedAt, policy.value.lock_after_minutes * 60_000)) return false;
    hide();
    if (isUnlocked()) void lock();
    else {
      for (const away of exposed.value) void away();
      touchedAt = time();
    }
    return true;
  };
  const watch = () => {
    look();
    later(watch, LOOK_MS);
  };
  watch();
  onTouch(() => {
    // A touch that comes too late does not count as one.
    if (!look()) touchedAt = time();
  });
  onSeen((is) => {
    if (!isOpen()) return;
    if (!is) {
      isAway = !isHidden.value;
      leftAt = time();
      return hide();
    }
    if (!look() && isAway && !isOver(leftAt, policy.value.hide_after_seconds * 1000)) lift();
  });
}
