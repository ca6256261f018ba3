/** Unlocking this phone with the words its person chose; works without signal for ever. */
import { useEffect, useState } from "preact/hooks";
import { focusOn, go, later, usePasskey } from "../page.js";
import { Button, Form, Link, Trouble, UNKEPT } from "../parts/basic.jsx";
import { cover } from "../parts/curtain.js";
import { Frame } from "../parts/frame.jsx";
import { dropHurried, hurried, isHurried, keepHurried } from "../parts/hurried.js";
import { asWords, Line } from "../parts/new-words.jsx";
import { ask, outbox, refreshCaseload, refreshStatus, replacing, status, unkept } from "../parts/told.js";
import { Typed } from "../parts/typed.jsx";
import * as sayForm from "../words/form.js";
import * as sayNote from "../words/note.js";
import { officeSays } from "../words/sending.js";
import * as sayUnlock from "../words/unlock.js";
import { kept, waitFor } from "../words/unlock.js";

export function Unlock() {
  const people = status.value?.people ?? [];
  const [vault, setVault] = useState(people[0]?.vault ?? "");
  const [isChosen, setIsChosen] = useState(false);
  const [words, setWords] = useState("");
  const [shown, setShown] = useState(false);
  const [empty, setEmpty] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const [left, setLeft] = useState(0);
  const [busy, setBusy] = useState(false);
  useEffect(() => (left > 0 ? later(() => setLeft(left - 1), 1000) : undefined), [left]);

  const passkey = people.find((one) => one.vault === vault)?.passkey;
  /** @param {() => object | Promise<object>} prove */
  const open = async (prove) => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await ask("unlock", { vault, ...(await prove()) });
      // What they had begun to write is theirs; where it cannot be kept now it is here again when the phone locks.
      await keepHurried(vault).catch(() => {});
      await refreshStatus();
      void refreshCaseload();
      return;
    } catch (refusal) {
      setError(refusal);
      setLeft(Math.ceil(/** @type {any} */ (refusal).told?.wait_s ?? 0));
      setBusy(false);
      if (/** @type {any} */ (refusal).code === "wrong_words") later(() => focusOn("#words"), 0);
    }
  };
  const submit = async () => {
    setEmpty(!words.trim());
    if (!words.trim()) return focusOn("#words");
    if (left === 0) await open(() => ({ words: asWords(words) }));
  };
  const touch = async (/** @type {import("../page.js").Asked} */ asked) => {
    setEmpty(false);
    await open(async () => ({ passkey: await usePasskey(asked) }));
  };

  const wrong = error?.code === "wrong_words";
  return (
    <Frame title={sayUnlock.title}>
      {!wrong && <Trouble error={error} />}
      {status.value?.parted && (
        <p class="govuk-inset-text">
          <bdi>{status.value.parted}</bdi>: {officeSays("ended")}
        </p>
      )}
      <Form onSubmit={() => void submit()}>
        {people.length > 1 && (
          <div class="govuk-form-group">
            <fieldset class="govuk-fieldset">
              <legend class="govuk-fieldset__legend govuk-fieldset__legend--s">{sayUnlock.who}</legend>
              <div class="govuk-radios">
                {people.map((person, order) => (
                  <div class="govuk-radios__item" key={person.vault}>
                    <input
                      class="govuk-radios__input"
                      id={`who-${order}`}
                      name="who"
                      type="radio"
                      checked={vault === person.vault}
                      onChange={() => {
                        setVault(person.vault);
                        setIsChosen(true);
                      }}
                    />
                    <label class="govuk-label govuk-radios__label" for={`who-${order}`}>
                      <bdi>{person.label}</bdi>
                    </label>
                  </div>
                ))}
              </div>
            </fieldset>
          </div>
        )}
        {people.length === 1 && (
          <p class="govuk-body">
            <bdi>{sayUnlock.hello(people[0].label)}</bdi>
          </p>
        )}
        {passkey && (
          <>
            <Button class="app-wide" busy={busy} onClick={() => void touch(passkey)}>
              {sayUnlock.own_lock}
            </Button>
            <p class="govuk-body">{sayUnlock.or_words}</p>
          </>
        )}
        <div class={`govuk-form-group${wrong || empty ? " govuk-form-group--error" : ""}`}>
          <label class="govuk-label govuk-label--s" for="words">
            {sayUnlock.words}
          </label>
          <div class="govuk-hint" id="words-hint">
            {sayUnlock.words_hint}
          </div>
          {(wrong || empty) && (
            <p class="govuk-error-message" id="words-error" role="alert">
              <span class="govuk-visually-hidden">{sayForm.error}</span> {wrong ? sayUnlock.wrong : sayUnlock.empty}
            </p>
          )}
          <input
            {...UNKEPT}
            class="govuk-input"
            id="words"
            type={/** @type {any} */ (shown ? "text" : "password")}
            aria-describedby={`words-hint${wrong || empty ? " words-error" : ""}`}
            value={words}
            onInput={(event) => setWords(event.currentTarget.value)}
          />
          <div class="app-under">
            <button type="button" class="app-chip" aria-pressed={shown} onClick={() => setShown(!shown)}>
              {shown ? sayUnlock.hide : sayUnlock.show}
            </button>
          </div>
        </div>
        {left > 0 && (
          <p class="govuk-body" role="status">
            {waitFor(left)}
          </p>
        )}
        <Button submit kind={passkey && "secondary"} busy={busy || left > 0}>
          {busy ? sayUnlock.opening : sayUnlock.open}
        </Button>
      </Form>
      <WriteNow vault={vault} certain={people.length === 1 || isChosen} />
      {unkept.value > 0 && <p class="govuk-inset-text">{sayUnlock.unkept}</p>}
      {(outbox.value?.waiting ?? 0) > 0 && (
        <p class="govuk-inset-text">
          {kept(outbox.value?.waiting ?? 0)} <Link to="sending">{sayUnlock.see}</Link>
        </p>
      )}
      <details class="govuk-details">
        <summary class="govuk-details__summary">
          <span class="govuk-details__summary-text">{sayUnlock.forgot}</span>
        </summary>
        <div class="govuk-details__text">
          <p>{sayUnlock.forgot_do}</p>
          <Form>
            <Button
              kind="secondary"
              onClick={() => {
                replacing.value = vault;
                go("set-up");
              }}
            >
              {sayUnlock.set_up}
            </Button>
          </Form>
        </div>
      </details>
      <Form>
        <Button
          kind="link"
          onClick={() => {
            replacing.value = undefined;
            go("set-up");
          }}
        >
          {sayUnlock.someone_else}
        </Button>
      </Form>
    </Frame>
  );
}

/** A note for whoever has no time to unlock: what is typed is sealed at once, and gone from this screen. @param {{vault: string, certain: boolean}} props certain: there is no doubt whose note it is */
function WriteNow({ vault, certain }) {
  const [is, setIs] = useState(isHurried());
  const [kept, setKept] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const { text, about } = hurried.value;
  const put = (/** @type {Partial<{text: string, about: string}>} */ typed) => {
    hurried.value = { ...hurried.value, ...typed };
  };
  const keep = async () => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await keepHurried(vault);
      setIs(false);
      setKept(true);
    } catch (refusal) {
      setError(refusal);
    }
    setBusy(false);
  };
  // Left alone it is kept as it stands; not where it might be filed under somebody else's name.
  useEffect(() => (isHurried() ? cover(() => certain && keep()) : undefined), [text, about, vault, certain]);
  if (!is)
    return (
      <Form
        onSubmit={() => {
          setKept(false);
          setIs(true);
          later(() => focusOn("#note"), 0);
        }}
      >
        {kept && (
          <p class="govuk-inset-text" role="status">
            {sayNote.kept}
          </p>
        )}
        <Button submit kind="secondary" class="app-wide">
          {kept ? sayNote.another : sayNote.write}
        </Button>
      </Form>
    );
  return (
    <section class="app-section">
      <h2 class="govuk-heading-m">{sayNote.write}</h2>
      <Trouble error={error} />
      <Form onSubmit={() => (text.trim() ? void keep() : focusOn("#note"))}>
        <div class="govuk-form-group">
          <label class="govuk-label govuk-label--s" for="note">
            {sayNote.text}
          </label>
          <div class="govuk-hint" id="note-hint">
            {sayNote.text_hint}
          </div>
          <Typed id="note" open rows={5} described="note-hint" value={text} change={(next = "") => put({ text: next })} />
        </div>
        <Line id="note-about" label={sayNote.about} value={about} change={(next) => put({ about: next })} />
        <div class="app-actions">
          <Button submit busy={busy}>
            {sayNote.keep}
          </Button>
          <Button
            kind="secondary"
            onClick={() => {
              dropHurried();
              setIs(false);
            }}
          >
            {sayNote.leave}
          </Button>
        </div>
      </Form>
    </section>
  );
}
