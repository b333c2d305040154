/** What both live pages share: their snapshot, the socket's address, the browser's hints about the line. */
import { Connection } from "./connection.js";
import { strings } from "./strings.js";
import { clock } from "./time.js";

/** Taken out of the page: what is deleted later must not stay behind in it. @param {string} id of a json_script */
export function snapshot(id) {
  const node = document.getElementById(id);
  node.remove();
  return JSON.parse(node.textContent);
}

/** @returns {{t: ReturnType<typeof strings>, clock: ReturnType<typeof clock>}} */
export function language() {
  const t = strings();
  const { lang, dataset } = document.documentElement;
  const options = { lang, timeZone: dataset.zone, pattern: t("time"), am: t("am"), pm: t("pm") };
  return { t, clock: clock(options) };
}

/** @param {{onFrame: Function, onStatus: Function}} handlers @returns {Connection} started by the caller */
export function connect({ onFrame, onStatus }) {
  const url = new URL(document.documentElement.dataset.ws, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const connection = new Connection({
    url: url.href,
    WebSocket,
    isOnline: () => navigator.onLine,
    onFrame(frame) {
      if (frame.type === "notified") document.dispatchEvent(new Event("line:notified"));
      else onFrame(frame);
    },
    onStatus,
  });
  addEventListener("online", () => connection.nudge());
  addEventListener("offline", () => connection.offline());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") connection.nudge();
  });
  // A page taken out of the back-forward cache has a dead socket that nobody closed.
  addEventListener("pageshow", (event) => event.persisted && connection.nudge());
  return connection;
}
