"""A page as the write-up's, with SockJS and the older stompjs, for three people on two servers."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.live.servers import Workers
from tests.stomp.conftest import Chromium, People
from tests.stomp.drivers import SCRIPTS, show

pytestmark = [
    pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(90),
]  # fmt: skip

DEMO = Path(__file__).parent / "demo"
FILES = {"demo.js": DEMO / "demo.js", **SCRIPTS}


async def opened(browser: Browser, port: int, session: str) -> Page:
    """The page under the worker's own origin, as if the worker served it."""
    base = f"http://127.0.0.1:{port}"
    context = await browser.new_context(base_url=base)
    await context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
    page = await context.new_page()
    await show(page, port, (DEMO / "index.html").read_text(encoding="utf-8"), FILES)
    return page


async def enter(page: Page, name: str) -> None:
    await page.click("#reload")
    await page.get_by_role("button", name=name, exact=True).click()
    await expect(page.locator("#line")).to_have_text("연결됨", timeout=15_000)


async def say(page: Page, text: str) -> None:
    await page.fill("#say input", text)
    await page.press("#say input", "Enter")


async def test_the_demonstration_runs_on_two_servers_and_goes_on_when_one_dies(
    workers: Workers, people: People, chromium: Chromium
) -> None:
    first, second = workers.ports
    pages = [
        await opened(await chromium(), port, people.sessions[name])
        for port, name in ((first, "짱구"), (first, "철수"), (second, "맹구"))
    ]
    jjanggu, cheolsu, maenggu = pages
    await jjanggu.fill("#make input", "치킨 먹을 사람")
    await jjanggu.press("#make input", "Enter")
    await expect(jjanggu.locator("#rooms")).to_contain_text("치킨 먹을 사람")
    for page in pages:
        await enter(page, "치킨 먹을 사람")
    await expect(jjanggu.locator("#talk")).to_contain_text("맹구")  # has come in, on the other server

    said = ["짱구: 시킬까요?", "철수: 네 <b>", "맹구: 저도요"]
    for page, line in zip(pages, said, strict=True):
        await say(page, line.partition(": ")[2])
        await expect(jjanggu.locator("#talk li", has_text=line)).to_have_count(1)

    workers.second.kill()
    await expect(maenggu.locator("#line")).to_have_text("끊김")
    await say(cheolsu, "맹구 들려?")
    said.append("철수: 맹구 들려?")
    await expect(jjanggu.locator("#talk li", has_text=said[-1])).to_have_count(1)
    workers.second.start()
    await expect(maenggu.locator("#line")).to_have_text("연결됨", timeout=30_000)
    await say(maenggu, "다시 왔어요")
    said.append("맹구: 다시 왔어요")
    for page in pages:
        talk = page.locator("#talk li", has_text=": ")
        await expect(talk).to_have_text(said, timeout=15_000)
    for page in pages:
        await page.context.close()
