"""The suite that the npm package of stompjs 2.3.3 brings along, in Chromium against our topics."""

import json
from pathlib import Path

import pytest

from tests.live.servers import Workers
from tests.stomp.conftest import Chromium, People
from tests.stomp.drivers import MODULES, SCRIPTS, show

pytestmark = [
    pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(90),
]  # fmt: skip

SUITE = MODULES / "stompjs" / "browsertests"
UNITS = ["websocket", "frame", "parse_connect", "connection", "message", "transaction", "subscription", "ack"]
SETUP = """
var results = [];
QUnit.testDone = (name, failed, total) => results.push([name, failed, total]);
QUnit.done = () => console.log("SUITE " + JSON.stringify(results));
"""


async def test_every_test_of_the_library_passes(
    workers: Workers, people: People, chromium: Chromium, tmp_path: Path
) -> None:
    port = workers.first.port
    test = {
        "destination": "/topic/suite",
        "login": "anybody",
        "password": people.tokens["짱구"],
        "url": f"ws://127.0.0.1:{port}/ws-stomp",
        "badUrl": f"ws://127.0.0.1:{port}/nothing",
        "timeout": 10_000,
    }
    config = tmp_path / "config.js"
    config.write_text(
        f"var TEST = {json.dumps(test)}; TEST.debug = function () {{}};{SETUP}", encoding="utf-8"
    )
    files = {
        "qunit.js": SUITE / "qunit.js",
        "stomp.js": SCRIPTS["stompjs2.js"],
        "config.js": config,
        **{f"{name}.js": SUITE / "unit" / f"{name}.js" for name in UNITS},
    }
    html = (
        '<!doctype html><ol id="qunit-tests"></ol><div id="qunit-fixture"></div><div id="main"></div>'
        + "".join(f'<script src="/stomp-files/{name}"></script>' for name in files)
    )
    context = await (await chromium()).new_context()
    page = await context.new_page()
    async with page.expect_console_message(lambda m: m.text.startswith("SUITE "), timeout=80_000) as end:
        await show(page, port, html, files)
    results = json.loads((await end.value).text.removeprefix("SUITE "))
    await context.close()
    assert len(results) == 27, results
    assert [each for each in results if each[1]] == []  # one that never goes on fails after its timeout
