import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Connection } from "../../static/js/connection.js";
import { FakeSocket, FakeTimers } from "./fakes.mjs";

let timers, statuses, frames, online, resets, connection;

beforeEach(() => {
  FakeSocket.made = [];
  timers = new FakeTimers();
  statuses = [];
  frames = [];
  online = true;
  resets = 0;
  connection = new Connection({
    url: "ws://test/ws",
    WebSocket: FakeSocket,
    timers,
    now: () => timers.now,
    isOnline: () => online,
    backoff: { next: () => 1_000, reset: () => (resets += 1) },
    onFrame: (frame) => frames.push(frame),
    onStatus: (status) => statuses.push(status),
  });
});

const welcome = { type: "welcome", epoch: "e", user: 1, limits: {} };
const joined = (room) => ({ type: "joined", room, epoch: "e", head: 0, recovered: true, items: [], people: {} });
const joins = () => FakeSocket.last.sent.filter(({ type }) => type === "join");
const open = () => {
  connection.start();
  FakeSocket.last.says(welcome);
};

test("it is open only once the server has said welcome, in the subprotocol", () => {
  connection.start();
  assert.deepEqual(FakeSocket.last.protocols, ["rualone.v1"]);
  assert.equal(connection.state, "connecting");
  assert.equal(connection.send({ type: "typing", room: "r" }), false);
  FakeSocket.last.says(welcome);
  assert.equal(connection.state, "open");
  assert.deepEqual(frames, [welcome]);
});

test("a ping is answered and not passed on", () => {
  open();
  FakeSocket.last.says({ type: "ping" });
  assert.deepEqual(FakeSocket.last.sent, [{ type: "pong" }]);
  assert.equal(frames.length, 1);
});

test("bytes that are no frame are survived", () => {
  open();
  for (const junk of ["{", "null", "3", '"x"']) FakeSocket.last.says(junk);
  assert.equal(connection.state, "open");
});

for (const [code, reason] of [[4400, "bad-frame"], [4401, "sign-in"], [4403, "refused"]]) {
  test(`close code ${code} ends it with the reason ${reason}`, () => {
    open();
    FakeSocket.last.ends(code);
    timers.advance(3_600_000);
    assert.deepEqual(statuses.at(-1), { state: "closed", reason, delay: 0 });
    assert.equal(FakeSocket.made.length, 1);
  });
}

for (const code of [1000, 1001, 1006, 1011, 1012, 4408]) {
  test(`close code ${code} comes back after the back-off`, () => {
    open();
    FakeSocket.last.ends(code);
    assert.deepEqual(statuses.at(-1), { state: "waiting", reason: "lost", delay: 1_000 });
    timers.advance(999);
    assert.equal(FakeSocket.made.length, 1);
    timers.advance(1);
    assert.equal(FakeSocket.made.length, 2);
  });
}

test("too fast waits longer than the back-off would", () => {
  open();
  FakeSocket.last.ends(4429);
  assert.equal(statuses.at(-1).delay, 5_000);
});

test("the back-off starts anew only after a connection that lasted", () => {
  open();
  timers.advance(100);
  FakeSocket.last.ends(1012);
  assert.equal(resets, 0);
  timers.advance(1_000);
  FakeSocket.last.says(welcome);
  timers.advance(5_000);
  FakeSocket.last.ends(1012);
  assert.equal(resets, 1);
});

test("every room is joined again where its timeline stands by then", () => {
  let position = { since: 3, epoch: "e" };
  connection.join("r1", () => position);
  connection.join("r2", () => ({}));
  open();
  assert.deepEqual(joins(), [
    { type: "join", room: "r1", since: 3, epoch: "e" },
    { type: "join", room: "r2" },
  ]);
  position = { since: 9, epoch: "e" };
  FakeSocket.last.ends(1006);
  timers.advance(1_000);
  FakeSocket.last.says(welcome);
  assert.equal(joins()[0].since, 9);
});

test("no more than four joins are unanswered at a time", () => {
  for (let room = 0; room < 10; room += 1) connection.join(`r${room}`, () => ({}));
  open();
  assert.equal(joins().length, 4);
  FakeSocket.last.says(joined("r0"));
  assert.equal(joins().length, 5);
  for (let room = 1; room < 10; room += 1) FakeSocket.last.says(joined(`r${room}`));
  assert.equal(joins().length, 10);
});

test("a join refused for pace is asked again later", () => {
  connection.join("r", () => ({}));
  open();
  FakeSocket.last.says({ type: "error", code: "TOO_FAST", detail: "", retry: true, room: "r" });
  assert.equal(joins().length, 1);
  timers.advance(1_000);
  assert.equal(joins().length, 2);
});

test("a join that is never answered does not keep its place for ever", () => {
  connection.join("r", () => ({}));
  open();
  FakeSocket.last.says({ type: "position", room: "other", head: 1 });
  timers.advance(10_000);
  assert.equal(joins().length, 2);
});

for (const frame of [
  { type: "removed", room: "r", reason: "removed" },
  { type: "error", code: "NO_ROOM", detail: "", room: "r" },
]) {
  test(`after ${frame.type} ${frame.code ?? ""} the room is not joined again, the others are`, () => {
    connection.join("r", () => ({}));
    connection.join("other", () => ({}));
    open();
    FakeSocket.last.says(frame);
    FakeSocket.last.ends(1012);
    timers.advance(1_000);
    FakeSocket.last.says(welcome);
    assert.deepEqual(joins().map(({ room }) => room), ["other"]);
  });
}

test("asking again while a join is on its way is answered by one more join", () => {
  connection.join("r", () => ({}));
  open();
  connection.rejoin("r");
  connection.rejoin("r");
  assert.equal(joins().length, 1);
  FakeSocket.last.says(joined("r"));
  assert.equal(joins().length, 2);
  FakeSocket.last.says(joined("r"));
  assert.equal(joins().length, 2);
});

test("a silent line is asked, and dropped when it does not answer", () => {
  connection.join("r", () => ({}));
  open();
  FakeSocket.last.says(joined("r"));
  timers.advance(29_999);
  assert.equal(joins().length, 1);
  timers.advance(1);
  assert.equal(joins().length, 2);
  timers.advance(7_999);
  assert.equal(connection.state, "open");
  timers.advance(1);
  assert.equal(connection.state, "waiting");
  assert.equal(FakeSocket.last.readyState, 3);
});

test("a silent line that answers stays", () => {
  connection.join("r", () => ({}));
  open();
  FakeSocket.last.says(joined("r"));
  for (let round = 0; round < 10; round += 1) {
    timers.advance(30_000);
    FakeSocket.last.says(joined("r"));
  }
  assert.equal(FakeSocket.made.length, 1);
});

test("a server that never says welcome is given up", () => {
  connection.start();
  timers.advance(10_000);
  assert.equal(connection.state, "waiting");
});

test("network back: no waiting for the rest of the delay", () => {
  online = false;
  connection.start();
  FakeSocket.last.ends(1006);
  assert.equal(statuses.at(-1).reason, "offline");
  online = true;
  connection.nudge();
  assert.equal(FakeSocket.made.length, 2);
  timers.advance(5_000);
  assert.equal(FakeSocket.made.length, 2);
});

test("network gone: an open line is asked before it is believed", () => {
  connection.join("r", () => ({}));
  open();
  FakeSocket.last.says(joined("r"));
  connection.offline();
  assert.equal(connection.state, "open");
  online = false;
  timers.advance(8_000);
  assert.deepEqual([connection.state, statuses.at(-1).reason], ["waiting", "offline"]);
});

test("late events of a dropped socket do not disturb its successor", () => {
  open();
  const old = FakeSocket.last;
  connection.join("r", () => ({}));
  timers.advance(10_000 + 30_000);
  old.readyState = 1;
  connection.stop();
  connection.start();
  FakeSocket.last.says(welcome);
  const seen = statuses.length;
  old.ends(4401);
  old.says({ type: "position", room: "r", head: 9 });
  assert.equal(statuses.length, seen);
  assert.equal(connection.state, "open");
});

test("stopped means stopped", () => {
  open();
  connection.stop();
  timers.advance(3_600_000);
  assert.equal(FakeSocket.made.length, 1);
});
