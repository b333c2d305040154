/** The list of entries on the page: where each stands, day lines, groups, the "new messages" line, what is pending. */
import { relation } from "./groups.js";

export class EntryView {
  #list;
  #render;
  #clock;
  #unreadLine;
  #nodes = new Map();
  #pending = new Map();

  /** @param {{list: HTMLElement, render: ReturnType<typeof import("./render.js").renderer>, clock: object}} options */
  constructor({ list, render, clock }) {
    this.#list = list;
    this.#render = render;
    this.#clock = clock;
    this.#unreadLine = document.getElementById("unread-line");
  }

  /** Takes over what the server rendered. */
  adopt(entries) {
    const known = new Map(entries.map((entry) => [entry.seq, entry]));
    for (const node of this.#list.querySelectorAll("[data-seq]")) {
      const entry = known.get(Number(node.dataset.seq));
      if (!entry) {
        node.remove();
        continue;
      }
      this.#render.fill(node, entry);
      this.#nodes.set(entry.seq, node);
      known.delete(entry.seq);
    }
    this.add([...known.values()]);
    for (const node of this.#nodes.values()) this.#place(node);
  }

  /** @param {import("./render.js").Shown[]} entries in any order */
  add(entries) {
    for (const entry of entries) this.#insert(entry);
  }

  /** @param {import("./render.js").Shown[]} entries */
  change(entries) {
    for (const entry of entries) {
      const node = this.#nodes.get(entry.seq);
      if (node) this.#render.fill(node, entry);
    }
  }

  replace(entries) {
    for (const node of this.#nodes.values()) node.remove();
    for (const node of this.#list.querySelectorAll(".day")) node.remove();
    this.#nodes.clear();
    this.unreadFrom(null);
    this.add(entries);
    for (const node of this.#pending.values()) this.#place(node);
  }

  /** What I wrote and is not on the timeline yet, always at the end. @param {import("./render.js").Shown[]} entries */
  pending(entries) {
    const wanted = new Set(entries.map(({ cid }) => cid));
    for (const [cid, node] of this.#pending) {
      if (wanted.has(cid)) continue;
      node.remove();
      this.#pending.delete(cid);
    }
    for (const entry of entries) {
      let node = this.#pending.get(entry.cid);
      if (node) this.#render.fill(node, entry);
      else node = this.#render.create(entry);
      this.#pending.set(entry.cid, node);
      if (!node.isConnected) this.#list.append(node);
      this.#place(node);
    }
  }

  /** @param {number|null} seq the first entry that is new to the reader */
  unreadFrom(seq) {
    const node = this.#nodes.get(seq);
    this.#unreadLine.hidden = !node;
    if (node) node.before(this.#unreadLine);
    else this.#list.prepend(this.#unreadLine);
  }

  get unreadLine() {
    return this.#unreadLine.hidden ? null : this.#unreadLine;
  }

  /** @param {number} seq @returns {HTMLElement|undefined} */
  node(seq) {
    return this.#nodes.get(seq);
  }

  #insert(entry) {
    if (this.#nodes.has(entry.seq)) return;
    // My own message comes back: its pending node becomes the entry, so that nothing flickers.
    let node = this.#pending.get(entry.cid);
    if (node) {
      this.#pending.delete(entry.cid);
      this.#render.fill(node, entry);
    } else {
      node = this.#render.create(entry);
    }
    this.#nodes.set(entry.seq, node);
    const next = this.#after(entry.seq);
    if (next) next.before(node);
    else this.#list.append(node);
    this.#place(node);
    const following = neighbour(node, "nextElementSibling");
    if (following) this.#place(following);
  }

  /** The node to stand before: the next higher entry with its day line, or the first pending one. */
  #after(seq) {
    let found = null;
    for (let node = this.#list.lastElementChild; node; node = node.previousElementSibling) {
      if (node.dataset.seq && Number(node.dataset.seq) < seq) return found;
      found = node;
    }
    return found;
  }

  #place(node) {
    const before = neighbour(node, "previousElementSibling");
    const { newDay, continued } = relation(before && facts(before), facts(node), this.#clock.key);
    node.classList.toggle("continued", continued);
    // Within a group the minute is told once, at its last message.
    if (before) before.classList.toggle("same-minute", continued && this.#clock.time(before.dataset.at) === this.#clock.time(node.dataset.at));
    let day = null;
    for (let each = node.previousElementSibling; each && each !== before; each = each.previousElementSibling) {
      if (!each.classList.contains("day")) continue;
      if (day) day.remove();
      day = each;
    }
    if (!newDay) day?.remove();
    else if (!day) this.#dayLine(node, before);
    else day.firstElementChild.textContent = this.#clock.day(node.dataset.at);
  }

  #dayLine(node, before) {
    const day = document.createElement("li");
    day.className = "day";
    const label = document.createElement("span");
    label.textContent = this.#clock.day(node.dataset.at);
    day.append(label);
    if (before) before.after(day);
    else this.#list.prepend(day);
  }
}

function facts({ dataset: { at, sender, kind } }) {
  return { at, sender, system: kind !== "text" };
}

function neighbour(node, direction) {
  let each = node[direction];
  while (each && !each.dataset.at) each = each[direction];
  return each;
}
