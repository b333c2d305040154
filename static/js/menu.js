/**
 * What one can do with an entry. One listener for the whole list; entries come and go.
 *
 * @param {{list: HTMLElement, on: Record<string, (node: HTMLElement) => void>}} options `on`: by `data-do`
 */
export function entryMenu({ list, on }) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    const node = event.target.closest(".entry");
    if (!button || !node) return;
    event.preventDefault();
    button.closest("details")?.removeAttribute("open");
    on[button.dataset.do]?.(node);
  });
}
