/**
 * What I wrote and the server has not confirmed yet: kept in the browser, so that it survives a reload and a dead
 * line, and sent in order, one at a time, each with the same cid until an ack or a final refusal.
 *
 * Two tabs share one storage: both may send the same write, which is harmless because the server writes a cid once.
 * Bounded: at `limit` writes `add` refuses, and the text stays in the composer.
 *
 * @typedef {{cid: string, op: "send"|"edit"|"delete", seq?: number, body?: string, at: string, failed?: string}} Write
 *   `failed`: the code of a refusal that a retry by itself cannot help
 */
import { fullJitter } from "./backoff.js";

const ACK_WITHIN = 15_000;

export class Outbox {
  /** @type {Write[]} */
  writes = [];
  /** False when the browser refuses to store (private mode, quota): writes then live as long as the page. */
  durable = true;
  #room;
  #key;
  #limit;
  #storage;
  #send;
  #timers;
  #backoff;
  #onChange;
  #open = false;
  #inFlight = null;
  #timer = null;

  /**
   * @param {{room: string, user: number, storage: Storage, send: (frame: object) => boolean, onChange?: () => void,
   *   limit?: number, timers?: {setTimeout: Function, clearTimeout: Function}, backoff?: object}} options
   */
  constructor({ room, user, storage, send, onChange = () => {}, limit = 100, timers = globalThis, backoff }) {
    this.#room = room;
    this.#key = `rualone:outbox:${user}:${room}`;
    this.#storage = storage;
    this.#send = send;
    this.#onChange = onChange;
    this.#limit = limit;
    this.#timers = timers;
    this.#backoff = backoff ?? fullJitter({ base: 1_000 });
    this.writes = this.#stored();
  }

  /** The storage key, to recognise another tab's `storage` event. */
  get key() {
    return this.#key;
  }

  get full() {
    return this.writes.length >= this.#limit;
  }

  /** @param {Write} write @returns {boolean} false: full, nothing was kept */
  add(write) {
    this.#reload();
    if (this.full) return false;
    this.#store([...this.writes, write]);
    this.#pump();
    return true;
  }

  /** The room is joined: what was committed before the line broke has been settled, the rest may go. */
  opened() {
    this.#open = true;
    this.#pump();
  }

  /** The line is gone; what was in flight is sent again with its cid. */
  closed() {
    this.#open = false;
    this.#idle();
  }

  /** An ack, or the entry itself, says that the write is committed. @returns {Write|undefined} */
  settle(cid) {
    const write = this.writes.find((each) => each.cid === cid);
    if (write) this.#take(cid);
    return write;
  }

  /** @param {{cid?: string, code: string, retry?: boolean}} error @returns {boolean} whether it was one of ours */
  refused({ cid, code, retry = false }) {
    if (!this.writes.some((write) => write.cid === cid)) return false;
    if (this.#inFlight === cid) this.#idle();
    if (retry) {
      this.#inFlight = cid;
      this.#after(this.#backoff.next(), () => this.#pump());
    } else {
      this.#mark(cid, code);
      this.#pump();
    }
    return true;
  }

  /** Try a failed write again, in its place. */
  retry(cid) {
    this.#mark(cid, undefined);
    this.#pump();
  }

  /** Give a write up. One in flight may have arrived already: then its entry shows up and stays. */
  discard(cid) {
    this.#take(cid);
  }

  /** Another tab changed the storage. */
  refresh() {
    this.#reload();
    this.#onChange();
    this.#pump();
  }

  #pump() {
    if (!this.#open || this.#inFlight) return;
    const write = this.writes.find((each) => !each.failed);
    if (!write || !this.#send(this.#frame(write))) return;
    this.#inFlight = write.cid;
    this.#after(ACK_WITHIN, () => this.#pump());
  }

  #frame({ op, cid, seq, body }) {
    const frame = { type: op, room: this.#room, cid };
    if (seq !== undefined) frame.seq = seq;
    if (body !== undefined) frame.body = body;
    return frame;
  }

  #take(cid) {
    this.#reload();
    this.#store(this.writes.filter((write) => write.cid !== cid));
    if (this.#inFlight === cid) {
      this.#idle();
      this.#backoff.reset();
    }
    this.#pump();
  }

  #mark(cid, failed) {
    this.#reload();
    this.#store(this.writes.map((write) => (write.cid === cid ? { ...write, failed } : write)));
  }

  #after(delay, then) {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = this.#timers.setTimeout(() => {
      this.#inFlight = null;
      then();
    }, delay);
  }

  #idle() {
    this.#timers.clearTimeout(this.#timer);
    this.#inFlight = null;
  }

  /** Read, change, write in one turn: another tab's additions are kept, its removals are not brought back. */
  #reload() {
    if (!this.durable) return;
    this.writes = this.#stored();
    if (this.#inFlight && !this.writes.some((write) => write.cid === this.#inFlight)) this.#idle();
  }

  #store(writes) {
    this.writes = writes;
    try {
      if (writes.length) this.#storage.setItem(this.#key, JSON.stringify(writes));
      else this.#storage.removeItem(this.#key);
    } catch {
      this.durable = false;
    }
    this.#onChange();
  }

  #stored() {
    try {
      const writes = JSON.parse(this.#storage.getItem(this.#key) ?? "[]");
      return Array.isArray(writes) ? writes.filter((write) => write && write.cid && write.op) : [];
    } catch {
      return [];
    }
  }
}
