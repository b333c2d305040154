const PEOPLE = new Set(["user", "by", "into"]);

/**
 * The quiet line of a system entry, made from the page's patterns ("{user} joined") in the reader's language.
 *
 * @param {Record<string, string>} lines key: kind, or kind:reason where the reason changes the sentence
 * @param {{kind: string, data: object}} entry
 * @param {(user: number) => string} nameOf
 * @returns {string} for a kind that is not known here, the line that says so (key "")
 */
export function systemLine(lines, { kind, data }, nameOf) {
  const pattern = lines[`${kind}:${data.reason}`] ?? lines[kind] ?? lines[""] ?? "";
  return pattern.replace(/\{(\w+)\}/g, (_, field) => {
    const value = data[field];
    if (value === undefined || value === null) return "";
    return PEOPLE.has(field) ? nameOf(value) : String(value);
  });
}

/**
 * Fills the page's own strings. @param {string} pattern "{n} here" @param {Record<string, string|number>} values
 * @returns {string}
 */
export function fill(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}
