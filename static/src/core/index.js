/** What a screen may ask of the core, over one message port. */

/** @typedef {{ id: number, ask: string, with?: unknown }} Request */
/** @type {Record<string, (given: any) => unknown>} */
const asks = {};

/**
 * Answers what comes in at the port: `{id, ask, with}` is answered by `{id, answer}` or `{id, error: {code}}`.
 *
 * @param {MessagePort | DedicatedWorkerGlobalScope} port
 */
export function open(port) {
  port.onmessage = async (/** @type {MessageEvent<Request>} */ { data: { id, ask, with: given } }) => {
    if (!Object.hasOwn(asks, ask)) return port.postMessage({ id, error: { code: "unknown_ask" } });
    port.postMessage({ id, answer: await asks[ask](given) });
  };
}
