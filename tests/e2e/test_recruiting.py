"""Posting in seconds, joining from a link in two taps, looking for a post; with scripts and without."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from playwright.async_api import Page, expect

from accounts.models import User
from orders import cart, posts, seats
from orders.models import Post
from rooms import actions as rooms
from tests.e2e.conftest import STORY, Opener
from tests.e2e.room_page import fits
from tests.live.servers import Workers, in_thread

pytestmark = STORY

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()


def values(**more: Any) -> dict[str, Any]:
    return {
        "title": "치킨 반반", "shop": "교촌치킨", "category": "chicken", "place": "기숙사 정문",
        "meeting_at": timezone.now() + timedelta(hours=2), "min_people": 2, "capacity": 4,
        "min_order_won": 15_000, "fee_tiers": [[0, 4_000]], **more,
    }  # fmt: skip


async def make_post(host: User, **more: Any) -> Post:
    return await in_thread(lambda: posts.create_post(user=host, **values(**more)))


async def link_to(post: Post, host: User) -> str:
    made = await in_thread(rooms.create_invitation, by=host, room=post.room, expires_in=None)
    return str(made.get_absolute_url())


class Taps:
    """A thumb that counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.count, self.began = page, 0, time.monotonic()

    async def on(self, selector: str) -> None:
        self.count += 1
        await self.page.locator(selector).first.click()

    async def type(self, text: str) -> None:
        await self.page.keyboard.type(text, delay=60)  # about as fast as people type on a phone

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


async def post_by_thumb(page: Page) -> Taps:
    """From the list to the room of a new post."""
    taps = Taps(page)
    await taps.on("a.post-new")
    await taps.on(".kind:has(input[value=chicken])")
    await taps.on("[name=shop]")
    await taps.type("교촌치킨 정문점")
    await taps.on("[name=place]")
    await taps.type("기숙사 정문")
    await taps.on(".form-send button")
    await page.wait_for_url("**/room/")
    return taps


async def test_a_post_takes_less_than_20_seconds_and_8_taps(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    page = await open_page(workers.first.port, user=people["짱구"])
    taps = await post_by_thumb(page)
    assert taps.count <= 8
    assert taps.seconds < 20
    other = await open_page(workers.second.port)
    card = other.locator(".card").filter(has_text="교촌치킨 정문점 같이 시켜요")
    await expect(card).to_contain_text("기숙사 정문")
    await expect(card).to_contain_text("1/4명")


async def test_a_post_without_javascript(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    page = await open_page(workers.first.port, user=people["짱구"], java_script_enabled=False)
    assert (await post_by_thumb(page)).count <= 8
    await page.goto("/")
    await page.fill("#q", "촌치")
    await page.press("#q", "Enter")
    await expect(page.locator(".card")).to_have_count(1)
    await page.get_by_role("link", name="피자", exact=True).click()
    await expect(page.locator(".card")).to_have_count(0)
    await page.get_by_role("link", name="모두 보기").click()
    await expect(page.locator(".card")).to_have_count(1)


async def test_a_guest_joins_from_a_link_in_two_taps_with_and_without_javascript(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    post = await make_post(people["짱구"])
    link = await link_to(post, people["짱구"])
    for port, nickname, scripts in ((first, "훈이", True), (second, "유리", False)):
        page = await open_page(port, link, java_script_enabled=scripts)
        await expect(page.get_by_role("heading", name="치킨 반반")).to_be_visible()
        taps = Taps(page)
        await taps.on("[name=nickname]")
        await taps.type(nickname)
        await taps.on("#step button")
        await page.wait_for_url(f"**/p/{post.public_id}/room/")
        assert taps.count == 2
    taken = await in_thread(lambda: Post.objects.get(pk=post.pk).seats_taken)
    assert taken == 3


async def test_the_preview_shows_the_card_while_one_types_and_what_was_typed_survives_a_mistake(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    page = await open_page(workers.first.port, "/posts/new/", user=people["짱구"])
    await page.fill("[name=shop]", "홍콩반점")
    await expect(page.locator("#preview .card-title")).to_have_text("홍콩반점 같이 시켜요")
    await page.click("[data-step='1']")
    await expect(page.locator("#preview .card-count")).to_have_text("1/5명")
    await page.click(".form-send button")
    await expect(page.locator("#category-error")).to_be_visible()
    await expect(page.locator("[name=shop]")).to_have_value("홍콩반점")
    await expect(page.locator("[name=capacity]")).to_have_value("5")
    await fits(page)


async def test_the_list_is_searched_while_one_types_and_the_address_can_be_shared(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    await make_post(people["짱구"])
    await make_post(people["철수"], title="짜장 두 그릇", shop="홍콩반점", category="chinese")
    page = await open_page(workers.first.port)
    await expect(page.locator(".card")).to_have_count(2)
    await page.locator("#q").press_sequentially("반점", delay=50)
    await expect(page.locator(".card")).to_have_count(1)
    await expect(page.locator("#q")).to_be_focused()
    await page.fill("#q", "")
    await expect(page.locator(".card")).to_have_count(2)
    await page.get_by_role("link", name="치킨", exact=True).click()
    await expect(page.locator(".card")).to_have_count(1)
    await expect(page).to_have_url(f"http://127.0.0.1:{workers.first.port}/?category=chicken")
    await page.locator("#q").press_sequentially("짜장", delay=50)
    await expect(page.locator(".card")).to_have_count(0)  # the chip still holds
    await page.evaluate("history.back()")  # past the chip; what was typed replaced its address
    await expect(page.locator(".card")).to_have_count(2)
    await expect(page.locator("#search")).to_be_visible()


async def test_cards_change_in_place_and_new_posts_wait_behind_a_pill(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"])
    page = await open_page(workers.second.port)
    card = page.locator(f"[data-post='{post.public_id}']")
    await expect(card.locator(".card-count")).to_have_text("1/4명")

    def happen() -> None:
        seats.join(user=people["철수"], post=post)
        cart.set_item(by=people["짱구"], post=post, name="허니콤보", unit_won=15_000)
        posts.create_post(user=people["맹구"], **values(title="새로 온 모집"))

    await in_thread(happen)
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as after coming back
    await expect(card.locator(".card-count")).to_have_text("2/4명")
    await expect(card.locator(".card-order")).to_have_text("최소주문을 채웠어요")
    await expect(page.locator(".card")).to_have_count(1)
    await page.get_by_role("link", name="새 모집 1개").click()
    await expect(page.locator(".card")).to_have_count(2)


async def test_a_member_joins_waits_and_leaves_by_taps(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], capacity=2)
    await in_thread(seats.join, user=people["철수"], post=post)
    page = await open_page(workers.first.port, f"/p/{post.public_id}/", user=people["맹구"])
    await page.get_by_role("button", name="자리 나면 참여하기").click()
    await expect(page.locator(".in-line")).to_contain_text("1번째")
    other = await open_page(workers.second.port, f"/p/{post.public_id}/room/members/", user=people["철수"])
    await other.click("#leave summary")
    await other.click("#leave button")
    await expect(other.get_by_role("heading", name="치킨 반반")).to_be_visible()
    await page.reload()
    await page.get_by_role("link", name="방으로 가기").click()
    await page.wait_for_url("**/room/")


async def test_the_pages_of_posts_shut_nobody_out(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"])
    link = await link_to(post, people["짱구"])
    found: list[str] = []
    stranger = await open_page(workers.first.port)
    host = await open_page(workers.second.port, user=people["짱구"])
    here = f"/p/{post.public_id}/"
    visits = [(stranger, path) for path in ("/", "/?q=없어", here, link)]
    visits += [(host, p) for p in ("/posts/new/", f"{here}edit/", f"{here}room/members/", here)]
    for page, path in visits:
        await page.goto(path)
        for folded in await page.locator("main details:not([open]) > summary").all():
            await folded.click()
        await page.evaluate(f"window.axe || (() => {{ {AXE} }})()")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            result = await page.evaluate("axe.run(document)")
            assert result["passes"], page.url
            found += [
                f"{page.url} {scheme}: {each['id']} {[node['target'] for node in each['nodes']][:3]}"
                for each in result["violations"]
                if each["impact"] in {"serious", "critical"}
            ]
        await fits(page)
    assert not found
