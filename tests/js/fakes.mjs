/** Time that moves only when told, and a socket that remembers. No test waits. */
export class FakeTimers {
  now = 0;
  #next = 1;
  #due = new Map();

  setTimeout = (run, delay = 0) => {
    const id = this.#next++;
    this.#due.set(id, { run, at: this.now + delay });
    return id;
  };

  clearTimeout = (id) => {
    this.#due.delete(id);
  };

  advance(ms) {
    const until = this.now + ms;
    for (;;) {
      const [id, next] = [...this.#due].filter(([, { at }]) => at <= until).sort((a, b) => a[1].at - b[1].at)[0] ?? [];
      if (!next) break;
      this.#due.delete(id);
      this.now = next.at;
      next.run();
    }
    this.now = until;
  }
}

export class FakeSocket {
  static made = [];
  readyState = 0;
  sent = [];

  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
    FakeSocket.made.push(this);
  }

  static get last() {
    return FakeSocket.made.at(-1);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  says(frame) {
    this.readyState = 1;
    this.onmessage({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  }

  ends(code) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

export class FakeStorage {
  #values = new Map();
  broken = false;

  getItem(key) {
    return this.#values.get(key) ?? null;
  }

  setItem(key, value) {
    if (this.broken) throw new Error("QuotaExceededError");
    this.#values.set(key, value);
  }

  removeItem(key) {
    this.#values.delete(key);
  }
}

/** mulberry32: small, seeded, good enough to shuffle with. @returns {() => number} [0, 1) */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
