/** Pages about money: fetched again as entries tell of a change, forms in which somebody types are left alone. */
/* global htmx */
import { copyButtons } from "./copy.js";
import { GapCloser } from "./gap.js";
import "./hold.js";
import { keepPlace, keepTyped } from "./keep-typed.js";
import { Pace } from "./order-pace.js";
import { connect, snapshot } from "./page.js";
import { holdBack, sending } from "./sending.js";
import { Timeline } from "./timeline.js";

const OURS = /^(order|room)\./;
const element = (id) => document.getElementById(id);
const { room, epoch, head, me, people } = snapshot("pay-data");

const refresh = new Pace(() => htmx.trigger("#pay", "pay:refresh"), {
  looking: () => document.visibilityState === "visible" && !sending(),
  people: () => people,
});
holdBack(refresh);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh.seen());

// --- what comes ---------------------------------------------------------------------------------------------------

const timeline = new Timeline({ me: [me] });
timeline.joined({ epoch, head, more: true, items: [], recovered: false });
const connection = connect({ onFrame: heard, onStatus: ({ state }) => (document.documentElement.dataset.connection = state) });
const gap = new GapCloser({ behind: () => timeline.behind, ask: () => connection.rejoin(room) });
connection.join(room, () => timeline.resumeFrom);
connection.start();

function heard(frame) {
  if (frame.room !== room) return;
  if (frame.type === "joined") {
    timeline.joined(frame);
    if (!frame.recovered || touches(frame)) refresh.ask();
  } else if (frame.type === "entries") {
    timeline.live(frame);
    if (touches(frame)) refresh.ask();
  } else if (frame.type === "position") timeline.heardOf(frame.head);
  else if (frame.type === "resync") timeline.resync();
  if (frame.type !== "removed") gap.look();
}

function touches({ items }) {
  return items.some(({ kind }) => OURS.test(kind));
}

// --- what is tapped -----------------------------------------------------------------------------------------------

/** An account that is shown stays until it is another's, or of another sum. */
keepTyped((node, next) => node.matches(".account-box") && node.id === next.id && node.querySelector(".account-number") !== null);

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { xhr, requestConfig } = detail;
  if (requestConfig.verb === "get") return;
  detail.shouldSwap = xhr.getResponseHeader("X-Fragment") === "pay"; // refusals, too; a page of errors is not
  if (!detail.shouldSwap) return lost();
  const form = requestConfig.elt.closest("form");
  if (!form) return;
  delete form.dataset.typed;
  form.dataset.sent = "1";
  if (xhr.status < 400) form.closest("details.confirm")?.removeAttribute("open");
});
document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  copyButtons();
  if (detail.requestConfig && detail.requestConfig.verb !== "get") {
    element("pay-said")?.scrollIntoView({ block: "nearest" });
    keepPlace(element("pay"));
    drawTabs();
  }
});

/** An answer may be another page than the one that was sent from: the bill answers with the board. */
function drawTabs() {
  const { page } = element("pay").dataset;
  for (const tab of document.querySelectorAll(".pay-tabs a")) {
    if (tab.dataset.tab === (page === "person" ? "board" : page)) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
}

document.body.addEventListener("htmx:sendError", lost);
document.body.addEventListener("htmx:timeout", lost);
document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.requestConfig.verb !== "get") element("pay-lost").hidden = true;
});

function lost(event) {
  if (event?.detail.requestConfig.verb === "get") return;
  element("pay-lost").hidden = false;
}
