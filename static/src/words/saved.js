/** What is said after sending. */

export const title = "Saved, waiting to send";
export const title_sent = "Sent";
export const next = (/** @type {string} */ reach) =>
  reach === "no_signal"
    ? "There is no signal. It is safe on this phone and is sent by itself as soon as there is signal. You do not have to do anything."
    : "It is safe on this phone and is being sent. You do not have to wait.";
export const next_sent = "Your office has it. It stays readable on this phone.";
export const to_family = "Back to the family";
export const to_note = "See what I sent";
