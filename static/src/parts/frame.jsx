/** What surrounds every screen: whom the record is about, hiding names, where sending stands, the heading. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { beginScreen, cameFrom, focused, back as goBack, now } from "../page.js";
import * as sayCaseload from "../words/caseload.js";
import * as sayForm from "../words/form.js";
import * as sayFrame from "../words/frame.js";
import { ages } from "../words/people.js";
import { buttonLook, Form, Hush, Private, Trouble } from "./basic.jsx";
import { hide, isExposed } from "./curtain.js";
import { Icon } from "./icons.jsx";
import { SendLine } from "./send-line.jsx";
import { namesHidden, status } from "./told.js";

/** @import { Family } from "./shapes.js" */

/** The step of a screen that waits for what it will show. */
const OPENING = "opening";

function Tools() {
  const hidden = namesHidden.value;
  return (
    <Form class="app-header__tools" label={sayFrame.tools}>
      <button
        type="button"
        class="app-tool"
        aria-pressed={hidden}
        onClick={() => {
          namesHidden.value = !hidden;
        }}
      >
        <Icon name={hidden ? "eye_shut" : "eye"} />
        <span>{hidden ? sayFrame.show_names : sayFrame.hide_names}</span>
      </button>
      <HideScreen />
      <a class="app-tool" href="#/settings">
        <Icon name="settings" />
        <span>{sayFrame.settings}</span>
      </a>
    </Form>
  );
}

const HideScreen = () => (
  <button type="button" class="app-tool" onClick={hide}>
    <Icon name="curtain" />
    <span>{sayFrame.hide_screen}</span>
  </button>
);

function Header() {
  const unlocked = status.value?.state === "unlocked";
  return (
    <header class="app-header">
      <div class="govuk-width-container app-narrow app-header__row">
        <a class="app-header__home" href="#/">
          {sayFrame.app}
        </a>
        {unlocked && <Tools />}
        {!unlocked && isExposed() && (
          <Form class="app-header__tools" label={sayFrame.tools}>
            <HideScreen />
          </Form>
        )}
      </div>
    </header>
  );
}

/** @param {{family: Family, said?: any}} props */
function About({ family, said }) {
  const children = ages(family.people, now());
  return (
    <section class={`app-about${family.practice ? " app-about--practice" : ""}`} aria-label={sayFrame.about_label}>
      <div class="govuk-width-container app-narrow">
        <p class="app-about__line">
          <Hush>{sayFrame.about} </Hush>
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
        {family.practice && <p class="app-practice">{sayCaseload.practice}</p>}
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
  const left = useRef(/** @type {Element | null} */ (null));
  useLayoutEffect(() => {
    left.current = focused();
  }, [step]);
  useEffect(() => beginScreen({ isOpening: step === OPENING, left: left.current }), [step]);
  return (
    <div class="app-frame">
      <Form class="app-skip">
        <button type="button" class="govuk-skip-link" onClick={() => beginScreen()}>
          {sayFrame.skip}
        </button>
      </Form>
      {!bare && <Header />}
      {family && <About family={family} said={said} />}
      {!bare && status.value?.state === "unlocked" && <SendLine />}
      <div class="govuk-width-container app-narrow">
        {back !== undefined && (
          <nav aria-label={sayFrame.way_back}>
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
              {back_label ?? sayFrame.back}
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
export function Opening({ title = sayFrame.opening, back, family, error }) {
  return (
    <Frame title={title} back={back} family={family} step={OPENING}>
      {error ? (
        <Trouble error={error} />
      ) : (
        <p class="govuk-body" role="status">
          {sayFrame.one_moment}
        </p>
      )}
    </Frame>
  );
}

/** @param {{kind?: "secondary", to: string, children?: any}} props a link that looks like a button, for a way onward */
export function Onward({ kind, to, children }) {
  return (
    <a class={buttonLook(kind)} href={`#/${to}`}>
      {children}
    </a>
  );
}

/** @param {{error: any, home: string, family?: Family|null}} props a draft that is no longer there was most likely sent */
export function Gone({ error, home, family }) {
  return (
    <Frame title={sayForm.gone_title} back={home} family={family}>
      <p class="govuk-body">{sayForm.gone}</p>
      <Trouble error={error.code === "unknown_slot" ? null : error} />
      <Onward to={home}>{sayForm.to_family}</Onward>
    </Frame>
  );
}
