"""Real browsers against two real workers."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from accounts.models import User
from tests.live.conftest import cast, workers  # noqa: F401  the same workers and people

PASSWORD = "chopsticks-and-rice"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

Opener = Callable[..., Awaitable[Page]]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = os.environ.get("CHROMIUM")
    if not path:
        pytest.fail("The browser tests need Chromium: run them by bin/test, which installs or finds it.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def open_page(browser: Browser) -> AsyncIterator[Opener]:
    """A page of one's own (cookies apart) on a worker's port; what its console complains of fails the test."""
    complaints: list[str] = []

    async def open_page(
        port: int, path: str = "/", *, width: int = 390, language: str = "ko-KR", **more: Any
    ) -> Page:
        context = await browser.new_context(
            base_url=f"http://127.0.0.1:{port}",
            viewport={"width": width, "height": 844},
            locale=language,
            **more,
        )
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda m: complaints.append(m.text) if "Content Security" in m.text else None)
        await page.goto(path)
        return page

    yield open_page
    assert not complaints


@pytest.fixture
def people(transactional_db: Any) -> dict[str, User]:
    """짱구, 철수 and 맹구, as in the write-up."""
    return {name: User.objects.create_user(name, PASSWORD) for name in ("짱구", "철수", "맹구")}
