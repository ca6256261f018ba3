/** What holds a phone up without failing: a page frozen while it sends, a store that gives no answer, a vault that is not there. */
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { current } from "./clock.js";
import "./steady.js";

const { onePhone } = await import("./one-phone.js");
const { IDBFactory, IDBObjectStore, IDBTransaction } = await import("fake-indexeddb");

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PUSH = "/sync/v1/push";

/** Marian's phone, as the setting left it. */
async function given() {
  // The library asks again and again whether a connection is closed: time must go on meanwhile.
  const { begin, ...one } = await onePhone("third", { storePace: 1 });
  const { phone } = one;
  const [{ person, vault, words }] = phone.people;
  return {
    ...one,
    person,
    vault,
    words,
    unlock: (tab) => tab.ask("unlock", { vault, words }),
    async write(tab, line) {
      const { slot, fields, send } = await begin(tab, line);
      await tab.ask("draft.keep", { slot, fields });
      return { slot, send };
    },
    item: (id) => phone.disk.look("outbox", "items").get(id),
    items: () => [...phone.disk.look("outbox", "items").values()],
    pushes: (kind) => phone.requests.filter((one) => one.path === PUSH && (!kind || one.kind === kind)).length,
  };
}

/** How it ended, for what may end while nobody looks. */
const ending = (promise) =>
  promise.then(
    (answer) => ({ ...answer }),
    ({ code, reason }) => ({ failed: reason ?? code }),
  );

/** The next push of a tab waits on its way: until it is let go before it reaches the office, or with its answer. */
function holdPush(tab, isHeard) {
  const { ask } = tab.outside;
  let letGo;
  const held = new Promise((resolve) => {
    letGo = resolve;
  });
  const hold = { isHeld: false, letGo };
  tab.outside.ask = async (path, options) => {
    if (path !== PUSH) return ask(path, options);
    tab.outside.ask = ask;
    const answer = isHeard && (await ask(path, options));
    hold.isHeld = true;
    await held;
    return answer || ask(path, options);
  };
  return hold;
}

describe("what holds a phone up without failing", () => {
  const unheard = [];
  process.on("unhandledRejection", (error) => unheard.push(error));
  const broken = [];
  /** Puts something in the place of a method for as long as a test runs. */
  const replace = (prototype, name, make) => {
    const real = prototype[name];
    broken.push(() => {
      prototype[name] = real;
    });
    prototype[name] = make(real);
    return () => {
      prototype[name] = real;
    };
  };
  afterEach(() => {
    for (const mend of broken.splice(0)) mend();
    current.clock = null;
    assert.deepEqual(unheard.splice(0), []);
  });
  /** A store that stops at transactions of this sort; `isMeant` says whether here. `goOn` lets those that stand there have their turn. */
  function hang(isMeant) {
    const standing = new Set();
    let isOver = false;
    const restore = replace(
      IDBTransaction.prototype,
      "_start",
      (real) =>
        function () {
          if (isOver || !(standing.has(this) || isMeant(this))) return real.call(this);
          this._started = true;
          standing.add(this);
        },
    );
    return {
      standing,
      goOn() {
        isOver = true;
        restore();
        for (const tx of standing) if (tx._state !== "finished") tx._start();
      },
    };
  }
  const isOf = (tx, ...names) => tx.db.name === "outbox" && names.every((name) => tx._scope.has(name));
  /** All that was asked of it is done, and nobody can take it back any more. */
  const isCommitting = (tx) => {
    const isSo = tx.mode === "readwrite" && tx._requests.every(({ request }) => request.readyState === "done");
    if (isSo) tx._state = "committing";
    return isSo;
  };

  for (const isHeard of [true, false])
    test(`a tab frozen while it sends keeps nobody from it, ${isHeard ? "and what it hears when it goes on" : "and what it sends once more when it goes on"} changes nothing`, async () => {
      const { clock, office, phone, until, write, unlock, item, items } = await given();
      const first = phone.start();
      await until(unlock(first));
      await clock.run(10_000);
      const push = holdPush(first, isHeard);
      const { id: before } = await until((await until(write(first, "before the freeze"))).send());
      await clock.run(MINUTE, () => push.isHeld);
      assert.equal(office.state.placed.has(before), isHeard);
      await clock.run(MINUTE, phone.disk.isQuiet);
      first.freeze();
      await clock.run(45_000);

      const second = phone.start();
      assert.equal((await until(second.ask("status"))).second_tab, false);
      await until(unlock(second));
      const { id: after } = await until((await until(write(second, "after the freeze"))).send());
      await clock.run(10_000);
      assert.ok(office.state.placed.has(before) && office.state.placed.has(after));
      assert.equal((await until(second.ask("outbox"))).waiting, 0);
      const settled = item(before);
      assert.equal(settled.state, "sent");

      push.letGo();
      first.thaw();
      await clock.run(2 * MINUTE);
      assert.deepEqual(item(before), settled);
      assert.deepEqual([items().length, office.state.quarantine.size], [2, 0]);
      const placed = [...office.state.casefiles.values()].flatMap(({ entries }) => entries.map(({ id }) => id));
      assert.equal(placed.filter((id) => id === before).length, 1);
      assert.equal((await until(second.ask("outbox"))).waiting, 0);
      // It speaks of no failure: it only has nothing to say here any more.
      assert.notEqual(first.news.office?.status, "store_failed");
      const { id: last } = await until((await until(write(second, "after the thaw"))).send());
      await clock.run(10_000);
      assert.ok(office.state.placed.has(last));
      first.kill();
      second.kill();
    });

  test("a service worker takes its turn from a page that was frozen while it sent, and not from one that runs", async () => {
    const { clock, office, phone, until, write, unlock, pushes } = await given();
    const page = phone.start();
    await until(unlock(page));
    await clock.run(10_000);
    const push = holdPush(page, false);
    const { id } = await until((await until(write(page, "held up"))).send());
    await clock.run(MINUTE, () => push.isHeld);
    const woken = phone.wake();
    await clock.run(5 * MINUTE);
    assert.deepEqual([pushes("worker"), woken.isDead], [0, false]);
    await clock.run(MINUTE, phone.disk.isQuiet);
    page.freeze();
    await clock.run(90_000);
    assert.ok(office.state.placed.has(id));
    assert.ok(woken.isDead);
    page.kill();
  });

  test("while a service worker sends, a page looks twice a minute, and at once when that is done", async () => {
    const { clock, office, phone, until, write, unlock } = await given();
    phone.air = { lost: 1 };
    const page = phone.start();
    await until(unlock(page));
    await until((await until(write(page, "sent by another"))).send());
    await clock.run(10_000);
    phone.air = { fine: 1 };
    const woken = phone.wake();
    const push = holdPush(woken, true);
    await clock.run(MINUTE, () => push.isHeld);
    let rounds = 0;
    const { hear } = page;
    page.hear = (news, value) => {
      if (news === "outbox") rounds++;
      hear(news, value);
    };
    clock.sleep(HOUR);
    await clock.run(5 * MINUTE);
    assert.ok(rounds >= 2 && rounds <= 24, `${rounds} rounds in five minutes`);
    const { id } = await until((await until(write(page, "sent by this one"))).send());
    push.letGo();
    await clock.run(5_000);
    assert.ok(office.state.placed.has(id));
    assert.equal((await until(page.ask("outbox"))).waiting, 0);
    page.kill();
  });

  test("a store that never answers is told of within a minute and opened anew: what waits is sent, and what is written is saved", async () => {
    const { clock, office, phone, until, write, unlock } = await given();
    const tab = phone.start();
    await until(unlock(tab));
    await clock.run(10_000);
    phone.air = { lost: 1 };
    const { id } = await until((await until(write(tab, "before the store hung"))).send());
    await clock.run(5_000);
    const hung = hang((tx) => hung.standing.size === 0 && tx.mode === "readonly" && isOf(tx, "items"));
    phone.air = { fine: 1 };
    void tab.ask("sync").catch(() => undefined);
    assert.ok(await clock.run(MINUTE, () => tab.news.office?.status === "store_failed"), "word of it");
    assert.equal(tab.news.office.reason, "TimeoutError");
    await clock.run(MINUTE);
    assert.equal(hung.standing.size, 1);
    assert.ok(office.state.placed.has(id));
    const { id: next } = await until((await until(write(tab, "afterwards"))).send());
    await clock.run(MINUTE);
    assert.ok(office.state.placed.has(next));
    assert.equal((await until(tab.ask("outbox"))).waiting, 0);
    tab.kill();
  });

  test("an entry whose writing got no answer and was done late is called saved, and is there once", async () => {
    const { clock, office, phone, until, write, unlock, items } = await given();
    phone.air = { lost: 1 };
    const tab = phone.start();
    await until(unlock(tab));
    const { send } = await until(write(tab, "written late"));
    const hung = hang((tx) => isOf(tx, "items", "chain") && isCommitting(tx));
    const saving = ending(send());
    await clock.run(50_000);
    assert.equal(hung.standing.size, 1);
    hung.goOn();
    const { id, failed } = await until(saving, 5_000);
    assert.equal(failed, undefined);
    assert.equal((await until(tab.ask("outbox"))).waiting, 1);
    const { id: next } = await until((await until(write(tab, "the next"))).send());
    assert.equal((await until(tab.ask("outbox"))).waiting, 2);
    phone.air = { fine: 1 };
    await until(tab.ask("sync"));
    assert.ok(office.state.placed.has(id) && office.state.placed.has(next));
    assert.equal(items().length, 2);
    tab.kill();
  });

  test("an entry that is there and was sent before its tab heard that it was written is counted as nothing else", async () => {
    const { clock, office, phone, until, write, unlock } = await given();
    phone.air = { lost: 1 };
    const tab = phone.start();
    await until(unlock(tab));
    const { send } = await until(write(tab, "no word of it"));
    assert.equal((await until(tab.ask("outbox"))).waiting, 0);
    const hung = hang((tx) => hung.standing.size === 0 && isOf(tx, "items", "chain") && isCommitting(tx));
    const saving = ending(send());
    await clock.run(5_000, () => hung.standing.size > 0);
    for (const tx of hung.standing) {
      tx.dispatchEvent = () => {
        tx.db._rawDatabase.processTransactions();
        return true;
      };
    }
    hung.goOn();
    const { id: next } = await until((await until(write(tab, "the next"))).send());
    phone.air = { fine: 1 };
    await until(tab.ask("sync"));
    assert.ok(office.state.placed.has(next));
    assert.equal((await until(tab.ask("outbox"))).waiting, 0);
    const { id } = await until(saving, MINUTE);
    assert.ok(office.state.placed.has(id));
    assert.equal((await until(tab.ask("outbox"))).waiting, 0);
    tab.kill();
  });

  test("an entry whose writing never began is not called saved, and is there once when it is saved again", async () => {
    const { clock, phone, until, write, unlock, items } = await given();
    phone.air = { lost: 1 };
    const tab = phone.start();
    await until(unlock(tab));
    const { send } = await until(write(tab, "tried twice"));
    const hung = hang((tx) => hung.standing.size === 0 && isOf(tx, "items", "chain") && tx.mode === "readwrite");
    await assert.rejects(until(send(), MINUTE), { code: "store_failed", reason: "TimeoutError" });
    hung.goOn();
    await clock.run(10_000);
    assert.equal(items().length, 0);
    await until(send());
    await clock.run(10_000);
    assert.equal(items().length, 1);
    assert.equal((await until(tab.ask("outbox"))).waiting, 1);
    tab.kill();
  });

  test("a note on a locked phone whose writing got no answer and was done late is called kept, and is there once", async () => {
    const { clock, phone, vault, until, unlock } = await given();
    phone.air = { lost: 1 };
    const before = phone.start();
    await until(unlock(before));
    await clock.run(5_000);
    await until(before.ask("lock"));
    before.kill();
    const tab = phone.start();
    await until(tab.ask("status"));
    const hung = hang((tx) => isOf(tx, "drafts") && tx._scope.size === 1 && isCommitting(tx));
    const writing = ending(tab.ask("note.write", { vault, about: "Tarnley", text: "Ada rang." }));
    await clock.run(50_000);
    assert.equal(hung.standing.size, 1);
    hung.goOn();
    assert.deepEqual(await until(writing, 5_000), {});
    assert.equal(phone.disk.look("outbox", "drafts").size, 1);
    tab.kill();
  });

  test("a phone that slept in the middle of a transaction calls nothing dead that goes on when it wakes", async () => {
    const { clock, phone, until, write, unlock } = await given();
    phone.air = { lost: 1 };
    const tab = phone.start();
    await until(unlock(tab));
    const { send } = await until(write(tab, "asleep"));
    const hung = hang((tx) => isOf(tx, "items", "chain") && isCommitting(tx));
    const saving = ending(send());
    await clock.run(5_000, () => hung.standing.size > 0);
    for (let sleeps = 0; sleeps < 3; sleeps++) {
      clock.sleep(HOUR);
      await clock.run(1_000);
    }
    const opened = tab.connections.size;
    hung.goOn();
    assert.equal((await until(saving, 5_000)).failed, undefined);
    assert.notEqual(tab.news.office?.status, "store_failed");
    assert.equal(tab.connections.size, opened);
    tab.kill();
  });

  test("a vault that cannot be deleted holds up no sending, and goes when it can", async () => {
    const { clock, office, phone, vault, until, write, unlock } = await given();
    const tab = phone.start();
    await until(unlock(tab));
    await clock.run(10_000);
    const mend = replace(IDBFactory.prototype, "deleteDatabase", () => () => ({}));
    phone.air = { lost: 1 };
    await until((await until(write(tab, "of a lost phone"))).send());
    const [signer] = [...office.state.signers.values()].filter(({ person }) => person === phone.people[0].person.id);
    office.state.devices.get(signer.device).status = "lost";
    phone.air = { fine: 1 };
    void tab.ask("sync").catch(() => undefined);
    await clock.run(MINUTE);
    assert.ok(phone.disk.hasVault(vault));
    assert.equal(office.state.quarantine.size, 1);
    mend();
    await clock.run(6 * MINUTE);
    assert.ok(!phone.disk.hasVault(vault));
    assert.equal((await until(tab.ask("status"))).state, "fresh");
    tab.kill();
  });

  /** What a locked phone must not do because its vault is not there, or not now: with no signal, and with the office's word that all is well. */
  async function staysLocked({ clock, phone, vault, until }) {
    const row = phone.disk.look("outbox", "people").get(vault);
    assert.ok(row.pen && row.enrolment);
    for (const air of [{ lost: 1 }, { fine: 1 }]) {
      phone.air = air;
      const tab = phone.start();
      assert.equal((await until(tab.ask("status"))).state, "locked");
      await clock.run(400_000);
      const { state, people, parted } = await until(tab.ask("status"));
      assert.deepEqual([state, people.map((one) => one.vault), Boolean(parted)], ["locked", [vault], false]);
      assert.deepEqual(phone.disk.look("outbox", "people").get(vault), row);
      tab.kill();
    }
  }

  test("a vault that is gone is no word of the office: its person stays on the phone, is told, and sets it up again; what waited goes", async () => {
    const world = await given();
    const { clock, office, phone, vault, words, person, until, write, unlock } = world;
    phone.air = { lost: 1 };
    const before = phone.start();
    await until(unlock(before));
    const { id } = await until((await until(write(before, "before the vault went"))).send());
    await clock.run(10_000);
    before.kill();
    phone.disk.factory._databases.delete(vault);
    await staysLocked(world);
    assert.ok(office.state.placed.has(id));
    const [{ kid, ended_at }] = [...office.state.signers]
      .map(([kid, one]) => ({ kid, ...one }))
      .filter((one) => one.person === person.id);
    assert.equal(ended_at ?? null, null);

    const tab = phone.start();
    await assert.rejects(until(tab.ask("unlock", { vault, words })), { code: "vault_unreadable" });
    const { offered_words } = await until(tab.ask("setup.start", { email: person.email, password: "correct", code: "123456" }));
    await until(tab.ask("setup.finish", { words: offered_words.join(" "), label: person.name, replaces: vault }));
    await until(tab.ask("sync"));
    assert.ok((await until(tab.ask("caseload"))).families.length > 0);
    const [, made] = [...phone.disk.look("outbox", "people")].find(([name]) => name !== vault);
    assert.notEqual(made.kid, kid);
    tab.kill();
  });

  test("a vault that reads empty is no word of the office: it opens as before when it can be read again", async () => {
    const world = await given();
    const { clock, phone, vault, words, until, unlock } = world;
    const before = phone.start();
    await until(unlock(before));
    await clock.run(10_000);
    before.kill();
    const emptied = () =>
      replace(
        IDBObjectStore.prototype,
        "get",
        (real) =>
          function (key) {
            return real.call(this, key === "wraps" ? "not there" : key);
          },
      );
    const mend = emptied();
    await staysLocked(world);
    const tab = phone.start();
    await assert.rejects(until(tab.ask("unlock", { vault, words })), { code: "vault_unreadable" });
    mend();
    await until(tab.ask("unlock", { vault, words }));
    await clock.run(10_000);
    // Nor is it written back where it reads empty while a passkey is taken off.
    const mendAgain = emptied();
    await assert.rejects(until(tab.ask("passkey.remove")), { code: "vault_unreadable" });
    mendAgain();
    await until(tab.ask("lock"));
    await until(tab.ask("unlock", { vault, words }));
    await clock.run(10_000);
    assert.ok((await until(tab.ask("caseload"))).families.length > 0);
    tab.kill();
  });

  test("what the office put off for six hours, one item of it alone, is tried again within the hour", async () => {
    const { clock, office, phone, until, write, unlock, pushes } = await given();
    const { serve } = office;
    const headers = { "Content-Type": "application/json" };
    office.serve = (path, asked) => {
      if (path !== PUSH) return serve(path, asked);
      const results = [{ hash: "", status: "retry", retry_after: 21_600 }];
      return { status: 200, headers, body: JSON.stringify({ v: 1, results, epoch: office.state.epoch, durable_through: null }) };
    };
    const tab = phone.start();
    await until(unlock(tab));
    await clock.run(10_000);
    const { id } = await until((await until(write(tab, "put off"))).send());
    await clock.run(MINUTE);
    const before = pushes();
    assert.ok(before > 0);
    clock.sleep(30 * MINUTE);
    await clock.run(10_000);
    assert.equal(pushes(), before);
    office.serve = serve;
    clock.sleep(30 * MINUTE);
    await clock.run(5 * MINUTE + 10_000);
    assert.ok(office.state.placed.has(id));
    tab.kill();
  });
});
