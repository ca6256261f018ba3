/** Where each item stands that this phone wrote: in words, with its age and what happens next. */
import { useState } from "preact/hooks";
import { giveFile, now } from "../page.js";
import { Button, Form, Link, Private, Trouble } from "../parts/basic.jsx";
import { Frame } from "../parts/frame.jsx";
import { Icon } from "../parts/icons.jsx";
import { Standing } from "../parts/standing.jsx";
import { ask, outbox, spoken, status } from "../parts/told.js";
import { dayAndTime, dayOf } from "../words/dates.js";
import * as sayFrame from "../words/frame.js";
import * as sayNote from "../words/note.js";
import * as sayReady from "../words/ready.js";
import { kindName } from "../words/record.js";
import * as saySending from "../words/sending.js";
import { happensNext, sendLine } from "../words/sending.js";

/** What the core calls a note written before unlocking, which has a page of its own. */
const LOCKED_NOTE = "locked_note";
/** As many as the core tells one by one. */
const LISTED = 200;

export function Sending() {
  const told = outbox.value;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const sync = async () => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await ask("sync");
      outbox.value = await ask("outbox");
    } catch (refusal) {
      setError(refusal);
    }
    setBusy(false);
    if (outbox.value) spoken.value = sendLine(outbox.value, now());
  };
  return (
    <Frame title={saySending.title} back="">
      <p class="govuk-body-l">{told ? sendLine(told, now()) : sayFrame.one_moment}</p>
      {told && <p class="govuk-body">{saySending.explain(told)}</p>}
      {status.value?.storage?.persisted === false && (told?.waiting ?? 0) > 0 && (
        <p class="govuk-inset-text">{sayReady.not_kept}</p>
      )}
      {told?.elsewhere && (
        <p class="govuk-inset-text">{saySending.elsewhere(told.elsewhere.count, dayAndTime(told.elsewhere.seen_at, now()))}</p>
      )}
      <Trouble error={error} />
      <Form onSubmit={() => void sync()}>
        <Button submit busy={busy || told?.sending}>
          {busy || told?.sending ? saySending.busy : saySending.now}
        </Button>
      </Form>
      <ul class="app-list">
        {told?.items.map((item) => (
          <li key={item.id} class="app-row">
            <Icon name={item.kind} />
            <div class="app-row__body">
              {item.kind === LOCKED_NOTE ? (
                <Link to={`written/${item.record}`} class="app-row__link">
                  {sayNote.title}
                </Link>
              ) : item.title ? (
                <Link to={`record/${item.record}`} class="app-row__link">
                  <Private instead={kindName(item.kind)}>
                    <bdi>{item.title}</bdi>
                  </Private>
                </Link>
              ) : (
                <span class="app-row__name">{kindName(item.kind)}</span>
              )}
              <p class="app-row__when">
                {item.family && (
                  <>
                    <Private>
                      <bdi>{item.family}</bdi>
                    </Private>
                    {" · "}
                  </>
                )}
                {saySending.written(dayAndTime(item.written_at, now()))}
              </p>
              <Standing standing={item.standing} at={item.at} />
              <p class="app-row__line">
                {item.kind === LOCKED_NOTE && item.standing === "sorting" ? sayNote.sent : happensNext(item, told, now())}
              </p>
            </div>
          </li>
        ))}
      </ul>
      {told && <p class="govuk-body">{rest(told)}</p>}
      {told && told.waiting > 0 && <Carry />}
    </Frame>
  );
}

/** What the list above leaves open: it names what this person wrote, and what waits is counted whoever wrote it. @param {import("../parts/shapes.js").Outbox} told */
function rest({ items, waiting, is_listed }) {
  const more = waiting - items.filter(({ standing }) => standing === "waiting").length;
  if (more <= 0) return items.length === 0 && saySending.none;
  if (status.value?.state === "locked") return saySending.locked;
  if (!is_listed) return sayFrame.one_moment;
  return items.length < LISTED ? saySending.unnamed(more, items.length > 0) : saySending.longer(more);
}

/** The last resort: what waits as one file. Nothing is let go of for it. */
function Carry() {
  const [done, setDone] = useState("");
  const [error, setError] = useState(/** @type {any} */ (null));
  const keep = async () => {
    setError(null);
    try {
      const { file, count } = await ask("outbox.file");
      const name = saySending.fileName(dayOf(now()));
      setDone((await giveFile(name, file)) ? saySending.carried(name, count) : "");
    } catch (refusal) {
      setError(refusal);
    }
  };
  return (
    <details class="govuk-details app-section">
      <summary class="govuk-details__summary">
        <span class="govuk-details__summary-text">{saySending.carry}</span>
      </summary>
      <div class="govuk-details__text">
        {saySending.carry_what.map((line) => (
          <p key={line}>{line}</p>
        ))}
        <Trouble error={error} />
        <Form onSubmit={() => void keep()}>
          <Button submit kind="secondary">
            {saySending.carry_do}
          </Button>
        </Form>
        <p role="status">{done}</p>
      </div>
    </details>
  );
}
