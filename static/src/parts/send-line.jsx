/** One quiet line that says where sending stands, and opens into the list. */
import { now } from "../page.js";
import { say, sendLine } from "../words/en.js";
import { Link } from "./basic.jsx";
import { Icon } from "./icons.jsx";
import { outbox } from "./told.js";

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
  return (
    <nav class={`app-send-line app-send-line--${kind}`} aria-label={say.sending.label}>
      <div class="govuk-width-container app-narrow">
        <Link to="sending" class="app-send-line__link">
          <Icon name={kind} />
          <span>{sendLine(told, now())}</span>
        </Link>
        {(told.fetching ?? "ok") !== "ok" && <p class="app-send-line__office">{say.sending.fetching_paused}</p>}
      </div>
    </nav>
  );
}
