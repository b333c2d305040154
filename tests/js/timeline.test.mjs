import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "../../static/js/timeline.js";

const ME = 1;
const text = (seq, over = {}) => ({
  seq, kind: "text", sender: 2, cid: `c${seq}`, at: "2026-11-22T16:00:00Z", n: seq, data: { body: `b${seq}` }, ...over,
});
const edit = (seq, target, body) => ({
  ...text(seq), kind: "edit", data: {}, target: { seq: target, rev: seq, kind: "text", data: { body } },
});
const remove = (seq, target) => ({
  ...text(seq), kind: "delete", data: {}, target: { seq: target, rev: seq, kind: "text", data: { deleted: true } },
});
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => text(from + index));
const joined = (over) => ({ epoch: "e", head: 0, recovered: false, more: false, items: [], people: {}, ...over });
const opened = (items, over = {}) => {
  const timeline = new Timeline({ me: [ME], ...over.limits });
  timeline.joined(joined({ items, head: items.at(-1)?.seq ?? 0, more: (items[0]?.seq ?? 1) > 1, ...over.frame }));
  return timeline;
};
const seqs = (entries) => entries.map(({ seq }) => seq);

test("opening the page replaces, and a resume goes on from its head", () => {
  const timeline = new Timeline({ me: [ME] });
  assert.deepEqual(timeline.resumeFrom, {});
  const diff = timeline.joined(joined({ items: range(5, 9), head: 9, more: true }));
  assert.equal(diff.replaced, true);
  assert.deepEqual(seqs(timeline.entries), [5, 6, 7, 8, 9]);
  assert.deepEqual(timeline.resumeFrom, { since: 9, epoch: "e" });
  assert.equal(timeline.more, true);
  assert.equal(timeline.behind, false);
});

test("live entries are appended once, whatever is repeated", () => {
  const timeline = opened(range(1, 3));
  assert.deepEqual(seqs(timeline.live({ items: range(4, 5) }).added), [4, 5]);
  assert.deepEqual(seqs(timeline.live({ items: range(3, 6) }).added), [6]);
  assert.deepEqual(seqs(timeline.entries), [1, 2, 3, 4, 5, 6]);
});

test("what comes early is held and shown in order when the gap closes", () => {
  const timeline = opened(range(1, 3));
  assert.deepEqual(timeline.live({ items: [text(6)] }).added, []);
  assert.equal(timeline.behind, true);
  assert.deepEqual(timeline.resumeFrom, { since: 3, epoch: "e" });
  timeline.live({ items: [text(5)] });
  assert.deepEqual(seqs(timeline.live({ items: [text(4)] }).added), [4, 5, 6]);
  assert.equal(timeline.behind, false);
});

test("a gap that does not close by itself is filled by a join", () => {
  const timeline = opened(range(1, 3));
  timeline.live({ items: [text(6)] });
  const diff = timeline.joined(joined({ recovered: true, items: range(4, 6), head: 6 }));
  assert.deepEqual(seqs(diff.added), [4, 5, 6]);
  assert.equal(timeline.behind, false);
});

test("the server's position shows that something is missing although nothing came", () => {
  const timeline = opened(range(1, 3));
  timeline.heardOf(4);
  assert.equal(timeline.behind, true);
  timeline.joined(joined({ recovered: true, items: [text(4)], head: 4 }));
  assert.equal(timeline.behind, false);
});

test("an edit changes its target and is not shown itself", () => {
  const timeline = opened(range(1, 3));
  const diff = timeline.live({ items: [edit(4, 2, "better")] });
  assert.deepEqual(diff.added, []);
  assert.deepEqual(diff.changed.map(({ seq, data }) => [seq, data.body]), [[2, "better"]]);
  assert.deepEqual(seqs(timeline.entries), [1, 2, 3]);
  assert.equal(timeline.position, 4);
});

test("an older change never undoes a newer one", () => {
  const timeline = opened(range(1, 3));
  timeline.live({ items: [remove(4, 2)] });
  const late = { ...edit(5, 2, "x"), target: { seq: 2, rev: 3, kind: "text", data: { body: "stale" } } };
  assert.deepEqual(timeline.live({ items: [late] }).changed, []);
  assert.deepEqual(timeline.get(2).data, { deleted: true });
});

test("a history page read before a change cannot undo it", () => {
  const timeline = opened(range(5, 6));
  assert.equal(timeline.askPage(), 5);
  timeline.live({ items: [remove(7, 3)] });
  timeline.page({ before: 5, more: false, items: range(1, 4) });
  assert.deepEqual(timeline.get(3), { ...text(3), rev: 7, data: { deleted: true } });
});

test("when more changes came than are remembered, the page on its way is asked again", () => {
  const timeline = opened(range(5, 6), { limits: { changesMax: 2 } });
  timeline.askPage();
  timeline.live({ items: [remove(7, 1), remove(8, 2), remove(9, 3)] });
  const stale = timeline.page({ before: 5, more: false, items: range(1, 4) });
  assert.deepEqual([stale.again, stale.added], [true, []]);
  assert.equal(timeline.askPage(), 5);
  const fresh = [1, 2, 3, 4].map((seq) => (seq < 4 ? text(seq, { rev: seq + 6, data: { deleted: true } }) : text(seq)));
  assert.equal(timeline.page({ before: 5, more: false, items: fresh }).again, false);
  assert.deepEqual(timeline.get(1).data, { deleted: true });
});

test("pages are asked one at a time and put in front", () => {
  const timeline = opened(range(7, 9));
  assert.equal(timeline.askPage(), 7);
  assert.equal(timeline.askPage(), null);
  assert.deepEqual(seqs(timeline.page({ before: 7, more: true, items: range(4, 6) }).added), [4, 5, 6]);
  assert.equal(timeline.askPage(), 4);
  timeline.page({ before: 4, more: false, items: range(1, 3) });
  assert.equal(timeline.askPage(), null);
  assert.deepEqual(seqs(timeline.entries), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a page lost with its connection can be asked again", () => {
  const timeline = opened(range(7, 9));
  timeline.askPage();
  timeline.pageLost();
  assert.equal(timeline.askPage(), 7);
});

test("a page that belongs to what was replaced inserts nothing", () => {
  const timeline = opened(range(7, 9));
  timeline.askPage();
  timeline.joined(joined({ items: range(50, 52), head: 52, more: true }));
  assert.deepEqual(timeline.page({ before: 7, more: true, items: range(4, 6) }).added, []);
  assert.deepEqual(seqs(timeline.entries), [50, 51, 52]);
});

test("not recovered: everything held is replaced", () => {
  const timeline = opened(range(1, 3));
  const diff = timeline.joined(joined({ items: range(90, 95), head: 97, more: true }));
  assert.equal(diff.replaced, true);
  assert.deepEqual(seqs(timeline.entries), [90, 91, 92, 93, 94, 95]);
  assert.equal(timeline.position, 97);
});

test("an older answer of the same epoch replaces nothing", () => {
  const timeline = opened(range(1, 9));
  assert.equal(timeline.joined(joined({ items: range(1, 4), head: 4 })).replaced, false);
  assert.equal(timeline.position, 9);
});

test("another epoch replaces even what had a higher number, and forgets old changes", () => {
  const timeline = opened(range(1, 9));
  timeline.live({ items: [remove(10, 1)] });
  const diff = timeline.joined(joined({ epoch: "f", items: range(1, 4), head: 4 }));
  assert.equal(diff.replaced, true);
  assert.deepEqual(timeline.get(1).data, { body: "b1" });
  assert.deepEqual(timeline.resumeFrom, { since: 4, epoch: "f" });
});

test("after resync live entries wait until the room is joined anew", () => {
  const timeline = opened(range(1, 3));
  timeline.resync();
  assert.deepEqual(timeline.resumeFrom, {});
  assert.deepEqual(timeline.live({ items: [text(101)] }).added, []);
  assert.equal(timeline.joined(joined({ recovered: true, items: [text(4)], head: 4 })).added.length, 0);
  assert.equal(timeline.joined(joined({ items: range(98, 100), head: 100, more: true })).replaced, true);
  assert.deepEqual(seqs(timeline.entries), [98, 99, 100, 101]);
  assert.equal(timeline.behind, false);
});

test("my own entries say which writes are settled, from every way they may come", () => {
  const timeline = opened([text(1, { sender: ME })]);
  assert.deepEqual(timeline.live({ items: [text(2, { sender: ME })] }).settled, ["c2"]);
  assert.deepEqual(
    timeline.joined(joined({ recovered: true, items: [text(3, { sender: ME })], head: 3 })).settled, ["c3"]);
  assert.deepEqual(timeline.joined(joined({ items: [text(8, { sender: ME })], head: 8 })).settled, ["c8"]);
});

test("held entries are bounded, and what overflows is asked for", () => {
  const timeline = opened(range(1, 1), { limits: { heldMax: 3 } });
  timeline.live({ items: range(3, 9) });
  timeline.live({ items: [text(2)] });
  assert.deepEqual(seqs(timeline.entries), [1, 2, 3, 4, 5]);
  assert.equal(timeline.behind, true);
});
