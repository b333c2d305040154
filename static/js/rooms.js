/** The room list: last lines and unread counts stay live. Nothing changes its place under the finger. */
import { GapCloser } from "./gap.js";
import { readHere } from "./readmark.js";
import { connect, language, snapshot } from "./page.js";
import { systemLine } from "./lines.js";
import { Outbox } from "./outbox.js";
import { StatusLine } from "./status.js";
import { Timeline } from "./timeline.js";
import { Unread } from "./unread.js";

/** limits.py, rooms_per_socket */
const ROOMS_MAX = 200;

const { epoch, me, lines, chips, rooms } = snapshot("rooms-data");
const { t, clock } = language();
const status = new StatusLine({ t });
const people = new Map();
const nameOf = (user) => people.get(user) ?? t("somebody");

/** One row: its place in the room's timeline, its count, its node. */
class Row {
  constructor({ room, head, unread }) {
    this.room = room;
    this.node = document.querySelector(`[data-room="${CSS.escape(room)}"]`);
    this.timeline = new Timeline({ me });
    this.timeline.joined({ epoch, head, more: true, items: [], recovered: false });
    this.gap = new GapCloser({ behind: () => this.timeline.behind, ask: () => connection.rejoin(room) });
    this.unread = new Unread({ me, unread: readHere(me[0], room) >= head ? 0 : unread, counts: lines.counts });
    this.last = Number(this.node.dataset.last);
    // What was left unsent in the room goes out from here too.
    this.outbox = new Outbox({ room, user: me[0], storage: localStorage, send: (frame) => connection.send(frame) });
    this.#count();
  }

  joined(frame) {
    const read = readHere(me[0], this.room);
    if (read > frame.read) connection.send({ type: "read", room: this.room, seq: read });
    this.#show(this.timeline.joined(frame), frame);
    this.outbox.opened();
  }

  entries(frame) {
    this.#show(this.timeline.live(frame), frame);
  }

  #show(diff, { items, read }) {
    for (const cid of diff.settled) this.outbox.settle(cid);
    if (diff.replaced) this.unread.replaced(items, read);
    else this.unread.saw(items);
    const last = this.timeline.entries.at(-1);
    if (last && last.seq >= this.last) this.#lastLine(last);
    else this.#changed(items);
    for (const item of diff.replaced ? this.timeline.entries : diff.added) this.#chip(item);
    this.#count();
  }

  /** How the room stands, as the app above says it: entries come in order, so the last one holds. */
  #chip({ kind, data }) {
    const [chip, tone] = chips[kind]?.words[data[chips[kind].path]] ?? [];
    const node = this.#slot("chip");
    if (!chip || !node) return;
    node.textContent = chip;
    node.className = tone ? `chip chip-${tone}` : "chip";
  }

  /** An edit or a deletion of the line shown, whose entry came with the page and is not held here. */
  #changed(items) {
    const change = items.findLast(({ target }) => target?.seq === this.last)?.target;
    if (!change) return;
    this.#slot("body").textContent = change.data.deleted ? t("deleted") : change.data.body;
  }

  #lastLine(entry) {
    this.last = entry.seq;
    this.#slot("name").textContent = entry.kind === "text" ? (me.includes(entry.sender) ? t("me") : nameOf(entry.sender)) : "";
    this.#slot("body").textContent = this.#words(entry);
    const time = this.#slot("time");
    time.dateTime = entry.at;
    time.textContent = clock.time(entry.at);
  }

  #words(entry) {
    if (entry.kind !== "text") return systemLine(lines, entry, nameOf);
    return entry.data.deleted ? t("deleted") : entry.data.body;
  }

  #count() {
    const { count } = this.unread;
    const badge = this.#slot("unread");
    badge.hidden = count === 0;
    badge.querySelector("[data-slot=count]").textContent = count > 999 ? "999+" : String(count);
    this.node.classList.toggle("has-unread", count > 0);
  }

  resync() {
    this.timeline.resync();
    this.outbox.closed();
  }

  gone() {
    this.outbox.closed();
    this.node.remove();
  }

  #slot(name) {
    return this.node.querySelector(`[data-slot="${name}"]`);
  }
}

const connection = connect({ onFrame: heard, onStatus: lineChanged });
const rows = new Map(rooms.slice(0, ROOMS_MAX).map((each) => [each.room, new Row(each)]));

for (const row of rows.values()) connection.join(row.room, () => row.timeline.resumeFrom);
if (rows.size) connection.start();

function lineChanged(now) {
  status.show(now);
  if (now.state !== "open") for (const row of rows.values()) row.outbox.closed();
}

function heard(frame) {
  const row = rows.get(frame.room);
  if (!row) return;
  for (const [id, name] of Object.entries(frame.people ?? {})) people.set(Number(id), name);
  if (frame.type === "joined") row.joined(frame);
  else if (frame.type === "entries") row.entries(frame);
  else if (frame.type === "ack") row.outbox.settle(frame.cid);
  else if (frame.type === "error" && frame.cid) row.outbox.refused(frame);
  else if (frame.type === "position") row.timeline.heardOf(frame.head);
  else if (frame.type === "resync") row.resync();
  else if (frame.type === "removed") row.gone();
  if (frame.type !== "removed") row.gap.look();
}

// Back from a room by the back-forward cache, read positions are old; the page itself is cheap.
addEventListener("pageshow", (event) => event.persisted && location.reload());
