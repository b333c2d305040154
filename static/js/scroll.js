/** Keeps what one reads under the eyes: at the bottom new messages push up, elsewhere nothing moves. */
const NEAR_BOTTOM = 48;
const NEAR_TOP = 800;

export class Scroller {
  #box;
  #atBottom = true;
  #size = "";
  #onBottom;
  #onTop;

  /**
   * @param {{box: HTMLElement, content: HTMLElement, onBottom: (is: boolean) => void, onTop: () => void}} options
   *   `onTop`: older entries may be wanted
   */
  constructor({ box, content, onBottom, onTop }) {
    this.#box = box;
    this.#onBottom = onBottom;
    this.#onTop = onTop;
    box.addEventListener("scroll", () => this.#moved(), { passive: true });
    // The keyboard opens, the composer grows, a font arrives: who was at the bottom stays there.
    const resized = new ResizeObserver(() => this.#atBottom && this.toBottom());
    resized.observe(box);
    resized.observe(content);
  }

  get atBottom() {
    return this.#atBottom;
  }

  toBottom() {
    this.#atBottom = true;
    this.#box.scrollTop = this.#box.scrollHeight;
    this.#size = `${this.#box.scrollHeight} ${this.#box.clientHeight}`;
    this.#onBottom(true);
  }

  /** @param {Element} node shown a little below the top */
  toNode(node) {
    this.#box.scrollTop += node.getBoundingClientRect().top - this.#box.getBoundingClientRect().top - 24;
    this.#moved();
  }

  /** @param {Element} node @returns {boolean} whether any of it is in sight */
  shows(node) {
    const { top, bottom } = this.#box.getBoundingClientRect();
    const edges = node.getBoundingClientRect();
    return edges.bottom > top && edges.top < bottom;
  }

  /** Runs `change`, which alters the list, and leaves the reader where they were. */
  around(change) {
    const anchor = this.#atBottom ? null : this.#firstVisible();
    const top = anchor?.getBoundingClientRect().top;
    change();
    if (this.#atBottom) this.toBottom();
    else if (anchor?.isConnected) this.#box.scrollTop += anchor.getBoundingClientRect().top - top;
  }

  /** Older entries may be wanted without any scrolling: the page is short. */
  check() {
    if (this.#box.scrollTop < NEAR_TOP) this.#onTop();
  }

  #firstVisible() {
    const edge = this.#box.getBoundingClientRect().top;
    for (const node of this.#box.querySelectorAll("[data-at]")) {
      if (node.getBoundingClientRect().bottom > edge) return node;
    }
    return null;
  }

  #moved() {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const size = `${scrollHeight} ${clientHeight}`;
    if (this.#atBottom && size !== this.#size) {
      // Not a finger: the list or the box has changed its size since we went to the bottom.
      this.toBottom();
      return;
    }
    this.#size = size;
    this.#atBottom = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM;
    this.#onBottom(this.#atBottom);
    this.check();
  }
}
