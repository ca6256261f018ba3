/** After sending: where the note stands now, read from the store, and where to go next. */
import { useFamily } from "../parts/around.js";
import { Frame, Onward, Opening } from "../parts/frame.jsx";
import { Standing } from "../parts/standing.jsx";
import { outbox, status, useAsked } from "../parts/told.js";
import * as sayReady from "../words/ready.js";
import * as saySaved from "../words/saved.js";
import { NotesWaiting } from "./notes.jsx";

/** @param {{casefile: string, record: string}} props */
export function Saved({ casefile, record }) {
  const { answer: family } = useFamily(casefile);
  const { answer, error } = useAsked("record", { record }, ["record", "outbox"]);
  if (!answer) return <Opening title={saySaved.title} back={`family/${casefile}`} family={family} error={error} />;
  const waiting = answer.standing === "waiting";
  return (
    <Frame title={waiting ? saySaved.title : saySaved.title_sent} family={family} step={answer.standing}>
      <div class={`app-saved app-saved--${answer.standing}`}>
        <Standing standing={answer.standing} at={answer.at} />
      </div>
      <p class="govuk-body">{waiting ? saySaved.next(outbox.value?.reach ?? "ok") : saySaved.next_sent}</p>
      {waiting && status.value?.storage?.persisted === false && <p class="govuk-inset-text">{sayReady.not_kept}</p>}
      <NotesWaiting />
      <div class="app-actions">
        <Onward to={`family/${casefile}`}>{saySaved.to_family}</Onward>
        <Onward kind="secondary" to={`record/${record}`}>
          {saySaved.to_note}
        </Onward>
      </div>
    </Frame>
  );
}
