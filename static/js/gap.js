const PATIENCE = 400;
const PATIENCE_MAX = 15_000;

/**
 * Asks for what is missing in a room, when it does not come by itself: workers publish past each other, and most
 * gaps close within a blink. Each vain question doubles the wait.
 */
export class GapCloser {
  #behind;
  #ask;
  #timers;
  #patience = PATIENCE;
  #timer = null;

  /** @param {{behind: () => boolean, ask: () => void, timers?: {setTimeout: Function, clearTimeout: Function}}} options */
  constructor({ behind, ask, timers = globalThis }) {
    this.#behind = behind;
    this.#ask = ask;
    this.#timers = timers;
  }

  /** Call after every frame that may have opened or closed a gap. */
  look() {
    if (!this.#behind()) {
      this.#patience = PATIENCE;
      this.#timers.clearTimeout(this.#timer);
      this.#timer = null;
      return;
    }
    this.#timer ??= this.#timers.setTimeout(() => {
      this.#timer = null;
      if (!this.#behind()) return;
      this.#patience = Math.min(PATIENCE_MAX, this.#patience * 2);
      this.#ask();
    }, this.#patience);
  }
}
