import { fill } from "./lines.js";

/**
 * The page's own words: `<li data-string="key">` in #strings, written by Django in the reader's language.
 *
 * @param {ParentNode} [root]
 * @returns {(key: string, values?: Record<string, string|number>) => string} "" for a key the page does not have
 */
export function strings(root = document) {
  const words = new Map();
  for (const item of root.querySelectorAll("#strings [data-string]")) words.set(item.dataset.string, item.textContent);
  return (key, values = {}) => fill(words.get(key) ?? "", values);
}
