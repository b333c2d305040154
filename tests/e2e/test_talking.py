"""Writing in a room: offline, in two tabs, changing and deleting, by keyboard alone, and whatever people type."""

from playwright.async_api import Page, expect

from accounts.models import User
from tests.e2e.conftest import PASSWORD, STORY, Opener
from tests.e2e.room_page import (
    PENDING,
    TEXTS,
    at,
    choose,
    connected,
    enter,
    entry,
    fits,
    make_room,
    say,
    see,
    type_text,
)
from tests.live.servers import Workers

pytestmark = STORY

NASTY = [
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "&lt;b&gt; {{ user }} {% now 'Y' %} ${1+1}",
    "뒤집기 \u202eexe.gpj 끝",
    "가" * 400,
    "a" * 400,
    "😀👨‍👩‍👧‍👦❤️🇰🇷 축하해요",
    "여기예요 https://example.com/a?b=1&c=<x>에서 봐요, javascript:alert(3)",
    "줄\n\n바꿈",
]


async def test_what_is_written_offline_survives_reload_and_closing_and_is_sent_once(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    room = await make_room(people["짱구"], people["맹구"])
    witness = await open_page(workers.first.port, user=people["짱구"])
    await enter(witness, room.public_id)
    page = await open_page(workers.second.port, user=people["맹구"])
    await enter(page, room.public_id)

    workers.second.kill()
    reloaded = ["하나", "둘", "셋"]
    for body in reloaded:
        await type_text(page, body)
    await expect(page.locator(PENDING)).to_have_count(3)
    workers.second.start()
    await page.reload()
    for each in (page, witness):
        await see(each, reloaded)

    workers.second.kill()
    closed = ["넷", "다섯", "여섯"]
    for body in closed:
        await type_text(page, body)
    await expect(page.locator(PENDING)).to_have_count(3)
    context = page.context
    await page.close()
    workers.second.start()
    again = await context.new_page()
    await again.goto("/rooms/")  # the list sends it too
    await see(witness, reloaded + closed)
    await enter(again, room.public_id)
    await see(again, reloaded + closed)
    await expect(again.locator(PENDING)).to_have_count(0)


async def test_a_browser_without_network_keeps_what_is_written(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    room = await make_room(people["짱구"], people["맹구"])
    witness = await open_page(workers.first.port, user=people["짱구"])
    await enter(witness, room.public_id)
    page = await open_page(workers.second.port, user=people["맹구"])
    await enter(page, room.public_id)
    await page.context.set_offline(True)
    for body in ("지하철", "터널", "끝"):
        await type_text(page, body)
    await page.context.set_offline(False)
    for each in (page, witness):
        await see(each, ["지하철", "터널", "끝"])


async def test_two_tabs_of_one_person_send_each_message_once(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    room = await make_room(people["짱구"], people["맹구"])
    witness = await open_page(workers.second.port, user=people["짱구"])
    await enter(witness, room.public_id)
    left = await open_page(workers.first.port, user=people["맹구"])
    right = await left.context.new_page()
    for tab in (left, right):
        await enter(tab, room.public_id)
    await say(left, "왼쪽")
    await say(right, "오른쪽")
    workers.first.kill()
    for tab, body in ((left, "하나"), (left, "둘"), (right, "셋"), (left, "넷")):
        await type_text(tab, body)
    for tab in (left, right):
        await expect(tab.locator(PENDING)).to_have_count(4)
    workers.first.start()
    for tab in (left, right, witness):
        await see(tab, ["왼쪽", "오른쪽", "하나", "둘", "셋", "넷"])
        await expect(tab.locator(PENDING)).to_have_count(0)


async def test_an_edit_and_a_deletion_reach_everybody_and_leave_no_trace(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    room = await make_room(people["짱구"], people["맹구"])
    mine = await open_page(first, user=people["맹구"])
    await enter(mine, room.public_id)
    await say(mine, "비밀번호는 parrot")
    await say(mine, "뼈로 할까요")
    theirs = await open_page(second, user=people["짱구"])
    await enter(theirs, room.public_id)
    await mine.reload()  # both kinds: rendered by the server, and come over the line
    await connected(mine)
    await say(mine, "세 시 three")
    await see(theirs, ["비밀번호는 parrot", "뼈로 할까요", "세 시 three"])

    await mine.press("#body", "ArrowUp")
    await expect(mine.locator("#body")).to_have_value("세 시 three")
    await type_text(mine, "네 시 four")
    await see(theirs, ["비밀번호는 parrot", "뼈로 할까요", "네 시 four"])
    await expect(entry(theirs, "네 시").locator("[data-slot=edited]")).to_be_visible()

    await choose(mine, "비밀번호", "delete")
    await mine.click("#undo button")
    await expect(entry(mine, "비밀번호")).to_have_count(1)
    for body in ("비밀번호", "네 시"):  # the second carries the first one out
        await choose(mine, body, "delete")
    await see(theirs, ["삭제된 메시지예요", "뼈로 할까요", "네 시 four"])
    for page in (mine, theirs):  # Latin, since the page's JSON escapes Hangul
        content = await page.content()
        assert "parrot" not in content
        assert "three" not in content
    await mine.goto("/rooms/")  # leaving carries the second one out
    await see(theirs, ["삭제된 메시지예요", "뼈로 할까요", "삭제된 메시지예요"])
    await enter(mine, room.public_id)
    await see(mine, ["삭제된 메시지예요", "뼈로 할까요", "삭제된 메시지예요"])
    for page in (mine, theirs):
        content = await page.content()
        assert not any(gone in content for gone in ("parrot", "three", "four"))


async def test_the_host_may_delete_what_another_wrote_and_nothing_more(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    room = await make_room(people["짱구"], people["맹구"])
    host = await open_page(first, user=people["짱구"])
    member = await open_page(second, user=people["맹구"])
    for page in (host, member):
        await enter(page, room.public_id)
    await say(host, "방장의 말")
    await say(member, "광고예요")
    await see(host, ["방장의 말", "광고예요"])
    await expect(entry(member, "방장의 말").locator("[data-do=delete]")).to_be_hidden()
    await expect(entry(host, "광고예요").locator("[data-do=edit]")).to_be_hidden()
    await choose(host, "광고예요", "delete")
    await host.goto("/rooms/")
    await see(member, ["방장의 말", "삭제된 메시지예요"])
    await expect(member.locator(".room-last")).to_have_count(0)
    await expect(host.locator("#rooms [data-slot=body]")).to_have_text("삭제된 메시지예요")


async def test_whatever_people_type_is_text_and_fits(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    room = await make_room(people["짱구"], people["맹구"], title="<b>방</b> " + "긴이름" * 15)
    writer = await open_page(first, user=people["짱구"])
    reader = await open_page(second, user=people["맹구"])
    for page in (writer, reader):
        await enter(page, room.public_id)
    for body in NASTY:
        await type_text(writer, body)
    plain = await open_page(
        second, f"/rooms/{room.public_id}/", user=people["맹구"], java_script_enabled=False
    )
    for page in (writer, reader):
        await expect(page.locator(TEXTS)).to_have_count(len(NASTY))
    await reader.reload()
    await connected(reader)
    await plain.reload()
    for page in (writer, reader, plain):
        assert await page.locator(TEXTS).all_text_contents() == NASTY
        assert await page.locator("#entries :is(script, img)").count() == 0
        links = page.locator("#entries [data-slot=body] a")
        assert [str(await a.get_attribute("href"))[:8] for a in await links.all()] == ["https://"]
    for page in (writer, reader):
        await fits(page)
    for path in ("/rooms/", f"/rooms/{room.public_id}/members/"):
        await reader.goto(path)
        await fits(reader)
    assert await reader.locator("main b").count() == 0


async def test_everything_can_be_done_by_keyboard(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    room = await make_room(people["짱구"], people["맹구"])
    page = await open_page(workers.first.port, "/accounts/login/")
    keys = page.keyboard
    await tab_to(page, "[name=login]")
    await keys.type("맹구")
    await tab_to(page, "[name=password]")
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await at(page, "/rooms/")
    await tab_to(page, "#rooms a")
    await keys.press("Enter")
    await connected(page)
    await tab_to(page, "#body")
    await keys.type("자판으로 썼어요")
    await keys.press("Enter")
    await see(page, ["자판으로 썼어요"])
    await keys.press("ArrowUp")
    await keys.press("End")
    await keys.type(" 고쳤어요")
    await keys.press("Enter")
    await see(page, ["자판으로 썼어요 고쳤어요"])
    await tab_to(page, ".entry-menu > summary", "Shift+Tab")
    await keys.press("Enter")
    await tab_to(page, "[data-do=delete]")
    await keys.press("Enter")
    await tab_to(page, "#undo button")
    await keys.press("Enter")
    await see(page, ["자판으로 썼어요 고쳤어요"])
    await tab_to(page, ".room-people")
    await keys.press("Enter")
    await at(page, f"/rooms/{room.public_id}/members/")
    await tab_to(page, ".confirm > summary")
    await keys.press("Enter")
    await tab_to(page, "form[action$='/leave/'] button")
    await keys.press("Enter")
    await at(page, "/rooms/")
    await expect(page.locator("#rooms")).to_have_count(0)


async def tab_to(page: Page, wanted: str, key: str = "Tab") -> None:
    """Press Tab until it stands on `wanted`; wherever it stands, one must see it."""
    for _ in range(40):
        if await page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            break
        await page.keyboard.press(key)
    else:
        raise AssertionError(f"{wanted} cannot be reached by {key} on {page.url}")
    assert await page.evaluate(
        """() => {
            const drawn = ({ outlineStyle, boxShadow }) => outlineStyle !== "none" || boxShadow !== "none";
            const { activeElement: at } = document;
            const around = [at, at.closest(".composer")].filter(Boolean);
            const there = at.checkVisibility({ opacityProperty: true, visibilityProperty: true });
            return there && around.some((node) => drawn(getComputedStyle(node)));
        }"""
    ), f"{wanted} has no visible focus on {page.url}"


async def test_enter_that_ends_a_korean_syllable_does_not_send(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    room = await make_room(people["짱구"])
    page = await open_page(workers.first.port, user=people["짱구"])
    await enter(page, room.public_id)
    await page.focus("#body")
    devtools = await page.context.new_cdp_session(page)
    composing = {"text": "안녀", "selectionStart": 2, "selectionEnd": 2}
    await devtools.send("Input.imeSetComposition", composing)
    await page.keyboard.press("Enter")
    await expect(page.locator("li.entry-text")).to_have_count(0)
    await devtools.send("Input.insertText", {"text": "안녕"})
    assert "안녕" in await page.input_value("#body")
    await page.keyboard.press("Enter")
    await expect(page.locator("li.entry-text")).to_have_count(1)
