"""An order in real browsers over two workers: what one does, the others see, and nobody loses what they type."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.async_api import Page, Route, expect

from accounts.models import User
from orders import cart, posts, seats, states
from orders.models import Post
from tests.e2e.conftest import STORY, Opener
from tests.e2e.room_page import connected, entry, fill_room, fits, say
from tests.e2e.test_accessibility import check
from tests.live.servers import Workers, in_thread

pytestmark = STORY


async def make_post(host: User, *members: User, **more: Any) -> Post:
    def make() -> Post:
        values = {
            "title": "오늘 저녁 치킨", "shop": "교촌치킨 정문점", "category": "chicken", "place": "기숙사 정문",
            "meeting_at": timezone.now() + timedelta(hours=3), "min_people": 2, "capacity": 4,
            "min_order_won": 15_000, "fee_tiers": [[0, 4_000], [20_000, 0]], **more,
        }  # fmt: skip
        post = posts.create_post(user=host, **values)
        for member in members:
            seats.join(user=member, post=post)
        return post

    return await in_thread(make)


async def enter(page: Page, post: Post, rest: str = "") -> None:
    await page.goto(f"/p/{post.public_id}/room/{rest}")
    await connected(page)


async def add(page: Page, name: str, won: int) -> None:
    """By the sheet's form; on a phone the sheet is open."""
    if not await page.locator("#add").evaluate("box => box.open"):
        await page.click("#add > summary")
    await page.fill("#new-name", name)
    await page.fill("#new-won", str(won))
    await page.press("#new-won", "Enter")
    await expect(page.locator("#mine .dish-name").filter(has_text=name)).to_have_count(1)


async def test_what_one_adds_appears_in_the_others_sheet_and_facts(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    host = await open_page(workers.first.port, user=people["짱구"], width=1280)
    await enter(host, post)
    member = await open_page(workers.second.port, user=people["철수"])
    await enter(member, post)
    await expect(member.locator("#side")).to_be_hidden()
    await member.click("#facts-next a")
    await expect(member.locator("#side")).to_be_visible()
    await add(member, "허니콤보", 18_000)
    await expect(host.locator("#table .dish-name")).to_have_text(["허니콤보"])
    await expect(host.locator("#subtotal")).to_contain_text("18,000")
    await expect(host.locator("#min-order")).to_have_class("bar is-reached")
    await expect(entry(host, "허니콤보")).to_have_count(1)
    await expect(member.locator("#my-won")).to_contain_text("20,000")
    await expect(member.locator("#facts-next")).to_have_attribute("data-step", "wait_close")

    await add(host, "콜라", 2_000)
    await expect(member.locator("#table .dish-name")).to_have_text(["콜라"])
    await expect(member.locator("#my-won")).to_contain_text("18,000")  # free from 20,000
    exported = await (await member.request.get(f"/p/{post.public_id}/room/export.json")).json()
    assert [item["name"] for item in exported["cart"]] == ["허니콤보", "콜라"]
    assert exported["entries"][-1]["kind"] == "order.cart"
    await fits(member)
    await fits(host)


async def test_from_lock_to_ordered_every_step_shows_at_once(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    for name in ("짱구", "철수"):
        await in_thread(cart.set_item, by=people[name], post=post, name="허니콤보", unit_won=9_000)
    host = await open_page(workers.first.port, user=people["짱구"], width=1280)
    await enter(host, post)
    member = await open_page(workers.second.port, user=people["철수"])
    await enter(member, post)
    await host.click("#deeds form[action$='do/close/'] button")
    await expect(member.locator("#facts")).to_have_attribute("data-state", "CLOSED")
    # The tapped button stays in the same place, and keeps no words of the step before.
    await expect(host.locator("#deeds form[action$='do/lock/'] button")).to_have_text("주문 확정하기")
    await host.click("#deeds form[action$='do/lock/'] button")
    await expect(member.locator("#facts-next")).to_have_attribute("data-step", "confirm")
    await member.click("#facts-next a")
    await member.click("#deeds form[action$='do/confirm/'] button")
    await expect(member.locator("#deeds")).to_be_focused()  # the button is gone
    await expect(host.locator("#facts-next")).to_have_attribute("data-step", "order")
    await host.click("#deeds form[action$='do/order/'] button")
    await expect(member.locator("#facts")).to_have_attribute("data-state", "ORDERED")
    await expect(member.locator("#deeds")).to_be_focused()  # still, though the sheet was fetched again
    await expect(member.locator(".step-now")).to_have_text("주문")


async def test_a_form_in_which_somebody_types_is_left_alone(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    page = await open_page(workers.first.port, user=people["철수"], width=1280)
    await enter(page, post)
    await page.fill("#new-name", "순살")
    await page.locator("#new-won").press_sequentially("12")
    field = await page.locator("#new-won").element_handle()
    await in_thread(cart.set_item, by=people["짱구"], post=post, name="콜라", unit_won=2_000)
    await expect(page.locator("#table .dish-name")).to_have_text(["콜라"])
    await page.keyboard.type("000")
    assert field is not None
    assert await field.evaluate("node => node.isConnected && document.activeElement === node")
    await page.locator("#composer textarea").focus()
    await in_thread(cart.set_item, by=people["짱구"], post=post, name="사이다", unit_won=2_000)
    await expect(page.locator("#table .dish-name")).to_have_text(["콜라", "사이다"])
    assert await page.input_value("#new-name") == "순살"
    await page.press("#new-won", "Enter")
    await expect(page.locator("#mine .dish-won")).to_contain_text("12,000")
    assert await page.input_value("#new-name") == ""


async def test_what_is_refused_is_said_where_one_is_and_what_was_typed_stays(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    page = await open_page(workers.first.port, user=people["짱구"], width=1280)
    await enter(page, post)
    await page.fill("#new-name", "순살")
    await page.fill("#new-won", "9999999")
    await page.press("#new-won", "Enter")
    await expect(page.locator("#new-wrong")).to_be_visible()
    await in_thread(cart.set_item, by=people["철수"], post=post, name="콜라", unit_won=2_000)
    await expect(page.locator("#table .dish-name")).to_have_text(["콜라"])
    assert await page.input_value("#new-won") == "9999999"
    await page.fill("#new-won", "1000")
    await page.press("#new-won", "Enter")
    await expect(page.locator("#mine .dish-name")).to_have_text(["순살"])
    await expect(page.locator("#new-wrong")).to_have_count(0)

    await in_thread(states.close, by=people["짱구"], post=post)
    await page.click("#deeds form[action$='do/lock/'] button")
    await expect(page.locator("#sheet-said.refused")).to_contain_text("12,000")
    await expect(page.locator("#sheet-said")).to_be_in_viewport(ratio=1)
    await page.click("#sheet-said button")
    await expect(page.locator("#facts")).to_have_attribute("data-state", "LOCKED")


async def test_taken_out_and_put_back(workers: Workers, people: dict[str, User], open_page: Opener) -> None:
    post = await make_post(people["짱구"], people["철수"])
    await in_thread(
        cart.set_item, by=people["철수"], post=post, name="허니콤보", unit_won=18_000, note="무 많이"
    )
    page = await open_page(workers.first.port, user=people["철수"])
    await enter(page, post, "#sheet")
    await page.click("#mine form[action$='/remove/'] button")
    await expect(page.locator("#mine .dish")).to_have_count(0)
    await page.wait_for_timeout(1_800)  # the entry of one's own tap refreshes the sheet: the way back stays
    await page.click("#undo-form button")
    await expect(page.locator("#mine .dish")).to_contain_text("무 많이")


async def test_the_way_back_has_its_place_when_the_answer_is_slower_than_the_entry(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    await in_thread(cart.set_item, by=people["철수"], post=post, name="허니콤보", unit_won=18_000)
    page = await open_page(workers.first.port, user=people["철수"])
    await enter(page, post, "#sheet")

    async def late(route: Route) -> None:
        answer = await route.fetch()
        await page.wait_for_timeout(1_800)  # by now the entry of this very tap would have the sheet fetched
        await route.fulfill(response=answer)

    await page.route("**/remove/", late)
    await page.click("#mine form[action$='/remove/'] button")
    await expect(page.locator("#undo-form")).to_be_visible()
    await in_thread(cart.set_item, by=people["짱구"], post=post, name="순살", unit_won=9_000)
    await expect(page.locator("#sheet")).to_contain_text("순살")
    await page.click("#undo-form button")
    await expect(page.locator("#mine .dish")).to_have_count(1)


async def test_a_line_of_the_cart_opens_the_sheet_at_its_dish_and_back_leads_to_the_talk(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    item = await in_thread(cart.set_item, by=people["철수"], post=post, name="허니콤보", unit_won=18_000)
    page = await open_page(workers.first.port, user=people["짱구"])
    await enter(page, post)
    await page.click(".entry-about")
    await expect(page.locator(f"#item-{item.pk}")).to_be_in_viewport()
    await expect(page.locator(".room-talk")).to_have_attribute("inert", "")
    await expect(page.locator(".room-head")).to_be_in_viewport(ratio=1)
    other = await open_page(workers.second.port, user=people["철수"])
    await enter(other, post)
    await say(other, "이거 맛있어요")
    await expect(page.locator("#handle .facts-new")).to_have_text("1")
    await page.go_back()
    await expect(page.locator("#side")).to_be_hidden()
    await expect(page.locator("#composer")).to_be_visible()
    await page.click("#handle")
    await expect(page.locator("#side")).to_be_visible()
    await page.click("#handle")
    await expect(page.locator("#side")).to_be_hidden()


async def test_a_dish_is_added_without_javascript(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    page = await open_page(workers.first.port, user=people["철수"], java_script_enabled=False)
    await page.goto(f"/p/{post.public_id}/room/")
    await page.click("#handle")
    await page.fill("#new-name", "허니콤보")
    await page.fill("#new-won", "18000")
    await page.click("#add-form button[type=submit]")
    await expect(page.locator("#mine .dish-name")).to_have_text(["허니콤보"])
    await page.click("#mine form[action$='/remove/'] button")
    await page.click("#undo-form button")
    await expect(page.locator("#mine .dish-name")).to_have_text(["허니콤보"])
    await fits(page)


async def test_an_entry_of_long_ago_is_gone_to(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    await fill_room(post.room, people["짱구"], [f"말 {number}" for number in range(160)])
    page = await open_page(workers.first.port, user=people["철수"])
    await enter(page, post, "?at=10")
    await expect(page.locator("#m10")).to_be_in_viewport()


async def test_the_room_and_the_sheet_shut_nobody_out(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"], place_note="1층 로비")
    shared = await in_thread(
        cart.set_item, by=people["철수"], post=post, name="허니콤보", unit_won=18_000, shared=True
    )
    await in_thread(cart.join_item, user=people["짱구"], post=post, item=shared.pk)
    await in_thread(
        cart.set_item, by=people["짱구"], post=post, name="콜라", unit_won=2_000, owner=people["철수"]
    )
    found: list[str] = []
    for name, width in (("짱구", 1280), ("철수", 390)):
        page = await open_page(workers.first.port, user=people[name], width=width)
        await enter(page, post)
        await check(page, found)
        await enter(page, post, "#sheet")
        await page.evaluate("for (const box of document.querySelectorAll('#side details')) box.open = true")
        await check(page, found)
        await page.goto(f"/p/{post.public_id}/room/order/")
        await check(page, found)
    assert not found


async def test_many_lines_of_the_cart_make_room_for_the_talk(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])

    def choose(first: int, last: int) -> None:
        for number in range(first, last):
            cart.set_item(by=people["짱구"], post=post, name=f"메뉴 {number}", unit_won=1_000)

    await in_thread(choose, 0, 4)
    page = await open_page(workers.first.port, user=people["철수"])
    await enter(page, post)
    lines = page.locator("#entries > li[data-kind='order.cart']")
    await expect(page.locator(".fold")).to_have_count(0)
    await in_thread(choose, 4, 7)
    await expect(page.locator(".fold")).to_contain_text("5")
    await expect(lines.filter(visible=True)).to_have_count(2)
    await page.click(".fold button")
    await expect(lines.filter(visible=True)).to_have_count(7)
    await expect(page.locator(".fold")).to_have_count(0)
    await page.goto(f"/p/{post.public_id}/room/?at=6")
    await expect(page.locator("#m6")).to_be_in_viewport()
