const KEPT = 20;

/**
 * One spoken line per new message of somebody else. The list itself is no live region: history put in front of it
 * would be read out.
 *
 * @param {HTMLElement} log visually hidden, role="log"
 * @returns {(text: string) => void}
 */
export function announcer(log) {
  return (text) => {
    const line = document.createElement("p");
    line.textContent = text;
    log.append(line);
    while (log.childElementCount > KEPT) log.firstElementChild.remove();
  };
}
