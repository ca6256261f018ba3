/** Starts the phone's page: the core in its worker, the address inside the page, one screen at a time. */
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { connect } from "./line.js";
import {
  askBeforeLeaving,
  here,
  keepForOffline,
  onChance,
  onInstallOffer,
  onLeaving,
  onMove,
  onUpdateReady,
  reload,
  root,
  sendWhenPossible,
  startCore,
} from "./page.js";
import { Button, Form, Trouble } from "./parts/basic.jsx";
import { bare, guard, isHidden, readPin, readPolicy } from "./parts/curtain.js";
import { forgetDrafts, hasUnsaved } from "./parts/draft.js";
import { Frame, Opening } from "./parts/frame.jsx";
import { isHurried } from "./parts/hurried.js";
import { locking } from "./parts/lock.js";
import {
  ask,
  drawWith,
  handedOver,
  join,
  outbox,
  refreshCaseload,
  refreshStatus,
  secondTab,
  settingUp,
  shown,
  spoken,
  status,
  stopped,
  unkept,
} from "./parts/told.js";
import { Caseload } from "./screens/caseload.jsx";
import { Draft } from "./screens/draft.jsx";
import { AboutFamily, FamilyPage } from "./screens/family.jsx";
import { Found } from "./screens/found.jsx";
import { Hidden } from "./screens/hidden.jsx";
import { Measure, Measures } from "./screens/measure.jsx";
import { WrittenBefore } from "./screens/notes.jsx";
import { Goals, Results } from "./screens/progress.jsx";
import { Ratings } from "./screens/ratings.jsx";
import { Ready } from "./screens/ready.jsx";
import { RecordPage } from "./screens/record.jsx";
import { Saved } from "./screens/saved.jsx";
import { Sending } from "./screens/sending.jsx";
import { ChangeWords, Settings } from "./screens/settings.jsx";
import { Unlock } from "./screens/unlock.jsx";
import { Welcome } from "./screens/welcome.jsx";
import * as sayFrame from "./words/frame.js";
import * as sayPhone from "./words/phone.js";

const place = shown(here());
const updateReady = shown(false);
const canInstall = shown(false);
const failed = shown(/** @type {any} */ (null));

let core = startCore();

const lock = locking(
  () => core.terminate(),
  () => {
    const isWriter = !secondTab.value;
    forgetDrafts();
    status.value = null;
    core = startCore();
    join(connect(core));
    void start(isWriter);
  },
);
const lockNow = () => void lock();

/** @param {string} path @returns {any} the screen for an address inside the page */
function screenFor(path) {
  const [first = "", casefile = "", part = "", id = "", step = ""] = path.split("/");
  if (first === "sending") return <Sending />;
  if (first === "settings" && casefile === "words") return <ChangeWords />;
  if (first === "settings") return <Settings lock={lockNow} update_ready={updateReady.value} />;
  if (first === "written" && casefile) return <WrittenBefore slot={casefile} />;
  if (first === "find") return <Found />;
  if (first === "record" && casefile) return <RecordPage key={casefile} record={casefile} />;
  if (first !== "family" || !casefile) return <Caseload />;
  const key = `${casefile}-${id}`;
  if (part === "draft") return <Draft key={key} casefile={casefile} slot={id} step={step} />;
  if (part === "measure") return <Measure key={key} casefile={casefile} slot={id} step={step} />;
  if (part === "saved") return <Saved key={key} casefile={casefile} record={id} />;
  if (part === "measures") return <Measures casefile={casefile} />;
  if (part === "rate") return <Ratings casefile={casefile} />;
  if (part === "goals") return <Goals casefile={casefile} />;
  if (part === "results") return <Results casefile={casefile} />;
  if (part === "about") return <AboutFamily casefile={casefile} />;
  return <FamilyPage key={casefile} casefile={casefile} />;
}

function Screen() {
  const told = status.value;
  const held = handedOver.value;
  // Whoever holds the phone for a questionnaire may press the browser’s Back: the address moves, what they see does not.
  const path = held ? `family/${held.casefile}/measure/${held.slot}/${held.step}` : place.value;
  if (stopped.value) return <Stopped />;
  if (secondTab.value) return <Elsewhere />;
  if (path === "ready") return <Ready can_install={canInstall.value} />;
  if (!told) return failed.value ? <Failed /> : <Opening />;
  if (told.state === "fresh" || settingUp.value || (path === "set-up" && told.state === "locked"))
    return <Welcome another={told.state === "locked"} />;
  if (told.state === "locked" && path !== "sending") return <Unlock />;
  return screenFor(path);
}

/** The core ended; what was saved is on the phone, and starting again brings it back. */
function Stopped() {
  return (
    <Frame title={sayPhone.stopped_title}>
      <p class="govuk-body">{sayPhone.stopped_what}</p>
      <Form onSubmit={reload}>
        <Button submit>{sayPhone.again}</Button>
      </Form>
    </Frame>
  );
}

/** Only one page may write; this one offers to be it. */
function Elsewhere() {
  return (
    <Frame title={sayPhone.elsewhere_title}>
      <p class="govuk-body">{sayPhone.elsewhere_what}</p>
      <Form onSubmit={() => void ask("continue here").then(() => start(), reload)}>
        <Button submit>{sayPhone.here}</Button>
      </Form>
    </Frame>
  );
}

function Failed() {
  return (
    <Frame title={sayFrame.app}>
      <Trouble
        error={unkept.value > 0 ? { ...failed.value, code: "words_on_this_page" } : failed.value}
        again={() => void start(wasHere)}
      />
    </Frame>
  );
}

function App() {
  const hidden = isHidden.value;
  const unlocked = isUnlocked();
  useEffect(() => {
    if (unlocked) void Promise.all([readPin(), readPolicy()]);
    else bare();
  }, [unlocked]);
  return (
    <>
      <div class={hidden ? "app-behind" : undefined} inert={hidden}>
        <Screen />
      </div>
      {hidden && <Hidden lock={lockNow} />}
      <p class="govuk-visually-hidden" role="status" aria-live="polite">
        {spoken.value}
      </p>
    </>
  );
}

const isUnlocked = () => status.value?.state === "unlocked";

/** Of the last start. */
let wasHere = false;

/** @param {boolean} [isHere] whether this page is the one that writes, and only its worker is another: the one before it may still hold its place */
async function start(isHere = false) {
  wasHere = isHere;
  failed.value = null;
  try {
    await refreshStatus();
    if (secondTab.value && isHere) await ask("continue here").then(refreshStatus);
    if (secondTab.value) return;
    outbox.value = await ask("outbox");
    if (isUnlocked()) await refreshCaseload();
  } catch (refusal) {
    failed.value = refusal;
  }
}

join(connect(core));
askBeforeLeaving(() => hasUnsaved() || isHurried());
guard(lock, isUnlocked);
onMove(() => {
  place.value = here();
  spoken.value = "";
});
onChance(() => status.value && void ask("sync").catch(() => {}));
onLeaving(() => (outbox.value?.waiting ?? 0) > 0 && void sendWhenPossible());
onUpdateReady(() => {
  updateReady.value = true;
});
onInstallOffer((offered) => {
  canInstall.value = offered;
});
drawWith(() => render(<App />, root()));
void start();
void keepForOffline();
