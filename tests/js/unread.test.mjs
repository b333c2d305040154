import assert from "node:assert/strict";
import { test } from "node:test";
import { Unread } from "../../static/js/unread.js";

const make = () => new Unread({ me: [1, 9], unread: 2 });
const text = (n, sender = 2) => ({ n, sender, kind: "text" });

test("it starts as the server rendered it", () => {
  assert.equal(make().count, 2);
});

test("entries that count raise it, the others do not", () => {
  const unread = make();
  unread.saw([text(11), { n: 11, sender: 3, kind: "room.joined" }, text(12)]);
  assert.equal(unread.count, 4);
});

test("a first entry that does not count changes nothing", () => {
  const unread = make();
  unread.saw([{ n: 10, sender: 2, kind: "edit" }]);
  assert.equal(unread.count, 2);
  unread.saw([text(11)]);
  assert.equal(unread.count, 3);
});

test("a first entry of another kind that counts is counted", () => {
  const unread = new Unread({ me: [1], unread: 2, counts: ["text", "order.state"] });
  unread.saw([{ n: 11, sender: null, kind: "order.state" }]);
  assert.equal(unread.count, 3);
});

test("repeated and older entries change nothing", () => {
  const unread = make();
  unread.saw([text(11)]);
  unread.saw([text(11), text(9, 1)]);
  assert.equal(unread.count, 3);
});

test("one's own send counts as read with everything before it; one's own edit does not", () => {
  const unread = make();
  unread.saw([text(11), { n: 11, sender: 1, kind: "edit" }]);
  assert.equal(unread.count, 3);
  unread.saw([text(12, 9)]);
  assert.equal(unread.count, 0);
});

test("joined anew it counts from the read position", () => {
  const unread = make();
  const items = [{ seq: 50, ...text(40) }, { seq: 52, ...text(41) }, { seq: 53, ...text(42) }];
  unread.replaced(items, 51);
  assert.equal(unread.count, 2);
  unread.replaced(items, 53);
  assert.equal(unread.count, 0);
});

test("joined anew behind what is loaded, nothing unread is taken for read", () => {
  const unread = make();
  unread.saw([text(11)]);
  unread.replaced([{ seq: 90, ...text(80) }, { seq: 91, ...text(81) }], 4);
  assert.equal(unread.count, 81 - 8);
});
