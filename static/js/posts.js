/** The list of posts: the cards in sight change in place; their order does not while somebody looks. */
const EVERY = 15_000;
const SPREAD = 4_000; // so that many pages do not ask at one moment
const AT_ONCE = 30;

const seen = new Set();
const eye = new IntersectionObserver((cards) => {
  for (const { target, isIntersecting } of cards) seen[isIntersecting ? "add" : "delete"](target.dataset.post);
});
let timer = null;

function watch() {
  seen.clear();
  eye.disconnect();
  for (const card of document.querySelectorAll("#posts .card")) eye.observe(card);
}

/** What htmx swaps in: the changing parts of these cards, and how many new posts there are. */
function ask() {
  const results = document.getElementById("results");
  const url = new URL(results.dataset.changed, location.href);
  url.searchParams.set("since", results.dataset.since);
  for (const id of [...seen].slice(0, AT_ONCE)) url.searchParams.append("id", id);
  globalThis.htmx?.ajax("GET", url.pathname + url.search, { source: "#fresh", target: "#fresh", swap: "none" });
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (document.visibilityState === "visible" && navigator.onLine) ask();
    later();
  }, EVERY + (Math.random() - 0.5) * SPREAD);
}

// Chips stand in a row that scrolls: another filter leaves it where it was.
const scrolled = new Map();
document.addEventListener("htmx:beforeSwap", () => {
  document.querySelectorAll(".chips").forEach((row, n) => scrolled.set(n, row.scrollLeft));
});
document.addEventListener("htmx:afterSettle", () => {
  document.querySelectorAll(".chips").forEach((row, n) => (row.scrollLeft = scrolled.get(n) ?? 0));
  watch();
});
// Who comes back to the page sees what has changed without waiting.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && document.getElementById("posts")) ask();
});

watch();
later();
