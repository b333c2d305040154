"""What one is told of while looking elsewhere: the number at the bell, and a line that passes by."""

from playwright.async_api import Page, expect

from accounts.models import User
from orders import posts
from orders.models import Post
from tests.e2e.conftest import STORY, Opener
from tests.e2e.room_page import fits
from tests.e2e.test_accessibility import check
from tests.e2e.test_ordering import enter, make_post
from tests.e2e.test_polls_story import shot
from tests.live.servers import Workers, in_thread

pytestmark = STORY


async def ask(page: Page, post: Post) -> None:
    """Open a poll by the form."""
    await page.goto(f"/p/{post.public_id}/room/polls/?about=place#new-poll")
    for place, text in enumerate(("정문", "후문")):
        await page.locator("[name=option]").nth(place).fill(text)
    await page.click("#poll-form button")


async def test_the_bell_rings_on_another_worker(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    other = await make_post(people["맹구"], people["철수"])
    found: list[str] = []
    empty = await open_page(workers.first.port, "/me/notifications/", user=people["맹구"])
    await check(empty, found)
    await shot(empty, "notices-empty-390-dark")

    listing = await open_page(workers.second.port, "/rooms/", user=people["철수"])
    await expect(listing.locator("html")).to_have_attribute("data-connection", "open")
    await expect(listing.locator("#bell-count")).to_be_hidden()
    host = await open_page(workers.first.port, user=people["짱구"])
    await ask(host, post)
    await expect(listing.locator(".news .notice-text")).to_have_text("짱구님의 투표: 어디서 만날까요?")
    await expect(listing.locator("#bell-count")).to_have_text("1")
    await check(listing, found)
    await shot(listing, "news-390-dark")
    await fits(listing)

    await in_thread(
        posts.edit_post,
        by=people["맹구"],
        post=other,
        post_v=1,
        changes={"place": "도서관 앞", "shop": "BBQ"},
    )
    wide = await open_page(workers.first.port, "/me/notifications/", user=people["철수"], width=1280)
    await expect(wide.locator("#notices > li.is-unread")).to_have_count(2)
    await check(wide, found)
    await shot(wide, "notices-1280-dark")
    phone = await open_page(
        workers.first.port, "/me/notifications/", user=people["철수"], color_scheme="light"
    )
    await shot(phone, "notices-390")
    await phone.locator("#notices a").nth(1).click()
    await phone.wait_for_url("**/room/polls/")
    await expect(phone.locator("#bell-count")).to_have_text("1")
    assert not found, "\n".join(found)


async def test_what_is_told_about_the_room_one_looks_at_is_read(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    page = await open_page(workers.first.port, user=people["철수"])
    await enter(page, post)
    host = await open_page(workers.second.port, user=people["짱구"])
    async with page.expect_response("**/me/notifications/read/") as read:
        await ask(host, post)
    assert (await (await read.value).header_value("X-Unread")) == "0"
    await expect(page.locator(".entry-card .poll")).to_be_visible()
    await expect(page.locator(".news")).to_have_count(0)
