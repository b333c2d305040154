"""Small things that people notice: a chip that keeps up, a link to hand on, nothing typed lost, taps gathered."""

from playwright.async_api import expect

from accounts.models import User
from orders import cart
from tests.e2e.conftest import PASSWORD, STORY, Opener
from tests.e2e.room_page import SUBMIT, fits
from tests.e2e.test_ordering import enter, make_post
from tests.e2e.test_polls_story import shot
from tests.live.servers import Workers, in_thread
from tests.orders.table import entries

pytestmark = STORY


async def test_the_state_in_the_list_of_rooms_keeps_up(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    listing = await open_page(workers.second.port, "/rooms/", user=people["철수"])
    chip = listing.locator(".chip")
    await expect(chip).to_have_text("모집 중")
    await expect(listing.locator("html")).to_have_attribute("data-connection", "open")
    host = await open_page(workers.first.port, user=people["짱구"], width=1280)
    await enter(host, post)
    await host.click("#deeds form[action$='do/close/'] button")
    await expect(chip).to_have_text("마감")
    await expect(chip).to_have_class("chip chip-act")


async def test_who_is_alone_can_hand_the_link_on(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    page = await open_page(workers.first.port, user=people["짱구"])
    await page.add_init_script(
        "navigator.share = (what) => { window.shared = what; return Promise.resolve(); }"
    )
    post = await make_post(people["짱구"])
    await enter(page, post)
    await page.click("#alone form button")
    await page.click("#alone [data-share]")
    shared = await page.evaluate("window.shared")
    assert "/i/" in shared["url"]
    assert shared["title"] == post.title
    await shot(page, "alone-390")
    await fits(page)


async def test_an_expired_session_loses_nothing_that_was_typed(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    page = await open_page(workers.first.port, "/posts/new/", user=people["짱구"])
    await page.click(".kind:has(input[value=pizza])")
    await page.fill("[name=shop]", "피자스쿨")
    await page.fill("[name=place]", "도서관 앞")
    await page.context.clear_cookies(name="sessionid")
    await page.click(".form-send button")
    await page.fill("[name=login]", "짱구")
    await page.fill("[name=password]", PASSWORD)
    await page.click(SUBMIT)
    await page.wait_for_url("**/posts/new/")
    await expect(page.locator("[name=shop]")).to_have_value("피자스쿨")
    await expect(page.locator("[name=place]")).to_have_value("도서관 앞")
    await expect(page.locator("input[value=pizza]")).to_be_checked()
    await page.click(".form-send button")
    await page.wait_for_url("**/room/")
    await page.goto("/posts/new/")
    await expect(page.locator("[name=shop]")).to_have_value("")


async def test_taps_on_the_number_are_saved_once(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    await in_thread(cart.set_item, by=people["철수"], post=post, name="콜라", unit_won=2_000)
    page = await open_page(workers.first.port, user=people["철수"], width=1280)
    await enter(page, post)
    more = page.locator("#mine form.qty button").nth(1)
    for _ in range(4):
        await more.click()
    await expect(page.locator("#mine form.qty b")).to_have_text("5")
    await shot(page, "stepper-1280")
    await expect(page.locator("#mine .dish-won")).to_contain_text("10,000")
    told = await in_thread(entries, post, "order.cart")
    assert [entry["item"]["qty"] for entry in told] == [1, 5]
    other = await open_page(workers.second.port, user=people["짱구"], width=1280)
    await enter(other, post)
    await page.locator("#mine form.qty button").first.click()
    await page.click(".room-back")  # at once: what waited goes out with the page
    await expect(other.locator("#table .dish-won")).to_contain_text("8,000")
