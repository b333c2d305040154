/**
 * My changes that the timeline does not show yet: edits and deletions in the outbox, a deletion that is held for
 * undo, and what is acknowledged but has not come back. Pure.
 *
 * @typedef {import("./outbox.js").Write} Write
 */
export class Overlay {
  #acked = new Map();
  #byTarget = new Map();
  #sends = [];

  /** The server has it under `seq`; shown as it is until the timeline reaches that number. @param {Write} write */
  acked(write, seq) {
    this.#acked.set(write.cid, { write, seq });
  }

  /**
   * @param {Write[]} writes the outbox
   * @param {{position: number, held: number|null}} now the timeline's position; the entry whose deletion is held
   * @returns {Set<number>} entries whose look may have changed
   */
  update(writes, { position, held }) {
    const touched = new Set(this.#byTarget.keys());
    for (const [cid, { seq }] of this.#acked) if (seq <= position) this.#acked.delete(cid);
    this.#byTarget.clear();
    this.#sends = [];
    for (const { write } of this.#acked.values()) this.#lay({ ...write, acked: true });
    for (const write of writes) this.#lay(write);
    if (held !== null) this.#byTarget.set(held, { op: "delete", acked: true });
    for (const seq of this.#byTarget.keys()) touched.add(seq);
    return touched;
  }

  /** @param {import("./timeline.js").Entry} entry @returns {import("./render.js").Shown} */
  over(entry) {
    const write = this.#byTarget.get(entry.seq);
    if (!write) return entry;
    const data = write.op === "delete" ? { deleted: true } : { body: write.body };
    return { ...entry, cid: write.cid ?? entry.cid, rev: 1, data, state: state(write), code: write.failed };
  }

  /** @param {number} me @returns {import("./render.js").Shown[]} my messages that are not entries yet, in order */
  pending(me) {
    return this.#sends.map((write) => ({
      seq: 0, kind: "text", sender: me, cid: write.cid, at: write.at, rev: 0,
      data: { body: write.body }, state: state(write), code: write.failed,
    }));
  }

  #lay(write) {
    if (write.op === "send") this.#sends.push(write);
    else this.#byTarget.set(write.seq, write);
  }
}

function state({ failed, acked }) {
  if (failed) return "failed";
  return acked ? "" : "pending";
}
