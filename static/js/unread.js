/**
 * Unread of one room in the list: entries carry `n`, the running count of those that count, so unread is the
 * difference between the newest n and the n at my read position.
 */
export class Unread {
  #me;
  #n;
  #readN;

  /** @param {{me: number, n: number, unread: number}} start as the server rendered it */
  constructor({ me, n, unread }) {
    this.#me = me;
    this.#n = n;
    this.#readN = n - unread;
  }

  get count() {
    return Math.max(0, this.#n - this.#readN);
  }

  /** @param {{n: number, sender: number|null}[]} items in order */
  saw(items) {
    for (const { n, sender } of items) {
      if (n <= this.#n) continue;
      this.#n = n;
      // One's own send counts as read, and so does everything before it.
      if (sender === this.#me) this.#readN = n;
    }
  }

  /** The room was joined anew. @param {{seq: number, n: number, sender: number|null}[]} items @param {number} read */
  replaced(items, read) {
    if (items.length === 0) return;
    const upTo = items.filter(({ seq }) => seq <= read).at(-1);
    this.#n = items.at(-1).n;
    this.#readN = upTo ? upTo.n : Math.min(this.#readN, items[0].n - 1);
  }
}
