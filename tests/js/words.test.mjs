/** What turns entries into words: lines, links, times, groups. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { relation } from "../../static/js/groups.js";
import { fill, systemLine } from "../../static/js/lines.js";
import { linkParts } from "../../static/js/links.js";
import { clock } from "../../static/js/time.js";

const lines = {
  "room.left": "{user}님이 나갔어요",
  "room.left:removed": "{by}님이 {user}님을 내보냈어요",
  "room.renamed": "방 이름이 {after}(으)로 바뀌었어요",
};
const names = { 1: "짱구", 2: "철수" };
const nameOf = (user) => names[user];

test("a system line takes its people and its data", () => {
  assert.equal(systemLine(lines, { kind: "room.renamed", data: { before: "가", after: "치킨" } }, nameOf),
    "방 이름이 치킨(으)로 바뀌었어요");
  assert.equal(systemLine(lines, { kind: "room.left", data: { user: 1, by: 1, reason: "left" } }, nameOf),
    "짱구님이 나갔어요");
});

test("the reason chooses the sentence", () => {
  assert.equal(systemLine(lines, { kind: "room.left", data: { user: 1, by: 2, reason: "removed" } }, nameOf),
    "철수님이 짱구님을 내보냈어요");
});

test("a kind without a line says so, a missing field leaves no placeholder", () => {
  assert.equal(systemLine({ "": "?" }, { kind: "order.cart", data: {} }, nameOf), "?");
  assert.equal(systemLine(lines, { kind: "room.left", data: { user: null } }, nameOf), "님이 나갔어요");
});

test("a name that looks like a placeholder is left alone", () => {
  assert.equal(systemLine({ k: "{user} {by}" }, { kind: "k", data: { user: 1, by: 2 } }, (user) => (user === 1 ? "{by}" : "철수")),
    "{by} 철수");
});

test("the page's strings are filled where a value is given", () => {
  assert.equal(fill("{n} here · {other}", { n: 3 }), "3 here · {other}");
});

const links = (text) => linkParts(text).filter(({ href }) => href).map(({ text: shown }) => shown);

test("only http and https become links", () => {
  assert.deepEqual(links("javascript:alert(1) data:text/html,x ftp://a.b file:///etc/passwd //evil.kr"), []);
  assert.deepEqual(links("http://a.kr https://b.kr/c?d=1&e=2#f"), ["http://a.kr", "https://b.kr/c?d=1&e=2#f"]);
});

test("Hangul and the sentence's punctuation end a link", () => {
  assert.deepEqual(links("메뉴는 https://치킨.kr 말고 https://chicken.kr/menu에서 봐요."), ["https://chicken.kr/menu"]);
  assert.deepEqual(links("(https://a.kr/b)? https://en.wikipedia.org/wiki/Kimchi_(food), https://a.kr..."),
    ["https://a.kr/b", "https://en.wikipedia.org/wiki/Kimchi_(food)", "https://a.kr"]);
});

test("the parts joined are the text", () => {
  for (const text of ["", "안녕", "https://a.kr", "x https://a.kr). y\nhttp://b.kr/c", "https://", "http://[", "https://a.kr?q=<b>"]) {
    assert.equal(linkParts(text).map((part) => part.text).join(""), text);
  }
});

test("markup in a text stays text", () => {
  assert.deepEqual(linkParts('<img src=x onerror="1">'), [{ text: '<img src=x onerror="1">' }]);
});

test("a thousand brackets end in no time", () => {
  const started = performance.now();
  linkParts(`https://a.kr/${")".repeat(4_000)} ${"https://".repeat(500)}`);
  assert.ok(performance.now() - started < 500);
});

test("days and times are those of the service, not of the device", () => {
  const seoul = clock({ lang: "ko", timeZone: "Asia/Seoul", pattern: "{ampm} {hour}:{minute}", am: "오전", pm: "오후" });
  assert.equal(seoul.key("2026-11-22T15:30:00Z"), "2026-11-23");
  const times = ["2026-11-22T09:30:00Z", "2026-11-22T15:05:00Z", "2026-11-22T03:00:00Z", "2026-11-22T02:59:00Z"];
  assert.deepEqual(times.map(seoul.time), ["오후 6:30", "오전 12:05", "오후 12:00", "오전 11:59"]);
  assert.equal(clock({ lang: "en", timeZone: "Asia/Seoul" }).time("2026-11-22T09:30:00Z"), "6:30 PM");
});

const key = clock({ lang: "ko", timeZone: "Asia/Seoul" }).key;
const at = (minute, over = {}) => ({ at: new Date(Date.UTC(2026, 10, 22, 14, minute)).toISOString(), sender: 1, system: false, ...over });

test("messages of one person within five minutes stand together", () => {
  assert.deepEqual(relation(at(0), at(4), key), { newDay: false, continued: true });
  assert.deepEqual(relation(at(0), at(5), key), { newDay: false, continued: false });
  assert.equal(relation(at(0), at(1, { sender: 2 }), key).continued, false);
  assert.equal(relation(at(0, { system: true }), at(1), key).continued, false);
});

test("a new day begins at the service's midnight and ends a group", () => {
  assert.deepEqual(relation(at(58), at(60), key), { newDay: true, continued: false });
  assert.deepEqual(relation(null, at(0), key), { newDay: true, continued: false });
});
