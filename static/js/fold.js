/**
 * Runs of quiet lines of one kind, such as the cart's: the last of them stand, a button before them brings the others.
 * Call after the list has changed.
 */
const STANDING = 2;
const FOLDED_MIN = 3;

export class Folds {
  #list;
  #kinds;
  #words;
  #open = new Set();

  /** @param {{list: HTMLElement, kinds: Set<string>, words: (n: number) => string}} options `words`: of the button */
  constructor({ list, kinds, words }) {
    this.#list = list;
    this.#kinds = kinds;
    this.#words = words;
    list.addEventListener("click", ({ target }) => {
      const button = target.closest(".fold button");
      if (!button) return;
      this.#open.add(Number(button.closest(".fold").dataset.first));
      const next = button.closest(".fold").nextElementSibling;
      this.draw();
      next.querySelector("a, [tabindex]")?.focus({ preventScroll: true });
    });
  }

  draw() {
    if (this.#kinds.size === 0) return;
    const buttons = new Map([...this.#list.querySelectorAll(".fold")].map((fold) => [Number(fold.dataset.first), fold]));
    for (const run of this.#runs()) {
      const folded = run.length - STANDING;
      const open = folded < FOLDED_MIN || run.some((node) => this.#open.has(Number(node.dataset.seq)));
      run.forEach((node, index) => (node.hidden = !open && index < folded));
      if (open) continue;
      const first = Number(run[0].dataset.seq);
      const button = buttons.get(first) ?? made(first);
      buttons.delete(first);
      button.firstElementChild.textContent = this.#words(folded);
      if (button.nextElementSibling !== run[0]) run[0].before(button);
    }
    for (const gone of buttons.values()) gone.remove();
  }

  /** A line that is folded away is wanted. @param {HTMLElement} node */
  reveal(node) {
    if (!node.hidden) return;
    this.#open.add(Number(node.dataset.seq));
    this.draw();
  }

  *#runs() {
    let run = [];
    for (const node of this.#list.children) {
      const quiet = this.#kinds.has(node.dataset.kind);
      if (quiet && (run.length === 0 || run[0].dataset.kind === node.dataset.kind)) {
        run.push(node);
      } else if (!node.classList.contains("fold") && !(node.id === "unread-line" && node.hidden)) {
        if (run.length) yield run;
        run = quiet ? [node] : [];
      }
    }
    if (run.length) yield run;
  }
}

function made(first) {
  const fold = document.createElement("li");
  fold.className = "fold";
  fold.dataset.first = first;
  const button = document.createElement("button");
  button.type = "button";
  fold.append(button);
  return fold;
}
