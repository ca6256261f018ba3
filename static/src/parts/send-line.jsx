/** One quiet line that says where sending stands, and opens into the list. */
import { now } from "../page.js";
import * as saySending from "../words/sending.js";
import { clockSays, officeSays, sendLine } from "../words/sending.js";
import { Link } from "./basic.jsx";
import { Icon } from "./icons.jsx";
import { clockOffset, office, outbox } from "./told.js";

/** @import { Outbox } from "./shapes.js" */

/** @param {Outbox} told */
function look(told) {
  if (told.waiting === 0) return "sent";
  return told.reach === "no_signal" ? "no_signal" : "waiting";
}

export function SendLine() {
  const told = outbox.value;
  if (!told) return null;
  const kind = look(told);
  const paused = officeSays(office.value === "ok" ? told.fetching : office.value);
  const clock = clockSays(clockOffset.value);
  return (
    <nav class={`app-send-line app-send-line--${kind}`} aria-label={saySending.label}>
      <div class="govuk-width-container app-narrow">
        <Link to="sending" class="app-send-line__link">
          <Icon name={kind} />
          <span>{sendLine(told, now())}</span>
        </Link>
        {paused && <p class="app-send-line__office">{paused}</p>}
        {clock && <p class="app-send-line__office">{clock}</p>}
      </div>
    </nav>
  );
}
