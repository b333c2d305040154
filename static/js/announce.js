const KEPT = 20;

/**
 * One spoken line per new message of somebody else. The list itself is no live region: history put in front of it
 * would be read out.
 *
 * @param {HTMLElement} log visually hidden, role="log"
 * @returns {{say: (seq: number, text: string) => void, forget: (seq: number) => void}} `forget`: it was deleted
 */
export function announcer(log) {
  return {
    say(seq, text) {
      const line = document.createElement("p");
      line.dataset.of = seq;
      line.textContent = text;
      log.append(line);
      while (log.childElementCount > KEPT) log.firstElementChild.remove();
    },
    forget(seq) {
      log.querySelector(`[data-of="${Number(seq)}"]`)?.remove();
    },
  };
}
