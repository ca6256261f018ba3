/** A goal under its own words, whatever is shown of it, and that others stand beside them which nobody has chosen yet. */
import * as sayGoals from "../words/goals.js";
import * as sayRecord from "../words/record.js";
import { Link, Private } from "./basic.jsx";

/** @param {{goal: import("./shapes.js").Goal, children?: any}} props */
export function GoalSection({ goal, children }) {
  return (
    <section class="app-section app-goal">
      <h2 class="govuk-heading-m">
        <Private instead={sayGoals.hidden}>
          <bdi>{goal.words}</bdi>
        </Private>
      </h2>
      {goal.forked && (
        <div class="govuk-inset-text">
          <p>{sayRecord.parted}</p>
          <Link to={`record/${goal.record}`}>{sayRecord.parted_see}</Link>
        </div>
      )}
      {children}
    </section>
  );
}
