/** What a search found, newest first as the core tells; what was typed is in memory only. */
import { Link, Private, Trouble } from "../parts/basic.jsx";
import { Frame } from "../parts/frame.jsx";
import { Icon } from "../parts/icons.jsx";
import { lookedFor, useAsked } from "../parts/told.js";
import { longDay } from "../words/dates.js";
import * as sayFound from "../words/found.js";
import { Search } from "./caseload.jsx";

export function Found() {
  const text = lookedFor.value;
  const { answer, error } = useAsked("search", { text });
  /** @type {any[] | undefined} */
  const hits = answer;
  return (
    <Frame title={sayFound.title} back="">
      <Search key={text} first={text} />
      <Trouble error={error} />
      <p class="govuk-body" role="status">
        {hits === undefined ? sayFound.looking : sayFound.count(hits.length)}
      </p>
      <ul class="app-list">
        {hits?.map((hit) => (
          <li key={`${hit.record}-${hit.where ?? ""}`} class="app-row">
            <Icon name={hit.kind} />
            <div class="app-row__body">
              <Link to={hit.kind === "family" ? `family/${hit.casefile}` : `record/${hit.record}`} class="app-row__link">
                <Private>
                  <bdi>{[hit.family, hit.title].filter(Boolean).join(" · ")}</bdi>
                </Private>
              </Link>
              {hit.where && (
                <p class="app-row__line">
                  <Private>
                    <bdi>{hit.where}</bdi>
                  </Private>
                </p>
              )}
              {hit.on && <p class="app-row__when">{longDay(hit.on)}</p>}
            </div>
          </li>
        ))}
      </ul>
    </Frame>
  );
}
