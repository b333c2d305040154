/**
 * Cards under entries: the server's own HTML, filled in when they come into sight, fetched again when an entry touches
 * them, at most once a second and not in the same moment as everybody else. A form in one is sent without leaving the
 * page and answered by the card itself. Needs nothing of the page but `[data-card]` boxes and `[data-card-form]` forms.
 */
import { cardOf } from "./lines.js";
import { Pace } from "./order-pace.js";

const WAIT = 10_000;
const root = document.getElementById("room");
/** Below /p/<id>/room/, wherever on it we are. */
const base = location.pathname.replace(/(\/room\/).*$/, "$1");
const snapshot = document.getElementById("room-data");
const lines = snapshot ? JSON.parse(snapshot.textContent).lines : {};

const stale = new Set();
const inSight = new Set();
const pace = new Pace(refresh, {
  looking: () => document.visibilityState === "visible",
  people: () => Number(root?.dataset.count ?? 1),
});

const watch = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (isIntersecting) inSight.add(target);
    else inSight.delete(target);
    if (isIntersecting && target.childElementCount === 0) load(target);
    else if (isIntersecting && stale.has(target.dataset.card)) pace.ask();
  }
}, { rootMargin: "200px" });

document.addEventListener("room:entries", ({ detail: { items, fresh } }) => {
  watchAll();
  if (!fresh) for (const box of boxes()) stale.add(box.dataset.card);
  for (const item of items) touched(item);
  if ([...inSight].some(({ dataset }) => stale.has(dataset.card))) pace.ask();
});
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && pace.seen());
document.addEventListener("submit", send);
watchAll();

function boxes() {
  return document.querySelectorAll("[data-card]");
}

function watchAll() {
  for (const box of boxes()) watch.observe(box); // again is nothing
}

/** A state or somebody's leaving may change every card: what can still be done, whose vote counts. */
function touched(item) {
  const all = item.kind === "order.state" || item.kind === "order.post" || item.kind.startsWith("room.");
  const [name, id] = cardOf(lines, item, "touches") ?? cardOf(lines, item) ?? [];
  for (const { dataset: { card } } of boxes()) {
    if (all || (name && (id === null ? card.startsWith(`${name}/`) : card === `${name}/${id}`))) stale.add(card);
  }
}

function refresh() {
  for (const box of inSight) if (box.isConnected && stale.has(box.dataset.card)) load(box);
  for (const box of inSight) if (!box.isConnected) inSight.delete(box);
}

/** What could not be fetched stays stale; the next entry, or scrolling back to it, asks again. */
async function load(box) {
  const { card } = box.dataset;
  stale.delete(card);
  try {
    const answer = await fetch(`${base}f/card/${card}/`, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(WAIT) });
    if (!answer.ok) throw new Error(String(answer.status));
    show(box, await answer.text());
  } catch {
    stale.add(card);
  }
}

/** Focus stays on the same control of the new card, or on the card when it has none. */
function show(box, html) {
  const held = box.contains(document.activeElement);
  const at = place(box, document.activeElement);
  const fresh = document.createRange().createContextualFragment(html);
  box.replaceChildren(fresh);
  if (!held) return;
  const next = controls(box)[Math.min(at, controls(box).length - 1)] ?? box.querySelector("section");
  if (next?.localName === "section") next.tabIndex = -1;
  next?.focus({ preventScroll: true });
}

const controls = (box) => [...box.querySelectorAll("button")];
const place = (box, node) => controls(box).indexOf(node);

async function send(event) {
  const form = event.target;
  const card = form.closest("[data-card], .poll-box");
  if (!form.matches("[data-card-form]") || !card || event.defaultPrevented) return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "1";
  const body = new FormData(form, event.submitter);
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body,
      headers: { "HX-Request": "true" },
      signal: AbortSignal.timeout(WAIT),
    });
    if (answer.status === 401) return location.assign(answer.headers.get("HX-Redirect") ?? location.href);
    if (answer.headers.get("X-Fragment") !== "card") throw new Error(String(answer.status));
    show(card, await answer.text());
    stale.delete(card.dataset.card);
  } catch {
    lost(form);
  }
  delete form.dataset.sent;
}

/** It did not get through: the form as it works without scripts says why, or sends it. */
function lost(form) {
  const words = document.getElementById("card-lost")?.dataset.words;
  if (!words) return;
  const note = form.closest(".poll")?.querySelector("[data-lost]") ?? document.createElement("p");
  Object.assign(note, { className: "said refused", role: "alert", textContent: words });
  note.dataset.lost = "";
  form.before(note);
}
