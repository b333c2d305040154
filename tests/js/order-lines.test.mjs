/** Entries of orders as words: the examples that Python is held to, tests/orders/lines.json. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { systemLine } from "../../static/js/lines.js";

const { people, entries, patterns } = JSON.parse(readFileSync(new URL("../orders/lines.json", import.meta.url)));
const nameOf = (user) => people[user] ?? "?";

for (const language of ["ko", "en"]) {
  test(`the lines of orders read in JavaScript as in Python (${language})`, () => {
    assert.ok(entries.length > 20);
    for (const entry of entries) assert.equal(systemLine(patterns[language], entry, nameOf), entry[language], entry.kind);
  });
}

test("data that is not as it should be leaves gaps, never an error", () => {
  for (const data of [{}, { op: "set" }, { op: "set", item: null }, { op: { a: 1, b: 2 }, item: { owner: "x" } }]) {
    assert.equal(typeof systemLine(patterns.ko, { kind: "order.cart", data, sender: 1 }, nameOf), "string");
  }
});
