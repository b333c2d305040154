import assert from "node:assert/strict";
import { test } from "node:test";
import { Unread } from "../../static/js/unread.js";

const make = (over) => new Unread({ me: 1, n: 10, unread: 2, ...over });

test("it starts as the server rendered it", () => {
  assert.equal(make().count, 2);
});

test("entries that count raise it, the others do not", () => {
  const unread = make();
  unread.saw([{ n: 11, sender: 2 }, { n: 11, sender: 3 }, { n: 12, sender: 2 }]);
  assert.equal(unread.count, 4);
});

test("repeated and older entries change nothing", () => {
  const unread = make();
  unread.saw([{ n: 11, sender: 2 }]);
  unread.saw([{ n: 11, sender: 2 }, { n: 9, sender: 1 }]);
  assert.equal(unread.count, 3);
});

test("one's own send counts as read with everything before it; one's own edit does not", () => {
  const unread = make();
  unread.saw([{ n: 11, sender: 2 }, { n: 11, sender: 1 }]);
  assert.equal(unread.count, 3);
  unread.saw([{ n: 12, sender: 1 }]);
  assert.equal(unread.count, 0);
});

test("joined anew it counts from the read position", () => {
  const unread = make();
  const items = [{ seq: 50, n: 40, sender: 2 }, { seq: 52, n: 41, sender: 2 }, { seq: 53, n: 42, sender: 2 }];
  unread.replaced(items, 51);
  assert.equal(unread.count, 2);
  unread.replaced(items, 53);
  assert.equal(unread.count, 0);
});

test("joined anew behind what is loaded, nothing unread is taken for read", () => {
  const unread = make();
  unread.replaced([{ seq: 90, n: 80, sender: 2 }, { seq: 91, n: 81, sender: 2 }], 4);
  assert.equal(unread.count, 81 - 8);
});
