/** A core that is written for one test: what it is asked is answered by `answer`, and it can be heard to stop. @param {(ask: string, given: any) => any} answer */
export function coreThat(answer) {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = async ({ data: { id, ask, with: given } }) => {
    try {
      port2.postMessage({ id, answer: await answer(ask, given) });
    } catch (error) {
      port2.postMessage({ id, error });
    }
  };
  return {
    port: port1,
    tell: (/** @type {string} */ news, /** @type {any} */ value) => port2.postMessage({ news, value }),
    end: () => port1.close(),
  };
}
