"""The pages about money in a browser: nobody shut out, without scripts too, nothing typed gets lost."""

import re
from typing import Any

from playwright.async_api import expect

from accounts.models import User
from orders import billing, cart, confirming, pay_accounts, payments, shares, states
from orders.billing import DiscountIn, FeeIn
from orders.models import Due, Payment, Post
from tests.e2e.conftest import STORY, Opener
from tests.e2e.room_page import fits
from tests.e2e.test_accessibility import check
from tests.e2e.test_ordering import make_post
from tests.live.servers import Workers, in_thread

pytestmark = STORY


async def ordered(people: dict[str, User]) -> Post:
    """Three who have ordered, and a host with an account."""
    host, *others = people.values()
    post = await make_post(host, *others)

    def order() -> Post:
        def now() -> Post:
            return Post.objects.select_related("room", "host").get(pk=post.pk)

        for user in people.values():
            cart.set_item(by=user, post=post, name="허니콤보", unit_won=9_000)
        states.close(by=host, post=post)
        states.lock(by=host, post=post, cart_v=now().cart_v)
        for user in others:
            confirming.confirm(user=user, post=post, cart_v=now().cart_v)
        states.order(by=host, post=post)
        link = "https://qr.kakaopay.com/Ej8GGJlqS"
        pay_accounts.keep(user=host, bank="090", number="3333012345678", holder="노진구", link=link)
        return now()

    return await in_thread(order)


async def issue(post: Post, **more: Any) -> None:
    def tell() -> None:
        now = Post.objects.get(pk=post.pk)
        shares.issue_shares(by=post.host, post=now, share_v=now.share_v, cart_v=now.cart_v, **more)

    await in_thread(tell)


async def test_the_pages_about_money_shut_nobody_out(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await ordered(people)
    room = f"/p/{post.public_id}/room/"
    found: list[str] = []
    host = await open_page(workers.first.port, user=people["짱구"], width=1280)
    member = await open_page(workers.second.port, user=people["철수"])
    await host.goto(f"{room}pay/account/")
    await host.evaluate("for (const box of document.querySelectorAll('#pay details')) box.open = true")
    await check(host, found)
    discounts = [DiscountIn(2_000, "FOOD", None, "첫 주문 쿠폰")]
    fees = [FeeIn(3_000)]
    await in_thread(
        billing.edit_bill, by=post.host, post=post, fees=fees, discounts=discounts, receipt_won=28_300
    )
    await host.goto(f"{room}pay/issue/")
    await expect(host.locator("#gap")).to_be_visible()
    await host.evaluate("for (const box of document.querySelectorAll('#pay details')) box.open = true")
    await check(host, found)
    await issue(post, book_gap=True)
    await member.goto(f"{room}pay/{people['철수'].pk}/")
    await expect(member.locator("#account .account-number")).to_be_visible()
    await expect(member.locator("#own-link")).to_have_attribute("href", "https://qr.kakaopay.com/Ej8GGJlqS")
    await check(member, found)
    due = await in_thread(Due.objects.get, post=post, user=people["철수"])
    made = await in_thread(
        payments.claim, user=people["철수"], post=post, share_v=1, won=due.balance, way="toss", depositor="철"
    )
    await host.goto(f"{room}pay/")
    await host.click(f"#reject-{people['철수'].pk} > summary")
    await check(host, found)
    await in_thread(payments.reject, by=post.host, post=post, claim=made.pk, reason="아직이에요")
    await expect(member.locator("#rejected")).to_contain_text("아직이에요", timeout=15_000)
    await check(member, found)
    for rest in ("pay/", "pay/shares/", ""):
        await member.goto(f"{room}{rest}")
        await check(member, found)
    assert not found, "\n".join(found)


async def test_money_without_javascript(workers: Workers, people: dict[str, User], open_page: Opener) -> None:
    post = await ordered(people)
    room = f"/p/{post.public_id}/room/"
    host = await open_page(workers.first.port, user=people["짱구"], java_script_enabled=False)
    await host.goto(f"{room}order/")
    await host.locator("#deeds a.button-main").click()
    await host.locator("[name=fee_won]").first.fill("3000")
    await host.locator("button[value=save]").last.click()
    await expect(host.locator("#preview-total")).to_have_text("30,000원")
    await host.click("button[value=issue]")
    await expect(host.locator(".messages")).to_contain_text("30,000")
    member = await open_page(workers.second.port, user=people["철수"], java_script_enabled=False)
    await member.goto(f"{room}")
    await member.locator(".money-card a.button-main").click()
    await expect(member.locator("#amount")).to_have_text("10,000원")
    await member.click("#account a")
    await expect(member.locator("#account")).to_contain_text("3333012345678")
    await fits(member)
    await member.click("main .back a >> nth=-1")
    await member.fill("#claim-won", "많이")
    await member.fill("#claim-depositor", "김철수")
    await member.click("#claim button")
    await expect(member.locator("#claim .field-error")).to_be_visible()
    await expect(member.locator("#claim-depositor")).to_have_value("김철수")
    await member.fill("#claim-won", "10000")
    await member.click("#claim button")
    await expect(member.locator("#amount")).to_have_attribute("data-status", "claimed")
    await host.goto(f"{room}pay/")
    await host.locator("form[action$='/confirm/'] button").click()
    await expect(host.locator(f"#owe-{people['철수'].pk}")).to_have_attribute("data-status", "settled")
    assert await in_thread(Payment.objects.filter(op="confirm").count) == 1


async def test_what_one_types_stays_while_the_page_follows_the_others(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await ordered(people)
    room = f"/p/{post.public_id}/room/"
    await issue(post)
    member = await open_page(workers.second.port, user=people["철수"])
    await member.goto(f"{room}pay/{people['철수'].pk}/")
    await expect(member.locator("#account")).to_contain_text("3333012345678")
    await member.fill("#claim-depositor", "김철수")
    await in_thread(billing.edit_bill, by=post.host, post=post, fees=[FeeIn(6_000)])
    await issue(post)
    await expect(member.locator("#amount")).to_have_text("11,000원", timeout=15_000)
    await expect(member.locator("#claim-depositor")).to_have_value("김철수")
    toss = member.locator(".account-toss")
    await expect(toss).to_have_attribute("href", re.compile(r"&amount=11000&origin=qr$"), timeout=15_000)
    await member.click("#claim button.button-main")
    refused = member.locator("#pay-said.refused")
    await expect(refused).to_be_visible()  # the form was of the version before
    await expect(member.locator("#claim-depositor")).to_have_value("김철수")
    await member.fill("#claim-won", "11,000")
    await member.click("#claim button.button-main")
    await expect(member.locator("#amount")).to_have_attribute("data-status", "claimed")


async def test_a_confirmation_can_be_taken_back_for_five_seconds(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await ordered(people)
    room = f"/p/{post.public_id}/room/"
    await issue(post)
    member = people["철수"]
    due = await in_thread(Due.objects.get, post=post, user=member)
    await in_thread(payments.claim, user=member, post=post, share_v=1, won=due.balance, way="toss")
    page = await open_page(workers.first.port, user=people["짱구"])
    await page.goto(f"{room}pay/")
    row = page.locator(f"#owe-{member.pk}")
    confirm = row.locator("form[action$='/confirm/'] > button")
    await confirm.click()
    await expect(confirm).to_be_hidden()
    await row.locator(".held button").click()
    await expect(confirm).to_be_visible()
    assert not await in_thread(Payment.objects.filter(op="confirm").exists)
    await confirm.click()
    await expect(row).to_have_attribute("data-status", "settled", timeout=15_000)
    # leaving the page at once does not lose it
    other = await in_thread(Due.objects.get, post=post, user=people["맹구"])
    await in_thread(payments.claim, user=people["맹구"], post=post, share_v=1, won=other.balance, way="cash")
    await page.goto(f"{room}pay/")
    await page.locator(f"#owe-{people['맹구'].pk} form[action$='/confirm/'] > button").click()
    await page.goto(f"{room}pay/shares/")
    await page.goto(f"{room}pay/")
    await expect(page.locator(f"#owe-{people['맹구'].pk}")).to_have_attribute(
        "data-status", "settled", timeout=15_000
    )
