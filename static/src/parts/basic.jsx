/** The smallest things screens share: forms, buttons, links, hidden names. */
import { useEffect, useRef, useState } from "preact/hooks";
import { bringTo, later } from "../page.js";
import * as sayFrame from "../words/frame.js";
import { trouble } from "../words/trouble.js";
import { namesHidden } from "./told.js";

/** How a phone's keyboard may treat what is typed: nothing is sent away for checking, nothing is remembered. */
export const TYPING = /** @type {const} */ ({
  spellcheck: false,
  autocomplete: "off",
  dir: "auto",
  // A browser that has this property reads any text, also "off", as yes.
  autocorrect: /** @type {any} */ (false),
  autocapitalize: "sentences",
});

/**
 * The same for passwords, unlock words and a PIN. Browsers pass over "off" there: they offer to keep what was typed, and note the address that stood above it
 * even when nobody accepts. What is called a code for one time they leave alone.
 */
export const UNKEPT = /** @type {const} */ ({ ...TYPING, autocomplete: "one-time-code", autocapitalize: "none" });

/**
 * Every control lies in one of these: text in a plain control reaches the browser's session files.
 *
 * @param {{onSubmit?: () => void, class?: string, label?: string, search?: boolean, children?: any}} props
 */
export function Form({ onSubmit, class: look, label, search, children }) {
  return (
    <form
      autocomplete="off"
      noValidate
      class={look}
      aria-label={label}
      role={search ? "search" : undefined}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit?.();
      }}
    >
      {children}
    </form>
  );
}

/** @param {{kind?: "secondary"|"warning"|"link", submit?: boolean, onClick?: () => void, busy?: boolean, children?: any, label?: string, pressed?: boolean, class?: string}} props */
export function Button({ kind, submit, onClick, busy, children, label, pressed, class: look = "" }) {
  const name = kind === "link" ? "app-link-button" : buttonLook(kind);
  return (
    <button
      type={submit ? "submit" : "button"}
      class={`${name} ${look}`.trim()}
      onClick={busy ? undefined : onClick}
      aria-disabled={busy ? "true" : undefined}
      aria-label={label}
      aria-pressed={pressed}
    >
      {children}
    </button>
  );
}

/** A store that gives no answer is waited for for more than a minute: what is longer than this is said, or somebody takes it for stuck and closes the app. */
const SLOW_MS = 4_000;

/** The button that saves and sends. @param {{busy: boolean, children?: any}} props */
export function Save({ busy, children }) {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    if (!busy) return setSlow(false);
    return later(() => setSlow(true), SLOW_MS);
  }, [busy]);
  return (
    <>
      <Button submit busy={busy}>
        {busy ? sayFrame.saving : children}
      </Button>
      <p role="status" class={isSlow ? "govuk-hint" : "govuk-visually-hidden"}>
        {isSlow && sayFrame.saving_slowly}
      </p>
    </>
  );
}

/** @param {{to: string, class?: string, children?: any, label?: string, current?: boolean}} props */
export function Link({ to, class: look = "govuk-link", children, label, current }) {
  return (
    <a class={look} href={`#/${to}`} aria-label={label} aria-current={current ? "page" : undefined}>
      {children}
    </a>
  );
}

/**
 * A name or a line of a note that one tap hides. It is taken out of the page, not painted over.
 *
 * @param {{children?: any, instead?: string}} props
 */
export function Private({ children, instead = sayFrame.hidden }) {
  return namesHidden.value ? <span class="app-hidden">{instead}</span> : children;
}

/** @param {{children?: any}} props */
export function Hush({ children }) {
  return <span class="govuk-visually-hidden">{children}</span>;
}

/**
 * What went wrong, in words, with what to do. It brings the reader to it, because the button that was pressed may lie screens below.
 *
 * @param {{error: any, again?: () => void, unasked?: boolean}} props unasked: nobody pressed anything, so nobody is taken away from what they are typing
 */
export function Trouble({ error, again, unasked = false }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const is = Boolean(error);
  useEffect(() => {
    if (is && !unasked && place.current) bringTo(place.current);
  }, [is]);
  if (!error) return null;
  const { happened, kept, next } = trouble(error.code, error.told ?? {});
  return (
    <div class="govuk-error-summary" role="alert" tabIndex={-1} ref={place}>
      <h2 class="govuk-error-summary__title">{happened}</h2>
      <div class="govuk-error-summary__body">
        {kept && <p>{kept}</p>}
        {next && <p>{next}</p>}
        {again && (
          <Form>
            <Button kind="secondary" onClick={again}>
              {sayFrame.try_again}
            </Button>
          </Form>
        )}
      </div>
    </div>
  );
}

/** The classes of a button, spelled out: the build leaves out the design system's rules for those that no source names. @param {"secondary" | "warning"} [kind] */
export const buttonLook = (kind) =>
  kind === "secondary"
    ? "govuk-button govuk-button--secondary"
    : kind === "warning"
      ? "govuk-button govuk-button--warning"
      : "govuk-button";
