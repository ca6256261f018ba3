/** A questionnaire that may show risk is offered only when the office has said who responds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeOffice } from "./office.js";
import { setUp, startPhone } from "./phone.js";

const marian = { who: "Marian Holt-Vane", how: "ring 01632 960 171" };
const phq = async (phone) => (await phone.ask("measures")).find((one) => one.id === "phq-9@1");

async function given() {
  const office = await makeOffice();
  const ama = office.addPerson("Ama");
  await office.openFamily(ama, "Tarnley");
  return { office, ama };
}

test("it stays off until a supervisor has named somebody, and goes off again when nobody is named any more", async () => {
  const { office, ama } = await given();
  const phone = startPhone(office);
  await setUp(phone, ama);
  assert.deepEqual([(await phone.ask("measures")).filter((one) => !one.on).map((one) => one.id)], [["phq-9@1"]]);
  office.responders = { hash: "A".repeat(43), named: { "phq-9": marian } };
  await phone.ask("sync");
  assert.deepEqual([(await phq(phone)).on, (await phq(phone)).responds], [true, marian]);
  office.responders = { hash: "B".repeat(43), named: {} };
  await phone.ask("sync");
  assert.deepEqual([(await phq(phone)).on, (await phq(phone)).responds], [false, null]);
  phone.kill();
});

test("who responds is known without signal after a restart, and is asked for only when it changed", async () => {
  const { office, ama } = await given();
  office.responders = { hash: "A".repeat(43), named: { "phq-9": marian } };
  const phone = startPhone(office);
  const words = await setUp(phone, ama);
  await phone.ask("sync");
  assert.equal(office.hello.responders, "A".repeat(43));
  phone.kill();
  office.weather = async () => {
    throw new TypeError("Failed to fetch");
  };
  const again = startPhone(office, phone.storage);
  const { people } = await again.ask("status");
  await again.ask("unlock", { vault: people[0].vault, words });
  assert.deepEqual((await phq(again)).responds, marian);
  again.kill();
});
