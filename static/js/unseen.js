/** What came while the reader was not at the bottom: the pill that counts it and the "new messages" line before it. */
export class Unseen {
  #pill = document.getElementById("pill");
  #view;
  #scroller;
  #t;
  #below = 0;
  /** Whether the reader has been at the bottom since the line was set. */
  #caughtUp = true;

  /** @param {{view: import("./view.js").EntryView, scroller: import("./scroll.js").Scroller, t: Function}} options */
  constructor({ view, scroller, t }) {
    this.#view = view;
    this.#scroller = scroller;
    this.#t = t;
  }

  /** Goes to the line that the page came with, if it lies above what one sees. */
  opened() {
    const line = this.#view.unreadLine;
    if (!line || this.#scroller.shows(line)) return;
    this.#scroller.toNode(line);
    this.#caughtUp = this.#scroller.atBottom;
  }

  /** Texts of others that the reader did not see come. @param {{seq: number}[]} texts */
  came(texts) {
    if (this.#below === 0 && this.#mayMoveLine()) {
      this.#view.unreadFrom(texts[0].seq);
      this.#caughtUp = false;
    }
    this.#below += texts.length;
    this.draw();
  }

  /** The reader sees the bottom. */
  seen() {
    this.#below = 0;
    this.#caughtUp = true;
    this.draw();
  }

  draw() {
    const below = this.#below;
    this.#pill.hidden = this.#scroller.atBottom;
    this.#pill.querySelector("[data-slot=text]").textContent = below ? this.#t("pill.new", { n: below }) : this.#t("pill.bottom");
    this.#pill.classList.toggle("has-new", below > 0);
  }

  /** Not before what it marks was read, nor out of the reader's sight: either would be a jump. */
  #mayMoveLine() {
    const line = this.#view.unreadLine;
    return !line || this.#scroller.atBottom || (this.#caughtUp && !this.#scroller.shows(line));
  }
}
