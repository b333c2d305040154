"""How people come in, change who they are here, and go: accounts, guests, invitations, removal, languages."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.utils import timezone
from playwright.async_api import expect

from accounts.models import User
from rooms import actions
from rooms.models import Invitation
from tests.e2e.conftest import PASSWORD, STORY, Opener
from tests.e2e.room_page import (
    SUBMIT,
    at,
    connected,
    enter,
    invitation_path,
    make_room,
    say,
    see,
    sign_in,
)
from tests.live.servers import Workers, in_thread

pytestmark = STORY


async def test_a_guest_comes_by_a_link_talks_and_stays_with_an_account(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    host = await open_page(first)
    await host.get_by_role("link", name="닉네임으로 시작하기").click()
    await host.fill("[name=username]", "유리")
    await host.fill("[name=password1]", PASSWORD)
    await host.click(SUBMIT)
    await at(host, "/rooms/")
    await host.get_by_role("link", name="방 만들기").first.click()
    await host.fill("[name=title]", "마라탕 나눠 먹기")
    await host.click(SUBMIT)
    await host.get_by_role("button", name="초대 링크 만들기").click()
    await connected(host)
    link = await host.locator("#alone-link").input_value()
    room = urlsplit(host.url).path

    guest = await open_page(second, urlsplit(link).path)
    await expect(guest.get_by_role("heading", name="마라탕 나눠 먹기")).to_be_visible()
    await guest.fill("[name=nickname]", "훈이")
    await guest.click(SUBMIT)
    await at(guest, room)
    await connected(guest)
    await expect(host.locator("li.entry-system").filter(has_text="훈이님이 들어왔어요")).to_have_count(1)
    await expect(host.locator("#alone")).to_have_count(0)
    await expect(host.locator("#members")).to_have_text("멤버 2명")
    await say(host, "어서 와요")
    await say(guest, "안녕하세요")
    for page in (host, guest):
        await see(page, ["어서 와요", "안녕하세요"])

    await guest.goto("/me/")
    await guest.get_by_role("link", name="내 계정으로 만들기").click()
    await guest.fill("[name=password]", PASSWORD)
    await guest.click(SUBMIT)
    await at(guest, "/rooms/")
    await guest.click("#rooms a")
    await connected(guest)
    await see(guest, ["어서 와요", "안녕하세요"])
    await guest.goto("/rooms/")
    await guest.click("#account-menu summary")
    await guest.click("#account-menu form[action*=logout] button")
    await at(guest, "/")
    await sign_in(guest, "훈이")
    await guest.click("#rooms a")
    await connected(guest)
    await say(guest, "다시 왔어요")
    await see(host, ["어서 와요", "안녕하세요", "다시 왔어요"])
    await expect(guest.locator("li.entry-text.mine")).to_have_count(2)


async def test_a_guest_who_signs_in_brings_rooms_words_and_read_position(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    room = await make_room(people["짱구"])
    guest = await open_page(second, await invitation_path(room, people["짱구"]))
    await guest.fill("[name=nickname]", "손님철수")
    await guest.click(SUBMIT)
    await connected(guest)
    await say(guest, "손님으로 왔어요")
    await say(guest, "치킨 좋아해요")
    await guest.goto("/rooms/")
    host = await open_page(first, user=people["짱구"])
    await enter(host, room.public_id)
    await say(host, "나간 사이에 쓴 말")
    await expect(guest.locator("[data-slot=count]")).to_have_text("1")

    await guest.goto("/accounts/logout/")
    await expect(guest.get_by_text("다시 들어올 수 없어요")).to_be_visible()
    await guest.goto("/accounts/login/")
    await expect(guest.get_by_text("손님철수 님의 방과 대화가 계정으로 옮겨져요")).to_be_visible()
    await sign_in(guest, "철수")
    await expect(guest.locator("[data-slot=count]")).to_have_text("1")
    line = host.locator("li.entry-system[data-kind='room.merged']")
    await expect(line).to_have_count(1)
    await guest.click("#rooms a")
    await connected(guest)
    await see(guest, ["손님으로 왔어요", "치킨 좋아해요", "나간 사이에 쓴 말"])
    await expect(guest.locator("li.entry-text.mine")).to_have_count(2)
    await expect(host.locator("#members")).to_have_text("멤버 2명")
    await say(guest, "이제 철수예요")
    await expect(guest.locator("li.entry-text.mine")).to_have_count(3)


async def test_who_is_removed_is_cut_off_on_both_workers_and_stays_out(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    room = await make_room(people["짱구"], people["맹구"])
    link = await invitation_path(room, people["짱구"])
    pages = [await open_page(port, user=people["맹구"]) for port in (first, second)]
    for page in pages:
        await enter(page, room.public_id)
    host = await open_page(first, f"/rooms/{room.public_id}/members/", user=people["짱구"])
    await host.locator(".people .confirm summary").click()
    await host.get_by_role("button", name="네, 내보낼게요").click()
    for page in pages:
        await expect(page.locator("#gone-text")).to_have_text("더 이상 이 방에 있지 않아요.")
        await expect(page.locator("#composer")).to_be_hidden()
        await page.reload()
        await expect(page.get_by_role("heading", name="여기에는 아무것도 없어요")).to_be_visible()
        assert room.title not in await page.content()
    await pages[1].goto(link)
    await pages[1].click(SUBMIT)
    await expect(pages[1].get_by_role("alert")).to_be_visible()


async def test_a_link_that_ended_says_so(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    room = await make_room(people["짱구"])
    link = await invitation_path(room, people["짱구"])
    visitor = await open_page(second, link)
    host = await open_page(first, f"/rooms/{room.public_id}/members/", user=people["짱구"])
    await host.locator("form[action$='/revoke/'] button").click()
    await expect(host.get_by_text("아직 링크가 없어요.")).to_be_visible()
    await visitor.fill("[name=nickname]", "늦은손님")
    await visitor.click(SUBMIT)
    await expect(visitor.get_by_role("heading", name="끝난 링크예요")).to_be_visible()

    invitation = await in_thread(actions.create_invitation, by=people["짱구"], room=room, expires_in=None)
    past = timezone.now() - timedelta(minutes=1)
    await in_thread(Invitation.objects.filter(pk=invitation.pk).update, expires_at=past)
    await visitor.goto(invitation.get_absolute_url())
    await expect(visitor.get_by_role("heading", name="끝난 링크예요")).to_be_visible()
    assert room.title not in await visitor.content()


async def test_a_session_that_ended_elsewhere_asks_to_sign_in_again(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    room = await make_room(people["짱구"])
    page = await open_page(workers.first.port, user=people["짱구"])
    await enter(page, room.public_id)
    other = await page.context.new_page()
    await other.goto(f"http://127.0.0.1:{workers.second.port}/rooms/")  # the same cookies, the other worker
    await other.click("#account-menu summary")
    await other.click("#account-menu form[action*=logout] button")
    await expect(page.locator("#line")).to_have_attribute("data-kind", "sign-in")
    await expect(page.locator("#line")).to_contain_text("로그아웃됐어요")
    await page.click("#line [data-slot=sign-in]")
    await page.fill("[name=login]", "짱구")
    await page.fill("[name=password]", PASSWORD)
    await page.click(SUBMIT)
    await at(page, f"/rooms/{room.public_id}/")
    await connected(page)


async def test_each_reads_the_room_in_their_own_language(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    stranger = await open_page(first)
    await stranger.get_by_role("button", name="English").click()
    await expect(stranger.locator("html")).to_have_attribute("lang", "en")
    await stranger.get_by_role("button", name="한국어").click()
    await expect(stranger.locator("html")).to_have_attribute("lang", "ko")
    assert await (await open_page(second, language="en-US")).locator("html").get_attribute("lang") == "en"

    room = await make_room(people["짱구"])
    korean = await open_page(first, user=people["짱구"])
    await enter(korean, room.public_id)
    english = await open_page(second, "/me/", user=people["철수"])
    await english.get_by_role("button", name="English").click()
    await english.goto("/rooms/")
    await english.get_by_role("button", name=f"Join {room.title}").click()
    await connected(english)
    await expect(korean.locator("li.entry-system").last).to_contain_text("철수님이 들어왔어요")
    await expect(english.locator("li.entry-system").last).to_contain_text("철수 joined")
    await say(korean, "밥 먹자")
    await see(english, ["밥 먹자"])
    await english.reload()
    await expect(english.locator("li.entry-system").last).to_contain_text("철수 joined")
    await expect(english.locator("#body")).to_have_attribute("placeholder", "Message")
