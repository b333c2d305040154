/**
 * Nothing is fetched anew while the answer to an own tap is awaited: the page would change under it, its form be gone,
 * and what it says (the way back, a refusal) have no place.
 */
const LONGEST = 10_000; // ms; beyond it the page goes on as if the tap had been lost
let until = 0;

export const sending = () => Date.now() < until;

/** @param {{seen: () => void}} pace is told when it may fetch again */
export function holdBack(pace) {
  const own = ({ detail }) => detail.requestConfig.verb !== "get";
  document.body.addEventListener("htmx:beforeSend", (event) => {
    if (!own(event)) return;
    until = Date.now() + LONGEST;
    setTimeout(() => pace.seen(), LONGEST + 1);
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (!own(event)) return;
    until = 0;
    pace.seen();
  });
}
