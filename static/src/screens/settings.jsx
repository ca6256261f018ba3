/** What this phone is set to: lock, whether its browser promises to keep things, the home screen, a newer version. */
import { useState } from "preact/hooks";
import { askToKeep, install, isApple, isInstalled, shell, takeUpdate } from "../page.js";
import { Button, Form, Trouble } from "../parts/basic.jsx";
import { Frame } from "../parts/frame.jsx";
import { refreshStatus, spoken, status, unkept } from "../parts/told.js";
import * as saySettings from "../words/settings.js";
import { room } from "../words/settings.js";

/**
 * @param {{lock: () => void, update_ready: boolean, can_install: boolean}} props
 */
export function Settings({ lock, update_ready, can_install }) {
  const told = status.value;
  const [error, setError] = useState(/** @type {any} */ (null));
  const persist = async () => {
    setError(null);
    try {
      const persisted = await askToKeep();
      await refreshStatus();
      spoken.value = persisted ? saySettings.persisted : saySettings.not_persisted;
    } catch (refusal) {
      setError(refusal);
    }
  };
  return (
    <Frame title={saySettings.title} back="">
      <Trouble error={error} />
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
        <h2 class="govuk-heading-m">{saySettings.storage}</h2>
        <p class="govuk-body">{told?.storage?.persisted ? saySettings.persisted : saySettings.not_persisted}</p>
        {told?.storage?.quota ? <p class="govuk-body">{room(told.storage.usage ?? 0, told.storage.quota)}</p> : null}
        {!told?.storage?.persisted && (
          <Form onSubmit={() => void persist()}>
            <Button submit kind="secondary">
              {saySettings.persist}
            </Button>
          </Form>
        )}
      </section>
      <section class="app-section">
        <h2 class="govuk-heading-m">{saySettings.home_screen}</h2>
        {isInstalled() ? (
          <p class="govuk-body">{saySettings.installed}</p>
        ) : (
          <>
            <p class="govuk-body">{isApple() ? saySettings.apple : saySettings.install_what}</p>
            {isApple() ? (
              <ol class="govuk-list govuk-list--number">
                {saySettings.apple_steps.map((step) => (
                  <li key={step}>{step}</li>
                ))}
              </ol>
            ) : can_install ? (
              <Form onSubmit={install}>
                <Button submit kind="secondary">
                  {saySettings.install}
                </Button>
              </Form>
            ) : (
              <p class="govuk-body">{saySettings.install_menu}</p>
            )}
          </>
        )}
      </section>
      <section class="app-section">
        <h2 class="govuk-heading-m">{saySettings.another}</h2>
        <p class="govuk-body">{saySettings.another_what}</p>
        <p class="govuk-hint">{saySettings.version(shell().release)}</p>
      </section>
    </Frame>
  );
}
