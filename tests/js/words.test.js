// What the screens say, and the days and times in it.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { waits } from "../../static/src/words/caseload.js";
import { dayAndTime, dayOf, daysSince, longDay, months, nearDay, tidyTime, timeOf, years } from "../../static/src/words/dates.js";
import { problemText } from "../../static/src/words/form.js";
import { ages } from "../../static/src/words/people.js";
import { parted_long, standing } from "../../static/src/words/record.js";
import { clockSays, happensNext, officeSays, sendLine } from "../../static/src/words/sending.js";
import { trouble } from "../../static/src/words/trouble.js";

const NOW = new Date(2026, 10, 21, 14, 2);
const outbox = (/** @type {any} */ more) => ({ waiting: 0, last_sent_at: null, reach: "ok", items: [], ...more });

test("every standing is said in words, and only a kept time is shown", () => {
  const at = new Date(2026, 10, 21, 13, 5).toISOString();
  assert.equal(standing("draft", at, NOW), "Draft kept on this phone 13:05");
  assert.equal(standing("waiting", at, NOW), "Saved, waiting to send");
  assert.equal(standing("sent", at, NOW), "Sent, the office has it 13:05");
  assert.equal(standing("sent", null, NOW), "Sent, the office has it");
  assert.equal(standing("sorting", at, NOW), "Safe at the office, being sorted");
  assert.equal(standing("put_away", at, NOW), "The office has looked at this and put it aside");
  assert.equal(standing("question", at, NOW), "Sent back with a question 13:05");
  assert.equal(standing("signed_off", at, NOW), "Signed off 13:05");
});

test("whatever the office says of a phone is one text: what is so, that what was written is safe or goes on, and what to do", () => {
  for (const status of ["cloned", "lost", "ended", "device", "lapsed", "update_first", "a word of a later office"])
    assert.match(
      officeSays(status),
      /[^.]+\. .*(Nothing is lost|What you (write|wrote) is|Everything you wrote is kept)/,
      status,
    );
  assert.match(
    officeSays("cloned"),
    /^Two phones .* Nothing is lost\. .* What you write is still sent\. Ask your administrator\.$/,
  );
  assert.equal(officeSays("ok"), "");
  assert.equal(officeSays(undefined), "");
});

test("the send line never says sent while something waits", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 999 }),
      fc.constantFrom("ok", "no_signal", "office_not_answering"),
      fc.boolean(),
      (waiting, reach, sending) => {
        const line = sendLine(/** @type {any} */ (outbox({ waiting, reach, sending, last_sent_at: NOW.toISOString() })), NOW);
        assert.ok(!line.includes("All sent") && line.includes(String(waiting)), line);
      },
    ),
  );
  assert.equal(sendLine(/** @type {any} */ (outbox({ last_sent_at: NOW.toISOString() })), NOW), "All sent 14:02");
  assert.equal(
    sendLine(/** @type {any} */ (outbox({ waiting: 3, reach: "no_signal" })), NOW),
    "No signal – 3 kept on this phone",
  );
  assert.equal(sendLine(/** @type {any} */ (outbox({ waiting: 3 })), NOW), "Waiting to send (3)");
  const oldest_at = new Date(2026, 10, 18, 14, 2).toISOString();
  for (const [reach, said] of [
    ["ok", "Waiting to send (3)"],
    ["no_signal", "No signal – 3 kept on this phone"],
    ["office_not_answering", "The office does not answer – 3 kept on this phone"],
  ])
    assert.equal(sendLine(/** @type {any} */ (outbox({ waiting: 3, reach, oldest_at })), NOW), `${said}, the oldest for 3 days`);
});

test("what waits says when it is tried again", () => {
  const next_at = new Date(2026, 10, 21, 14, 10).getTime();
  const item = /** @type {any} */ ({ standing: "waiting", attempts: 2, next_at });
  const first = { ...item, attempts: 0, next_at: null };
  assert.equal(happensNext(item, { reach: "ok" }, NOW), "Tried 2 times. It tries again by itself at 14:10.");
  assert.equal(happensNext(first, { reach: "ok" }, NOW), "It is sent next.");
  assert.equal(happensNext(item, { reach: "no_signal" }, NOW), "It is sent by itself when signal returns.");
  // Where the office does not answer, the whole line waits, and each for the later of the two.
  const line = /** @type {const} */ ({ reach: "office_not_answering", line_next_at: next_at + 300_000 });
  assert.equal(happensNext(first, line, NOW), "The office did not answer. It tries again by itself at 14:15.");
  assert.equal(happensNext(item, line, NOW), "Tried 2 times. It tries again by itself at 14:15.");
  assert.match(happensNext(first, { ...line, reach: "unknown_device" }, NOW), /kept here.*does not know this phone/);
  assert.match(happensNext({ ...item, standing: "put_away" }, { reach: "ok" }, NOW), /kept there and on this phone/);
});

test("a clock is called wrong only when it is, by how much and in which direction", () => {
  const minute = 60_000;
  for (const right of [null, 0, 9 * minute, -9 * minute]) assert.equal(clockSays(right), "");
  assert.match(clockSays(-10 * minute), /^This phone’s clock is 10 minutes fast\. Nothing is lost/);
  assert.match(clockSays(60 * minute), / 1 hour slow\./);
  assert.match(clockSays(-3 * 24 * 60 * minute), / 3 days fast\./);
  assert.match(clockSays(3652 * 24 * 60 * minute), / 10 years slow\./);
});

test("a refusal nobody foresaw still says what to do, and no more than its code", () => {
  const told = trouble("some_new_code", { text: "Kayleigh" });
  assert.ok(told.happened && told.kept && told.next?.includes("some_new_code"));
  assert.ok(!JSON.stringify(told).includes("Kayleigh"));
});

test("a save that failed never claims that the words are saved", () => {
  for (const reason of ["QuotaExceededError", "UnknownError"]) {
    const told = trouble("store_failed", { reason });
    assert.match(told.happened, /not saved|could not save/);
    assert.equal(told.kept, "What you typed is still on this screen.");
    assert.ok(told.next?.includes("Do not close"));
  }
});

test("a missing answer is named by its question", () => {
  assert.equal(
    problemText("required", /** @type {any} */ ({ type: "long_text", label: "What did you see and hear?" })),
    "Write an answer to “What did you see and hear?”",
  );
  assert.equal(
    problemText("not_a_time", /** @type {any} */ ({ type: "time", label: "At what time?" })),
    "At what time: write the time like 17:40",
  );
});

test("children are told with their ages, an unborn child as expected, adults not at all", () => {
  const people = [
    { id: "a", name: "Dawn Tarnley", born_on: "1988-03-01", group: "adult" },
    { id: "b", name: "Kayleigh Tarnley", born_on: "2012-05-04", group: "child" },
    { id: "c", name: "Sorin", born_on: "2026-04-01" },
    { id: "d", name: "Baby", group: "unborn", due_on: "2027-01-20" },
    { id: "e", name: "Ivy", group: "child" },
  ];
  assert.equal(ages(people, NOW), "Kayleigh 14, Sorin 7 months, Baby expected, Ivy");
  assert.equal(ages(people, NOW, true), "14, 7 months, expected");
  const [, child] = people;
  assert.equal(ages([{ ...child, name: "نور الهدى" }], NOW), "\u2068نور\u2069 14");
});

test("somebody born on a leap day is a year older on 1 March", () => {
  assert.equal(years("2012-02-29", new Date(2026, 1, 28)), 13);
  assert.equal(years("2012-02-29", new Date(2026, 2, 1)), 14);
  assert.equal(months("2026-10-31", new Date(2026, 10, 30)), 0);
});

test("only what waits is counted on a family’s card", () => {
  assert.deepEqual(
    waits(/** @type {any} */ ({ questions: 1, drafts: 0, waiting: 2 })).map(({ text }) => text),
    ["1 question", "2 waiting to send"],
  );
});

test("days near are said as people say them", () => {
  const around = (/** @type {number} */ days) => nearDay(dayOf(new Date(2026, 10, 21 + days)), NOW);
  assert.deepEqual([0, -1, 1, -3, 3].map(around), ["today", "yesterday", "tomorrow", "3 days ago", "in 3 days"]);
  assert.equal(daysSince("2026-11-22", NOW), -1);
  assert.equal(longDay("2026-03-02"), "Mon 2 March 2026");
  assert.equal(longDay("no day"), "no day");
  assert.equal(dayAndTime("2026-11-20T17:40", NOW), "yesterday 17:40");
  assert.equal(dayAndTime("2026-11-16T17:40", NOW), "Mon 16 Nov 17:40");
  assert.equal(dayAndTime("2025-11-16T17:40", NOW), "16 Nov 2025 17:40");
  assert.equal(dayAndTime(undefined, NOW), "");
});

test("a time typed with one thumb becomes a time, and anything else stays as typed", () => {
  for (const [typed, read] of [
    ["1740", "17:40"],
    ["9.30", "09:30"],
    ["9", "09:00"],
    ["930", "09:30"],
    ["17:4", "17:04"],
    ["25:00", "25:00"],
    ["later", "later"],
    ["1261", "1261"],
  ]) {
    assert.equal(tidyTime(typed), read);
  }
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (at) => {
      assert.equal(tidyTime(timeOf(at)), timeOf(at));
    }),
  );
});

test("of versions that stand side by side it is said whether one person wrote them all", () => {
  assert.match(parted_long(["Ama Lindqvist"]), /^Ama Lindqvist wrote different things, perhaps on two phones, without seeing/);
  assert.match(parted_long([""]), /^The same person wrote/);
  assert.match(parted_long(["Ama Lindqvist", "Reece Oduya"]), /^Different people wrote different things without seeing/);
});
