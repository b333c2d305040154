"""Real browsers against two real workers, both shared by all stories; each story has its own people and rooms."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache
from typing import Any

import pytest
import pytest_asyncio
from django.contrib.auth.hashers import make_password
from playwright.async_api import Browser, Page, async_playwright

from accounts.models import User
from chat.models import Installation
from tests.live.servers import Workers, in_thread, sign_in, start_workers, stop_workers

PASSWORD = "chopsticks-and-rice"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

# One loop for all stories, since the browser lives on it.
STORY = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(90)]

Opener = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def running(tmp_path_factory: Any, django_db_setup: Any, django_db_blocker: Any) -> Iterator[Workers]:
    with django_db_blocker.unblock():
        workers = start_workers(tmp_path_factory.mktemp("browsers"))
    yield workers
    stop_workers(workers)


@pytest.fixture
def workers(running: Workers) -> Iterator[Workers]:
    """The two workers; one that a story killed is alive again for the next."""
    yield running
    for worker in (running.first, running.second):
        if not worker.alive:
            worker.start()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = os.environ.get("CHROMIUM")
    if not path:
        pytest.fail("The browser tests need Chromium: run them by bin/test, which installs or finds it.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser) -> AsyncIterator[Opener]:
    """A page of one's own (cookies apart) on a worker's port; what its console complains of fails the test."""
    complaints: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda m: complaints.append(m.text) if "Content Security" in m.text else None)
        page.on("dialog", lambda dialog: complaints.append(f"{page.url}: dialog {dialog.message}"))

    async def open_page(
        port: int,
        path: str = "/",
        *,
        user: User | None = None,
        width: int = 390,
        language: str = "ko-KR",
        **more: Any,
    ) -> Page:
        """`user`: signed in already, without the form. `more` goes to the browser's context."""
        base = f"http://127.0.0.1:{port}"
        context = await browser.new_context(
            base_url=base, viewport={"width": width, "height": 844}, locale=language, **more
        )
        context.on("page", watch)
        if user:
            key = await in_thread(sign_in, user)
            await context.add_cookies([{"name": "sessionid", "value": key, "url": base}])
        page = await context.new_page()
        await page.goto(path)
        return page

    yield open_page
    for context in list(browser.contexts):
        await context.close()
    assert not complaints


@pytest.fixture
def people(transactional_db: Any) -> dict[str, User]:
    """짱구, 철수 and 맹구, as in the write-up."""
    Installation.objects.update_or_create(pk=1, defaults={"epoch": "browsers"})
    people = {name: User.objects.create_user(name) for name in ("짱구", "철수", "맹구")}
    for user in people.values():
        user.password = _hashed()
        user.save(update_fields=["password"])
    return people


@cache
def _hashed() -> str:
    """Hashing takes half a second, which one story need not wait for after the other."""
    return make_password(PASSWORD)
