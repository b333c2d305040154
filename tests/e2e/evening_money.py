"""The second half of the evening: the cart, the order, and getting paid."""

from playwright.async_api import Page, expect

from tests.e2e.evening import FOURTH, GUEST, HOST, MEMBER, OTHER, Evening
from tests.e2e.room_page import connected
from tests.e2e.test_ordering import add

# --- the cart ---------------------------------------------------------------------------------------------------


async def choose(evening: Evening) -> None:
    """A dish for three, taken by their own taps, and what the others eat."""
    for name in (MEMBER, OTHER, GUEST):
        await evening[name].goto(f"{evening.room}#sheet")
    chicken = evening[MEMBER]
    await chicken.check("#add-form [name=shared]")
    await add(chicken, "허니콤보", 21_000)
    await add(evening[OTHER], "순살", 9_000)
    await add(evening[OTHER], "콜라", 2_500)
    await add(evening[FOURTH], "떡볶이", 8_000)
    for name in (HOST, GUEST):
        await evening[name].locator("#table form[action$='/join/'] button").first.click()
        await expect(evening[name].locator("#my-won")).not_to_have_text("–")
    await evening.all_have("#subtotal", "40,500원")


async def order(evening: Evening) -> None:
    """Closed, locked, confirmed by everybody, ordered; every step is seen by all."""
    host = evening[HOST]
    await host.click("#deeds form[action$='do/close/'] button")
    await evening.all_in("CLOSED")
    await host.click("#deeds form[action$='do/lock/'] button")
    await evening.all_in("LOCKED")
    for name in (MEMBER, OTHER, FOURTH, GUEST):
        await evening[name].click("#deeds form[action$='do/confirm/'] button")
    await expect(host.locator("#facts-next")).to_have_attribute("data-step", "order")
    await host.click("#deeds form[action$='do/order/'] button")
    await evening.all_in("ORDERED")


# --- the bill ---------------------------------------------------------------------------------------------------


async def give_account(evening: Evening) -> None:
    page = evening[HOST]
    await page.goto(f"{evening.room}pay/account/")
    await page.select_option("#bank", "090")
    await page.fill("#number", "3333-01-2345678")
    await page.fill("#holder", "노진구")
    await page.click("#account-form button")
    await expect(page.locator("#given")).to_contain_text("5678")


async def write_bill(evening: Evening) -> None:
    """Delivery 3,300 won, in coins of 100; looked at, then told to everybody."""
    page = evening[HOST]
    await page.goto(f"{evening.room}pay/issue/")
    await page.locator("[name=fee_won]").first.fill("3,300")
    await page.check("[name=unit][value='100']")
    await page.fill("#receipt", "43,800")
    await page.locator("button[value=save]").last.click()
    await expect(page.locator("#preview-total")).to_have_text("43,800원")
    await expect(page.locator("#gap")).to_have_count(0)
    await tell(page)
    await home(evening)


async def sold_out(evening: Evening) -> None:
    """The cola did not come: one tap, the receipt mended, a new version."""
    page = evening[HOST]
    await page.goto(f"{evening.room}pay/issue/")
    await page.locator(".bill-item").filter(has_text="콜라").locator("[name=sold]").click()
    await expect(page.locator("#preview-total")).to_have_text("41,300원")
    await expect(page.locator("#gap")).to_be_visible()
    await page.fill("#receipt", "41,300")
    await page.locator("button[value=save]").last.click()
    await expect(page.locator("#gap")).to_have_count(0)
    await tell(page)
    await home(evening)


async def tell(page: Page) -> None:
    await page.click("button[value=issue]")
    await expect(page.locator("#board")).to_be_visible()
    await expect(page.locator(".pay-tabs [aria-current]")).to_have_attribute("data-tab", "board")


async def home(evening: Evening) -> None:
    """The host, back in the room."""
    await evening[HOST].goto(evening.room)
    await connected(evening[HOST])


# --- payments ---------------------------------------------------------------------------------------------------


async def pay(evening: Evening, name: str, way: str, depositor: str = "") -> None:
    """From the fact bar to one's own page, where the account is; then back in the room."""
    page = evening[name]
    await page.click("#facts-next a")
    await page.wait_for_url("**/pay/*/")
    await expect(page.locator("#account")).to_contain_text("3333012345678")
    await page.check(f"#claim [name=way][value={way}]")
    await page.fill("#claim-depositor", depositor)
    await page.click("#claim button")
    await expect(page.locator("#amount")).to_have_attribute("data-status", "claimed")
    await expect(page.locator("#pay")).not_to_contain_text("3333012345678")
    await page.goto(evening.room)
    await connected(page)


async def confirm_in_the_talk(evening: Evening) -> None:
    """On the card under the newest shares."""
    button = evening[HOST].locator(".money-claim > button")
    await expect(button).to_have_count(1, timeout=15_000)
    await button.click()
    await home(evening)  # held for five seconds, but not from whoever leaves the page
    await expect(button).to_have_count(0, timeout=15_000)


async def reject_and_pay_again(evening: Evening) -> None:
    """The board of the host and the page of the member stay open, and follow each other over two workers."""
    host, member = evening[HOST], evening[MEMBER]
    await host.goto(f"{evening.room}pay/")
    row = host.locator(f"#owe-{evening.ids[MEMBER]}")
    await member.goto(f"{evening.room}pay/{evening.ids[MEMBER]}/")
    await member.fill("#claim-depositor", "김철수")
    await member.click("#claim button")
    await expect(row).to_have_attribute("data-status", "claimed", timeout=15_000)
    await expect(row).to_contain_text("김철수")
    await row.locator("details > summary").first.click()
    await row.locator("[name=reason]").fill("아직 안 들어왔어요")
    await row.locator("form[action$='/reject/'] button").click()
    await expect(member.locator("#rejected")).to_contain_text("아직 안 들어왔어요", timeout=15_000)
    await evening.board_says({MEMBER: "due"})
    await member.click("#claim button.button-main")
    await expect(row).to_have_attribute("data-status", "claimed", timeout=15_000)
    await row.locator("form[action$='/confirm/'] > button").click()
    await home(evening)
    await expect(member.locator("#amount")).to_have_attribute("data-status", "settled", timeout=15_000)
    await member.goto(evening.room)


async def send_back(evening: Evening) -> None:
    """What was paid for the cola."""
    host, other = evening[HOST], evening[OTHER]
    await host.goto(f"{evening.room}pay/")
    row = host.locator(f"#owe-{evening.ids[OTHER]}")
    await expect(row).to_have_attribute("data-status", "refund_due")
    await expect(row.locator(".owe-won")).to_have_text("−2,500원")
    await row.locator("details > summary").click()
    await row.locator("form[action$='/refund/'] button").click()
    await expect(other.locator("#facts-next")).to_have_attribute("data-step", "refund_got", timeout=15_000)
    await other.click("#facts-next a")
    await other.click("form[action$='/got/'] button")
    await expect(other.locator("#amount")).to_have_attribute("data-status", "settled")
    await expect(row).to_have_attribute("data-status", "settled", timeout=15_000)
    await other.goto(evening.room)
    await home(evening)
