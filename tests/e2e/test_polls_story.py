"""A poll in two browsers on two workers: asked, voted on, closed and applied, its card always as it stands."""

import os
from pathlib import Path

from playwright.async_api import Page, expect

from accounts.models import User
from orders import polls
from tests.e2e.conftest import STORY, Opener
from tests.e2e.room_page import fits
from tests.e2e.test_accessibility import check
from tests.e2e.test_ordering import enter, make_post
from tests.live.servers import Workers, in_thread

pytestmark = STORY


async def shot(page: Page, name: str) -> None:
    """To look at, where SHOTS names a directory."""
    if folder := os.environ.get("SHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")


async def test_a_poll_moves_the_place_live_on_both_workers(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"], people["맹구"])
    host = await open_page(workers.first.port, user=people["짱구"], width=1280)
    await enter(host, post)
    member = await open_page(workers.second.port, user=people["철수"])
    await enter(member, post)
    await member.click("#more-menu > summary")
    await shot(member, "composer-390")
    await member.click("#more-menu a[href$='#new-poll']")
    await member.click(".poll-about a[href*='place']")
    for place, text in enumerate(["기숙사 정문", "학생회관 앞", "도서관"]):
        await member.locator("[name=option]").nth(place).fill(text)
    await expect(member.locator("[name=option]:visible")).to_have_count(4)
    await shot(member, "poll-form-390")
    await member.click("#poll-form button")
    await expect(member.locator(".poll h3")).to_have_text("어디서 만날까요?")
    await shot(member, "polls-page-390")

    card = host.locator(".entry-card .poll")
    await expect(card.locator(".poll-option")).to_have_count(3)
    await card.locator(".poll-option").nth(1).click()
    await expect(card.locator("[aria-pressed=true]")).to_contain_text("학생회관 앞")
    await enter(member, post)
    theirs = member.locator(".entry-card .poll")
    await expect(theirs.locator(".poll-names")).to_have_text(["짱구"])
    await expect(theirs.locator("[aria-pressed=true]")).to_have_count(0)
    await theirs.locator(".poll-option").nth(1).click()
    await expect(card.locator(".poll-names")).to_have_text(["짱구, 철수"])
    await theirs.locator(".poll-option").nth(1).click()
    await expect(theirs.locator("[aria-pressed=true]")).to_have_count(0)
    await expect(card.locator(".poll-names")).to_have_text(["짱구"])
    await shot(member, "poll-card-390")
    await shot(host, "poll-card-1280")

    await theirs.locator("form[action$='close/'] button").click()
    await expect(card.locator(".is-won")).to_contain_text("학생회관 앞")
    await shot(host, "poll-closed-1280")
    await card.locator("form[action$='apply/'] button").click()
    await expect(card).to_be_focused()  # no button is left in it
    await expect(member.locator(".facts-place")).to_have_text("학생회관 앞")
    await expect(theirs.locator(".poll-state")).to_have_text("정했어요")
    await fits(member)
    await fits(host)


async def test_the_pages_of_polls_shut_nobody_out(
    workers: Workers, people: dict[str, User], open_page: Opener
) -> None:
    post = await make_post(people["짱구"], people["철수"])
    page = await open_page(workers.first.port, user=people["짱구"])
    found: list[str] = []
    await page.goto(f"/p/{post.public_id}/room/polls/")
    await check(page, found)
    await page.goto(f"/p/{post.public_id}/room/polls/?about=meeting_at#new-poll")
    await check(page, found)
    await shot(page, "poll-form-time-390-dark")
    poll = await in_thread(
        polls.open_poll,
        by=people["철수"],
        post=post,
        field="",
        question="음료는 뭘로 할까요?",
        options=["콜라", "사이다"],
    )
    for name, choice in (("짱구", 0), ("철수", 1)):
        await in_thread(polls.vote, user=people[name], post=post, poll=poll.pk, choice=choice)
    await enter(page, post)
    await expect(page.locator(".poll-names")).to_have_count(2)
    await check(page, found)
    await shot(page, "poll-tied-390-dark")
    await in_thread(polls.close_poll, by=people["짱구"], post=post, poll=poll.pk)
    await expect(page.locator("form[action$='apply/']")).to_have_count(2)
    await check(page, found)
    english = await open_page(workers.second.port, user=people["철수"], width=1280, language="en-US")
    await english.goto(f"/p/{post.public_id}/room/polls/?about=#new-poll")
    await check(english, found)
    await shot(english, "polls-page-1280-dark")
    assert not found, "\n".join(found)
