import assert from "node:assert/strict";
import { test } from "node:test";
import { fullJitter } from "../../static/js/backoff.js";
import { newCid } from "../../static/js/cid.js";

test("the ceiling doubles until the cap", () => {
  const backoff = fullJitter({ base: 100, cap: 1_000, random: () => 1 });
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => backoff.next()), [100, 200, 400, 800, 1_000, 1_000]);
});

test("the wait is spread over the whole range below the ceiling", () => {
  const draws = [0, 0.5, 0.25];
  const backoff = fullJitter({ base: 100, cap: 1_000, random: () => draws.shift() });
  assert.deepEqual([backoff.next(), backoff.next(), backoff.next()], [0, 100, 100]);
});

test("after a success the next failure starts low again", () => {
  const backoff = fullJitter({ base: 100, random: () => 1 });
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test("a thousandth attempt still waits no longer than the cap", () => {
  const backoff = fullJitter({ cap: 5_000, random: () => 1 });
  for (let attempt = 0; attempt < 1_000; attempt += 1) backoff.next();
  assert.equal(backoff.next(), 5_000);
});

test("a cid is what the protocol takes and is not repeated", () => {
  const cids = new Set(Array.from({ length: 1_000 }, () => newCid()));
  assert.equal(cids.size, 1_000);
  for (const cid of cids) assert.match(cid, /^[!-~]{22}$/);
});
