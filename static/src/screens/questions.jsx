/** The questions of a questionnaire: one after another for a family, all on one page for a worker copying paper. */
import { useState } from "preact/hooks";
import { Button, Form } from "../parts/basic.jsx";
import { Steps } from "../parts/controls.jsx";
import { Frame } from "../parts/frame.jsx";
import { ruleOf } from "../parts/measured.js";
import { Typed } from "../parts/typed.jsx";
import { introOf, itemsOf } from "../practice/questionnaire.js";
import * as sayMeasure from "../words/measure.js";

/**
 * @param {{measure: any, item: any, at: number, count: number, value: any, change: (value: any) => void, next: () => void, before?: () => void, stop: () => void}} props
 */
export function Item({ measure, item, at, count, value, change, next, before, stop }) {
  const [pressed, setPressed] = useState(-1);
  const open = pressed === at && value === undefined;
  return (
    <Frame title={sayMeasure.question(at + 1, count)} bare step={`item-${at}`}>
      <Form
        onSubmit={() => {
          if (value === undefined && pressed !== at) return setPressed(at);
          next();
        }}
      >
        {introOf(measure) && <p class="govuk-body-l app-intro">{introOf(measure)}</p>}
        <Choices item={item} value={value} change={change} large />
        {open && (
          <p class="govuk-error-message" role="alert">
            {sayMeasure.not_answered}
          </p>
        )}
        <div class="app-actions">
          <Button submit>{open ? sayMeasure.leave_out : at + 1 === count ? sayMeasure.done : sayMeasure.next}</Button>
          {before && (
            <Button kind="secondary" onClick={before}>
              {sayMeasure.before}
            </Button>
          )}
        </div>
        <Button
          kind="link"
          onClick={() => {
            change("declined");
            next();
          }}
        >
          {sayMeasure.rather_not}
        </Button>
        <Button kind="link" onClick={stop}>
          {sayMeasure.stop_here}
        </Button>
      </Form>
    </Frame>
  );
}

/** @param {{item: any, value: any, change: (value: any) => void, large?: boolean}} props */
function Choices({ item, value, change, large = false }) {
  const words = item.text ?? sayMeasure.item(item.number || item.id);
  const numbers = item.choices.map((/** @type {any} */ one) => one.value);
  const bare =
    item.choices.length > 0 && item.choices.every((/** @type {any} */ one) => !one.label || one.label === String(one.value));
  return (
    <div class="govuk-form-group">
      <fieldset class="govuk-fieldset">
        <legend class={`govuk-fieldset__legend ${large ? "govuk-fieldset__legend--m" : "govuk-fieldset__legend--s"}`}>
          {!large && item.number && `${item.number}. `}
          {words}
        </legend>
        {bare ? (
          <Steps
            id={`item-${item.id}`}
            low={Math.min(...numbers)}
            high={Math.max(...numbers)}
            value={value}
            change={change}
            ends={[item.low_label, item.high_label]}
          />
        ) : item.choices.length > 0 ? (
          <div class={`govuk-radios${large ? " app-radios--large" : " govuk-radios--small"}`}>
            {item.choices.map((/** @type {any} */ choice, /** @type {number} */ order) => (
              <div class="govuk-radios__item" key={choice.value}>
                <input
                  class="govuk-radios__input"
                  type="radio"
                  name={`item-${item.id}`}
                  id={`item-${item.id}-${order}`}
                  checked={value === choice.value}
                  onChange={() => change(choice.value)}
                />
                <label class="govuk-label govuk-radios__label" for={`item-${item.id}-${order}`}>
                  {choice.label}
                </label>
              </div>
            ))}
          </div>
        ) : (
          <Typed
            id={`item-${item.id}`}
            label={words}
            value={typeof value === "string" ? value : ""}
            change={change}
            open={large}
          />
        )}
      </fieldset>
    </div>
  );
}

/** @param {{measure: any, answers: Record<string, any>, change: (item: string, value: any) => void}} props */
export function Page({ measure, answers, change }) {
  return (
    <>
      {introOf(measure) && <p class="govuk-body">{introOf(measure)}</p>}
      {itemsOf(measure).map((item) => (
        <Choices key={item.id} item={item} value={answers[item.id]} change={(value) => change(item.id, value)} />
      ))}
    </>
  );
}

/** @param {{measure: any, value: any, change: (value: any) => void, error?: string, on?: string}} props a score somebody worked out on paper */
export function PaperScore({ measure, value, change, error, on }) {
  const rules = measure.scoring?.scores ?? [];
  const primary = measure.scoring?.primary;
  const held = value ?? { score_id: primary, completed_on: on };
  const put = (/** @type {string} */ name, /** @type {any} */ next) => change({ ...held, [name]: next });
  const rule = ruleOf(measure, held);
  return (
    <>
      {rules.length > 1 && (
        <div class="govuk-form-group">
          <label class="govuk-label govuk-label--s" for="paper-which">
            {sayMeasure.which_score}
          </label>
          <select
            class="govuk-select app-select"
            id="paper-which"
            value={held.score_id ?? primary}
            onChange={(event) => put("score_id", event.currentTarget.value)}
          >
            {rules.map((/** @type {any} */ one) => (
              <option key={one.id} value={one.id}>
                {one.title}
              </option>
            ))}
          </select>
        </div>
      )}
      <div class={`govuk-form-group${error ? " govuk-form-group--error" : ""}`}>
        <label class="govuk-label govuk-label--s" for="paper-score">
          {sayMeasure.paper_score}
        </label>
        {rule && (
          <div class="govuk-hint" id="paper-hint">
            {sayMeasure.between(rule.min, rule.max)}
          </div>
        )}
        {error && (
          <p class="govuk-error-message">
            {error === "out_of_range" ? sayMeasure.paper_outside(rule.min, rule.max) : sayMeasure.paper_error}
          </p>
        )}
        <Typed
          class="govuk-input--width-4"
          id="paper-score"
          mode="decimal"
          described={rule ? "paper-hint" : undefined}
          value={held.score}
          change={(text = "") => put("score", text.trim())}
        />
      </div>
      <div class="govuk-form-group">
        <label class="govuk-label govuk-label--s" for="paper-by">
          {sayMeasure.paper_by}
        </label>
        <Typed id="paper-by" value={held.scored_by} change={(text) => put("scored_by", text)} />
      </div>
    </>
  );
}
