/**
 * What this client knows of one room's timeline, whatever the order in which frames arrive. Pure: no DOM, no clock.
 *
 * Guarantees: each shown entry is held once, in order; everything up to `position` has been applied; a change is
 * applied only when its `rev` is higher than what is held; memory of what cannot be applied yet is bounded, and an
 * overflow makes the caller ask again (`behind`, `again`), never a silent hole.
 *
 * @typedef {{seq: number, kind: string, sender: number|null, cid: string, at: string, n: number, data: object, rev: number}} Entry
 * @typedef {{replaced: boolean, added: Entry[], changed: Entry[], settled: string[], again: boolean}} Diff
 *   `replaced`: draw `entries` anew; `settled`: cids of mine that are on the timeline; `again`: ask the page again
 */
const NOT_SHOWN = new Set(["edit", "delete"]);

export class Timeline {
  /** @type {string|null} */
  epoch = null;
  /** Everything up to this number has been applied. */
  position = 0;
  /** Highest number the server has mentioned. */
  head = 0;
  /** Older entries exist before the first one held. */
  more = false;
  #me;
  #heldMax;
  #changesMax;
  /** After a resync: nothing counts until the room has been joined anew. */
  #awaiting = true;
  #bySeq = new Map();
  #order = [];
  #held = new Map();
  #changes = new Map();
  #asking = null;

  /** @param {{me: number[], heldMax?: number, changesMax?: number}} options `me`: my ids, merged guests included */
  constructor({ me, heldMax = 1_000, changesMax = 1_000 }) {
    this.#me = new Set(me);
    this.#heldMax = heldMax;
    this.#changesMax = changesMax;
  }

  /** @returns {Entry[]} shown entries, oldest first */
  get entries() {
    return this.#order.map((seq) => this.#bySeq.get(seq));
  }

  /** @param {number} seq @returns {Entry|undefined} */
  get(seq) {
    return this.#bySeq.get(seq);
  }

  /** Something is missing that will not come by itself: join again with `resumeFrom`. */
  get behind() {
    return this.#awaiting || this.#held.size > 0 || this.head > this.position;
  }

  /** @returns {{since?: number, epoch?: string}} what a join should carry */
  get resumeFrom() {
    return this.#awaiting ? {} : { since: this.position, epoch: this.epoch };
  }

  /** @param {object} frame the page's snapshot or `joined` @returns {Diff} */
  joined(frame) {
    const diff = emptyDiff();
    const otherEpoch = this.epoch !== null && frame.epoch !== this.epoch;
    if (frame.recovered && !otherEpoch) {
      // While awaiting, this answers a question from before the resync.
      if (!this.#awaiting) this.#resume(frame, diff);
    } else if (this.#awaiting || otherEpoch || frame.head >= this.position) {
      this.#replace(frame, otherEpoch, diff);
    } else {
      for (const item of frame.items) this.#revise(item, diff);
    }
    return diff;
  }

  /** @param {{items: object[]}} frame live entries @returns {Diff} */
  live(frame) {
    const diff = emptyDiff();
    for (const item of frame.items) {
      this.head = Math.max(this.head, item.seq);
      if (this.#me.has(item.sender)) diff.settled.push(item.cid);
      if (this.#awaiting || item.seq > this.position + 1) this.#hold(item);
      else this.#apply(item, diff);
    }
    this.#drain(diff);
    return diff;
  }

  /** @param {number} head as the server's `position` frame says */
  heardOf(head) {
    this.head = Math.max(this.head, head);
  }

  /** The server cannot continue what we hold. Shown entries stay until the room has been joined anew. */
  resync() {
    this.#awaiting = true;
    this.#asking = null;
  }

  /** @returns {number|null} the `before` to ask history with; null: nothing older, or asked already */
  askPage() {
    if (this.#asking || this.#awaiting || !this.more || this.#order.length === 0) return null;
    this.#asking = { before: this.#order[0], forgot: false };
    return this.#asking.before;
  }

  /** The question was lost with its connection. */
  pageLost() {
    this.#asking = null;
  }

  /** @param {{before: number, more: boolean, items: object[]}} frame @returns {Diff} */
  page(frame) {
    const diff = emptyDiff();
    if (this.#asking?.before !== frame.before) {
      // An answer to an earlier question may be older than what was replaced since: nothing is inserted from it.
      for (const item of frame.items) this.#revise(item, diff);
      return diff;
    }
    diff.again = this.#asking.forgot;
    this.#asking = null;
    if (diff.again) return diff;
    for (const item of frame.items) {
      if (item.seq >= frame.before || !this.#insert(item, diff)) this.#revise(item, diff);
    }
    this.more = frame.more;
    return diff;
  }

  #resume(frame, diff) {
    this.head = Math.max(this.head, frame.head);
    // An answer to a question asked further on, before a resync set us back, does not follow on what we hold.
    const follows = frame.items.length > 0 && frame.items[0].seq <= this.position + 1;
    for (const item of frame.items) {
      if (this.#me.has(item.sender)) diff.settled.push(item.cid);
      if (follows) this.#apply(item, diff);
      else this.#hold(item);
    }
    if (follows) this.position = Math.max(this.position, frame.head);
    this.#drain(diff);
  }

  #replace(frame, otherEpoch, diff) {
    if (otherEpoch) {
      this.#changes.clear();
      this.#held.clear();
    } else {
      for (const entry of this.#bySeq.values()) if (entry.rev) this.#remember(entry);
    }
    this.#bySeq.clear();
    this.#order = [];
    this.#asking = null;
    this.#awaiting = false;
    this.epoch = frame.epoch;
    this.position = frame.head;
    this.head = Math.max(frame.head, ...this.#held.keys());
    this.more = frame.more;
    for (const item of frame.items) {
      if (this.#me.has(item.sender)) diff.settled.push(item.cid);
      this.#insert(item, emptyDiff());
      if (item.target) this.#change(item.target, emptyDiff());
    }
    this.#drain(emptyDiff());
    diff.replaced = true;
  }

  #apply(item, diff) {
    if (item.seq > this.position) {
      this.#insert(item, diff);
      this.position = item.seq;
    } else {
      this.#revise(item, diff);
    }
    if (item.target) this.#change(item.target, diff);
  }

  #drain(diff) {
    for (const [seq, item] of [...this.#held].sort(([a], [b]) => a - b)) {
      if (this.#awaiting || seq > this.position + 1) return;
      this.#held.delete(seq);
      this.#apply(item, diff);
    }
  }

  /** Overflow is safe: a lower number comes first anyway, and `behind` stays true until a join fills the gap. */
  #hold(item) {
    if (this.#held.size < this.#heldMax) this.#held.set(item.seq, item);
  }

  #insert(item, diff) {
    if (NOT_SHOWN.has(item.kind) || this.#bySeq.has(item.seq)) return false;
    const { seq, kind, sender, cid, at, n, data, rev = 0 } = item;
    const entry = { seq, kind, sender, cid, at, n, data, rev };
    const change = this.#changes.get(seq);
    if (change) {
      this.#changes.delete(seq);
      if (change.rev > rev) Object.assign(entry, { rev: change.rev, data: change.data });
    }
    this.#bySeq.set(seq, entry);
    let index = this.#order.length;
    while (index > 0 && this.#order[index - 1] > seq) index -= 1;
    this.#order.splice(index, 0, seq);
    diff.added.push(entry);
    return true;
  }

  #revise({ seq, rev = 0, data }, diff) {
    const entry = this.#bySeq.get(seq);
    if (!entry || rev <= entry.rev) return;
    Object.assign(entry, { rev, data });
    diff.changed.push(entry);
  }

  #change(target, diff) {
    if (this.#bySeq.has(target.seq)) this.#revise(target, diff);
    else this.#remember(target);
  }

  /** A history page read before this change may still be on its way; without this it would undo the change. */
  #remember({ seq, rev, data }) {
    const known = this.#changes.get(seq);
    if (known && known.rev >= rev) return;
    this.#changes.delete(seq);
    this.#changes.set(seq, { rev, data });
    if (this.#changes.size > this.#changesMax) {
      this.#changes.delete(this.#changes.keys().next().value);
      if (this.#asking) this.#asking.forgot = true;
    }
  }
}

/** @returns {Diff} */
function emptyDiff() {
  return { replaced: false, added: [], changed: [], settled: [], again: false };
}
