/** What this phone is set to: lock, a newer version, whether it is ready. */
import { useState } from "preact/hooks";
import { focusOn, forgetPasskey, go, shell, takeUpdate, usePasskey } from "../page.js";
import { Button, Form, Trouble } from "../parts/basic.jsx";
import { choosePin, pin, policy } from "../parts/curtain.js";
import { Frame, Onward } from "../parts/frame.jsx";
import { asWords, Line, NewWords } from "../parts/new-words.jsx";
import { AddPasskey, OfferPasskey } from "../parts/passkey.jsx";
import { ask, ownPasskey, refreshStatus, spoken, status, unkept } from "../parts/told.js";
import * as sayFrame from "../words/frame.js";
import * as sayReady from "../words/ready.js";
import * as saySettings from "../words/settings.js";
import * as sayUnlock from "../words/unlock.js";

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
        <Form
          onSubmit={() => {
            // Whoever unlocks next came for their families.
            go("", { replace: true });
            lock();
          }}
        >
          <Button submit>{saySettings.lock}</Button>
        </Form>
      </section>
      <HideScreen />
      {ownPasskey() ? <OwnLock /> : <OfferOwnLock />}
      <section class="app-section">
        <h2 class="govuk-heading-m">{saySettings.words}</h2>
        <p class="govuk-body">{saySettings.words_what}</p>
        <Onward kind="secondary" to="settings/words">
          {saySettings.words_change}
        </Onward>
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

/** What hides and locks by itself, and a PIN that brings the screen back. */
function HideScreen() {
  const [typed, setTyped] = useState("");
  const [short, setShort] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const set = () => {
    const is = /^\d{4,}$/.test(typed);
    setShort(!is);
    if (!is) return focusOn("#pin");
    choosePin(typed).then(() => {
      setTyped("");
      spoken.value = saySettings.pin_on;
    }, setError);
  };
  return (
    <section class="app-section">
      <h2 class="govuk-heading-m">{sayFrame.hide_screen}</h2>
      <p class="govuk-body">{saySettings.hiding(policy.value)}</p>
      <p class="govuk-body">{saySettings.hiding_limits}</p>
      <Trouble error={error} />
      {pin.value ? (
        <Form onSubmit={() => choosePin("").catch(setError)}>
          <p class="govuk-body">{saySettings.pin_on}</p>
          <Button submit kind="secondary">
            {saySettings.pin_off}
          </Button>
        </Form>
      ) : (
        <Form onSubmit={set}>
          <Line
            id="pin"
            type="password"
            inputMode="numeric"
            label={saySettings.pin}
            hint={saySettings.pin_hint}
            value={typed}
            change={setTyped}
            error={short ? saySettings.pin_short : undefined}
          />
          <Button submit kind="secondary">
            {saySettings.pin_set}
          </Button>
        </Form>
      )}
    </section>
  );
}

/** Taking the phone's own lock off again needs no proof: the words stay. */
function OwnLock() {
  const [error, setError] = useState(/** @type {any} */ (null));
  const remove = async () => {
    const passkey = ownPasskey();
    try {
      await ask("passkey.remove");
      if (passkey) forgetPasskey(passkey.id);
      await refreshStatus();
      spoken.value = saySettings.own_lock_off;
    } catch (refusal) {
      setError(refusal);
    }
  };
  return (
    <section class="app-section">
      <h2 class="govuk-heading-m">{sayUnlock.own_lock}</h2>
      <p class="govuk-body">{sayUnlock.own_lock_on}</p>
      <Trouble error={error} />
      <Form onSubmit={() => void remove()}>
        <Button submit kind="secondary">
          {saySettings.own_lock_remove}
        </Button>
      </Form>
    </section>
  );
}

function OfferOwnLock() {
  const [words, setWords] = useState("");
  return (
    <OfferPasskey>
      <AddPasskey proof={{ words: asWords(words) }}>
        <Line id="proof" type="password" label={saySettings.prove} value={words} change={setWords} />
      </AddPasskey>
    </OfferPasskey>
  );
}

/** Other unlock words: whose they are is proved first, with the old ones or with the phone's own lock for those who forgot them. */
export function ChangeWords() {
  const [words, setWords] = useState("");
  const [proved, setProved] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const passkey = ownPasskey();
  /** @param {() => unknown} prove */
  const go_on = async (prove) => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      const proof = await prove();
      await ask("prove", proof);
      setProved({ proof, ...(await ask("words.offer")) });
    } catch (refusal) {
      setError(refusal);
    }
    setBusy(false);
  };
  const take = async (/** @type {string} */ chosen) => {
    await ask("words.change", { proof: proved.proof, words: chosen });
    spoken.value = saySettings.words_changed;
    go("settings", { replace: true });
  };
  if (proved) return <NewWords offered={proved.offered_words} offer="words.offer" take={take} />;
  return (
    <Frame title={saySettings.words_change} back="settings">
      <p class="govuk-body">{saySettings.words_before}</p>
      <Trouble error={error} />
      <Form onSubmit={() => void go_on(() => ({ words: asWords(words) }))}>
        <Line id="proof" type="password" label={saySettings.prove} value={words} change={setWords} />
        <div class="app-actions">
          <Button submit busy={busy}>
            {saySettings.go_on}
          </Button>
          {passkey && (
            <Button kind="secondary" busy={busy} onClick={() => void go_on(async () => ({ passkey: await usePasskey(passkey) }))}>
              {saySettings.forgotten}
            </Button>
          )}
        </div>
      </Form>
    </Frame>
  );
}
