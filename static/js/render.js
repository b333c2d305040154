/**
 * Makes and fills entries. The markup is the page's own partial (`chat/_entry.html`), cloned from its `<template>`s;
 * whatever people wrote goes in as text.
 */
import { paintAvatar } from "./avatar.js";
import { aboutOf, cardOf, systemLine } from "./lines.js";
import { linkParts } from "./links.js";

/**
 * @typedef {import("./timeline.js").Entry & {state?: ""|"pending"|"failed", code?: string}} Shown
 * @param {{me: number[], isHost: boolean, folded: Set<number>, lines: Record<string, string>, nameOf: (user: number|null) => string,
 *   t: (key: string, values?: object) => string, clock: ReturnType<typeof import("./time.js").clock>, about?: string}} page
 *   `about`: the address, without its id, of what entries are about
 */
export function renderer({ me, isHost, folded = new Set(), lines, nameOf, t, clock, about = "" }) {
  const templates = {
    text: document.getElementById("entry-text").content,
    system: document.getElementById("entry-system").content,
  };

  /** @param {Shown} entry @returns {HTMLElement} */
  function create(entry) {
    const node = (entry.kind === "text" ? templates.text : templates.system).firstElementChild.cloneNode(true);
    fill(node, entry);
    return node;
  }

  /** Brings a node, cloned or from the server, to the present state of its entry. */
  function fill(node, entry) {
    const { seq, kind, sender, cid, at, rev } = entry;
    if (seq) {
      node.id = `m${seq}`;
      node.dataset.seq = seq;
    }
    Object.assign(node.dataset, { kind, sender: sender ?? "", cid, at, rev: rev ?? 0, state: entry.state ?? "" });
    slot(node, "time", (time) => {
      time.dateTime = at;
      time.textContent = clock.time(at);
    });
    if (kind === "text") fillText(node, entry);
    else slot(node, "text", (line) => fillLine(line, entry));
  }

  function fillLine(line, entry) {
    const thing = about && aboutOf(lines, entry);
    if (thing && line.localName !== "a") {
      const link = document.createElement("a");
      Object.assign(link, { className: "entry-about", href: about + thing });
      link.dataset.slot = "text";
      line.replaceWith(link);
      line = link;
    }
    line.textContent = systemLine(lines, entry, nameOf);
    const card = cardOf(lines, entry);
    const node = line.closest("li");
    if (!card || node.querySelector("[data-card]")) return;
    const box = document.createElement("div");
    box.className = "entry-card";
    box.dataset.card = card.join("/"); // its app's script fills it
    node.append(box);
  }

  function fillText(node, { seq, sender, data, rev, state, code }) {
    const name = nameOf(sender);
    node.querySelector(".without-js")?.remove(); // its form holds the text as it was
    const deleted = Boolean(data.deleted);
    const mine = me.includes(sender);
    node.classList.toggle("mine", mine);
    node.classList.toggle("deleted", deleted);
    slot(node, "avatar", (avatar) => paintAvatar(avatar, sender, name));
    slot(node, "name", (label) => (label.textContent = name));
    slot(node, "body", (body) => body.replaceChildren(...(deleted ? [t("deleted")] : withLinks(data.body ?? ""))));
    slot(node, "edited", (mark) => (mark.hidden = deleted || !rev));
    slot(node, "pending", (mark) => (mark.hidden = state !== "pending"));
    slot(node, "failed", (mark) => (mark.hidden = state !== "failed"));
    slot(node, "reason", (why) => (why.textContent = state === "failed" ? t(`error.${code}`) || t("error") : ""));
    node.classList.toggle("folded", folded.has(sender));
    slot(node, "fold", (fold) => (fold.hidden = !folded.has(sender)));
    const report = node.querySelector('[data-slot="report"]');
    if (report) {
      report.hidden = mine;
      report.href = report.getAttribute("href").replace(/\.\d+\//, `.${seq}/`);
    }
    slot(node, "menu", (menu) => (menu.hidden = deleted || Boolean(state) || !seq || !(mine || isHost || report)));
    slot(node, "edit", (button) => (button.hidden = !mine));
    slot(node, "delete", (button) => (button.hidden = !(mine || isHost)));
  }

  return { create, fill };
}

function withLinks(text) {
  return linkParts(text).map(({ text: shown, href }) => {
    if (!href) return shown;
    const link = document.createElement("a");
    Object.assign(link, { href, rel: "noopener nofollow", target: "_blank", textContent: shown });
    return link;
  });
}

function slot(node, name, use) {
  const found = node.querySelector(`[data-slot="${name}"]`);
  if (found) use(found);
}
