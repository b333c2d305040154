"""What a person does on the pages, for tests that tell a story."""

from playwright.async_api import Page, expect

from tests.e2e.conftest import PASSWORD


async def sign_in(page: Page, nickname: str) -> None:
    """By the form, as anybody would."""
    await page.goto("/accounts/login/")
    await page.fill("input[name=login]", nickname)
    await page.fill("input[name=password]", PASSWORD)
    await page.click("form button[type=submit]:not([name=language])")
    await expect(page).to_have_url(f"{page.url.split('/', 3)[0]}//{page.url.split('/', 3)[2]}/rooms/")


async def enter(page: Page, room: str) -> None:
    """Open a room and wait until its line stands."""
    await page.goto(f"/rooms/{room}/")
    await expect(page.locator("html")).to_have_attribute("data-connection", "open")


async def type_text(page: Page, body: str) -> None:
    await page.fill("#composer textarea", body)
    await page.press("#composer textarea", "Enter")


async def say(page: Page, body: str) -> None:
    """Send a text and wait until the server has it."""
    await type_text(page, body)
    await expect(page.locator("#entries > li.entry[data-seq]").filter(has_text=body)).to_have_count(1)


async def bodies(page: Page) -> list[str]:
    """The texts on the page that the server has, from top to bottom."""
    found = page.locator("#entries > li.entry-text[data-seq] [data-slot=body]")
    return [text.strip() for text in await found.all_inner_texts()]


async def see(page: Page, wanted: list[str]) -> None:
    """Wait until the page shows exactly these texts in this order."""
    await expect(page.locator("#entries > li.entry-text[data-seq] [data-slot=body]")).to_have_text(
        wanted, timeout=30_000
    )
