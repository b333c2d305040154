/** The text field: sending by Enter without breaking Korean input, its growth, its draft, and editing. */
const NEAR_LIMIT = 200;

export class Composer {
  #form;
  #field;
  #count;
  #banner;
  #options;
  #editing = null;
  #key;

  /**
   * @param {{form: HTMLFormElement, storage: Storage, user: number, room: string, limits: Record<string, number>,
   *   onSend: (body: string) => boolean, onEdit: (seq: number, body: string) => boolean, onKey: () => void,
   *   lastOwn: () => {seq: number, data: {body: string}}|undefined}} options `onSend` false: keep the text
   */
  constructor(options) {
    this.#options = options;
    this.#form = options.form;
    this.#field = options.form.elements.body;
    this.#count = options.form.querySelector("#count");
    this.#banner = document.getElementById("editing");
    this.#key = `rualone:draft:${options.user}:${options.room}`;
    this.#field.addEventListener("keydown", (event) => this.#keydown(event));
    this.#field.addEventListener("input", () => this.#typed());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#banner.querySelector("button").addEventListener("click", () => this.#endEditing());
    if (!this.#field.value) this.#field.value = this.#draft();
    this.#changed();
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  /** @param {{seq: number, data: {body: string}}} entry one of mine */
  edit({ seq, data }) {
    this.#editing = seq;
    this.#banner.hidden = false;
    this.#form.classList.add("is-editing");
    this.#field.value = data.body;
    this.#changed();
    this.focus();
    this.#field.setSelectionRange(data.body.length, data.body.length);
  }

  /** Puts a text back that could not be kept elsewhere. */
  #set(text) {
    this.#field.value = text;
    this.#changed();
  }

  #keydown(event) {
    // While a syllable is being composed, Enter belongs to the input method. Safari reports 229 instead.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && this.#editing) {
      event.preventDefault();
      this.#endEditing();
    } else if (event.key === "ArrowUp" && this.#field.value === "" && !this.#editing) {
      const last = this.#options.lastOwn();
      if (!last) return;
      event.preventDefault();
      this.edit(last);
    }
  }

  #typed() {
    this.#changed();
    if (this.#editing) return;
    this.#store(this.#field.value);
    if (this.#field.value.trim()) this.#options.onKey();
  }

  #submit() {
    const body = this.#field.value.trim();
    if (!body || this.#over(body) > 0) return;
    if (this.#editing) {
      if (this.#options.onEdit(this.#editing, body)) this.#endEditing();
    } else if (this.#options.onSend(body)) {
      this.#store("");
      this.#set("");
    }
    this.focus();
  }

  #endEditing() {
    this.#editing = null;
    this.#banner.hidden = true;
    this.#form.classList.remove("is-editing");
    this.#set(this.#draft());
    this.focus();
  }

  /** How many characters too many; negative: how many are left. Both limits of the protocol, in characters. */
  #over(body) {
    const { body_code_points: points = 4_000, body_bytes: bytes = 16_384 } = this.#options.limits;
    const length = [...body].length;
    const size = new TextEncoder().encode(body).length;
    return Math.max(length - points, size > bytes ? Math.ceil((size - bytes) / 4) : -Infinity);
  }

  #changed() {
    const over = this.#over(this.#field.value.trim());
    this.#count.hidden = over < -NEAR_LIMIT;
    this.#count.textContent = String(-over);
    this.#count.classList.toggle("over", over > 0);
    this.#field.setAttribute("aria-invalid", String(over > 0));
    this.#form.querySelector("[type=submit]").disabled = !this.#field.value.trim() || over > 0;
    // Grow with the text; CSS sets the ceiling. `field-sizing` is not everywhere yet.
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }

  #draft() {
    try {
      return this.#options.storage.getItem(this.#key) ?? "";
    } catch {
      return "";
    }
  }

  #store(text) {
    try {
      if (text) this.#options.storage.setItem(this.#key, text);
      else this.#options.storage.removeItem(this.#key);
    } catch {
      // A browser that stores nothing keeps the text in the field at least.
    }
  }
}
