/** Starts the phone's page. */
import { render } from "preact";
import { keepForOffline, root } from "./page.js";

function Opening() {
  return (
    <main class="govuk-width-container govuk-main-wrapper" id="main">
      <h1 class="govuk-heading-l">Visit recording</h1>
      <p class="govuk-body">This page opens without signal once it has been opened here with signal.</p>
    </main>
  );
}

render(<Opening />, root());
keepForOffline();
