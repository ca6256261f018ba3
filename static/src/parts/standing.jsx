/** Where an item stands, in words with a picture beside them. */
import { now } from "../page.js";
import { standing as inWords } from "../words/record.js";
import { Icon } from "./icons.jsx";

/** @param {{standing: import("./shapes.js").Standing, at?: string|null}} props */
export function Standing({ standing, at }) {
  return (
    <span class={`app-standing app-standing--${standing}`}>
      <Icon name={standing} />
      <span>{inWords(standing, at, now())}</span>
    </span>
  );
}
