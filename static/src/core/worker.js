/** Binds the core to the message port of the worker it runs in. */
import { open } from "./index.js";

open(/** @type {import("./index.js").Port} */ (/** @type {unknown} */ (self)));
