/** The screens' end of the message port to the core: one question, one answer, and news that comes unasked. */

/** What the core refused, with its code and its fields; never with text of a record. */
export class Refusal extends Error {
  /** @param {{code: string, [field: string]: unknown}} told */
  constructor(told) {
    super(told.code);
    this.name = "Refusal";
    this.code = told.code;
    /** @type {Record<string, any>} */
    this.told = told;
  }
}

/**
 * @typedef {object} Port what a worker and a message port have in common
 * @property {(message: unknown) => void} postMessage
 * @property {(type: string, heard: (event: any) => void) => void} addEventListener
 * @property {() => void} [start]
 */

/**
 * Connects to the core. When the core stops, every open question is refused with `core_stopped`: a screen that
 * waits for ever would hide that nothing is being saved. `end` does the same for a core that is ended here.
 *
 * @param {Port} port
 * @returns {{ask: (name: string, args?: unknown) => Promise<any>, on: (topic: string, heard: (value: any) => void) => () => void, end: () => void}}
 */
export function connect(port) {
  /** @type {Map<number, {resolve: (answer: any) => void, reject: (error: Refusal) => void}>} */
  const open = new Map();
  /** @type {Map<string, Set<(value: any) => void>>} */
  const listening = new Map();
  let last = 0;
  let stopped = false;
  const end = () => {
    stopped = true;
    for (const { reject } of open.values()) reject(new Refusal({ code: "core_stopped" }));
    open.clear();
  };

  port.addEventListener("message", ({ data }) => {
    if (data?.news) {
      for (const heard of [...(listening.get(data.news) ?? [])]) heard(data.value);
      return;
    }
    const asked = open.get(data?.id);
    if (!asked) return;
    open.delete(data.id);
    if (data.error) asked.reject(new Refusal(data.error));
    else asked.resolve(data.answer);
  });
  port.addEventListener("error", () => {
    end();
    for (const heard of listening.get("stopped") ?? []) heard({});
  });
  port.start?.();

  return {
    ask(name, args = {}) {
      if (stopped) return Promise.reject(new Refusal({ code: "core_stopped" }));
      last += 1;
      const id = last;
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject });
        port.postMessage({ id, ask: name, with: args });
      });
    },
    on(topic, heard) {
      const set = listening.get(topic) ?? new Set();
      listening.set(topic, set.add(heard));
      return () => void set.delete(heard);
    },
    end,
  };
}
