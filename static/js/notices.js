/**
 * What waits for the person, outside the rooms: the number at the bell, and a line that passes by. A page with a live
 * line is told when to look; the others look every minute while they are in sight.
 */
import { Pace } from "./order-pace.js";

const EVERY = 60_000;
const STANDS = 8_000;
const { dataset } = document.documentElement;
const { news, newsRead, newsClose } = dataset;
const here = document.getElementById("room")?.dataset.room ?? location.pathname.match(/^\/p\/([^/]+)\/room\//)?.[1] ?? "";
const looking = () => document.visibilityState === "visible";
let latest = Number(dataset.newsLatest);
let asked = Date.now();

export function notices() {
  if (!news) return;
  const pace = new Pace(look, { looking });
  document.addEventListener("line:notified", () => pace.ask());
  document.addEventListener("visibilitychange", () => {
    if (!looking()) return;
    pace.seen();
    if (Date.now() - asked > EVERY) pace.ask();
  });
  // What was told about the room that one looks at is read by looking.
  if (here) readHere();
  setInterval(() => looking() && dataset.connection !== "open" && pace.ask(), EVERY);
}

async function look() {
  asked = Date.now();
  let answer;
  try {
    answer = await fetch(`${news}?after=${latest}`, { signal: AbortSignal.timeout(10_000) });
  } catch {
    return; // the next look is soon
  }
  if (!answer.ok) return;
  count(answer);
  if (answer.status !== 200) return;
  latest = Number(answer.headers.get("X-Latest"));
  if (here && answer.headers.get("X-Room") === here) readHere();
  else pass(await answer.text());
}

async function readHere() {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!token || !looking()) return;
  const body = new FormData();
  body.set("post", here);
  try {
    const headers = { "X-CSRFToken": token, "HX-Request": "true" };
    count(await fetch(newsRead, { method: "POST", body, headers, signal: AbortSignal.timeout(10_000) }));
  } catch {
    // They stay unread: the page of notifications says so.
  }
}

function count(answer) {
  const unread = Number(answer.headers.get("X-Unread"));
  const badge = document.getElementById("bell-count");
  if (!badge || !answer.headers.has("X-Unread")) return;
  badge.hidden = unread === 0;
  badge.textContent = unread > 99 ? "99+" : String(unread);
}

/** One line at a time; it says itself to a screen reader and stands in the list afterwards. */
function pass(html) {
  document.querySelector(".news")?.remove();
  const line = document.createElement("div");
  line.className = "news";
  line.setAttribute("role", "status");
  const close = document.createElement("button");
  Object.assign(close, { type: "button", textContent: "×", onclick: () => line.remove() });
  close.setAttribute("aria-label", newsClose);
  document.body.append(line);
  line.append(document.createRange().createContextualFragment(html), close);
  const leave = () => (line.matches(":hover, :focus-within") ? setTimeout(leave, STANDS) : line.remove());
  setTimeout(leave, STANDS);
}
