/**
 * Makes and fills entries. The markup is the page's own partial (`chat/_entry.html`), cloned from its `<template>`s;
 * whatever people wrote goes in as text.
 */
import { paintAvatar } from "./avatar.js";
import { systemLine } from "./lines.js";
import { linkParts } from "./links.js";

/**
 * @typedef {import("./timeline.js").Entry & {state?: ""|"pending"|"failed", code?: string}} Shown
 * @param {{me: number[], isHost: boolean, lines: Record<string, string>, nameOf: (user: number|null) => string,
 *   t: (key: string, values?: object) => string, clock: ReturnType<typeof import("./time.js").clock>}} page
 */
export function renderer({ me, isHost, lines, nameOf, t, clock }) {
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
    else slot(node, "text", (line) => (line.textContent = systemLine(lines, entry, nameOf)));
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
    slot(node, "menu", (menu) => (menu.hidden = deleted || Boolean(state) || !seq || !(mine || isHost)));
    slot(node, "edit", (button) => (button.hidden = !mine));
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
