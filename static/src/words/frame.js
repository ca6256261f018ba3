/** What is said around every screen. */

export const app = "fieldapp";
export const about = "This is about";
export const about_label = "Whom this is about";
export const back = "Back";
export const way_back = "Back";
export const hidden = "Hidden";
export const hide_names = "Hide names";
export const hide_screen = "Hide screen";
export const show_names = "Show names";
export const one_moment = "One moment…";
export const saving = "Saving…";
export const saving_slowly =
  "This phone is taking long to save it. Stay on this page: it says so when it is saved, or when it could not be.";
export const opening = "Opening";
export const settings = "Settings";
export const skip = "Skip to the main part";
export const tools = "Names and settings";
export const try_again = "Try again";
