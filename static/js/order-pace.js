const GAP = 1_000;
const SPREAD_MIN = 400;
/** A fetch costs the server up to 72 ms (docs/decisions/0009-order-sheet.md): so all of a room take one core at most. */
const SPREAD_EACH = 80;

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
   * @param {{timers?: {setTimeout: Function}, now?: () => number, random?: () => number, looking?: () => boolean,
   *   people?: () => number}} [options] `people`: how many hear of the same changes
   */
  constructor(go, options = {}) {
    this.#go = go;
    this.#options = { timers: globalThis, now: Date.now, random: Math.random, looking: () => true, people: () => 1, ...options };
  }

  /** Something changed. */
  ask() {
    const { timers, now, random, people } = this.#options;
    if (this.#timer !== null) return;
    const spread = Math.max(SPREAD_MIN, SPREAD_EACH * people());
    const wait = Math.max(this.#last + GAP - now(), 0) + spread * random();
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
