/** Notes written before unlocking: read by the person whose phone it is, and made an entry of theirs or put aside. */
import { useState } from "preact/hooks";
import { focusOn, go, now } from "../page.js";
import { Button, Form, Link, Private, Trouble } from "../parts/basic.jsx";
import { beginDraft } from "../parts/draft.js";
import { Frame, Opening } from "../parts/frame.jsx";
import { ask, caseload, spoken, useAsked } from "../parts/told.js";
import { asContact, asVisit } from "../parts/written-before.js";
import * as sayForm from "../words/form.js";
import * as sayNote from "../words/note.js";

/** One line for each, above the families. */
export function NotesWaiting() {
  const { answer } = useAsked("notes", undefined, ["outbox"]);
  return (answer ?? []).map((/** @type {any} */ note) => (
    <p class="govuk-inset-text" key={note.slot}>
      {sayNote.written(note.written_at, now())} <Link to={`written/${note.slot}`}>{sayNote.see}</Link>
    </p>
  ));
}

/** @param {{slot: string}} props */
export function WrittenBefore({ slot }) {
  const { answer, error } = useAsked("notes", undefined, ["outbox"]);
  const [family, setFamily] = useState("");
  const [missing, setMissing] = useState(false);
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  if (!answer) return <Opening title={sayNote.title} error={error} back="" />;
  const note = answer.find((/** @type {any} */ one) => one.slot === slot);
  if (!note)
    return (
      <Frame title={sayNote.title} back="">
        <p class="govuk-body">{sayNote.none}</p>
      </Frame>
    );
  /** @param {string} schema @param {Record<string, string>} preset */
  const take = async (schema, preset) => {
    setMissing(!family);
    if (!family) return focusOn("#whose");
    try {
      const draft = await beginDraft({ casefile: family, schema, preset, note: { slot, id: note.id } });
      go(`family/${family}/draft/${draft.slot}`);
    } catch (refusal) {
      setRefused(refusal);
    }
  };
  const aside = async () => {
    try {
      await ask("note.aside", { slot });
      spoken.value = sayNote.aside_what;
      go("", { replace: true });
    } catch (refusal) {
      setRefused(refusal);
    }
  };
  return (
    <Frame title={sayNote.title} back="">
      <p class="govuk-body">{note.is_sent ? sayNote.sent : sayNote.waiting}</p>
      <Private>
        <p class="govuk-body">
          <strong>
            <bdi>{note.about}</bdi>
          </strong>
        </p>
        <p class="govuk-body app-lines">
          <bdi>{note.text}</bdi>
        </p>
      </Private>
      <Trouble error={refused} />
      <Form>
        <div class={`govuk-form-group${missing ? " govuk-form-group--error" : ""}`}>
          <label class="govuk-label govuk-label--s" for="whose">
            {sayNote.whose}
          </label>
          {missing && (
            <p class="govuk-error-message" id="whose-error">
              <span class="govuk-visually-hidden">{sayForm.error}</span> {sayNote.whose_missing}
            </p>
          )}
          <select
            class="govuk-select app-wide"
            id="whose"
            aria-describedby={missing ? "whose-error" : undefined}
            value={family}
            onChange={(event) => setFamily(event.currentTarget.value)}
          >
            <option value="" />
            {caseload.value?.families.map((one, order) => (
              <option key={one.casefile} value={one.casefile}>
                <Private instead={`${order + 1}`}>{one.title}</Private>
              </option>
            ))}
          </select>
        </div>
        <div class="app-actions">
          <Button onClick={() => void take("visit-note.1", asVisit(note))}>{sayNote.as_visit}</Button>
          <Button onClick={() => void take("contact.1", asContact(note))}>{sayNote.as_contact}</Button>
        </div>
        <p class="govuk-hint">{sayNote.stays}</p>
        <p class="govuk-body">{sayNote.not_you}</p>
        <p class="govuk-hint">{sayNote.aside_what}</p>
        <Button kind="secondary" onClick={() => void aside()}>
          {sayNote.aside}
        </Button>
      </Form>
    </Frame>
  );
}
