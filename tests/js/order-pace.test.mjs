import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../static/js/order-pace.js";

/** A clock that stands until it is moved. */
function at(options = {}) {
  let now = 0;
  const due = [];
  const went = [];
  const timers = { setTimeout: (then, wait) => due.push({ then, at: now + wait }) };
  const pace = new Pace(() => went.push(now), { timers, now: () => now, random: () => 0.5, ...options });
  const pass = (ms) => {
    const end = now + ms;
    for (;;) {
      const next = due.filter((each) => each.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      due.splice(due.indexOf(next), 1);
      now = next.at;
      next.then();
    }
    now = end;
  };
  return { pace, went, pass, due };
}

test("many changes at once are one question, a little later", () => {
  const { pace, went, pass } = at();
  for (let n = 0; n < 20; n += 1) pace.ask();
  pass(5_000);
  assert.deepEqual(went, [200]);
});

test("a stream of changes asks no more than once a second, and once after the last", () => {
  const { pace, went, pass } = at();
  for (let n = 0; n < 100; n += 1) {
    pace.ask();
    pass(50);
  }
  pass(3_000);
  assert.ok(went.length <= 6, String(went));
  for (let n = 1; n < went.length; n += 1) assert.ok(went[n] - went[n - 1] >= 1_000);
  assert.ok(went.at(-1) >= 4_950);
});

test("while nobody looks nothing is asked; then once", () => {
  let looking = false;
  const { pace, went, pass } = at({ looking: () => looking });
  pace.ask();
  pass(1_000);
  pace.ask();
  pass(1_000);
  assert.deepEqual(went, []);
  looking = true;
  pace.seen();
  pace.seen();
  assert.equal(went.length, 1);
});

test("everybody waits a different while", () => {
  const waits = [0, 0.25, 0.99].map((random) => {
    const { pace, due } = at({ random: () => random });
    pace.ask();
    return due[0].at;
  });
  assert.equal(new Set(waits).size, 3);
  assert.ok(Math.max(...waits) < 400);
});

test("in a large room the questions are spread", () => {
  const { pace, due } = at({ random: () => 0.999, people: () => 50 });
  pace.ask();
  assert.ok(due[0].at > 3_900 && due[0].at < 4_000);
});
