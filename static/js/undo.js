const HELD_FOR = 5_000;

/**
 * Deleting without a dialog: it is held for five seconds, with a bar to take it back. Another deletion, or leaving
 * the page, carries it out at once.
 */
export class UndoDelete {
  #bar = document.getElementById("undo");
  #onChange;
  #commit;
  #timer = null;
  /** @type {number|null} the entry whose deletion is held */
  held = null;

  /** @param {{commit: (seq: number) => void, onChange: () => void}} options */
  constructor({ commit, onChange }) {
    this.#commit = commit;
    this.#onChange = onChange;
    this.#bar.querySelector("button").addEventListener("click", () => this.#end(false));
    addEventListener("pagehide", () => this.#end(true));
  }

  /** @param {number} seq */
  hold(seq) {
    this.#end(true);
    this.held = seq;
    this.#bar.hidden = false;
    this.#timer = setTimeout(() => this.#end(true), HELD_FOR);
    this.#onChange();
  }

  #end(carryOut) {
    const seq = this.held;
    if (seq === null) return;
    clearTimeout(this.#timer);
    this.held = null;
    this.#bar.hidden = true;
    if (carryOut) this.#commit(seq);
    this.#onChange();
  }
}
