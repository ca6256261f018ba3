/** A note that is being typed on a locked phone. The page holds it and not the screen, which goes as soon as somebody unlocks or looks at something else. */
import { ask, shown } from "./told.js";

const NOTHING = Object.freeze({ text: "", about: "" });

export const hurried = shown(/** @type {{text: string, about: string}} */ (NOTHING));

export const isHurried = () => Boolean(hurried.value.text.trim() || hurried.value.about.trim());

export function dropHurried() {
  hurried.value = NOTHING;
}

/**
 * Seals it for one person of this phone, to be read and confirmed after unlocking, and takes it off the page; where the phone cannot, it stays and this rejects with a Refusal.
 * @param {string} vault of whom
 */
export async function keepHurried(vault) {
  const typed = hurried.value;
  if (!isHurried()) return;
  const about = typed.about.trim();
  // Whom it is about may be all there was time for.
  await ask("note.write", { vault, about, text: typed.text.trim() ? typed.text : about });
  if (hurried.value === typed) dropHurried();
}
