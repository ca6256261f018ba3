/** A reporter of node:test that tells how each test ended: a line of JSON each. What failed by anything but an assertion says nothing about a rule. */

/** @param {any} error */
function ended(error) {
  for (let cause = error; cause; cause = cause.cause) if (cause.code === "ERR_ASSERTION") return "failed";
  return `fell over: ${error?.cause?.name ?? error?.failureType ?? "unknown"}`;
}

/** @param {AsyncIterable<any>} events */
export default async function* watching(events) {
  for await (const { type, data } of events) {
    if (data?.details?.type === "suite") continue;
    if (type === "test:pass") yield `${JSON.stringify({ name: data.name, ended: "passed" })}\n`;
    if (type === "test:fail") yield `${JSON.stringify({ name: data.name, ended: ended(data.details.error) })}\n`;
  }
}
