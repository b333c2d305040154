const EVERY = 3_000;
const SHOWN_FOR = 6_000;

/** "I am writing", said at most once in three seconds however fast somebody types. */
export class TypingSignal {
  #send;
  #now;
  #last = -Infinity;

  /** @param {{send: () => void, now?: () => number}} options */
  constructor({ send, now = Date.now }) {
    this.#send = send;
    this.#now = now;
  }

  key() {
    if (this.#now() - this.#last < EVERY) return;
    this.#last = this.#now();
    this.#send();
  }

  /** Sent or emptied: the next key says it again at once. */
  done() {
    this.#last = -Infinity;
  }
}

/** Who is writing, as far as heard in the last six seconds. Call `current` again about every second. */
export class TypingList {
  #now;
  #until = new Map();

  /** @param {{now?: () => number}} [options] */
  constructor({ now = Date.now } = {}) {
    this.#now = now;
  }

  /** @param {number} user */
  heard(user) {
    this.#until.set(user, this.#now() + SHOWN_FOR);
  }

  /** Their message has come. @param {number|null} user */
  gone(user) {
    this.#until.delete(user);
  }

  /** @returns {number[]} in the order in which they began */
  current() {
    for (const [user, until] of this.#until) if (until <= this.#now()) this.#until.delete(user);
    return [...this.#until.keys()];
  }
}
