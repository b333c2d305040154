"""The scene of the write-up that this project is about, in real browsers on two real workers."""

import pytest
from playwright.async_api import expect

from accounts.models import User
from tests.e2e.conftest import STORY, Opener
from tests.e2e.room_page import enter, make_room, say, see, sign_in, type_text
from tests.live.servers import Workers

pytestmark = [*STORY, pytest.mark.timeout(180)]


async def test_rooms_and_history_outlive_the_servers_and_nobody_misses_a_word(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    room = await make_room(people["짱구"], people["철수"], people["맹구"])
    first, second = workers.ports
    jjanggu, cheolsu, maenggu = [await open_page(port) for port in (first, first, second)]
    pages = [jjanggu, cheolsu, maenggu]
    for page, name in zip(pages, ("짱구", "철수", "맹구"), strict=True):
        await sign_in(page, name)
        await enter(page, room.public_id)

    said = ["치킨 시킬 사람?", "저요", "나도"]
    for page, body in zip(pages, said, strict=True):
        await say(page, body)
    for page in pages:
        await see(page, said)

    workers.second.kill()  # 맹구's line is down, 철수 writes on
    await expect(maenggu.locator("#line")).to_be_visible()
    for n in range(5):
        said.append(f"맹구야 들려? {n}")
        await say(cheolsu, said[-1])
    await type_text(maenggu, "지하철이라 끊겼어")
    await expect(maenggu.locator("li.entry[data-state=pending]")).to_have_count(1)
    workers.second.start()
    said.append("지하철이라 끊겼어")
    for page in pages:
        await see(page, said)

    workers.first.kill()
    workers.second.kill()
    await type_text(jjanggu, "서버가 죽었나?")
    await expect(jjanggu.locator("li.entry[data-state=pending]")).to_have_count(1)
    workers.first.start()
    workers.second.start()
    said.append("서버가 죽었나?")
    for page in pages:
        await see(page, said)
    await jjanggu.goto("/rooms/")
    await expect(jjanggu.get_by_text("오늘 저녁 치킨")).to_be_visible()
    await enter(jjanggu, room.public_id)
    await see(jjanggu, said)
    await expect(jjanggu.locator("li.entry[data-state=pending], li.entry[data-state=failed]")).to_have_count(
        0
    )
