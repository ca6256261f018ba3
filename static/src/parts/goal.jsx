/** A goal under its own words, whatever is shown of it. */
import { say } from "../words/en.js";
import { Private } from "./basic.jsx";

/** @param {{goal: import("./shapes.js").Goal, children?: any}} props */
export function GoalSection({ goal, children }) {
  return (
    <section class="app-section app-goal">
      <h2 class="govuk-heading-m">
        <Private instead={say.goals.hidden}>
          <bdi>{goal.words}</bdi>
        </Private>
      </h2>
      {children}
    </section>
  );
}
