/** The colours of tokens.css against WCAG 2.2: 4.5 for text, 3 for marks and edges of controls, in both themes. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../../static/css/tokens.css", import.meta.url), "utf8");
const [light, dark] = css.split("@media (prefers-color-scheme: dark)").map(tokens);

function tokens(part) {
  const found = {};
  for (const [, name, l, c, h] of part.matchAll(/--([\w-]+): oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)/g)) {
    found[name] = luminance(Number(l) / 100, Number(c), (Number(h) * Math.PI) / 180);
  }
  return found;
}

/** OKLCH → linear sRGB (Ottosson 2020), clipped to the gamut → relative luminance (WCAG 2.2). */
function luminance(lightness, chroma, hue) {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((value) => Math.min(1, Math.max(0, value)));
  return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
}

function contrast(one, other) {
  const [high, low] = [one, other].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

const TEXT = [
  ...["paper", "raised", "wash", "mine", "theirs"].map((ground) => ["ink", ground]),
  ...["paper", "raised", "wash", "theirs"].map((ground) => ["ink-soft", ground]),
  ["brand-ink", "brand"],
  ["brand-strong", "paper"],
  ["brand-strong", "raised"],
  ["brand-strong", "wash"],
  ["bad", "paper"],
  ["bad", "raised"],
];
const MARKS = [["brand", "paper"], ["ok", "paper"], ["warn", "wash"], ["bad", "wash"], ["edge", "paper"], ["edge", "raised"]];

for (const [theme, colours] of Object.entries({ light, dark })) {
  for (const [pairs, least] of [[TEXT, 4.5], [MARKS, 3]]) {
    test(`${theme}: ${pairs.length} pairs have a contrast of at least ${least}`, () => {
      const poor = pairs
        .map(([one, other]) => [`${one} on ${other}`, contrast(colours[one], colours[other])])
        .filter(([, value]) => !(value >= least));
      assert.deepEqual(poor, []);
    });
  }
}
