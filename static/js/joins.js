/**
 * Which rooms one socket should carry, and the joins on their way. The server refuses more than a few unanswered
 * joins per socket (limits.py, `joins_in_flight`), so they go out in a window that leaves room for history pages.
 */
const WINDOW = 4;
const ANSWER_WITHIN = 10_000;
const ASK_AGAIN_AFTER = 1_000;

/**
 * @typedef {{since?: number, epoch?: string}} Position where a room's timeline stands; empty: from the newest page
 */
export class Joins {
  #rooms = new Map();
  #queue = [];
  #asked = new Map();
  #send;
  #timers;
  #open = false;

  /**
   * @param {{send: (frame: object) => boolean, timers?: {setTimeout: Function, clearTimeout: Function}}} options
   */
  constructor({ send, timers = globalThis }) {
    this.#send = send;
    this.#timers = timers;
  }

  /** @param {string} room @param {() => Position} position asked anew at every join */
  add(room, position) {
    this.#rooms.set(room, position);
    this.ask(room);
  }

  /** @param {string} room */
  drop(room) {
    const had = this.#rooms.delete(room);
    this.#queue = this.#queue.filter((name) => name !== room);
    this.#settle(room);
    return had;
  }

  /** Join (again): after a reconnect, a gap or a resync. A join already on its way is followed by another. */
  ask(room) {
    if (!this.#rooms.has(room)) return;
    if (!this.#queue.includes(room)) this.#queue.push(room);
    this.#pump();
  }

  /** The socket is ready: every room is joined where its timeline stands. */
  opened() {
    this.#open = true;
    this.#queue = [...this.#rooms.keys()];
    this.#pump();
  }

  closed() {
    this.#open = false;
    for (const timer of this.#asked.values()) this.#timers.clearTimeout(timer);
    this.#asked.clear();
  }

  /** @returns {boolean} whether something was asked whose answer will show that the line is alive */
  probe() {
    const [room] = this.#rooms.keys();
    if (room === undefined) return false;
    this.ask(room);
    return true;
  }

  /** Looks at a server frame for what answers a join. */
  heard(frame) {
    const { type, room } = frame;
    if (room === undefined) return;
    if (type === "joined" || type === "resync") this.#settle(room);
    else if (type === "removed") this.drop(room);
    else if (type === "error" && frame.cid === undefined) this.#refused(room, frame);
  }

  #refused(room, { retry, code }) {
    const asked = this.#asked.has(room);
    if (retry) {
      this.#settle(room);
      if (asked) this.#timers.setTimeout(() => this.ask(room), ASK_AGAIN_AFTER);
    } else if (code === "NOT_MEMBER" || code === "NO_ROOM") {
      this.drop(room);
    } else {
      this.#settle(room);
    }
  }

  #settle(room) {
    if (!this.#asked.has(room)) return;
    this.#timers.clearTimeout(this.#asked.get(room));
    this.#asked.delete(room);
    this.#pump();
  }

  #pump() {
    while (this.#open && this.#asked.size < WINDOW) {
      const index = this.#queue.findIndex((room) => !this.#asked.has(room));
      if (index < 0) return;
      const [room] = this.#queue.splice(index, 1);
      if (!this.#send({ type: "join", room, ...this.#rooms.get(room)() })) return;
      const overdue = () => {
        this.#asked.delete(room);
        this.ask(room);
      };
      this.#asked.set(room, this.#timers.setTimeout(overdue, ANSWER_WITHIN));
    }
  }
}
