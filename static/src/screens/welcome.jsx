/** Setting up this phone: who you are, check words, unlock words, and the families arriving. */
import { useState } from "preact/hooks";
import { focusOn, go, isApple, isInstalled, knowsPasskeys, later, shell, showPasskey } from "../page.js";
import { Button, Form, Link, Trouble } from "../parts/basic.jsx";
import { Summary } from "../parts/form.jsx";
import { Frame } from "../parts/frame.jsx";
import { Line, NewWords, Words } from "../parts/new-words.jsx";
import { AddPasskey, OfferPasskey } from "../parts/passkey.jsx";
import { arrival, ask, outbox, refreshCaseload, refreshStatus, replacing, settingUp, status, useAsked } from "../parts/told.js";
import * as sayDemo from "../words/demo.js";
import * as sayForm from "../words/form.js";
import * as sayFrame from "../words/frame.js";
import * as sayReady from "../words/ready.js";
import { officeSays } from "../words/sending.js";
import { kept } from "../words/unlock.js";
import * as sayWelcome from "../words/welcome.js";
import { arriving, greeting } from "../words/welcome.js";

/** @param {{another?: boolean}} props another: somebody else already uses this phone */
export function Welcome({ another = false }) {
  const [step, setStep] = useState("who");
  const [begun, setBegun] = useState(/** @type {any} */ (null));
  const [words, setWords] = useState("");
  if (step === "who")
    return (
      <Who
        another={another}
        next={(told) => {
          settingUp.value = true;
          setBegun(told);
          setStep("check");
        }}
      />
    );
  if (step === "check") return <CheckWords begun={begun} next={() => setStep("words")} />;
  if (step === "words")
    return (
      <UnlockWords
        begun={begun}
        next={(chosen) => {
          setWords(chosen);
          setStep("arriving");
        }}
      />
    );
  return <Arriving words={words} />;
}

/** @param {{another: boolean, next: (told: any) => void}} props */
function Who({ another, next }) {
  const [given, set] = useState({ email: "", password: "", code: "" });
  const [error, setError] = useState(/** @type {any} */ (null));
  const [missing, setMissing] = useState(/** @type {("email"|"password"|"code")[]} */ ([]));
  const [busy, setBusy] = useState(false);
  const put = (/** @type {string} */ name) => (/** @type {string} */ value) => set((was) => ({ ...was, [name]: value }));
  /** @param {boolean} [byPasskey] in place of the code */
  const submit = async (byPasskey = false) => {
    const asked = /** @type {("email"|"password"|"code")[]} */ (["email", "password", ...(byPasskey ? [] : ["code"])]);
    const empty = asked.filter((name) => !given[name].trim());
    setMissing(empty);
    if (empty.length) return later(() => focusOn("#problems"), 0);
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      const second = byPasskey
        ? { passkey: await showPasskey(await ask("setup.challenge")) }
        : { code: given.code.replace(/\s/g, "") };
      next(await ask("setup.start", { email: given.email.trim(), password: given.password, ...second }));
    } catch (/** @type {any} */ refusal) {
      setError(refusal.code === "passkey_refused" ? { ...refusal, code: "no_passkey" } : refusal);
      setBusy(false);
    }
  };
  const lacks = (/** @type {"email"|"password"|"code"} */ name) =>
    missing.includes(name) ? sayWelcome.missing[name] : undefined;
  return (
    <Frame title={another ? sayWelcome.another_title : sayWelcome.title} back={another ? "" : undefined}>
      <p class="govuk-body-l">{sayWelcome.lead}</p>
      {/* It was set up once, and nobody is left on it: the office had them removed. */}
      {!another && status.value?.heard?.at && (
        <p class="govuk-inset-text" role="status">
          {officeSays("lost")} {(outbox.value?.waiting ?? 0) > 0 && kept(outbox.value?.waiting ?? 0)}
        </p>
      )}
      {isApple() && !isInstalled() && <p class="govuk-inset-text">{sayReady.apple}</p>}
      {shell().demo && <Demo fill={set} />}
      <Trouble error={error} />
      <Form onSubmit={() => void submit()}>
        {missing.length > 0 && (
          <Summary
            title={sayForm.something_missing}
            kept={sayWelcome.kept}
            lines={missing.map((name) => ({ to: name, text: lacks(name) ?? "" }))}
          />
        )}
        <Line
          id="email"
          label={sayWelcome.email}
          value={given.email}
          change={put("email")}
          inputMode="email"
          error={lacks("email")}
        />
        <Line
          id="password"
          label={sayWelcome.password}
          type="password"
          value={given.password}
          change={put("password")}
          error={lacks("password")}
        />
        <Line
          id="code"
          label={sayWelcome.code}
          hint={sayWelcome.code_hint}
          value={given.code}
          change={put("code")}
          inputMode="numeric"
          error={lacks("code")}
        />
        <Button submit busy={busy}>
          {busy ? sayFrame.one_moment : sayWelcome.go_on}
        </Button>
        {knowsPasskeys() && (
          <Button kind="secondary" busy={busy} onClick={() => void submit(true)}>
            {sayWelcome.passkey}
          </Button>
        )}
      </Form>
      <p class="govuk-body">
        <Link to="ready">{sayReady.title}</Link>
      </p>
    </Frame>
  );
}

/** @param {{fill: (given: {email: string, password: string, code: string}) => void}} props how to sign in, where all of it is invented */
function Demo({ fill }) {
  const { answer: demo } = useAsked("demo");
  if (!demo) return null;
  return (
    <section class="app-demo" aria-label={sayDemo.title}>
      <h2 class="govuk-heading-s">{sayDemo.title}</h2>
      <p>{sayDemo.sign_in(demo.password, demo.code)}</p>
      <Form class="app-more">
        {demo.emails.map((/** @type {string} */ email) => (
          <button
            key={email}
            type="button"
            class="app-chip"
            onClick={() => fill({ email, password: demo.password, code: demo.code })}
          >
            {sayDemo.fill(email)}
          </button>
        ))}
      </Form>
    </section>
  );
}

/** @param {{begun: any, next: () => void}} props */
function CheckWords({ begun, next }) {
  return (
    <Frame title={sayWelcome.check_title} step="check">
      <p class="govuk-body">{greeting(begun.person)}</p>
      <p class="govuk-body">{sayWelcome.check_why}</p>
      <Words words={begun.check_words} />
      {shell().demo && <p class="app-demo">{sayDemo.check}</p>}
      <Form onSubmit={next} class="app-actions">
        <Button submit>{sayWelcome.check_same}</Button>
      </Form>
      <details class="govuk-details">
        <summary class="govuk-details__summary">
          <span class="govuk-details__summary-text">{sayWelcome.check_differ}</span>
        </summary>
        <div class="govuk-details__text">{sayWelcome.check_differ_do}</div>
      </details>
    </Frame>
  );
}

/** @param {string} name @returns {string} the first name, told apart from one that is already on this phone */
function freshLabel(name) {
  const first = name.split(" ")[0];
  return status.value?.people.some((person) => person.label === first) ? sayWelcome.new_label(first) : first;
}

/** @param {{begun: any, next: (words: string) => void}} props */
function UnlockWords({ begun, next }) {
  const [label, setLabel] = useState(freshLabel(begun.person.name));
  const finish = async (/** @type {string} */ words) => {
    arrival.value = { done: 0, total: 0 };
    await ask("setup.finish", { words, label: label.trim() || sayWelcome.me, replaces: replacing.value });
    await refreshStatus();
    next(words);
  };
  return (
    <NewWords offered={begun.offered_words} offer="setup.offer" take={finish}>
      <Line id="label" label={sayWelcome.label} hint={sayWelcome.label_hint} value={label} change={setLabel} />
    </NewWords>
  );
}

/** The families arriving; the bar only ever grows, and the worker may begin before it is full. @param {{words: string}} props just chosen */
function Arriving({ words }) {
  const told = arrival.value;
  const whole = told?.stage === "done";
  const share = whole ? 100 : told?.total ? Math.round((told.done / told.total) * 100) : 0;
  const open = (/** @type {string} */ path) => {
    settingUp.value = false;
    go(path, { replace: true });
    void refreshStatus().then(refreshCaseload);
  };
  return (
    <Frame title={whole ? sayWelcome.here_title : sayWelcome.arriving_title} step={whole ? "here" : "arriving"}>
      <p class="govuk-body" id="arriving">
        {arriving(told)}
      </p>
      <progress class="app-progress" aria-labelledby="arriving" max={100} value={share} />
      <p class="govuk-body">{whole ? sayWelcome.here : sayWelcome.meanwhile}</p>
      {whole && (
        <OfferPasskey>
          <AddPasskey proof={{ words }} />
        </OfferPasskey>
      )}
      <Form onSubmit={() => open("")} class="app-actions">
        <Button submit>{whole ? sayWelcome.open : sayWelcome.open_now}</Button>
        <Button kind="secondary" onClick={() => open("ready")}>
          {sayReady.check}
        </Button>
      </Form>
    </Frame>
  );
}
