// The screens' end of the port, and the keeping of a draft over it.
import assert from "node:assert/strict";
import test from "node:test";
import { connect } from "../../static/src/line.js";
import { keeper } from "../../static/src/parts/draft.js";
import { arrival, join, outbox, save, unkept } from "../../static/src/parts/told.js";
import { coreThat } from "./core-that.js";

test("each question gets its own answer, whatever order they come in", async () => {
  /** @type {(value: string) => void} */
  let release = () => {};
  const slow = new Promise((resolve) => {
    release = resolve;
  });
  const core = coreThat((ask) => (ask === "slow" ? slow : "quick"));
  const { ask } = connect(core.port);
  const first = ask("slow");
  assert.equal(await ask("other"), "quick");
  release("late");
  assert.equal(await first, "late");
  core.end();
});

test("a refusal carries its code and fields", async () => {
  const core = coreThat(() => {
    throw { code: "wrong_words", wait_s: 8 };
  });
  await assert.rejects(
    connect(core.port).ask("unlock"),
    (/** @type {any} */ error) => error.code === "wrong_words" && error.told.wait_s === 8,
  );
  core.end();
});

test("a core that stops refuses every open and every later question", async () => {
  const core = coreThat(() => new Promise(() => {}));
  const line = connect(core.port);
  let heard = 0;
  line.on("stopped", () => {
    heard += 1;
  });
  const open = line.ask("caseload");
  core.port.dispatchEvent(new Event("error"));
  await assert.rejects(open, { code: "core_stopped" });
  await assert.rejects(line.ask("status"), { code: "core_stopped" });
  assert.equal(heard, 1);
  core.end();
});

test("news is heard until it is no longer wanted", async () => {
  const core = coreThat(() => "pong");
  const line = connect(core.port);
  /** @type {number[]} */
  const heard = [];
  const off = line.on("outbox", (value) => heard.push(value));
  core.tell("outbox", 1);
  await line.ask("ping");
  off();
  core.tell("outbox", 2);
  await line.ask("ping");
  assert.deepEqual(heard, [1]);
  core.end();
});

test("progress never goes back", async () => {
  const core = coreThat(() => "pong");
  const line = connect(core.port);
  join(line);
  core.tell("arrival", { done: 5, total: 10 });
  core.tell("arrival", { done: 3, total: 10 });
  await line.ask("ping");
  assert.deepEqual(arrival.value, { done: 5, total: 10 });
  core.end();
});

test("nothing is called sent any more once one more is saved, also before the count of what waits is told", async (t) => {
  const core = coreThat(() => ({ record: "one" }));
  t.after(() => core.end());
  const line = connect(core.port);
  join(line);
  core.tell("outbox", { waiting: 0, reach: "ok", items: [] });
  await line.ask("ping");
  assert.equal(outbox.value?.waiting, 0);
  assert.deepEqual(await save({ slot: "slot", fields: {} }), { record: "one" });
  assert.equal(outbox.value?.waiting, 1);
  core.tell("outbox", { waiting: 3, reach: "ok", items: [] });
  await line.ask("ping");
  await save({ slot: "slot", fields: {} });
  assert.equal(outbox.value?.waiting, 3);
});

test("what was typed last is what is kept, also while an older keeping still runs", async () => {
  /** @type {any[]} */
  const kept = [];
  /** @type {(() => void)[]} */
  const running = [];
  const core = coreThat(
    (_, { fields }) =>
      new Promise((resolve) => {
        running.push(() => {
          kept.push(fields);
          resolve({ kept_at: "2026-11-21T14:02:00.000Z" });
        });
      }),
  );
  const line = connect(core.port);
  join(line);
  const draft = keeper("slot", {}, () => {});
  draft.change("line", "He");
  const first = draft.keep();
  draft.change("line", "Hello");
  const second = draft.keep();
  await turn(() => running.length === 1);
  assert.equal(unkept.value, 1, "what is on its way is not kept yet");
  running[0]();
  await turn(() => running.length === 2);
  running[1]();
  await Promise.all([first, second]);
  assert.deepEqual(kept, [{ line: "He" }, { line: "Hello" }]);
  assert.equal(unkept.value, 0);
  core.end();
});

test("a draft that could not be kept stays unkept, is told, and is kept at the next try", async () => {
  let full = true;
  const core = coreThat(() => {
    if (full) throw { code: "store_failed", reason: "QuotaExceededError" };
    return { kept_at: "2026-11-21T14:02:00.000Z" };
  });
  join(connect(core.port));
  /** @type {any[]} */
  const told = [];
  const draft = keeper("slot", {}, (one) => told.push(one));
  draft.change("line", "Hello");
  await draft.keep();
  assert.equal(told.at(-1).error.code, "store_failed");
  assert.deepEqual(told.at(-1).fields, { line: "Hello" });
  assert.equal(unkept.value, 1);
  full = false;
  await draft.keep();
  assert.equal(told.at(-1).error, null);
  assert.equal(unkept.value, 0);
  core.end();
});

test("nothing is kept after a draft was sent: a late keeping would bring it back", async () => {
  let asked = 0;
  const core = coreThat(() => {
    asked += 1;
    return {};
  });
  join(connect(core.port));
  const draft = keeper("slot", {}, () => {});
  draft.change("line", "Hello");
  await draft.end();
  draft.change("line", "Hello again");
  await draft.keep();
  assert.equal(asked, 0);
  await draft.end();
  core.end();
});

/** Lets messages pass until something holds. @param {() => boolean} holds */
async function turn(holds) {
  for (let i = 0; i < 1000 && !holds(); i += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(holds());
}
