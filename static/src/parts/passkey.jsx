/** Opening notes with the phone's own lock: offered where the phone has one, never in place of the words. */
import { useEffect, useState } from "preact/hooks";
import { browserFacts, forgetPasskey, makePasskey } from "../page.js";
import * as sayUnlock from "../words/unlock.js";
import { Button, Form, Trouble } from "./basic.jsx";
import { ask, ownPasskey, refreshStatus, spoken } from "./told.js";

/** What stands here only on phones that have a lock of their own. @param {{children?: any}} props */
export function OfferPasskey({ children }) {
  const [has, setHas] = useState(false);
  useEffect(() => void browserFacts().then(({ passkey }) => setHas(passkey)), []);
  if (!has) return null;
  return (
    <section class="app-section">
      <h2 class="govuk-heading-m">{sayUnlock.own_lock}</h2>
      {children}
    </section>
  );
}

/**
 * @param {object} props
 * @param {{words: string}} props.proof that this is the person whose notes it will open
 * @param {any} [props.children] what is asked before
 */
export function AddPasskey({ proof, children }) {
  const [error, setError] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  if (ownPasskey()) return <p class="govuk-body">{sayUnlock.own_lock_on}</p>;
  const add = async () => {
    if (busy) return;
    setBusy(true);
    setError(null);
    /** @type {import("../page.js").Passkey | undefined} */
    let passkey;
    try {
      // Asked before anything is made: what the phone lists among its passkeys should open something.
      await ask("prove", proof);
      passkey = await makePasskey();
      await ask("passkey.add", { proof, passkey });
      await refreshStatus();
      spoken.value = sayUnlock.own_lock_on;
    } catch (refusal) {
      if (passkey) forgetPasskey(passkey.id);
      setError(refusal);
    }
    setBusy(false);
  };
  return (
    <>
      <p class="govuk-body">{sayUnlock.own_lock_what}</p>
      <Trouble error={error} />
      <Form onSubmit={() => void add()}>
        {children}
        <Button submit kind="secondary" busy={busy}>
          {sayUnlock.own_lock}
        </Button>
      </Form>
    </>
  );
}
