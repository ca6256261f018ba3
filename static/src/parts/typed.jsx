/** Where words are typed. While names are hidden they are taken out of the page, not painted over, and stay in the draft. */
import { focusOn, later } from "../page.js";
import * as sayForm from "../words/form.js";
import { TYPING } from "./basic.jsx";
import { Icon } from "./icons.jsx";
import { namesHidden } from "./told.js";

/**
 * @param {object} props
 * @param {string} props.id
 * @param {string} [props.value]
 * @param {(text: string | undefined) => void} props.change undefined when nothing is left
 * @param {number} [props.rows] several lines
 * @param {boolean} [props.wrong]
 * @param {string} [props.described] ids of what is said about it
 * @param {boolean} [props.open] is never covered: whoever types here holds the phone
 * @param {string} [props.class]
 * @param {string} [props.label] where no label stands on the page
 * @param {"decimal"} [props.mode] of the keyboard
 * @param {"search"} [props.enter] what the keyboard's Enter does
 */
export function Typed({ id, value = "", change, rows, wrong, described, open, class: look = "", label, mode, enter }) {
  if (namesHidden.value && !open) {
    const show = () => {
      namesHidden.value = false;
      later(() => focusOn(`[id=${JSON.stringify(id)}]`), 0);
    };
    return (
      <button
        type="button"
        class="app-covered"
        id={id}
        aria-label={label}
        aria-describedby={[described, `${id}-covered`].filter(Boolean).join(" ")}
        onClick={show}
      >
        <Icon name="eye_shut" />
        <span id={`${id}-covered`}>{sayForm.covered(value !== "")}</span>
      </button>
    );
  }
  const Control = /** @type {any} */ (rows ? "textarea" : "input");
  const name = rows ? "govuk-textarea" : "govuk-input";
  return (
    <Control
      {...TYPING}
      {...(rows ? { rows } : { type: "text" })}
      class={`${name}${rows ? " app-grow" : ""}${wrong ? ` ${name}--error` : ""} ${look}`.trim()}
      id={id}
      aria-label={label}
      aria-describedby={described}
      inputMode={mode}
      enterkeyhint={enter}
      value={value}
      onInput={(/** @type {{currentTarget: {value: string}}} */ event) => change(event.currentTarget.value || undefined)}
    />
  );
}
