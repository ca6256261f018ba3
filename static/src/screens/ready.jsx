/** Is this phone ready? Each thing is in order, or says in one sentence what to change. Works without signal, unlocked or not. */
import { useEffect, useState } from "preact/hooks";
import { askToKeep, browserFacts, install, now } from "../page.js";
import { Button, Form, Hush } from "../parts/basic.jsx";
import { isGuarded } from "../parts/curtain.js";
import { Frame, Onward, Opening } from "../parts/frame.jsx";
import { Icon } from "../parts/icons.jsx";
import { isAtRisk, readiness } from "../parts/readiness.js";
import { refreshStatus, spoken, status } from "../parts/told.js";
import * as sayReady from "../words/ready.js";

/** @param {{can_install: boolean}} props */
export function Ready({ can_install }) {
  const [facts, setFacts] = useState(/** @type {import("../parts/readiness.js").Facts | null} */ (null));
  const heard = status.value?.heard ?? {};
  const guarded = status.value?.state === "unlocked" ? isGuarded() : undefined;
  const lines = facts ? readiness(facts, heard, now(), guarded) : [];
  const changes = lines.filter(({ is }) => is !== "good").length;
  const summary = isAtRisk(lines) ? sayReady.at_risk : changes ? sayReady.nearly(changes) : sayReady.ready;
  const look = async () => {
    // A store that does not answer is told of elsewhere; what the browser says is worth knowing all the same.
    const [found] = await Promise.all([browserFacts(), refreshStatus().catch(() => {})]);
    setFacts(found);
  };
  useEffect(() => void look(), []);
  useEffect(() => {
    if (facts) spoken.value = summary;
  }, [facts]);
  if (!facts) return <Opening title={sayReady.title} back="" />;

  /** How some lines are put right. @type {Record<string, any>} */
  const actions = {
    apple: (
      <ol class="govuk-list govuk-list--number">
        {sayReady.apple_steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    ),
    home: can_install && (
      <Form onSubmit={install} class="app-more app-under">
        <Button submit kind="secondary">
          {sayReady.install}
        </Button>
      </Form>
    ),
    hidden: (
      <div class="app-more app-under">
        <Onward kind="secondary" to="settings">
          {sayReady.to_settings}
        </Onward>
      </div>
    ),
    kept: (
      <Form onSubmit={() => void askToKeep().then(look)} class="app-more app-under">
        <Button submit kind="secondary">
          {sayReady.persist}
        </Button>
      </Form>
    ),
  };
  return (
    <Frame title={sayReady.title} back="">
      <p class="govuk-body-l">{summary}</p>
      <ul class="app-list">
        {lines.map((line) => {
          const good = line.is === "good";
          return (
            <li key={line.about} class={`app-row app-ready${good ? "" : " app-ready--change"}`}>
              <Icon name={good ? "signed_off" : "alert"} />
              <div class="app-row__body">
                <span class="app-row__name">
                  <Hush>{good ? sayReady.good : sayReady.change} </Hush>
                  {sayReady.lines[line.about].title}
                </span>
                <p class="app-row__line">{sayReady.says(line, heard, now())}</p>
                {!good && /** @type {Record<string, any>} */ (actions[line.is] ?? actions[line.about])}
              </div>
            </li>
          );
        })}
      </ul>
      <Form onSubmit={() => void look()} class="app-section">
        <Button submit>{sayReady.again}</Button>
      </Form>
    </Frame>
  );
}
