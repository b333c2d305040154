/** Written by releases whose pages have no "kind?" yet, and by tests. */
const PLAIN = { variant: ["reason"], people: ["user", "by", "into"] };
const WHEN = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Seoul", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const FORMATS = { won: (value) => Number(value).toLocaleString("en-US"), when };

/**
 * The quiet line of a system entry, made from the page's patterns ("{user} joined", "{item.unit_won:won} won") in the
 * reader's language. The rules are those of `Kind` in chat/kinds.py; tests/js/words.test.mjs and the tests of
 * chat/lines.py hold both to the same examples.
 *
 * @param {Record<string, any>} lines key: kind, or kind:variant; under kind? what chooses the variant and who is a person
 * @param {{kind: string, data: object, sender?: number|null}} entry
 * @param {(user: number|null) => string} nameOf
 * @returns {string} for a kind that is not known here, the line that says so (key "")
 */
export function systemLine(lines, { kind, data, sender }, nameOf) {
  const { variant, people } = lines[`${kind}?`] ?? PLAIN;
  return patternOf(lines, kind, data, variant).replace(/\{([\w.]+)(?::(\w+))?\}/g, (_, path, form) => {
    if (path === "sender") return nameOf(sender ?? null);
    const value = valueAt(data, path);
    if (value === undefined || value === null) return "";
    if (people.includes(path)) return [value].flat().map(nameOf).join(", ");
    return form in FORMATS ? FORMATS[form](value) : String(value);
  });
}

/**
 * The address of what an entry is about, below that of the room's page, "" for none.
 * @param {Record<string, any>} lines @param {{kind: string, data: object}} entry
 */
export function aboutOf(lines, { kind, data }) {
  const { about, at = "" } = lines[`${kind}?`] ?? {};
  const thing = about ? (valueAt(data, about) ?? "") : "";
  return thing === "" ? "" : at + thing;
}

/**
 * The card under an entry, or with "touches" the one that changes with it, as [name, id]; id null: all of that name.
 * @param {Record<string, any>} lines @param {{kind: string, data: object}} entry @param {"card"|"touches"} how
 * @returns {[string, number|null]|null}
 */
export function cardOf(lines, { kind, data }, how = "card") {
  const [name, path] = lines[`${kind}?`]?.[how] ?? [];
  if (!name) return null;
  const id = path ? valueAt(data, path) : null;
  return path && !Number.isInteger(id) ? null : [name, id];
}

function patternOf(lines, kind, data, variant) {
  const chosen = variant.map((path) => choice(valueAt(data, path)));
  for (let length = chosen.length; length > 0; length -= 1) {
    const found = lines[`${kind}:${chosen.slice(0, length).join(":")}`];
    if (found) return found;
  }
  return lines[kind] ?? lines[""] ?? "";
}

/** An object stands for its only key. */
function choice(value) {
  if (value && typeof value === "object") return Object.keys(value).length === 1 ? Object.keys(value)[0] : "";
  return String(value ?? "");
}

function valueAt(data, path) {
  return path.split(".").reduce((value, step) => (Object.hasOwn(Object(value), step) ? value[step] : undefined), data);
}

/** "11/22 18:30" in Seoul. */
function when(value) {
  const part = Object.fromEntries(WHEN.formatToParts(new Date(value)).map(({ type, value: text }) => [type, text]));
  return `${part.month}/${part.day} ${part.hour}:${part.minute}`;
}

/**
 * Fills the page's own strings. @param {string} pattern "{n} here" @param {Record<string, string|number>} values
 * @returns {string}
 */
export function fill(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}
