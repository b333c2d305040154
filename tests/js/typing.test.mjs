import assert from "node:assert/strict";
import { test } from "node:test";
import { TypingList, TypingSignal } from "../../static/js/typing.js";

test("typing is said at most once in three seconds", () => {
  let now = 0;
  let said = 0;
  const signal = new TypingSignal({ send: () => (said += 1), now: () => now });
  for (; now < 9_000; now += 100) signal.key();
  assert.equal(said, 3);
});

test("after sending, the next key says it at once", () => {
  let said = 0;
  const signal = new TypingSignal({ send: () => (said += 1), now: () => 0 });
  signal.key();
  signal.done();
  signal.key();
  assert.equal(said, 2);
});

test("who was heard is shown for six seconds after the last time", () => {
  let now = 0;
  const list = new TypingList({ now: () => now });
  list.heard(7);
  now = 3_000;
  list.heard(8);
  list.heard(7);
  assert.deepEqual(list.current(), [7, 8]);
  now = 8_999;
  assert.deepEqual(list.current(), [7, 8]);
  now = 9_000;
  assert.deepEqual(list.current(), []);
});

test("who has sent is no longer typing", () => {
  const list = new TypingList({ now: () => 0 });
  list.heard(7);
  list.gone(7);
  assert.deepEqual(list.current(), []);
});
