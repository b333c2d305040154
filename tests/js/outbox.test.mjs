import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Outbox } from "../../static/js/outbox.js";
import { FakeStorage, FakeTimers, seeded } from "./fakes.mjs";

let storage, timers, sent, line, waits;

beforeEach(() => {
  storage = new FakeStorage();
  timers = new FakeTimers();
  sent = [];
  line = true;
  waits = [];
});

const make = (over = {}) =>
  new Outbox({
    room: "r",
    user: 1,
    storage,
    timers,
    send: (frame) => line && sent.push(frame) > 0,
    backoff: { next: () => (waits.push(1), 1_000), reset: () => {} },
    ...over,
  });
const say = (cid) => ({ cid, op: "send", body: `body of ${cid}`, at: "2026-11-22T16:00:00Z" });
const cids = (writes) => writes.map(({ cid }) => cid);

test("writes go out one at a time, in order, each after the ack of the one before", () => {
  const outbox = make();
  outbox.opened();
  for (const cid of ["a", "b", "c"]) outbox.add(say(cid));
  assert.deepEqual(sent, [{ type: "send", room: "r", cid: "a", body: "body of a" }]);
  outbox.settle("a");
  outbox.settle("b");
  outbox.settle("c");
  assert.deepEqual(cids(sent), ["a", "b", "c"]);
  assert.deepEqual(outbox.writes, []);
});

test("an edit and a delete carry the number of their entry", () => {
  const outbox = make();
  outbox.opened();
  outbox.add({ cid: "e", op: "edit", seq: 7, body: "better", at: "" });
  outbox.settle("e");
  outbox.add({ cid: "d", op: "delete", seq: 7, at: "" });
  assert.deepEqual(sent, [
    { type: "edit", room: "r", cid: "e", seq: 7, body: "better" },
    { type: "delete", room: "r", cid: "d", seq: 7 },
  ]);
});

test("what was written offline survives a reload and is sent once the room is joined", () => {
  const before = make();
  before.add(say("a"));
  before.add(say("b"));
  assert.deepEqual(sent, []);
  const after = make();
  assert.deepEqual(cids(after.writes), ["a", "b"]);
  after.opened();
  after.settle("a");
  assert.deepEqual(cids(sent), ["a", "b"]);
});

test("what was in flight when the line broke is sent again with the same cid", () => {
  const outbox = make();
  outbox.opened();
  outbox.add(say("a"));
  outbox.closed();
  timers.advance(60_000);
  assert.deepEqual(cids(sent), ["a"]);
  outbox.opened();
  assert.deepEqual(cids(sent), ["a", "a"]);
});

test("an ack that never comes leads to the same write again", () => {
  const outbox = make();
  outbox.opened();
  outbox.add(say("a"));
  timers.advance(15_000);
  assert.deepEqual(cids(sent), ["a", "a"]);
});

test("a refusal that may pass is tried again after a while, and holds back what follows", () => {
  const outbox = make();
  outbox.opened();
  outbox.add(say("a"));
  outbox.add(say("b"));
  assert.equal(outbox.refused({ cid: "a", code: "TOO_FAST", retry: true }), true);
  outbox.add(say("c"));
  timers.advance(999);
  assert.deepEqual(cids(sent), ["a"]);
  timers.advance(1);
  assert.deepEqual(cids(sent), ["a", "a"]);
  assert.equal(waits.length, 1);
});

test("a final refusal stays with its code, the next goes on, and retry sends it in its old place", () => {
  const outbox = make();
  outbox.opened();
  outbox.add(say("a"));
  outbox.add(say("b"));
  outbox.refused({ cid: "a", code: "READ_ONLY" });
  assert.deepEqual(cids(sent), ["a", "b"]);
  assert.equal(make().writes[0].failed, "READ_ONLY");
  outbox.settle("b");
  outbox.retry("a");
  assert.deepEqual(cids(sent), ["a", "b", "a"]);
  assert.equal(outbox.writes[0].failed, undefined);
});

test("a failed write can be given up", () => {
  const outbox = make();
  outbox.opened();
  outbox.add(say("a"));
  outbox.refused({ cid: "a", code: "BODY_TOO_LONG" });
  outbox.discard("a");
  assert.deepEqual([outbox.writes, make().writes], [[], []]);
});

test("an error about something else is not ours", () => {
  assert.equal(make().refused({ code: "TOO_FAST", retry: true }), false);
});

test("the hundred-and-first write is refused and nothing is lost", () => {
  const outbox = make();
  for (let index = 0; index < 100; index += 1) assert.equal(outbox.add(say(`c${index}`)), true);
  assert.equal(outbox.full, true);
  assert.equal(outbox.add(say("one more")), false);
  assert.equal(make().writes.length, 100);
});

test("another tab's writes are kept and its acks are not undone", () => {
  const [mine, theirs] = [make(), make()];
  mine.add(say("a"));
  theirs.add(say("b"));
  mine.add(say("c"));
  theirs.settle("a");
  mine.settle("c");
  assert.deepEqual(cids(make().writes), ["b"]);
});

test("a write settled in another tab frees the line here", () => {
  const [mine, theirs] = [make(), make()];
  mine.opened();
  mine.add(say("a"));
  theirs.refresh();
  theirs.settle("a");
  mine.refresh();
  mine.add(say("b"));
  assert.deepEqual(cids(sent), ["a", "b"]);
});

test("a browser that stores nothing still sends", () => {
  storage.broken = true;
  const outbox = make();
  outbox.opened();
  outbox.add(say("a"));
  outbox.add(say("b"));
  assert.equal(outbox.durable, false);
  outbox.settle("a");
  outbox.settle("b");
  assert.deepEqual(cids(sent), ["a", "b"]);
  assert.deepEqual(outbox.writes, []);
});

test("storage that holds something else is survived", () => {
  const key = make().key;
  for (const junk of ["{", "3", '{"a":1}', "[null,{}]"]) {
    storage.setItem(key, junk);
    assert.deepEqual(make().writes, []);
  }
});

test("rooms and people do not see each other's writes", () => {
  make().add(say("a"));
  assert.deepEqual(make({ room: "other" }).writes, []);
  assert.deepEqual(make({ user: 2 }).writes, []);
});

test("300 seeded lives with lost lines, lost acks, reloads and refusals write each message once, in order", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = seeded(seed);
    storage = new FakeStorage();
    timers = new FakeTimers();
    const committed = [];
    const answers = [];
    const send = ({ cid }) => {
      if (random() < 0.2) return true; // lost on the way
      if (random() < 0.2) {
        answers.push({ cid, code: "BUSY", retry: true });
        return true;
      }
      if (!committed.includes(cid)) committed.push(cid);
      if (random() < 0.7) answers.push({ cid });
      return true;
    };
    let outbox = make({ send });
    const written = [];
    const answer = () => {
      const next = answers.shift();
      if (next?.code) outbox.refused(next);
      else if (next) outbox.settle(next.cid);
    };
    for (let step = 0; step < 200; step += 1) {
      const draw = random();
      if (draw < 0.2 && written.length < 60) {
        written.push(`c${step}`);
        outbox.add(say(`c${step}`));
      } else if (draw < 0.5) answer();
      else if (draw < 0.6) outbox.opened();
      else if (draw < 0.7) {
        outbox.closed();
        answers.length = 0;
      } else if (draw < 0.75) {
        outbox.closed();
        answers.length = 0;
        outbox = make({ send });
      } else timers.advance(random() * 20_000);
    }
    outbox.opened();
    for (let step = 0; outbox.writes.length; step += 1) {
      assert.ok(step < 10_000, `seed ${seed}: it ends`);
      answer();
      timers.advance(1_000);
    }
    assert.deepEqual(committed, written, `seed ${seed}`);
  }
});
