/** The thin line under the header: how the connection stands, in words, and what to do when it will not come back. */
const PATIENCE = 1_500;

export class StatusLine {
  #line = document.getElementById("line");
  #text = this.#line.querySelector("[data-slot=text]");
  #signIn = this.#line.querySelector("[data-slot=sign-in]");
  #reload = this.#line.querySelector("[data-slot=reload]");
  #t;
  #timer = null;

  /** @param {{t: Function}} options */
  constructor({ t }) {
    this.#t = t;
  }

  /** @param {import("./connection.js").Status} status */
  show({ state, reason }) {
    document.documentElement.dataset.connection = state;
    if (state === "open") this.#say("");
    else if (state === "closed") this.#say(reason);
    else if (state === "waiting" && reason === "offline") this.#say("offline");
    else if (!this.#line.hidden) this.#say("reconnecting");
    // A reconnect that takes a moment is nobody's business.
    else this.#timer ??= setTimeout(() => this.#say("reconnecting"), PATIENCE);
  }

  #say(key) {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#line.hidden = key === "" || key === "stopped";
    this.#line.dataset.kind = key;
    this.#text.textContent = key && this.#t(`line.${key}`);
    this.#signIn.hidden = key !== "sign-in";
    this.#reload.hidden = key !== "bad-frame" && key !== "refused";
  }
}
