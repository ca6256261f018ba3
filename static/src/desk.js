/** The desk's pages work without any script; this one only moves the reader to what went wrong. */
import { focusOn } from "./page.js";

focusOn("[data-module='govuk-error-summary']");
