/** However frames are cut, repeated, lost, shuffled and delayed, the client ends with the timeline. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "../../static/js/timeline.js";
import { seeded } from "./fakes.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 400);

/** The server's side: a log, and the present state of each entry, as reads attach it. */
class Server {
  log = [];
  state = new Map();

  write(random) {
    const seq = this.log.length + 1;
    const shown = [...this.state.keys()];
    const base = { seq, sender: 1 + Math.floor(random() * 3), cid: `c${seq}`, at: "2026-11-22T16:00:00Z", n: seq };
    const draw = random();
    if (draw < 0.35 && shown.length) {
      const target = shown[Math.floor(random() * shown.length)];
      const kind = draw < 0.1 ? "delete" : "edit";
      const data = kind === "delete" ? { deleted: true } : { body: `edited ${seq}` };
      this.state.set(target, { rev: seq, data });
      this.log.push({ ...base, kind, data: {}, names: target });
    } else {
      this.state.set(seq, { rev: 0, data: { body: `said ${seq}` } });
      this.log.push({ ...base, kind: draw < 0.45 ? "room.joined" : "text" });
    }
    return this.item(seq);
  }

  /** An entry as a read made now would give it. */
  item(seq) {
    const { names, ...entry } = this.log[seq - 1];
    if (names === undefined) return { ...entry, ...this.state.get(seq) };
    return { ...entry, target: { seq: names, kind: "text", ...this.state.get(names) } };
  }

  get head() {
    return this.log.length;
  }

  shown(before, limit) {
    const numbers = [...this.state.keys()].filter((seq) => seq < before);
    return { items: numbers.slice(-limit).map((seq) => this.item(seq)), more: numbers.length > limit };
  }

  joined({ since }, resumeMax) {
    const frame = { type: "joined", epoch: "e", head: this.head, people: {} };
    if (since === undefined || this.head - since > resumeMax) {
      return { ...frame, recovered: false, ...this.shown(Infinity, 5) };
    }
    const items = Array.from({ length: this.head - since }, (_, index) => this.item(since + 1 + index));
    return { ...frame, recovered: true, more: false, items };
  }
}

function deliver(timeline, frame, drawn) {
  let diff;
  if (frame.type === "joined") diff = timeline.joined(frame);
  else if (frame.type === "page") diff = timeline.page(frame);
  else if (frame.type === "position") timeline.heardOf(frame.head);
  else diff = timeline.live(frame);
  if (!diff) return;
  // The same folding that a view does with a diff must agree with the model.
  if (diff.replaced) {
    drawn.clear();
    for (const entry of timeline.entries) drawn.set(entry.seq, entry.data);
  }
  for (const entry of diff.added) {
    assert.ok(!drawn.has(entry.seq), `entry ${entry.seq} was added twice`);
    drawn.set(entry.seq, entry.data);
  }
  for (const entry of diff.changed) drawn.set(entry.seq, entry.data);
}

function play(seed) {
  const random = seeded(seed);
  const server = new Server();
  const limits = { heldMax: 1 + Math.floor(random() * 8), changesMax: 1 + Math.floor(random() * 6) };
  const timeline = new Timeline({ me: [1], ...limits });
  const resumeMax = 3 + Math.floor(random() * 30);
  const drawn = new Map();
  for (let count = Math.floor(random() * 30); count > 0; count -= 1) server.write(random);
  deliver(timeline, server.joined({}, resumeMax), drawn);

  let wire = [];
  for (let step = 0; step < 120; step += 1) {
    const draw = random();
    if (draw < 0.4) {
      const item = server.write(random);
      if (random() < 0.8) wire.push({ type: "entries", items: [item] });
      if (random() < 0.2) wire.push({ type: "entries", items: [item] });
    } else if (draw < 0.5) {
      const before = timeline.askPage();
      if (before !== null) wire.push({ type: "page", before, ...server.shown(before, 4) });
    } else if (draw < 0.56) {
      wire.push(server.joined(timeline.resumeFrom, resumeMax));
    } else if (draw < 0.58) {
      wire.push({ type: "position", head: server.head });
    } else if (draw < 0.59) {
      timeline.resync();
    } else if (draw < 0.6) {
      timeline.pageLost();
    } else if (wire.length) {
      const [frame] = wire.splice(Math.floor(random() * wire.length), 1);
      deliver(timeline, frame, drawn);
    }
    const numbers = timeline.entries.map(({ seq }) => seq);
    assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b), "entries stand once and in order");
  }
  while (wire.length) deliver(timeline, wire.splice(Math.floor(random() * wire.length), 1)[0], drawn);

  deliver(timeline, { type: "position", head: server.head }, drawn);
  for (let tries = 0; timeline.behind; tries += 1) {
    assert.ok(tries < 3, "one more join always suffices");
    deliver(timeline, server.joined(timeline.resumeFrom, resumeMax), drawn);
  }
  timeline.pageLost();
  for (let before = timeline.askPage(); before !== null; before = timeline.askPage()) {
    deliver(timeline, { type: "page", before, ...server.shown(before, 4) }, drawn);
  }
  const truth = [...server.state].map(([seq, { rev, data }]) => ({ seq, rev, data }));
  assert.deepEqual(timeline.entries.map(({ seq, rev, data }) => ({ seq, rev, data })), truth);
  assert.deepEqual([...drawn].sort(([a], [b]) => a - b), truth.map(({ seq, data }) => [seq, data]));
}

test(`${ROUNDS} seeded interleavings of live frames, joins and pages fold to the timeline`, () => {
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    try {
      play(seed);
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
});
