/**
 * Unread of one room in the list: entries carry `n`, the running count of those that count, so unread is the
 * difference between the newest n and the n at my read position.
 */
export class Unread {
  #me;
  #counts;
  #n = 0;
  #readN;
  #known = false;

  /** @param {{me: number[], unread: number, counts?: string[]}} start as the server rendered it; `counts`: which kinds do */
  constructor({ me, unread, counts = ["text"] }) {
    this.#me = new Set(me);
    this.#counts = new Set(counts);
    this.#readN = -unread;
  }

  get count() {
    return Math.max(0, this.#n - this.#readN);
  }

  /** @param {{n: number, kind: string, sender: number|null}[]} items that follow on what was seen, in order */
  saw(items) {
    for (const { n, kind, sender } of items) {
      if (!this.#known) this.#begin(n, kind);
      if (n <= this.#n) continue;
      this.#n = n;
      // One's own send counts as read, and so does everything before it.
      if (this.#me.has(sender)) this.#readN = n;
    }
  }

  /** The page gives a difference, not an n; the first entry tells where it was counted from. */
  #begin(n, kind) {
    const before = this.#counts.has(kind) ? n - 1 : n;
    this.#readN += before;
    this.#n = before;
    this.#known = true;
  }

  /** The room was joined anew. @param {{seq: number, n: number, sender: number|null}[]} items @param {number} read */
  replaced(items, read) {
    if (items.length === 0) return;
    const upTo = items.findLast(({ seq }) => seq <= read);
    const unknown = this.#known ? this.#readN : Infinity;
    this.#n = items.at(-1).n;
    this.#readN = upTo ? upTo.n : Math.min(unknown, items[0].n - 1);
    this.#known = true;
  }
}
