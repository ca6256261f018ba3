/** What somebody wrote that must be read before any contact with a family: wherever one can be begun. */
import * as sayFamily from "../words/family.js";
import { Private } from "./basic.jsx";
import { Icon } from "./icons.jsx";

/** @param {{family: any}} props Where two people wrote different things both stand, until somebody chooses */
export function Warning({ family }) {
  const told = family.fields?.warning;
  const said = told?.values?.map((/** @type {any} */ one) => one.value) ?? [told];
  const texts = said.filter((/** @type {unknown} */ one) => typeof one === "string" && one);
  if (texts.length === 0) return null;
  return (
    <div class="app-warning">
      <Icon name="alert" />
      <p>
        <strong>{sayFamily.before_you_go}</strong> <Private instead={sayFamily.before_hidden}>{texts.join(" · ")}</Private>
      </p>
    </div>
  );
}
