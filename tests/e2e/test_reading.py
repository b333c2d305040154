"""Reading: scrolling back without end, unread counts, the "new messages" line, and pages without any script."""

from playwright.async_api import expect

from accounts.models import User
from rooms.models import Membership
from tests.e2e.conftest import STORY, Opener
from tests.e2e.room_page import (
    SUBMIT,
    TEXTS,
    at,
    connected,
    enter,
    entry,
    fill_room,
    fits,
    invitation_path,
    make_room,
    say,
    sign_in,
)
from tests.live.servers import Workers, in_thread

pytestmark = STORY


async def test_history_scrolls_back_to_the_first_word_and_nothing_moves(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    room = await make_room(people["짱구"], people["맹구"])
    await fill_room(room, people["짱구"], [f"글 {n}" for n in range(300)])
    page = await open_page(workers.second.port, user=people["맹구"])
    await enter(page, room.public_id)
    rounds = 0
    while await page.locator("#older").is_visible():
        rounds += 1
        assert rounds < 20
        # The top entry of what is shown, and where it stands once we have scrolled to the top.
        seq, top = await page.evaluate(
            """() => {
                const box = document.getElementById("timeline");
                box.scrollTop = 0;
                const entry = document.querySelector("#entries > [data-seq]");
                return [Number(entry.dataset.seq), entry.getBoundingClientRect().top];
            }"""
        )
        await page.wait_for_function(
            "seq => Number(document.querySelector('#entries > [data-seq]').dataset.seq) < seq", arg=seq
        )
        moved = await page.evaluate(
            "([seq, top]) => Math.abs(document.getElementById('m' + seq).getBoundingClientRect().top - top)",
            [seq, top],
        )
        assert moved <= 2, f"entry {seq} moved by {moved} px"
    numbers = await page.eval_on_selector_all(
        "#entries > [data-seq]", "all => all.map(each => Number(each.dataset.seq))"
    )
    assert numbers == list(range(1, 303))
    assert await page.locator(TEXTS).all_text_contents() == [f"글 {n}" for n in range(300)]
    assert await page.locator("#entries > .day").count() == 1
    await expect(page.locator("#log > p")).to_have_count(0)  # history is not read out


async def test_the_list_counts_live_and_reading_clears_it(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    room = await make_room(people["짱구"], people["맹구"])
    reader = await open_page(second, user=people["맹구"])
    await enter(reader, room.public_id)
    writer = await open_page(first, user=people["짱구"])
    await enter(writer, room.public_id)
    await say(writer, "같이 본 말")
    await expect(reader.locator(TEXTS)).to_have_text(["같이 본 말"])
    await reader.goto("/rooms/")
    badge = reader.locator("#rooms [data-slot=unread]")
    await expect(reader.locator("html")).to_have_attribute("data-connection", "open")
    await expect(badge).to_be_hidden()
    for n in range(3):
        await say(writer, f"새 말 {n}")
    await expect(badge).to_have_text("3 안 읽음")
    await expect(reader.locator("#rooms [data-slot=body]")).to_have_text("새 말 2")
    await expect(reader.locator("#rooms [data-slot=name]")).to_have_text("짱구")

    async with reader.expect_websocket() as opening:
        await reader.click("#rooms a")
    socket = await opening.value
    line = reader.locator("#unread-line")
    await expect(line).to_be_visible()
    await expect(line.locator("xpath=following-sibling::li[1]")).to_contain_text("새 말 0")
    async with socket.expect_event("framesent", lambda frame: '"read"' in str(frame)):
        await say(writer, "보면서 온 말")
    await reader.goto("/rooms/")
    await expect(badge).to_be_hidden()
    await reader.reload()
    await expect(badge).to_be_hidden()


async def test_new_messages_below_are_counted_and_not_forced_on_the_reader(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    room = await make_room(people["짱구"], people["맹구"])
    await fill_room(room, people["짱구"], [f"글 {n}" for n in range(40)])
    reader = await open_page(second, user=people["맹구"])
    await enter(reader, room.public_id)
    await reader.evaluate("document.getElementById('timeline').scrollTop = 100")
    await expect(reader.locator("#pill")).to_be_visible()
    writer = await open_page(first, user=people["짱구"])
    await enter(writer, room.public_id)
    place = await entry(reader, "글 10").bounding_box()
    await say(writer, "아래에 온 말")
    await expect(reader.locator("#pill")).to_contain_text("1")
    assert await entry(reader, "글 10").bounding_box() == place
    await reader.click("#pill")
    await expect(entry(reader, "아래에 온 말")).to_be_in_viewport()
    await expect(reader.locator("#pill")).to_be_hidden()


async def test_everything_works_without_scripts(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    page = await open_page(first, java_script_enabled=False)
    await sign_in(page, "짱구")
    await page.get_by_role("link", name="방 만들기").first.click()
    await page.fill("[name=title]", "스크립트 없이")
    await page.click(SUBMIT)
    room = page.url.split("/")[4]
    await page.get_by_role("button", name="초대 링크 만들기").click()
    link = await page.locator("#alone-link").input_value()
    guest = await open_page(second, link.split(str(first), 1)[1], java_script_enabled=False)
    await guest.fill("[name=nickname]", "손님")
    await guest.click(SUBMIT)
    await guest.fill("#body", "안녕하세요")
    await guest.click("#composer [type=submit]")
    await page.reload()
    await expect(page.locator(TEXTS)).to_have_text(["안녕하세요"])
    for body in ("하나", "둘"):
        await page.fill("#body", body)
        await page.click("#composer [type=submit]")
    await expect(page.locator(TEXTS)).to_have_text(["안녕하세요", "하나", "둘"])

    await entry(page, "하나").locator(".entry-menu > summary").click()
    await entry(page, "하나").locator("textarea").fill("하나 반")
    await entry(page, "하나").get_by_role("button", name="저장").click()
    await expect(entry(page, "하나 반").locator("[data-slot=edited]")).to_be_visible()
    await entry(page, "둘").locator(".entry-menu > summary").click()
    await entry(page, "둘").get_by_role("button", name="삭제").click()
    await expect(page.locator(TEXTS)).to_have_text(["안녕하세요", "하나 반", "삭제된 메시지예요"])
    await fits(page)

    found = await make_room(people["짱구"], title="긴 방")
    await fill_room(found, people["짱구"], [f"글 {n}" for n in range(80)])
    await page.goto(f"/rooms/{found.public_id}/")
    await page.click("#older")
    await expect(page.locator(TEXTS).first).to_have_text("글 0")
    await page.get_by_role("link", name="최근 대화로").click()
    await expect(page.locator(TEXTS).last).to_have_text("글 79")

    await guest.goto(f"/rooms/{room}/members/")
    await guest.locator(".confirm > summary").click()
    await guest.locator("form[action$='/leave/'] button").click()
    await at(guest, "/rooms/")
    await expect(guest.locator("#rooms")).to_have_count(0)


async def test_a_room_of_many_is_listed_in_pages(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    room = await make_room(people["짱구"])

    def crowd() -> None:
        guests = User.objects.bulk_create(User(nickname=f"손님{n}", is_guest=True) for n in range(130))
        Membership.objects.bulk_create(Membership(room=room, user=guest) for guest in guests)

    await in_thread(crowd)
    page = await open_page(workers.first.port, f"/rooms/{room.public_id}/members/", user=people["짱구"])
    await expect(page.locator(".people > li")).to_have_count(100)
    await expect(page.locator(".people > li").first).to_contain_text("짱구")
    await page.get_by_role("link", name="다음").click()
    await expect(page.locator(".people > li")).to_have_count(31)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("131")
    await expect(
        page.locator("#invitations")
    ).to_be_visible()  # the host is not on this page, and is the host
    await page.goto(await invitation_path(room, people["짱구"]))
    await connected(page)
