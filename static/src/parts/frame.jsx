/** What surrounds every screen: whom the record is about, hiding names, where sending stands, the heading. */
import { useLayoutEffect } from "preact/hooks";
import { beginScreen, cameFrom, back as goBack, now } from "../page.js";
import { ages, say } from "../words/en.js";
import { Form, Hush, Private, Trouble } from "./basic.jsx";
import { Icon } from "./icons.jsx";
import { SendLine } from "./send-line.jsx";
import { namesHidden, status } from "./told.js";

/** @import { Family } from "./shapes.js" */

/** The step of a screen that waits for what it will show. */
const OPENING = "opening";

function Tools() {
  const hidden = namesHidden.value;
  return (
    <Form class="app-header__tools" label={say.frame.tools}>
      <button
        type="button"
        class="app-tool"
        aria-pressed={hidden}
        onClick={() => {
          namesHidden.value = !hidden;
        }}
      >
        <Icon name={hidden ? "eye_shut" : "eye"} />
        <span>{hidden ? say.frame.show_names : say.frame.hide_names}</span>
      </button>
      <a class="app-tool" href="#/settings">
        <Icon name="settings" />
        <span>{say.frame.settings}</span>
      </a>
    </Form>
  );
}

function Header() {
  const unlocked = status.value?.state === "unlocked";
  return (
    <header class="app-header">
      <div class="govuk-width-container app-narrow app-header__row">
        <a class="app-header__home" href="#/">
          {say.frame.app}
        </a>
        {unlocked && <Tools />}
      </div>
    </header>
  );
}

/** @param {{family: Family, said?: any}} props */
function About({ family, said }) {
  const children = ages(family.people, now());
  return (
    <section class={`app-about${family.practice ? " app-about--practice" : ""}`} aria-label={say.frame.about_label}>
      <div class="govuk-width-container app-narrow">
        <p class="app-about__line">
          <Hush>{say.frame.about} </Hush>
          <strong>
            <Private>
              <bdi>{family.title}</bdi>
            </Private>
          </strong>
          {children && (
            <span class="app-about__children">
              <Private instead="">
                <bdi dir="ltr">{children}</bdi>
              </Private>
            </span>
          )}
        </p>
        {family.practice && <p class="app-practice">{say.caseload.practice}</p>}
        {said}
      </div>
    </section>
  );
}

/**
 * @param {object} props
 * @param {string} props.title
 * @param {string} [props.back] where the back link goes
 * @param {string} [props.back_label]
 * @param {Family | null} [props.family] whom the record is about
 * @param {string} [props.step] changes when the same screen moves on, so that the heading is read again
 * @param {boolean} [props.bare] without the send line: for screens handed to a family
 * @param {any} [props.said] one line that stays in sight, such as that a draft is kept
 * @param {any} [props.children]
 */
export function Frame({ title, back, back_label, family, step = "", bare = false, said, children }) {
  // With the drawing and not after it: somebody quick may already be typing in the new screen.
  useLayoutEffect(() => beginScreen({ isOpening: step === OPENING }), [step]);
  return (
    <div class="app-frame">
      <Form class="app-skip">
        <button type="button" class="govuk-skip-link" onClick={() => beginScreen()}>
          {say.frame.skip}
        </button>
      </Form>
      {!bare && <Header />}
      {family && <About family={family} said={said} />}
      {!bare && status.value?.state === "unlocked" && <SendLine />}
      <div class="govuk-width-container app-narrow">
        {back !== undefined && (
          <nav aria-label={say.frame.way_back}>
            <a
              class="govuk-back-link"
              href={`#/${back}`}
              onClick={(event) => {
                // Two steps there and back again would make the phone’s own Back run in a circle.
                if (!cameFrom(back)) return;
                event.preventDefault();
                goBack();
              }}
            >
              {back_label ?? say.frame.back}
            </a>
          </nav>
        )}
        <main class="govuk-main-wrapper app-main" id="main">
          <h1 class="govuk-heading-l" tabIndex={-1}>
            {title}
          </h1>
          {children}
        </main>
      </div>
    </div>
  );
}

/** @param {{title?: string, back?: string, family?: Family|null, error?: any}} props shown while the core answers, and where it refused; never a blank page */
export function Opening({ title = say.frame.opening, back, family, error }) {
  return (
    <Frame title={title} back={back} family={family} step={OPENING}>
      {error ? (
        <Trouble error={error} />
      ) : (
        <p class="govuk-body" role="status">
          {say.frame.one_moment}
        </p>
      )}
    </Frame>
  );
}

/** @param {{kind?: "secondary", to: string, children?: any}} props a link that looks like a button, for a way onward */
export function Onward({ kind, to, children }) {
  return (
    <a class={`govuk-button${kind ? ` govuk-button--${kind}` : ""}`} href={`#/${to}`}>
      {children}
    </a>
  );
}
