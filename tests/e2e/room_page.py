"""What a person does on the pages, for tests that tell a story."""

from urllib.parse import urlsplit

from playwright.async_api import Locator, Page, expect

from accounts.models import User
from chat import room_kinds, timeline
from chat.room_kinds import Text
from rooms import actions
from rooms.models import Room
from tests.e2e.conftest import PASSWORD
from tests.live.servers import in_thread

SUBMIT = "main form button[type=submit]"
TEXTS = "#entries > li.entry-text[data-seq] [data-slot=body]"
PENDING = "#entries > li.entry[data-state=pending]"


async def sign_in(page: Page, nickname: str) -> None:
    """By the form, as anybody would."""
    await page.goto("/accounts/login/")
    await page.fill("input[name=login]", nickname)
    await page.fill("input[name=password]", PASSWORD)
    await page.click(SUBMIT)
    await at(page, "/rooms/")


async def at(page: Page, path: str) -> None:
    """Wait until the page's address is this path of the same worker."""
    parts = urlsplit(page.url)
    await expect(page).to_have_url(f"{parts.scheme}://{parts.netloc}{path}")


async def make_room(host: User, *members: User, title: str = "오늘 저녁 치킨") -> Room:
    """An open room with its members, made without the pages."""

    def make() -> Room:
        room = actions.create_room(user=host, title=title, is_open=True)
        for member in members:
            actions.join_open(user=member, room=room)
        return room

    return await in_thread(make)


async def fill_room(room: Room, sender: User, texts: list[str]) -> None:
    """Many texts at once, without the pages and without telling anybody."""

    def fill() -> None:
        drafts = [
            timeline.draft(room_kinds.TEXT, Text(text), room_id=room.pk, sender_id=sender.pk, cid=f"f{n}")
            for n, text in enumerate(texts)
        ]
        for start in range(0, len(drafts), 100):
            timeline.append(drafts[start : start + 100], wait_ms=5_000)

    await in_thread(fill)


async def invitation_path(room: Room, host: User) -> str:
    """The path of a new link."""
    invitation = await in_thread(actions.create_invitation, by=host, room=room, expires_in=None)
    return str(invitation.get_absolute_url())


async def enter(page: Page, room: str) -> None:
    """Open a room and wait until its line stands."""
    await page.goto(f"/rooms/{room}/")
    await connected(page)


async def connected(page: Page) -> None:
    await expect(page.locator("html")).to_have_attribute("data-connection", "open", timeout=30_000)


async def type_text(page: Page, body: str) -> None:
    await page.fill("#composer textarea", body)
    await page.press("#composer textarea", "Enter")


async def say(page: Page, body: str) -> None:
    """Send a text and wait until the server has it."""
    await type_text(page, body)
    await expect(page.locator("#entries > li.entry[data-seq]").filter(has_text=body)).to_have_count(1)


async def see(page: Page, wanted: list[str]) -> None:
    """Wait until the page shows exactly these texts in this order."""
    await expect(page.locator(TEXTS)).to_have_text(wanted, timeout=30_000)


def entry(page: Page, body: str) -> Locator:
    return page.locator("#entries > li.entry").filter(has_text=body)


async def choose(page: Page, body: str, deed: str) -> None:
    """From an entry's menu: edit or delete."""
    target = entry(page, body)
    await target.hover()
    await target.locator(".entry-menu > summary").click()
    await target.locator(f"[data-do={deed}]").click()


async def fits(page: Page) -> None:
    """Nothing stands out of the window sideways."""
    assert await page.evaluate(
        "document.documentElement.scrollWidth === document.documentElement.clientWidth"
    ), page.url
