/** What the whole app says when it has stopped or is open elsewhere. */

export const stopped_title = "The app has stopped";
export const stopped_what = "Everything that was saved, and your last kept draft, is on this phone. Open it again to go on.";
export const again = "Open it again";

export const elsewhere_title = "fieldapp is open in another tab";
export const elsewhere_what =
  "Only one tab may write, so that nothing is mixed up. What you typed in the other one is kept as a draft.";
export const here = "Continue here";
