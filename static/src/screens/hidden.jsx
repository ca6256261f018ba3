/** What stands on a hidden screen: a clock. Nothing of the app, and nothing of what it is for. */
import { useEffect, useRef, useState } from "preact/hooks";
import { later, now, usePasskey } from "../page.js";
import { Button, Form } from "../parts/basic.jsx";
import { isGuarded, lift, pin, TRIES, tryPin } from "../parts/curtain.js";
import { Line } from "../parts/new-words.jsx";
import { ask, ownPasskey } from "../parts/told.js";
import { dayOf, longDay, timeOf } from "../words/dates.js";
import * as sayHidden from "../words/hidden.js";

/** @param {{lock: () => void}} props */
export function Hidden({ lock }) {
  const [at, setAt] = useState(now());
  const [asking, setAsking] = useState(false);
  const [given, setGiven] = useState("");
  const [said, setSaid] = useState("");
  const face = useRef(/** @type {HTMLButtonElement | null} */ (null));
  useEffect(() => later(() => setAt(now()), 1000), [at]);
  useEffect(() => face.current?.focus(), []);
  const passkey = ownPasskey();
  const touch = async () => {
    try {
      await ask("prove", { passkey: passkey && (await usePasskey(passkey)) });
      lift();
    } catch {
      setSaid(sayHidden.not_this);
    }
  };
  const tap = () => {
    if (!isGuarded()) return lift();
    setAsking(true);
    if (!pin.value) void touch();
  };
  const submit = () => {
    const left = tryPin(given);
    setGiven("");
    if (left < TRIES) setSaid(sayHidden.left(left));
  };
  return (
    <main class="app-curtain">
      <button type="button" class="app-curtain__face" ref={face} onClick={tap}>
        <span class="app-curtain__time">{timeOf(at)}</span>
        <span>{longDay(dayOf(at))}</span>
        {!asking && <span class="app-curtain__tap">{sayHidden.tap}</span>}
      </button>
      {asking && (
        <Form onSubmit={submit} class="app-curtain__ask">
          {pin.value && (
            <Line
              id="pin"
              label={sayHidden.pin}
              type="password"
              inputMode="numeric"
              value={given}
              change={setGiven}
              error={said}
            />
          )}
          {!pin.value && (
            <p class="govuk-body" role="alert">
              {said}
            </p>
          )}
          <div class="app-actions">
            {pin.value && <Button submit>{sayHidden.go_on}</Button>}
            {passkey && (
              <Button kind="secondary" onClick={() => void touch()}>
                {sayHidden.own_lock}
              </Button>
            )}
            <Button kind="link" onClick={lock}>
              {sayHidden.lock}
            </Button>
          </div>
        </Form>
      )}
    </main>
  );
}
