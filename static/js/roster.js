/** What the room page says beside the talk, kept as the system entries tell it: who is a member, the room's name. */
import { paintAvatar } from "./avatar.js";

export class Roster {
  #me;
  #nameOf;
  #t;
  #count;
  #list = document.getElementById("people");
  #template = document.getElementById("person").content;
  #on = {
    "room.joined": ({ user }) => this.#come(user),
    "room.left": ({ user }) => this.#go(user),
    "room.merged": ({ user, into }) => this.#become(user, into),
    "room.host": ({ user }) => this.#host(user),
    "room.renamed": ({ after }) => this.#rename(after),
  };

  /** @param {{me: number[], count: number, nameOf: (user: number) => string, t: Function}} options */
  constructor({ me, count, nameOf, t }) {
    this.#me = me;
    this.#count = count;
    this.#nameOf = nameOf;
    this.#t = t;
  }

  /** @param {{kind: string, data: object}[]} entries new ones, in order */
  heard(entries) {
    for (const { kind, data } of entries) this.#on[kind]?.(data);
  }

  #come(user) {
    if (!this.#me.includes(user)) document.getElementById("alone")?.remove();
    if (this.#item(user)) return;
    this.#add(user);
    this.#counted(1);
  }

  #go(user) {
    this.#item(user)?.remove();
    this.#counted(-1);
  }

  /** The account was here already, or stands where the guest stood. */
  #become(guest, into) {
    const item = this.#item(guest);
    if (this.#item(into)) {
      item?.remove();
      this.#counted(-1);
    } else if (item) {
      item.replaceWith(this.#made(into));
    }
  }

  #host(user) {
    for (const tag of this.#list.querySelectorAll("[data-slot=host]")) tag.hidden = Number(tag.closest("li").dataset.user) !== user;
  }

  #rename(title) {
    document.querySelector(".room-titles h1").textContent = title;
    document.title = document.title.replace(/^.*(?= · )/s, () => title);
  }

  #item(user) {
    return this.#list.querySelector(`[data-user="${Number(user)}"]`);
  }

  #add(user) {
    this.#list.append(this.#made(user));
  }

  #made(user) {
    const item = this.#template.firstElementChild.cloneNode(true);
    const name = this.#nameOf(user);
    item.dataset.user = user;
    paintAvatar(item.querySelector(".avatar"), user, name);
    item.querySelector("[data-slot=name]").textContent = name;
    return item;
  }

  #counted(by) {
    this.#count = Math.max(1, this.#count + by);
    document.getElementById("members").textContent = this.#t(this.#count === 1 ? "member" : "members", { n: this.#count });
  }
}
