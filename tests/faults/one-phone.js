/** One phone as the setting left it, beside the model of the office: for stories that are told, and not drawn by lot. */
import assert from "node:assert/strict";
import "./steady.js";

const { makeClock } = await import("./clock.js");
const { makeOffice } = await import("./office.js");
const { makePhone } = await import("./phone.js");
const { makeWorld, theSetting } = await import("./setting.js");

/**
 * @param {string} which as the setting names it: `third` is Marian's, one other Ama and Reece share
 * @param {{storePace?: number}} [how] `storePace`: what each answer of the store takes, where time must go on meanwhile
 */
export async function onePhone(which, { storePace } = {}) {
  const setting = await theSetting();
  const clock = makeClock(setting.now);
  if (storePace !== undefined) clock.storePace = storePace;
  const office = makeOffice(clock, setting.served, setting.office);
  const world = makeWorld({ clock, seed: 7, office });
  const { name, ...kept } = setting.phones.find((one) => one.name === which);
  const phone = makePhone(world, name, kept);
  const [{ casefile, child }] = setting.families;
  return {
    clock,
    office,
    phone,
    /** Lets time go on until something is answered. */
    async until(promise, ms = 10 * 60_000) {
      let told;
      promise.then(
        (answer) => {
          told = { answer };
        },
        (error) => {
          told = { error };
        },
      );
      assert.ok(await clock.run(ms, () => told !== undefined), "an answer");
      if (told.error) throw told.error;
      return told.answer;
    },
    /** Begins a short contact, and gives what is typed into it. */
    async begin(tab, line, where = casefile) {
      const { slot } = await tab.ask("draft.begin", { casefile: where, schema: "contact.1" });
      const fields = {
        with_whom: [{ id: "AAAAAAAAAAAAAAAAAAAAAA", person: child, name: "Ada", role: "daughter" }],
        how: "call",
        outcome: "spoke",
        line,
        anything_worrying: "no",
        happened_on: "2026-11-20",
        happened_at: "10:00",
      };
      return { slot, fields, send: () => tab.ask("send", { slot, fields, mode: "alone" }) };
    },
  };
}
