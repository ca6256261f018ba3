/** Two versions of one answer beside each other: whose words they are, and when they were written. */
import { now } from "../page.js";
import { dayAndTime } from "../words/dates.js";
import { nameOf } from "./people.js";

/** @import { Wording } from "./controls.jsx" */

/** @param {{children?: any}} props */
export function SideBySide({ children }) {
  return <div class="app-two">{children}</div>;
}

/** @param {{choice: Wording, children?: any}} props */
export function Version({ choice, children }) {
  return (
    <div class="app-two__one govuk-body">
      <p class="app-two__by">
        <bdi>{nameOf(choice.author)}</bdi> · {dayAndTime(choice.written_at, now())}
      </p>
      {children}
    </div>
  );
}
