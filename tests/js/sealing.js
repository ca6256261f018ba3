/** Seals lines of {to, packet, use} as a phone does and writes the envelopes: for the tests of other implementations. */
import { createInterface } from "node:readline";
import { sealToOffice } from "../../static/src/core/keys.js";
import { b64u, unb64u } from "../../static/src/sync/entry.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { to, packet, use } = JSON.parse(line);
  console.log(b64u(await sealToOffice(to, unb64u(packet), use)));
}
