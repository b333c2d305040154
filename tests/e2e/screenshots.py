"""The README's pictures, taken from the demo:

    bin/run                                                  # in a fresh clone, so that only the demo is there
    .venv/bin/python -m tests.e2e.screenshots [http://localhost:8080]

Writes docs/img/room-ko-390.png (light) and docs/img/room-en-dark-1280.png.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from deploy.test import browser as chromium

ROOT = Path(__file__).resolve().parents[2]
ROOM = "오늘 저녁 치킨"


async def visit(browser: Browser, base: str, name: str, **context: Any) -> Page:
    """The demo's room, opened by one of its people."""
    page = await (await browser.new_context(base_url=base, **context)).new_page()
    await page.goto("/accounts/login/")
    await page.fill("[name=login]", name)
    await page.fill("[name=password]", json.loads((ROOT / "var" / "demo-accounts.json").read_text())[name])
    await page.click("main form button[type=submit]")
    await enter(page)
    return page


async def enter(page: Page) -> None:
    """From the list, without the models that room_page.py needs."""
    await page.locator("#rooms a").filter(has_text=ROOM).click()
    await expect(page.locator("html")).to_have_attribute("data-connection", "open")


async def switch(page: Page, language: str) -> None:
    await page.goto("/me/")
    await page.get_by_role("main").get_by_role("button", name=language).click()
    await page.goto("/rooms/")
    await enter(page)


async def take(page: Page, name: str) -> None:
    await expect(page.locator("#here")).to_contain_text("3")
    await page.evaluate("document.activeElement.blur()")
    await page.evaluate("document.fonts.ready")
    path = ROOT / "docs" / "img" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=path, animations="disabled")
    print(path, path.stat().st_size)


async def main(base: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        small = {"width": 390, "height": 780}
        phone = await visit(browser, base, "짱구", viewport=small, device_scale_factor=1.5, has_touch=True)
        wide = {"width": 1280, "height": 760}
        desktop = await visit(browser, base, "철수", viewport=wide, color_scheme="dark")
        await visit(browser, base, "유리")
        await take(phone, "room-ko-390.png")
        await switch(desktop, "English")
        await take(desktop, "room-en-dark-1280.png")
        await switch(desktop, "한국어")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"))
