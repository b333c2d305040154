/** Older entries: asked for a page at a time, when the reader nears the top or looks for one of them. */
const PAGE = 50;
const PATIENCE = 10_000;
/** What somebody looks for is not fetched from further back than this. */
const SEEK_PAGES = 20;

export class Older {
  #options;
  #link = document.getElementById("older");
  #timer = null;
  #sought = null;
  #pages = 0;

  /**
   * @param {{timeline: import("./timeline.js").Timeline, view: import("./view.js").EntryView,
   *   folds: import("./fold.js").Folds, scroller: import("./scroll.js").Scroller,
   *   ask: (frame: object) => boolean, shown: (entry: object) => object}} options `ask` false: the line is down
   */
  constructor(options) {
    this.#options = options;
    this.#link.addEventListener("click", (event) => {
      event.preventDefault();
      this.ask();
    });
  }

  ask() {
    const { timeline, ask } = this.#options;
    const before = timeline.askPage();
    if (before === null) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => timeline.pageLost(), PATIENCE);
    if (!ask({ type: "history", before, limit: PAGE })) timeline.pageLost();
  }

  /** @param {import("./timeline.js").Diff} diff a page that came */
  came(diff) {
    const { view, folds, scroller, shown } = this.#options;
    clearTimeout(this.#timer);
    scroller.around(() => {
      view.add(diff.added.map(shown));
      view.change(diff.changed.map(shown));
      folds.draw();
      this.show();
    });
    scroller.check();
    this.look();
  }

  show() {
    const { more } = this.#options.timeline;
    // Who reached it by keyboard must not be thrown back to the top of the page.
    if (!more && document.activeElement === this.#link) document.getElementById("timeline").focus({ preventScroll: true });
    this.#link.hidden = !more;
  }

  /** Goes to an entry, which may have to be fetched. @param {number|null} seq */
  seek(seq) {
    this.#sought = seq;
    this.#pages = SEEK_PAGES;
    this.look();
  }

  /** Call when the line stands, too. */
  look() {
    const { timeline, view, folds, scroller } = this.#options;
    if (this.#sought === null) return;
    const entry = timeline.entries.find(({ seq }) => seq >= this.#sought);
    const node = entry && view.node(entry.seq);
    if (node && (entry.seq === this.#sought || timeline.entries[0].seq < this.#sought || !timeline.more)) {
      this.#sought = null;
      folds.reveal(node);
      scroller.toNode(node);
      node.classList.add("sought");
    } else if (this.#pages > 0 && timeline.more) {
      this.#pages -= 1;
      this.ask();
    }
  }
}
