"""axe-core over every kind of page, in light and dark; and what one sees when something is not there."""

from pathlib import Path

from playwright.async_api import Page, expect

from accounts.models import User
from tests.e2e.conftest import STORY, Opener
from tests.e2e.room_page import SUBMIT, choose, enter, fits, invitation_path, make_room, say, type_text
from tests.live.servers import Workers

pytestmark = STORY

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()


async def check(page: Page, found: list[str]) -> None:
    """What axe calls serious or critical, in both themes; and nothing wider than the window."""
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


async def test_no_page_shuts_anybody_out(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    first, second = workers.ports
    room = await make_room(people["짱구"], people["맹구"])
    lonely = await make_room(people["짱구"], title="아직 나만 있는 방")
    link = await invitation_path(room, people["짱구"])
    found: list[str] = []

    stranger = await open_page(first)
    for path in (
        "/",
        "/accounts/signup/",
        "/accounts/login/",
        "/accounts/password/reset/",
        link,
        "/nothing/",
    ):
        await stranger.goto(path)
        await check(stranger, found)
    await stranger.goto("/accounts/login/")
    await stranger.fill("[name=login]", "아무나")
    await stranger.fill("[name=password]", "틀린 비밀번호")
    await stranger.click(SUBMIT)
    await expect(stranger.locator(".form-error, .field-error").first).to_be_visible()
    await check(stranger, found)

    host = await open_page(first, user=people["짱구"])
    await enter(host, lonely.public_id)
    await check(host, found)
    await enter(host, room.public_id)
    await say(host, "안녕하세요 https://example.com/")
    await say(host, "지울 말")
    other = await open_page(second, user=people["맹구"], width=1280)
    await enter(other, room.public_id)
    await say(other, "반가워요")
    await choose(host, "지울 말", "delete")
    await check(host, found)
    await check(other, found)
    for path in (
        "/rooms/",
        f"/rooms/{room.public_id}/members/",
        "/rooms/new/",
        "/me/",
        "/me/tokens/",
        "/accounts/password/change/",
    ):
        await host.goto(path)
        await check(host, found)
    await host.click("#account-menu summary")
    await check(host, found)
    empty = await open_page(second, "/rooms/", user=people["철수"])
    await check(empty, found)

    workers.second.kill()
    await type_text(other, "아직 안 갔어요")
    await expect(other.locator("#line")).to_be_visible()
    await check(other, found)
    assert not found, "\n".join(found)


async def test_an_old_form_and_a_wrong_address_lead_on(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    page = await open_page(workers.first.port, "/accounts/login/")
    await page.context.clear_cookies()
    await page.fill("[name=login]", "짱구")
    await page.fill("[name=password]", "x")
    await page.click(SUBMIT)
    await expect(page.get_by_role("heading", name="페이지가 오래 열려 있었어요")).to_be_visible()
    await fits(page)
    await page.get_by_role("link", name="처음으로").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("같이 시켜 먹어요")
    await page.goto("/rooms/nothing-here/members/")
    await expect(page.locator("[name=login]")).to_be_visible()
