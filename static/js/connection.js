/**
 * One socket that carries all rooms of a page, with its whole life: connecting → open → waiting → … → closed.
 * Knows nothing of the DOM; the socket class, the timers and the network's state are handed in.
 */
import { fullJitter } from "./backoff.js";
import { Joins } from "./joins.js";

export const SUBPROTOCOL = "rualone.v1";

/** Close codes after which coming back by itself cannot help (docs/protocol.md). Every other code reconnects. */
const FINAL = new Map([
  [4400, "bad-frame"],
  [4401, "sign-in"],
  [4403, "refused"],
]);
const TOO_FAST = 4429;
const TOO_FAST_WAIT = 5_000;
const WELCOME_WITHIN = 10_000;
/** A connection that lived this long has proved the line good: the next failure waits little again. */
const STEADY_AFTER = 5_000;

/**
 * @typedef {"idle"|"connecting"|"open"|"waiting"|"closed"} State
 * @typedef {{state: State, reason: string, delay: number}} Status `reason` of a wait: "offline" or "lost"; of an
 *   end: "sign-in", "refused", "bad-frame" or "stopped"; `delay` in ms until the next attempt
 */
export class Connection {
  /** @type {State} */
  state = "idle";
  #options;
  #timers;
  #backoff;
  #joins;
  #socket = null;
  #openedAt = 0;
  #retry = null;
  #watch = null;

  /**
   * @param {{
   *   url: string, WebSocket: typeof WebSocket, onFrame: (frame: object) => void, onStatus: (status: Status) => void,
   *   timers?: {setTimeout: Function, clearTimeout: Function}, now?: () => number, isOnline?: () => boolean,
   *   backoff?: {next: () => number, reset: () => void}, silence?: number, patience?: number,
   * }} options `silence`: ms without any frame after which the line is probed; `patience`: ms the answer may take
   */
  constructor(options) {
    this.#options = { now: Date.now, isOnline: () => true, silence: 30_000, patience: 8_000, ...options };
    this.#timers = options.timers ?? globalThis;
    this.#backoff = options.backoff ?? fullJitter();
    this.#joins = new Joins({ send: (frame) => this.send(frame), timers: this.#timers });
  }

  start() {
    if (this.state === "idle") this.#connect();
  }

  /** Ends it for good, or until `start`. */
  stop() {
    this.#release();
    this.#set("closed", "stopped");
    this.state = "idle";
  }

  /** @param {string} room @param {() => import("./joins.js").Position} position */
  join(room, position) {
    this.#joins.add(room, position);
  }

  /** Ask for what is missing in a room. */
  rejoin(room) {
    this.#joins.ask(room);
  }

  leave(room) {
    if (this.#joins.drop(room)) this.send({ type: "leave", room });
  }

  /** @returns {boolean} false: not handed to an open socket */
  send(frame) {
    if (this.state !== "open" || this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Something suggests that trying now may help: network came up, tab shown again, the user asked for it. */
  nudge() {
    if (this.state === "waiting") {
      this.#timers.clearTimeout(this.#retry);
      this.#connect();
    } else if (this.state === "open") {
      this.#probe();
    }
  }

  /** The browser says the network is gone. It can be wrong (a server on this machine), so the line is asked. */
  offline() {
    if (this.state === "waiting") this.#set("waiting", "offline");
    else if (this.state === "open") this.#probe();
  }

  #connect() {
    const { url, WebSocket: Socket } = this.#options;
    this.#set("connecting");
    let socket;
    try {
      socket = new Socket(url, [SUBPROTOCOL]);
    } catch {
      this.#wait();
      return;
    }
    this.#socket = socket;
    // Handlers test that the socket is still ours: a late event of a dropped one must not disturb its successor.
    socket.onmessage = (event) => socket === this.#socket && this.#heard(event.data);
    socket.onclose = (event) => socket === this.#socket && this.#closed(event.code);
    socket.onerror = () => {};
    this.#arm(WELCOME_WITHIN, () => this.#lost());
  }

  #heard(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    if (frame === null || typeof frame !== "object") return;
    if (this.state === "open") this.#listen();
    if (frame.type === "ping") {
      this.send({ type: "pong" });
      return;
    }
    if (frame.type === "welcome") {
      this.#openedAt = this.#options.now();
      this.#set("open");
      this.#listen();
      this.#options.onFrame(frame);
      this.#joins.opened();
      return;
    }
    this.#joins.heard(frame);
    this.#options.onFrame(frame);
  }

  #listen() {
    this.#arm(this.#options.silence, () => this.#probe());
  }

  /** TCP can take minutes to notice a dead line; a join is a question that a living server answers at once. */
  #probe() {
    if (this.#joins.probe()) this.#arm(this.#options.patience, () => this.#lost());
    else this.#listen();
  }

  #lost() {
    this.#release();
    this.#wait();
  }

  #closed(code) {
    this.#release();
    const reason = FINAL.get(code);
    if (reason) this.#set("closed", reason);
    else this.#wait(code === TOO_FAST ? TOO_FAST_WAIT : 0);
  }

  #wait(atLeast = 0) {
    if (this.#openedAt && this.#options.now() - this.#openedAt >= STEADY_AFTER) this.#backoff.reset();
    this.#openedAt = 0;
    const delay = Math.max(atLeast, this.#backoff.next());
    this.#retry = this.#timers.setTimeout(() => this.#connect(), delay);
    this.#set("waiting", this.#options.isOnline() ? "lost" : "offline", delay);
  }

  #release() {
    this.#timers.clearTimeout(this.#watch);
    this.#timers.clearTimeout(this.#retry);
    this.#joins.closed();
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState < 2) socket.close();
  }

  #arm(delay, then) {
    this.#timers.clearTimeout(this.#watch);
    this.#watch = this.#timers.setTimeout(then, delay);
  }

  #set(state, reason = "", delay = 0) {
    this.state = state;
    this.#options.onStatus({ state, reason, delay });
  }
}
