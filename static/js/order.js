/**
 * The order beside the talk: its fragments are fetched again when the timeline tells of a change, forms in which
 * somebody types are left alone, and on a phone the sheet slides over the talk. Without the room (the sheet's own page)
 * only the forms are here.
 */
/* global htmx */
import { copyButtons } from "./copy.js";
import "./hold.js";
import { keepPlace, keepTyped } from "./keep-typed.js";
import { Pace } from "./order-pace.js";
import { holdBack, sending } from "./sending.js";

const OURS = /^(order|room)\./;
const SHEET = /^#(sheet|mine|add|table|deeds|item-\d+|person-\d+)$/;
const element = (id) => document.getElementById(id);
const root = element("room");
const sheetPath = new URL(element("handle").href).pathname;
const narrow = matchMedia("(max-width: 999.98px)");

// --- what changes -------------------------------------------------------------------------------------------------

const looking = () => document.visibilityState === "visible" && !sending();
/** The sheet brings the fact bar along; behind the talk on a phone the bar alone will do. */
const refresh = new Pace(() => htmx.trigger(sheetShown() ? "#sheet" : "#facts", "order:refresh"), {
  looking,
  people: () => Number(element("sheet").dataset.people),
});
holdBack(refresh);
let stale = false;

document.addEventListener("room:entries", ({ detail: { items, fresh } }) => {
  if (!fresh || items.some(({ kind }) => OURS.test(kind))) {
    stale = true;
    refresh.ask();
  }
  if (fresh && root?.dataset.pane === "side") talked(items);
});
document.addEventListener("visibilitychange", () => looking() && refresh.seen());

function sheetShown() {
  if (root && narrow.matches && root.dataset.pane !== "side") return false;
  stale = false;
  return true;
}

/** How long an answer stands, in ms: the way back; what to do about a refusal. */
const DONE_STANDS = 15_000;
const REFUSED_STANDS = 60_000;
let saidUntil = 0;

// --- forms --------------------------------------------------------------------------------------------------------

keepTyped(kept);

/** What the last tap came to stays for a while, though the entry of that very tap has the sheet fetched again. */
function kept(node, next) {
  return node.id === "sheet-said" && node.hasChildNodes() && next.childElementCount === 0 && Date.now() < saidUntil;
}

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { xhr, requestConfig } = detail;
  if (requestConfig.verb === "get") return;
  // Refusals are the sheet, too; a page of errors is not.
  saidUntil = 0;
  detail.shouldSwap = xhr.getResponseHeader("X-Fragment") === "sheet";
  if (!detail.shouldSwap) return lost();
  const form = requestConfig.elt.closest("form");
  if (!form) return;
  delete form.dataset.typed;
  form.dataset.sent = "1";
  if (xhr.status >= 400) return;
  form.reset();
  form.closest("details.dish-edit, details.confirm")?.removeAttribute("open");
});
document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.requestConfig && detail.requestConfig.verb !== "get") {
    said();
    keepPlace(element("deeds"));
  }
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  copyButtons();
  drawHandle();
});
function said() {
  const note = element("sheet-said");
  if (!note.hasChildNodes()) return;
  const stands = note.classList.contains("refused") ? REFUSED_STANDS : DONE_STANDS;
  saidUntil = Date.now() + stands;
  const until = saidUntil;
  setTimeout(() => {
    if (saidUntil !== until || note.contains(document.activeElement)) return;
    note.replaceChildren();
    note.className = "";
  }, stands);
}

document.body.addEventListener("htmx:sendError", lost);
document.body.addEventListener("htmx:timeout", lost);
document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.requestConfig.verb !== "get") element("sheet-lost").hidden = true;
});

function lost(event) {
  if (event?.detail.requestConfig.verb === "get") return;
  const note = element("sheet-lost");
  note.hidden = false;
  note.textContent = note.dataset.words;
}

// --- the sheet on a phone -----------------------------------------------------------------------------------------

let talk = 0;

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!root || !link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (new URL(link.href).pathname !== sheetPath) return;
  event.preventDefault();
  if (link.id === "handle" && root.dataset.pane === "side") close();
  else open(new URL(link.href).hash);
});
addEventListener("hashchange", follow);
addEventListener("popstate", follow);
document.addEventListener("keydown", ({ key }) => key === "Escape" && root?.dataset.pane === "side" && narrow.matches && close());
narrow.addEventListener("change", follow);
follow();

function open(hash) {
  const wanted = SHEET.test(hash) ? hash : "#sheet";
  if (location.hash === wanted) follow();
  else location.hash = wanted;
}

function close() {
  history.replaceState(null, "", location.pathname + location.search);
  follow();
  element("handle").focus();
}

function follow() {
  if (!root) return;
  const shown = SHEET.test(location.hash);
  root.toggleAttribute("data-pane", shown);
  if (shown) root.dataset.pane = "side";
  const covered = shown && narrow.matches;
  document.querySelector(".room-talk").inert = covered;
  if (shown) {
    if (stale) refresh.ask();
    const target = document.querySelector(location.hash) ?? element("sheet");
    if (target.id === "add") target.open = true;
    target.scrollIntoView({ block: target.id === "sheet" ? "start" : "nearest" });
    focusIn(target);
  } else {
    talk = 0;
    // What came meanwhile is seen now.
    element("timeline").dispatchEvent(new Event("scroll"));
  }
  drawHandle();
}

function focusIn(target) {
  // With a finger a field would open the keyboard.
  const field = matchMedia("(pointer: fine)").matches && target.id === "add" ? target.querySelector("input:not([type=hidden])") : null;
  const wanted = field ?? target;
  if (!field) wanted.tabIndex = -1;
  wanted.focus({ preventScroll: true });
}

function talked(items) {
  talk += items.filter(({ kind }) => kind === "text").length;
  drawHandle();
}

/** The handle says where it leads; on a desktop both stand side by side. */
function drawHandle() {
  const handle = element("handle");
  const words = handle.querySelector(".facts-open");
  words.dataset.sheet ??= words.textContent;
  const shown = root?.dataset.pane === "side";
  if (root) handle.setAttribute("aria-expanded", String(shown));
  words.textContent = shown ? words.dataset.talk : words.dataset.sheet;
  if (shown && talk) {
    const badge = document.createElement("span");
    badge.className = "facts-new";
    badge.textContent = String(talk);
    words.append(" ", badge);
  }
}
