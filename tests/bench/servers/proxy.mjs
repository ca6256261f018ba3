// A TCP proxy on 127.0.0.1 that counts bytes and requests, can be as slow as a phone's line, and can lose its signal.
// usage: node proxy.mjs PORT TARGET. Lines on stdin: "count" prints and clears; "slow MS BYTES_PER_S"; "off"; "on".
import net from "node:net";
import readline from "node:readline";

const [, , port, target] = process.argv.map(Number);
const REQUEST = /(?:GET|POST|PUT) \/\S* HTTP\/1\.1\r\n/g;
const open = new Set();
let counted = { up: 0, down: 0, requests: 0 };
let delay = 0;
let rate = 0;
let signal = true;

function pipe(from, to, count) {
  let due = 0;
  from.on("data", (bytes) => {
    count(bytes);
    if (delay === 0 && rate === 0) {
      if (!to.write(bytes)) {
        from.pause();
        to.once("drain", () => from.resume());
      }
      return;
    }
    const now = Date.now();
    due = Math.max(due, now + delay) + (rate ? (bytes.length / rate) * 1000 : 0);
    setTimeout(() => to.writable && to.write(bytes), due - now);
  });
  from.on("end", () => setTimeout(() => to.end(), Math.max(0, due - Date.now()) + 1));
  from.on("close", () => to.destroy());
  from.on("error", () => to.destroy());
}

net
  .createServer({ noDelay: true }, (client) => {
    if (!signal) return client.destroy();
    const server = net.connect({ port: target, host: "127.0.0.1", noDelay: true });
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on("close", () => open.delete(socket));
    }
    pipe(client, server, (bytes) => {
      counted.up += bytes.length;
      counted.requests += bytes.toString("latin1").match(REQUEST)?.length ?? 0;
    });
    pipe(server, client, (bytes) => {
      counted.down += bytes.length;
    });
  })
  .listen(port, "127.0.0.1", () => console.log("listening"));

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [word, ...numbers] = line.split(" ");
  if (word === "slow") [delay, rate] = numbers.map(Number);
  if (word === "off" || word === "on") signal = word === "on";
  if (word === "off") for (const socket of open) socket.destroy();
  console.log(JSON.stringify(counted));
  if (word === "count") counted = { up: 0, down: 0, requests: 0 };
});
