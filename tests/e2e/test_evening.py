"""A whole evening in real browsers over two workers, from the post to the last won."""

import pytest
from playwright.async_api import expect

from accounts.models import User
from orders.models import Due, Post
from tests.e2e import evening_money as money
from tests.e2e.conftest import STORY, Opener
from tests.e2e.evening import FIRST, FOOD, FOURTH, GUEST, HOST, MEMBER, OTHER, SECOND, everybody
from tests.e2e.room_page import fits
from tests.live.servers import Workers, in_thread

pytestmark = [*STORY[:-1], pytest.mark.timeout(150)]


async def test_a_whole_evening(workers: Workers, people: dict[str, User], open_page: Opener) -> None:
    evening = await everybody(workers, open_page, people)
    await evening.all_in("RECRUITING")
    await evening.talk()
    await evening.decide_when()

    await money.choose(evening)
    await evening.all_pay(FOOD, 40_500)
    await money.order(evening)

    await money.give_account(evening)
    await money.write_bill(evening)
    await evening.all_pay(FIRST, 43_800)
    await evening.all_add_up(FIRST, 43_800)
    await evening.board_says(dict.fromkeys((MEMBER, OTHER, FOURTH, GUEST), "due"))

    await money.pay(evening, OTHER, "toss", "김맹구")
    await money.confirm_in_the_talk(evening)
    await evening.board_says({OTHER: "settled", MEMBER: "due"})

    await money.sold_out(evening)
    await evening.all_pay(SECOND, 41_300)
    await evening.all_add_up(SECOND, 41_300)
    await evening.board_says({OTHER: "refund_due", MEMBER: "due"})
    await money.send_back(evening)

    await money.reject_and_pay_again(evening)
    await evening[HOST].click("#deeds form[action$='do/arrive/'] button")
    await evening.all_in("ARRIVED")
    await money.pay(evening, GUEST, "kakaopay")
    await money.confirm_in_the_talk(evening)
    await money.pay(evening, FOURTH, "cash")
    await money.confirm_in_the_talk(evening)

    await evening.all_in("DONE")
    await evening.all_pay(SECOND, 41_300)
    await evening.all_add_up(SECOND, 41_300)
    await evening.board_says(dict.fromkeys((MEMBER, OTHER, FOURTH, GUEST), "settled"))
    dues = await in_thread(lambda: list(Due.objects.filter(post__room__public_id=evening.public_id)))
    got = sum(due.confirmed_won - due.refunded_won for due in dues)
    post = await in_thread(lambda: Post.objects.get(room__public_id=evening.public_id))
    assert (post.state, got, got + SECOND[HOST]) == ("DONE", 33_600, 41_300)
    lines = [
        await page.locator("#entries > li.entry[data-seq]").last.inner_text()
        for page in evening.pages.values()
    ]
    assert len(set(lines)) == 1, lines
    for page in evening.pages.values():
        await expect(page.locator("html")).to_have_attribute("data-connection", "open")
        await fits(page)
