/** The room page: brings the pieces together. What each of them decides is in its own module. */
import { announcer } from "./announce.js";
import { newCid } from "./cid.js";
import { Composer } from "./composer.js";
import { Folds } from "./fold.js";
import { GapCloser } from "./gap.js";
import { entryMenu } from "./menu.js";
import { systemLine } from "./lines.js";
import { Older } from "./older.js";
import { Outbox } from "./outbox.js";
import { Overlay } from "./overlay.js";
import { connect, language, snapshot } from "./page.js";
import { Presence } from "./presence.js";
import { ReadPosition } from "./reading.js";
import { noteRead, readHere } from "./readmark.js";
import { renderer } from "./render.js";
import { Roster } from "./roster.js";
import { Scroller } from "./scroll.js";
import { StatusLine } from "./status.js";
import { Timeline } from "./timeline.js";
import { TypingSignal } from "./typing.js";
import { UndoDelete } from "./undo.js";
import { Unseen } from "./unseen.js";
import { EntryView } from "./view.js";

const GONE = new Set(["NOT_MEMBER", "NO_ROOM"]);

const page = snapshot("room-data");
const { room, me, lines } = page;
const counting = new Set(lines.counts);
const { t, clock } = language();
const element = (id) => document.getElementById(id);
const root = element("room");

const people = new Map(page.members.map(({ id, nickname }) => [id, nickname]));
const meet = (names) => Object.entries(names).forEach(([id, name]) => people.set(Number(id), name));
const nameOf = (user) => people.get(user) ?? t("somebody");
meet(page.people);

const timeline = new Timeline({ me });
const overlay = new Overlay();
const folded = new Set(page.folded);
const render = renderer({ me, isHost: page.is_host, folded, lines, nameOf, t, clock, about: root.dataset.about });
const view = new EntryView({ list: element("entries"), render, clock });
// Lines about things stand elsewhere too, so many of them may make room for the talk.
const folds = new Folds({
  list: element("entries"),
  kinds: new Set(Object.keys(lines).filter((key) => lines[key].about).map((key) => key.slice(0, -1))),
  words: (n) => t("fold", { n }),
});
const presence = new Presence({ me, nameOf, t });
const roster = new Roster({ me, count: Number(root.dataset.count), nameOf, t });
const status = new StatusLine({ t });
const announce = announcer(element("log"));

const connection = connect({ onFrame: heard, onStatus: lineChanged });
const send = (frame) => connection.send({ ...frame, room });

const gap = new GapCloser({ behind: () => timeline.behind, ask: () => connection.rejoin(room) });
const reading = new ReadPosition({ send: (seq) => send({ type: "read", seq }), read: page.read });
const outbox = new Outbox({ room, user: me[0], storage: localStorage, send: (frame) => connection.send(frame), onChange: drawMine });
const signal = new TypingSignal({ send: () => send({ type: "typing" }) });
const undo = new UndoDelete({
  commit: (seq) => write({ op: "delete", seq }),
  onChange: drawMine,
});
const scroller = new Scroller({
  box: element("timeline"),
  content: element("entries"),
  onBottom: bottomChanged,
  onTop: () => older.ask(),
});
const older = new Older({ timeline, view, folds, scroller, ask: send, shown: (entry) => overlay.over(entry) });
const unseen = new Unseen({ view, scroller, t });
const composer = new Composer({
  form: element("composer"),
  storage: localStorage,
  user: me[0],
  room,
  limits: page.limits,
  onSend(body) {
    const kept = write({ op: "send", body });
    if (kept) scroller.toBottom();
    return kept;
  },
  onEdit: (seq, body) => timeline.get(seq)?.data.body === body || write({ op: "edit", seq, body }),
  onKey: () => signal.key(),
  lastOwn: () => timeline.entries.findLast(({ kind, sender, data }) => kind === "text" && me.includes(sender) && !data.deleted),
});

open();

function open() {
  // A page of older entries stands apart from the newest: nothing in it can be continued.
  if (page.latest) {
    timeline.joined({ ...page, recovered: false });
    for (const entry of timeline.entries) if (me.includes(entry.sender)) outbox.settle(entry.cid);
  }
  view.adopt(timeline.entries);
  folds.draw();
  placeLine(readHere(me[0], room));
  drawMine();
  listen();
  scroller.toBottom();
  unseen.opened();
  older.seek(page.at);
  // With a finger this would open the keyboard.
  if (matchMedia("(hover: hover) and (pointer: fine)").matches) composer.focus();
  connection.join(room, () => timeline.resumeFrom);
  connection.start();
}

/** The server placed the line by what it knew; this tab may have read further. */
function placeLine(read) {
  if (!page.latest || read <= page.read) return;
  const first = timeline.entries.find(({ seq, kind, sender }) => seq > read && counting.has(kind) && !me.includes(sender));
  view.unreadFrom(first?.seq ?? null);
}

function listen() {
  element("pill").addEventListener("click", () => {
    scroller.toBottom();
    composer.focus();
  });
  document.addEventListener("visibilitychange", seen);
  addEventListener("pagehide", () => reading.leave());
  addEventListener("storage", ({ key }) => key === outbox.key && outbox.refresh());
  entryMenu({
    list: element("entries"),
    on: {
      edit: (node) => composer.edit(overlay.over(timeline.get(Number(node.dataset.seq)))),
      delete: (node) => undo.hold(Number(node.dataset.seq)),
      retry: (node) => outbox.retry(node.dataset.cid),
      discard: (node) => outbox.discard(node.dataset.cid),
    },
  });
}

function heard(frame) {
  if (frame.room !== undefined && frame.room !== room) return;
  if (frame.people) meet(frame.people);
  switch (frame.type) {
    case "joined":
      show(timeline.joined(frame), { fresh: frame.recovered });
      reading.known(frame.read);
      outbox.opened();
      scroller.check();
      older.look();
      break;
    case "entries":
      show(timeline.live(frame), { fresh: true });
      presence.wrote(frame.items);
      break;
    case "page":
      older.came(timeline.page(frame));
      break;
    case "ack":
      acked(frame);
      break;
    case "position":
      timeline.heardOf(frame.head);
      gap.look();
      break;
    case "resync":
      timeline.resync();
      outbox.closed();
      connection.rejoin(room);
      break;
    case "presence":
      presence.present(frame);
      break;
    case "typing":
      presence.typing(frame.user);
      break;
    case "removed":
      gone(frame.reason);
      break;
    case "error":
      refused(frame);
      break;
  }
}

function lineChanged(now) {
  status.show(now);
  tell("line", now);
  if (now.state === "open") return;
  outbox.closed();
  presence.unknown();
  timeline.pageLost();
}

/** For the scripts of apps above, which know their kinds. */
function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(`room:${name}`, { detail }));
}

/** @param {import("./timeline.js").Diff} diff */
function show(diff, { fresh }) {
  scroller.around(() => {
    if (diff.replaced) view.replace(timeline.entries.map((entry) => overlay.over(entry)));
    view.add(diff.added.map((entry) => overlay.over(entry)));
    view.change(diff.changed.map((entry) => overlay.over(entry)));
    folds.draw();
    for (const { seq, rev } of diff.changed) if (rev) announce.forget(seq);
    if (fresh) roster.heard(diff.added);
    if (fresh) greet(diff.added.filter(({ sender }) => !me.includes(sender)));
  });
  for (const cid of diff.settled) outbox.settle(cid);
  drawMine();
  older.show();
  seen();
  gap.look();
  tell("entries", { items: diff.replaced ? timeline.entries : diff.added, fresh });
}

/** New entries of others: spoken, counted on the pill, and marked when nobody was looking. */
function greet(entries) {
  for (const entry of entries) {
    const { kind, sender, data } = entry;
    if (kind === "text" && folded.has(sender)) continue;
    const text = kind === "text" ? t("says", { name: nameOf(sender), body: data.body ?? t("deleted") }) : systemLine(lines, entry, nameOf);
    announce.say(entry.seq, text);
  }
  const said = entries.filter(({ kind, sender }) => counting.has(kind) && !(kind === "text" && folded.has(sender)));
  if (said.length && !(looking() && scroller.atBottom)) unseen.came(said);
}

/** @returns {boolean} false: the outbox is full and has kept nothing */
function write(fields) {
  signal.done();
  const kept = outbox.add({ cid: newCid(), at: new Date().toISOString(), ...fields });
  element("notice").textContent = kept ? "" : t("outbox.full");
  return kept;
}

function acked({ cid, seq }) {
  const mine = outbox.writes.find((each) => each.cid === cid);
  if (mine) overlay.acked(mine, seq);
  outbox.settle(cid);
}

function drawMine() {
  const touched = overlay.update(outbox.writes, { position: timeline.position, held: undo.held });
  const shown = [...touched].map((seq) => timeline.get(seq)).filter(Boolean);
  scroller.around(() => {
    view.change(shown.map((entry) => overlay.over(entry)));
    view.pending(overlay.pending(me[0]));
  });
}

function refused(error) {
  if (error.cid !== undefined) {
    outbox.refused(error);
    return;
  }
  if (error.room === room && GONE.has(error.code)) {
    gone("removed");
  } else if (error.retry) {
    // Most likely the history page; the next scroll asks again.
    timeline.pageLost();
  }
}

function gone(reason) {
  element("composer").hidden = true;
  element("gone").hidden = false;
  element("gone-text").textContent = t(`gone.${reason}`) || t("gone.removed");
  root.classList.add("is-gone");
  outbox.closed();
  presence.unknown();
}

/** Neither in another tab nor behind something that covers the talk. */
function looking() {
  return document.visibilityState === "visible" && !element("timeline").closest("[inert]");
}

function bottomChanged(isAtBottom) {
  if (isAtBottom) seen();
  unseen.draw();
}

/** At the bottom with the tab in sight, everything up to the position is read. */
function seen() {
  if (!looking() || !scroller.atBottom) return;
  unseen.seen();
  reading.reached(timeline.position);
  noteRead(me[0], room, timeline.position);
}
