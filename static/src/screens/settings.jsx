/** What this phone is set to: lock, whether its browser promises to keep things, the home screen, a newer version. */
import { useState } from "preact/hooks";
import { askToKeep, install, isApple, isInstalled, shell, takeUpdate } from "../page.js";
import { Button, Form, Trouble } from "../parts/basic.jsx";
import { Frame } from "../parts/frame.jsx";
import { refreshStatus, spoken, status, unkept } from "../parts/told.js";
import { room, say } from "../words/en.js";

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
      spoken.value = persisted ? say.settings.persisted : say.settings.not_persisted;
    } catch (refusal) {
      setError(refusal);
    }
  };
  return (
    <Frame title={say.settings.title} back="">
      <Trouble error={error} />
      <section class="app-section">
        <h2 class="govuk-heading-m">{say.settings.you}</h2>
        <p class="govuk-body">{told?.person ? say.settings.person(told.person.name) : ""}</p>
        <p class="govuk-body">{say.settings.lock_what}</p>
        <Form onSubmit={lock}>
          <Button submit>{say.settings.lock}</Button>
        </Form>
      </section>
      {update_ready && (
        <section class="app-section">
          <h2 class="govuk-heading-m">{say.settings.update}</h2>
          <p class="govuk-body">{unkept.value > 0 ? say.settings.update_waits : say.settings.update_what}</p>
          <Form onSubmit={() => unkept.value === 0 && takeUpdate()}>
            <Button submit kind="secondary" busy={unkept.value > 0}>
              {say.settings.update_now}
            </Button>
          </Form>
        </section>
      )}
      <section class="app-section">
        <h2 class="govuk-heading-m">{say.settings.storage}</h2>
        <p class="govuk-body">{told?.storage?.persisted ? say.settings.persisted : say.settings.not_persisted}</p>
        {told?.storage?.quota ? <p class="govuk-body">{room(told.storage.usage ?? 0, told.storage.quota)}</p> : null}
        {!told?.storage?.persisted && (
          <Form onSubmit={() => void persist()}>
            <Button submit kind="secondary">
              {say.settings.persist}
            </Button>
          </Form>
        )}
      </section>
      <section class="app-section">
        <h2 class="govuk-heading-m">{say.settings.home_screen}</h2>
        {isInstalled() ? (
          <p class="govuk-body">{say.settings.installed}</p>
        ) : (
          <>
            <p class="govuk-body">{isApple() ? say.settings.apple : say.settings.install_what}</p>
            {isApple() ? (
              <ol class="govuk-list govuk-list--number">
                {say.settings.apple_steps.map((step) => (
                  <li key={step}>{step}</li>
                ))}
              </ol>
            ) : can_install ? (
              <Form onSubmit={install}>
                <Button submit kind="secondary">
                  {say.settings.install}
                </Button>
              </Form>
            ) : (
              <p class="govuk-body">{say.settings.install_menu}</p>
            )}
          </>
        )}
      </section>
      <section class="app-section">
        <h2 class="govuk-heading-m">{say.settings.another}</h2>
        <p class="govuk-body">{say.settings.another_what}</p>
        <p class="govuk-hint">{say.settings.version(shell().release)}</p>
      </section>
    </Frame>
  );
}
