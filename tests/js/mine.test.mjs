/** What this reader does: reads, changes, asks for what is missing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GapCloser } from "../../static/js/gap.js";
import { Overlay } from "../../static/js/overlay.js";
import { ReadPosition } from "../../static/js/reading.js";
import { FakeTimers } from "./fakes.mjs";

const entry = { seq: 7, kind: "text", sender: 1, cid: "c7", at: "", n: 7, data: { body: "old" }, rev: 0 };
const now = { position: 9, held: null };

test("a read position is sent once for a burst, and only forward", () => {
  const timers = new FakeTimers();
  const sent = [];
  const reading = new ReadPosition({ send: (seq) => sent.push(seq) > 0, read: 5, timers });
  for (const seq of [4, 5, 6, 8, 7]) reading.reached(seq);
  timers.advance(1_000);
  reading.reached(8);
  timers.advance(1_000);
  assert.deepEqual(sent, [8]);
});

test("a read position that could not be sent is said when the room is joined again", () => {
  const timers = new FakeTimers();
  let line = false;
  const sent = [];
  const reading = new ReadPosition({ send: (seq) => line && sent.push(seq) > 0, read: 5, timers });
  reading.reached(9);
  timers.advance(1_000);
  line = true;
  reading.known(5);
  assert.deepEqual(sent, [9]);
  reading.known(9);
  assert.deepEqual(sent, [9]);
});

test("an edit on its way shows at once as pending, and as the entry is when it is discarded", () => {
  const overlay = new Overlay();
  const write = { cid: "e", op: "edit", seq: 7, body: "new", at: "" };
  assert.deepEqual([...overlay.update([write], now)], [7]);
  const shown = overlay.over(entry);
  assert.deepEqual([shown.data.body, shown.state, shown.cid], ["new", "pending", "e"]);
  assert.deepEqual([...overlay.update([], now)], [7]);
  assert.equal(overlay.over(entry), entry);
});

test("an acknowledged edit keeps its look until the timeline has it", () => {
  const overlay = new Overlay();
  overlay.acked({ cid: "e", op: "edit", seq: 7, body: "new", at: "" }, 10);
  overlay.update([], now);
  assert.deepEqual([overlay.over(entry).data.body, overlay.over(entry).state], ["new", ""]);
  overlay.update([], { ...now, position: 10 });
  assert.equal(overlay.over(entry), entry);
});

test("an acknowledged message stays where it is until its entry comes, before those still waiting", () => {
  const overlay = new Overlay();
  overlay.acked({ cid: "a", op: "send", body: "first", at: "" }, 10);
  overlay.update([{ cid: "b", op: "send", body: "second", at: "" }, { cid: "c", op: "send", body: "x", at: "", failed: "BUSY" }], now);
  assert.deepEqual(overlay.pending(1).map(({ cid, state }) => [cid, state]), [["a", ""], ["b", "pending"], ["c", "failed"]]);
  overlay.update([], { ...now, position: 10 });
  assert.deepEqual(overlay.pending(1), []);
});

test("a deletion that is held looks done, and taken back leaves no trace", () => {
  const overlay = new Overlay();
  overlay.update([], { ...now, held: 7 });
  assert.deepEqual(overlay.over(entry).data, { deleted: true });
  assert.deepEqual([...overlay.update([], now)], [7]);
  assert.equal(overlay.over(entry), entry);
});

test("a gap that closes by itself is not asked about", () => {
  const timers = new FakeTimers();
  let behind = true;
  let asked = 0;
  const gap = new GapCloser({ behind: () => behind, ask: () => (asked += 1), timers });
  gap.look();
  timers.advance(399);
  behind = false;
  gap.look();
  timers.advance(60_000);
  assert.equal(asked, 0);
});

test("a gap that stays is asked about, ever more seldom", () => {
  const timers = new FakeTimers();
  const asked = [];
  const gap = new GapCloser({ behind: () => true, ask: () => asked.push(timers.now), timers });
  for (let tick = 0; tick < 60_000; tick += 100) {
    gap.look();
    timers.advance(100);
  }
  assert.deepEqual(asked.slice(0, 3), [400, 1_200, 2_800]);
  assert.ok(asked.length < 10);
});
