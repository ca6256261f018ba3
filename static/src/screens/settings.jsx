/** What this phone is set to: lock, a newer version, whether it is ready. */
import { shell, takeUpdate } from "../page.js";
import { Button, Form } from "../parts/basic.jsx";
import { Frame, Onward } from "../parts/frame.jsx";
import { status, unkept } from "../parts/told.js";
import * as sayReady from "../words/ready.js";
import * as saySettings from "../words/settings.js";

/**
 * @param {{lock: () => void, update_ready: boolean}} props
 */
export function Settings({ lock, update_ready }) {
  const told = status.value;
  return (
    <Frame title={saySettings.title} back="">
      <section class="app-section">
        <h2 class="govuk-heading-m">{saySettings.you}</h2>
        <p class="govuk-body">{told?.person ? saySettings.person(told.person.name) : ""}</p>
        <p class="govuk-body">{saySettings.lock_what}</p>
        <Form onSubmit={lock}>
          <Button submit>{saySettings.lock}</Button>
        </Form>
      </section>
      {update_ready && (
        <section class="app-section">
          <h2 class="govuk-heading-m">{saySettings.update}</h2>
          <p class="govuk-body">{unkept.value > 0 ? saySettings.update_waits : saySettings.update_what}</p>
          <Form onSubmit={() => unkept.value === 0 && takeUpdate()}>
            <Button submit kind="secondary" busy={unkept.value > 0}>
              {saySettings.update_now}
            </Button>
          </Form>
        </section>
      )}
      <section class="app-section">
        <h2 class="govuk-heading-m">{sayReady.title}</h2>
        <p class="govuk-body">{saySettings.ready_what}</p>
        <Onward kind="secondary" to="ready">
          {sayReady.check}
        </Onward>
      </section>
      <section class="app-section">
        <h2 class="govuk-heading-m">{saySettings.another}</h2>
        <p class="govuk-body">{saySettings.another_what}</p>
        <p class="govuk-hint">{saySettings.version(shell().release)}</p>
      </section>
    </Frame>
  );
}
