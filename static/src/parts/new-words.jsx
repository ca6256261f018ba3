/** New unlock words, offered, written down and typed once: at set-up, and whenever somebody wants others. */
import { useEffect, useState } from "preact/hooks";
import { focusOn } from "../page.js";
import * as sayForm from "../words/form.js";
import * as sayWelcome from "../words/welcome.js";
import { Button, Form, Trouble, TYPING, UNKEPT } from "./basic.jsx";
import { cover } from "./curtain.js";
import { Frame } from "./frame.jsx";
import { ask, spoken } from "./told.js";

/** @param {{id: string, label: string, hint?: string, type?: string, value: string, change: (value: string) => void, error?: string, inputMode?: any}} props */
export function Line({ id, label, hint, type = "text", value, change, error, inputMode }) {
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
        {...(type === "password" ? UNKEPT : TYPING)}
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

/** @param {{words: string[]}} props */
export function Words({ words }) {
  return (
    <ol class="app-words">
      {words.map((word) => (
        <li key={word}>{word}</li>
      ))}
    </ol>
  );
}

/** How they are typed does not matter: small or large letters, spaces, commas, full stops or hyphens. @param {string} typed */
export const asWords = (typed) =>
  typed
    .toLowerCase()
    .split(/[\s,.-]+/)
    .join(" ")
    // A keyboard that ends a sentence with a full stop.
    .trim();

/**
 * @param {object} props
 * @param {string[]} props.offered
 * @param {string} props.offer what to ask the core for others
 * @param {(words: string) => Promise<void>} props.take rejects with a Refusal; whoever takes them goes on from here
 * @param {any} [props.children] what is asked besides
 */
export function NewWords({ offered, offer, take, children }) {
  const [words, setWords] = useState(offered);
  const [typing, setTyping] = useState(false);
  const [typed, setTyped] = useState("");
  const [differ, setDiffer] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  // Nothing needs to be kept: until they are typed they open nothing.
  useEffect(() => cover(() => {}), []);
  const another = async () => {
    setError(null);
    try {
      setWords((await ask(offer)).offered_words);
      spoken.value = sayWelcome.other_words;
    } catch (refusal) {
      setError(refusal);
    }
  };
  const finish = async () => {
    if (busy) return;
    const same = asWords(typed) === words.join(" ");
    setDiffer(!same);
    if (!same) return focusOn("#words");
    setBusy(true);
    setError(null);
    try {
      await take(words.join(" "));
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
        {children}
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
