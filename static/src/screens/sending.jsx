/** Where each item stands that this phone wrote: in words, with its age and what happens next. */
import { useState } from "preact/hooks";
import { now } from "../page.js";
import { Button, Form, Link, Private, Trouble } from "../parts/basic.jsx";
import { Frame } from "../parts/frame.jsx";
import { Icon } from "../parts/icons.jsx";
import { Standing } from "../parts/standing.jsx";
import { ask, outbox, spoken, status } from "../parts/told.js";
import { dayAndTime } from "../words/dates.js";
import * as sayFrame from "../words/frame.js";
import { kindName } from "../words/record.js";
import * as saySending from "../words/sending.js";
import { happensNext, sendLine } from "../words/sending.js";
import * as saySettings from "../words/settings.js";

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
        <p class="govuk-inset-text">{saySettings.not_persisted}</p>
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
              {item.title ? (
                <Link to={`record/${item.record}`} class="app-row__link">
                  <Private instead={kindName(item.kind)}>
                    <bdi>{item.title}</bdi>
                  </Private>
                </Link>
              ) : (
                <span class="app-row__name">{kindName(item.kind)}</span>
              )}
              <p class="app-row__when">{saySending.written(dayAndTime(item.written_at, now()))}</p>
              <Standing standing={item.standing} at={item.at} />
              <p class="app-row__line">{happensNext(item, told.reach, now())}</p>
            </div>
          </li>
        ))}
      </ul>
      {told?.items.length === 0 && <p class="govuk-body">{saySending.none}</p>}
    </Frame>
  );
}
