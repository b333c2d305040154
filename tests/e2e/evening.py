"""What five people do on their pages over a whole evening, and what all of them must see alike."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from playwright.async_api import Page, expect

from accounts.models import User
from orders import polls
from orders.models import Post
from tests.e2e.conftest import Opener
from tests.e2e.room_page import connected, say
from tests.live.servers import Workers, in_thread

HOST, MEMBER, OTHER, FOURTH, GUEST = "짱구", "철수", "맹구", "유리", "훈이"
# One dish for three, and what the others eat: 40,500 won.
FOOD = {HOST: 7_000, MEMBER: 7_000, OTHER: 11_500, FOURTH: 8_000, GUEST: 7_000}
# With a delivery fee of 3,300 won, in coins of 100: 660 each, so 7,660 or 12,160 or 8,660 exactly.
FIRST = {HOST: 7_700, MEMBER: 7_700, OTHER: 12_200, FOURTH: 8_600, GUEST: 7_600}
# The cola of 2,500 won was sold out: only one share changes.
SECOND = FIRST | {OTHER: 9_700}


@dataclass
class Evening:
    """Everybody's browser, each at one of two workers."""

    pages: dict[str, Page] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    room: str = ""  # path of the room

    def __getitem__(self, name: str) -> Page:
        return self.pages[name]

    # --- what all see alike ---------------------------------------------------------------------------------

    async def all_in(self, state: str) -> None:
        for page in self.pages.values():
            await expect(page.locator("#facts")).to_have_attribute("data-state", state, timeout=15_000)

    async def all_pay(self, shares: dict[str, int], total: int) -> None:
        """Each browser shows its own share, and together they are the whole."""
        assert sum(shares.values()) == total
        for name, won in shares.items():
            await expect(self[name].locator("#my-won")).to_have_text(f"{won:,}원", timeout=15_000)

    async def all_have(self, selector: str, text: str | re.Pattern[str]) -> None:
        for page in self.pages.values():
            await expect(page.locator(selector)).to_have_text(text, timeout=15_000)

    async def all_add_up(self, shares: dict[str, int], total: int) -> None:
        """The page of shares, asked by every browser of its own worker: the same rows, whose sum is the total."""
        wanted = {self.ids[name]: won for name, won in shares.items()}
        for name, page in self.pages.items():
            shown = await (await page.request.get(f"{self.room}pay/shares/")).text()
            rows = re.findall(r'id="work-(\d+)" data-won="(\d+)"', shown)
            assert {int(user): int(won) for user, won in rows} == wanted, name
            assert f'id="works-sum">{total:,}원' in shown, name

    async def board_says(self, standings: dict[str, str]) -> None:
        """How everybody stands, the same for whoever asks."""
        for page in self.pages.values():
            shown = await (await page.request.get(f"{self.room}f/board/")).text()
            for name, status in standings.items():
                assert f'id="owe-{self.ids[name]}" data-status="{status}"' in shown, name

    # --- coming in ------------------------------------------------------------------------------------------

    async def post(self, page: Page) -> None:
        """By the form, for five."""
        self.pages[HOST] = page
        await page.goto("/posts/new/")
        await page.click(".kind:has(input[value=chicken])")
        await page.fill("[name=shop]", "교촌치킨 정문점")
        await page.fill("[name=place]", "기숙사 정문")
        await page.click("[data-step='1']")
        await page.click(".form-send button")
        await page.wait_for_url("**/room/")
        self.room = re.sub(r"^https?://[^/]+", "", page.url)
        await connected(page)

    async def join(self, name: str, page: Page) -> None:
        """From the list of posts."""
        self.pages[name] = page
        await page.goto("/")
        await page.locator(".card a").filter(has_text="교촌치킨 정문점").first.click()
        await page.click("#step button")
        await self.settle_in(page)

    async def join_by_link(self, name: str, page: Page) -> None:
        """A guest, with nothing but a nickname."""
        self.pages[name] = page
        await page.fill("[name=nickname]", name)
        await page.click("#step button")
        await self.settle_in(page)

    async def settle_in(self, page: Page) -> None:
        await page.wait_for_url("**/room/")
        await connected(page)

    async def link(self) -> str:
        """The host makes one on the page of people and comes back."""
        page = self[HOST]
        await page.goto(f"{self.room}members/")
        await page.click("#invite form button")
        link = await page.locator("#links input[readonly]").input_value()
        await page.goto(self.room)
        await connected(page)
        return link

    async def find_ids(self) -> None:
        found = await in_thread(
            lambda: dict(
                User.objects.filter(seats__post__room__public_id=self.public_id).values_list("nickname", "pk")
            )
        )
        self.ids = found

    @property
    def public_id(self) -> str:
        return self.room.split("/")[2]

    # --- talking and deciding -------------------------------------------------------------------------------

    async def talk(self) -> None:
        for name, words in ((MEMBER, "안녕하세요"), (GUEST, "치킨 좋아요"), (HOST, "곧 시킬게요")):
            await say(self[name], words)
        for page in self.pages.values():
            await expect(page.locator("#entries .entry-text[data-seq]")).to_have_count(3, timeout=15_000)

    async def decide_when(self) -> datetime:
        """Two vote for an hour later, the host makes it so."""
        post = await in_thread(
            lambda: Post.objects.select_related("room").get(room__public_id=self.public_id)
        )
        later = (post.meeting_at + timedelta(hours=1)).replace(second=0, microsecond=0)
        member = await in_thread(User.objects.get, pk=self.ids[MEMBER])
        first = (post.meeting_at + timedelta(minutes=30)).replace(second=0, microsecond=0)
        await in_thread(
            polls.open_poll,
            by=member,
            post=post,
            field="meeting_at",
            options=[first, later],
        )
        for name in (MEMBER, GUEST):
            option = self[name].locator(".entry-card .poll-option").nth(1)
            await option.click()
            await expect(option).to_have_attribute("aria-pressed", "true")
        card = self[HOST].locator(".entry-card .poll")
        await expect(card.locator(".poll-names")).to_have_text([f"{MEMBER}, {GUEST}"])
        await card.locator("form[action$='close/'] button").click()
        await card.locator("form[action$='apply/'] button").click()
        for page in self.pages.values():
            moved = page.locator("#facts time")
            await expect(moved).to_have_attribute("datetime", timezone.localtime(later).isoformat())
        return later


async def everybody(workers: Workers, open_page: Opener, people: dict[str, User]) -> Evening:
    """The host posts, three come from the list, one by a link without an account; two at one worker, three at the
    other."""
    first, second = workers.ports
    fourth = await in_thread(User.objects.create_user, FOURTH)
    evening = Evening()
    await evening.post(await open_page(first, user=people[HOST], width=1280))
    link = await evening.link()
    await evening.join(MEMBER, await open_page(second, user=people[MEMBER]))
    await evening.join(OTHER, await open_page(first, user=people[OTHER]))
    await evening.join(FOURTH, await open_page(second, user=fourth, width=1280))
    path = re.sub(r"^https?://[^/]+", "", link)
    await evening.join_by_link(GUEST, await open_page(second, path))
    await evening.find_ids()
    return evening
