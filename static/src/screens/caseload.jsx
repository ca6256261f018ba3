/** The worker's families: the practice one on top, then what the core's order says; a search over all notes. */
import { useState } from "preact/hooks";
import { go, now, shell } from "../page.js";
import { Form, Link, Private } from "../parts/basic.jsx";
import { Frame, Opening } from "../parts/frame.jsx";
import { Icon } from "../parts/icons.jsx";
import { caseload, lookedFor } from "../parts/told.js";
import { Typed } from "../parts/typed.jsx";
import * as sayCaseload from "../words/caseload.js";
import { lastContact, nextVisit, waits } from "../words/caseload.js";
import * as sayDemo from "../words/demo.js";
import * as sayFound from "../words/found.js";
import { ages } from "../words/people.js";
import { NotesWaiting } from "./notes.jsx";

/** @import { Family } from "../parts/shapes.js" */

export function Caseload() {
  const told = caseload.value;
  if (!told) return <Opening title={sayCaseload.title} />;
  const looksOver = told.complete && told.role === "supervisor";
  const families = [...told.families].sort((a, b) => Number(b.practice) - Number(a.practice));
  return (
    <Frame title={sayCaseload.title}>
      <NotesWaiting />
      <Search />
      {shell().demo && <p class="app-demo">{sayDemo.families}</p>}
      {families.length === 0 && !looksOver && <p class="govuk-body">{told.complete ? sayCaseload.none : sayCaseload.none_yet}</p>}
      <ul class="app-families">
        {families.map((family) => (
          <li key={family.casefile}>
            <Card family={family} />
          </li>
        ))}
      </ul>
      {looksOver && <p class="govuk-body">{sayCaseload.not_the_team}</p>}
      {!told.complete && (
        <p class="govuk-body" role="status">
          {sayCaseload.more_coming}
        </p>
      )}
    </Frame>
  );
}

/** @param {{family: Family}} props */
function Card({ family }) {
  const people = family.people.map((person) => person.name).join(", ");
  const tags = waits(family);
  return (
    <div class={`app-card${family.practice ? " app-card--practice" : ""}`}>
      <h2 class="app-card__title">
        <Link to={`family/${family.casefile}`} class="app-card__link">
          <Private instead={sayCaseload.family_hidden}>
            <bdi>{family.title}</bdi>
          </Private>
        </Link>
      </h2>
      {family.practice && <p class="app-practice">{sayCaseload.practice}</p>}
      <p class="app-card__people">
        <Private instead={ages(family.people, now(), true)}>
          <bdi dir="ltr">{ages(family.people, now()) || people}</bdi>
        </Private>
      </p>
      <p class="app-card__when">
        {lastContact(family.last_contact_on, now())}
        {family.next_visit_on && <span> · {nextVisit(family.next_visit_on, now())}</span>}
      </p>
      {tags.length > 0 && (
        <ul class="app-tags">
          {tags.map((tag) => (
            <li key={tag.kind} class={`app-tag app-tag--${tag.kind}`}>
              <Icon name={tag.kind} />
              {tag.text}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** @param {{first?: string}} props what is looked for stays in memory; the address only says that something is */
export function Search({ first = "" }) {
  const [text, setText] = useState(first);
  return (
    <Form
      search
      class="app-search"
      label={sayFound.title}
      onSubmit={() => {
        if (!text.trim()) return;
        lookedFor.value = text.trim();
        go("find");
      }}
    >
      <label class="govuk-label" for="find">
        {sayFound.label}
      </label>
      <div class="app-search__row">
        <Typed id="find" enter="search" value={text} change={(next = "") => setText(next)} />
        <button type="submit" class="govuk-button app-search__go">
          <Icon name="search" />
          <span class="govuk-visually-hidden">{sayFound.go}</span>
        </button>
      </div>
    </Form>
  );
}
