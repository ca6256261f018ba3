/**
 * A store whose process dies with no word, as Safari's does: whoever holds it open hears nothing of it, and is answered with an error until it is opened anew.
 * @param {IDBFactory} factory
 */
export function makeMortal(factory) {
  /** @type {IDBDatabase[]} */
  const held = [];
  const indexedDB = new Proxy(factory, {
    get: (real, name) =>
      name === "open"
        ? (/** @type {[string, number]} */ ...args) => {
            const asked = real.open(...args);
            asked.addEventListener("success", () => held.push(asked.result));
            return asked;
          }
        : real[name].bind(real),
  });
  return {
    indexedDB,
    /** What was ever opened, by the names of the databases. */
    opened: () => held.map(({ name }) => name),
    /** @param {(name: string) => boolean} [isMeant] of a database @param {string} [reason] what the browser calls it */
    die(isMeant = () => true, reason = "UnknownError") {
      for (const one of held.filter(({ name }) => isMeant(name)))
        one.transaction = () => {
          throw new DOMException("Connection to Indexed Database server lost", reason);
        };
    },
  };
}
