const SETTLE = 400;

/** Tells the server how far I have read: only forward, and once for a burst. */
export class ReadPosition {
  #send;
  #timers;
  #sent;
  #wanted = 0;
  #timer = null;

  /**
   * @param {{send: (seq: number) => boolean, read: number, timers?: {setTimeout: Function}}} options
   *   `read`: the position the server knows
   */
  constructor({ send, read, timers = globalThis }) {
    this.#send = send;
    this.#sent = read;
    this.#timers = timers;
  }

  /** @param {number} seq everything up to it has been on the screen */
  reached(seq) {
    this.#wanted = Math.max(this.#wanted, seq);
    if (this.#wanted <= this.#sent || this.#timer) return;
    this.#timer = this.#timers.setTimeout(() => {
      this.#timer = null;
      this.#flush();
    }, SETTLE);
  }

  /** The server says where it has me; what it has not heard is said again. @param {number} read */
  known(read) {
    this.#sent = read;
    this.#flush();
  }

  /** The page goes: what waits for the burst to end is said now. */
  leave() {
    this.#flush();
  }

  #flush() {
    if (this.#wanted > this.#sent && this.#send(this.#wanted)) this.#sent = this.#wanted;
  }
}
