/** A goal under its own words, whatever is shown of it, and that others stand beside them which nobody has chosen yet. */
import * as sayGoals from "../words/goals.js";
import { Private } from "./basic.jsx";
import { ToVersions } from "./versions.jsx";

/** @param {{goal: import("./shapes.js").Goal, children?: any}} props */
export function GoalSection({ goal, children }) {
  return (
    <section class="app-section app-goal">
      <h2 class="govuk-heading-m">
        <Private instead={sayGoals.hidden}>
          <bdi>{goal.words}</bdi>
        </Private>
      </h2>
      {goal.forked && <ToVersions record={goal.record} />}
      {children}
    </section>
  );
}
