/**
 * The one family of errors on the phone. Each has a `code` for the words shown near the screen and `fields` that carry facts, never text of a record.
 */
export class FieldappError extends Error {
  /** @param {string} code @param {Record<string, unknown>} [fields] */
  constructor(code, fields = {}) {
    super(code);
    this.name = new.target.name;
    this.code = code;
    this.fields = fields;
  }
}

/** Bytes that are not what the protocol says they are. */
export class Malformed extends FieldappError {}

/** Something signed that cannot be believed: signature, key, author or chain. */
export class Unbelievable extends FieldappError {}

/** The browser's store would not take or give something; whoever called still holds the text. */
export class StoreFailed extends FieldappError {
  /** @param {string} reason name of the store's own error, "QuotaExceededError" @param {Record<string, unknown>} [fields] */
  constructor(reason, fields = {}) {
    super("store_failed", { reason, ...fields });
  }
}

/** What was asked cannot be done now, and says why in its code. */
export class Refused extends FieldappError {}

/** No answer that counts came back: no signal, or somebody else answered. */
export class NoAnswer extends FieldappError {}
