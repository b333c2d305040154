const GAP = 1_000;
const JITTER = 400;

/**
 * Asks for what changed at most once a second, and not in the same moment as everybody else who heard of the change.
 * What comes while nobody looks waits until somebody does.
 */
export class Pace {
  #go;
  #options;
  #timer = null;
  #last = -Infinity;
  #owed = false;

  /**
   * @param {() => void} go
   * @param {{timers?: {setTimeout: Function}, now?: () => number, random?: () => number, looking?: () => boolean}} [options]
   */
  constructor(go, options = {}) {
    this.#go = go;
    this.#options = { timers: globalThis, now: Date.now, random: Math.random, looking: () => true, ...options };
  }

  /** Something changed. */
  ask() {
    const { timers, now, random } = this.#options;
    if (this.#timer !== null) return;
    const wait = Math.max(this.#last + GAP - now(), 0) + JITTER * random();
    this.#timer = timers.setTimeout(() => this.#due(), wait);
  }

  /** Somebody looks again. */
  seen() {
    if (this.#owed) this.#due();
  }

  #due() {
    this.#timer = null;
    this.#owed = !this.#options.looking();
    if (this.#owed) return;
    this.#last = this.#options.now();
    this.#go();
  }
}
