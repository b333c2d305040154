/** Who is here and who is writing. */
import { paintAvatar } from "./avatar.js";
import { TypingList } from "./typing.js";

const NAMED = 3;

export class Presence {
  #me;
  #nameOf;
  #t;
  #typing = new TypingList();
  #here = document.getElementById("here");
  #line = document.getElementById("typing");

  /** @param {{me: number[], nameOf: (user: number) => string, t: Function}} options */
  constructor({ me, nameOf, t }) {
    this.#me = me;
    this.#nameOf = nameOf;
    this.#t = t;
    for (const person of document.querySelectorAll("#people [data-user]")) {
      const user = Number(person.dataset.user);
      paintAvatar(person.querySelector(".avatar"), user, nameOf(user));
    }
    setInterval(() => this.#showTyping(), 1_000);
  }

  /** @param {{users: number[], count: number}} frame */
  present({ users, count }) {
    const here = new Set(users);
    this.#here.hidden = count < 1;
    this.#here.textContent = this.#t("here", { n: count });
    for (const person of document.querySelectorAll("#people [data-user]")) {
      const is = here.has(Number(person.dataset.user));
      person.classList.toggle("is-here", is);
      person.querySelector("[data-slot=here]").hidden = !is;
    }
  }

  /** The line is down: nothing is known. */
  unknown() {
    this.present({ users: [], count: 0 });
  }

  typing(user) {
    if (this.#me.includes(user)) return;
    this.#typing.heard(user);
    this.#showTyping();
  }

  /** @param {{sender: number|null}[]} entries whose senders have finished */
  wrote(entries) {
    for (const { sender } of entries) this.#typing.gone(sender);
    this.#showTyping();
  }

  #showTyping() {
    const users = this.#typing.current();
    const names = users.slice(0, NAMED).map(this.#nameOf).join(", ");
    const text = users.length === 0 ? "" : this.#t(users.length > NAMED ? "typing.many" : "typing", { names });
    if (this.#line.textContent !== text) this.#line.textContent = text;
  }
}
