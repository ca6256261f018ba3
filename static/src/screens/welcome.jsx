/** Setting up this phone: who you are, check words, unlock words, and the families arriving. */
import { useState } from "preact/hooks";
import { focusOn, go, isApple, isInstalled, later, shell } from "../page.js";
import { Button, Form, Link, Trouble, TYPING } from "../parts/basic.jsx";
import { Summary } from "../parts/form.jsx";
import { Frame } from "../parts/frame.jsx";
import {
  arrival,
  ask,
  outbox,
  refreshCaseload,
  refreshStatus,
  replacing,
  settingUp,
  spoken,
  status,
  useAsked,
} from "../parts/told.js";
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
  if (step === "words") return <UnlockWords begun={begun} next={() => setStep("arriving")} />;
  return <Arriving />;
}

/** @param {{id: string, label: string, hint?: string, type?: string, value: string, change: (value: string) => void, error?: string, inputMode?: any}} props */
function Line({ id, label, hint, type = "text", value, change, error, inputMode }) {
  return (
    <div class={`govuk-form-group${error ? " govuk-form-group--error" : ""}`}>
      <label class="govuk-label govuk-label--s" for={id}>
        {label}
      </label>
      {hint && (
        <div class="govuk-hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {error && (
        <p class="govuk-error-message" id={`${id}-error`}>
          <span class="govuk-visually-hidden">{sayForm.error}</span> {error}
        </p>
      )}
      <input
        {...TYPING}
        autocapitalize="none"
        class={`govuk-input${error ? " govuk-input--error" : ""}`}
        id={id}
        type={/** @type {any} */ (type)}
        inputMode={inputMode}
        aria-describedby={[hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined}
        value={value}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </div>
  );
}

/** @param {{another: boolean, next: (told: any) => void}} props */
function Who({ another, next }) {
  const [given, set] = useState({ email: "", password: "", code: "" });
  const [error, setError] = useState(/** @type {any} */ (null));
  const [missing, setMissing] = useState(/** @type {("email"|"password"|"code")[]} */ ([]));
  const [busy, setBusy] = useState(false);
  const put = (/** @type {string} */ name) => (/** @type {string} */ value) => set((was) => ({ ...was, [name]: value }));
  const submit = async () => {
    const empty = /** @type {const} */ (["email", "password", "code"]).filter((name) => !given[name].trim());
    setMissing(empty);
    if (empty.length) return later(() => focusOn("#problems"), 0);
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      next(
        await ask("setup.start", { email: given.email.trim(), password: given.password, code: given.code.replace(/\s/g, "") }),
      );
    } catch (refusal) {
      setError(refusal);
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

/** @param {{words: string[]}} props */
function Words({ words }) {
  return (
    <ol class="app-words">
      {words.map((word) => (
        <li key={word}>{word}</li>
      ))}
    </ol>
  );
}

/** @param {string} name @returns {string} the first name, told apart from one that is already on this phone */
function freshLabel(name) {
  const first = name.split(" ")[0];
  return status.value?.people.some((person) => person.label === first) ? sayWelcome.new_label(first) : first;
}

/** @param {{begun: any, next: () => void}} props */
function UnlockWords({ begun, next }) {
  const [words, setWords] = useState(/** @type {string[]} */ (begun.offered_words));
  const [typing, setTyping] = useState(false);
  const [typed, setTyped] = useState("");
  const [label, setLabel] = useState(freshLabel(begun.person.name));
  const [differ, setDiffer] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const another = async () => {
    setError(null);
    try {
      setWords((await ask("setup.offer")).offered_words);
      spoken.value = sayWelcome.other_words;
    } catch (refusal) {
      setError(refusal);
    }
  };
  const finish = async () => {
    if (busy) return;
    const same =
      typed
        .trim()
        .toLowerCase()
        .split(/[\s,-]+/)
        .join(" ") === words.join(" ");
    setDiffer(!same);
    if (!same) return focusOn("#words");
    setBusy(true);
    setError(null);
    arrival.value = { done: 0, total: 0 };
    try {
      await ask("setup.finish", { words: words.join(" "), label: label.trim() || sayWelcome.me, replaces: replacing.value });
      await refreshStatus();
      next();
    } catch (refusal) {
      setError(refusal);
      setBusy(false);
    }
  };
  if (!typing)
    return (
      <Frame title={sayWelcome.words_title} step="words">
        <p class="govuk-body">{sayWelcome.words_why}</p>
        <Words words={words} />
        <p class="govuk-body">{sayWelcome.words_keep}</p>
        <Trouble error={error} />
        <Form onSubmit={() => setTyping(true)} class="app-actions">
          <Button submit>{sayWelcome.words_take}</Button>
          <Button kind="secondary" onClick={() => void another()}>
            {sayWelcome.words_other}
          </Button>
        </Form>
      </Frame>
    );
  return (
    <Frame title={sayWelcome.confirm_title} step="confirm">
      <Trouble error={error} />
      <Form onSubmit={() => void finish()}>
        <Line
          id="words"
          label={sayWelcome.confirm}
          hint={sayWelcome.confirm_hint}
          value={typed}
          change={setTyped}
          error={differ ? sayWelcome.differ : undefined}
        />
        <Line id="label" label={sayWelcome.label} hint={sayWelcome.label_hint} value={label} change={setLabel} />
        <div class="app-actions">
          <Button submit busy={busy}>
            {busy ? sayWelcome.making : sayWelcome.finish}
          </Button>
          <Button kind="secondary" onClick={() => setTyping(false)}>
            {sayWelcome.see_again}
          </Button>
        </div>
      </Form>
    </Frame>
  );
}

/** The families arriving; the bar only ever grows, and the worker may begin before it is full. */
function Arriving() {
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
      <Form onSubmit={() => open("")} class="app-actions">
        <Button submit>{whole ? sayWelcome.open : sayWelcome.open_now}</Button>
        <Button kind="secondary" onClick={() => open("ready")}>
          {sayReady.check}
        </Button>
      </Form>
    </Frame>
  );
}
