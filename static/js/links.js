const URL_LIKE = /https?:\/\/[^\s<>"'`\u3131-\u318e\uac00-\ud7a3]+/gi;
const TRAILING = /[.,!?:;…~'"]+$/;
const PAIRS = { ")": "(", "]": "[", "}": "{" };

/**
 * Cuts a text into plain parts and http(s) links. A Hangul syllable ends a link ("https://x.kr에서"), so does
 * punctuation that belongs to the sentence.
 *
 * @param {string} text
 * @returns {{text: string, href?: string}[]} joined, the texts are the text again
 */
export function linkParts(text) {
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(URL_LIKE)) {
    const url = trim(match[0]);
    const href = safe(url);
    if (href === null) continue;
    if (match.index > last) parts.push({ text: text.slice(last, match.index) });
    parts.push({ text: url, href });
    last = match.index + url.length;
  }
  if (last < text.length) parts.push({ text: text.slice(last) });
  return parts;
}

function trim(url) {
  for (;;) {
    const shorter = url.replace(TRAILING, "");
    const opening = PAIRS[shorter.at(-1)];
    const unbalanced = opening && count(shorter, shorter.at(-1)) > count(shorter, opening);
    if (!unbalanced) return shorter;
    url = shorter.slice(0, -1);
  }
}

function count(text, char) {
  return text.split(char).length - 1;
}

function safe(url) {
  try {
    const { protocol, hostname, href } = new URL(url);
    return (protocol === "http:" || protocol === "https:") && hostname ? href : null;
  } catch {
    return null;
  }
}
