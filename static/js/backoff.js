/**
 * Waits between attempts: exponential with full jitter, so that thousands of clients thrown out by one restart
 * do not come back in the same second (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015).
 *
 * @param {{base?: number, cap?: number, random?: () => number}} [options] milliseconds; `random` gives [0, 1)
 */
export function fullJitter({ base = 500, cap = 30_000, random = Math.random } = {}) {
  let attempt = 0;
  return {
    /** @returns {number} milliseconds to wait before the next attempt */
    next() {
      const ceiling = Math.min(cap, base * 2 ** Math.min(attempt, 30));
      attempt += 1;
      return Math.round(random() * ceiling);
    },
    /** Call when an attempt has held, so that the next failure starts low again. */
    reset() {
      attempt = 0;
    },
  };
}
