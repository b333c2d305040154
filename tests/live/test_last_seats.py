"""200 people with browsers of their own race for three seats, by the form, over two workers."""

import http.client
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Entry, Installation
from orders import posts
from orders.models import Post, Seat
from rooms.models import Membership
from tests.live.servers import EPOCH, Workers, sign_in

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

RACERS = 200
AT_ONCE = 50  # connections; the rest of them queue, as they would before a proxy
TOKEN = "c" * 32


@pytest.fixture
def post(transactional_db: Any) -> Post:
    """Four seats, one of them the host's."""
    Installation.objects.update_or_create(pk=1, defaults={"epoch": EPOCH})
    return posts.create_post(
        user=User.objects.create_user("짱구"), title="치킨 반반", shop="교촌치킨", category="chicken",
        meeting_at=timezone.now() + timedelta(hours=3), place="기숙사 정문", min_people=2, capacity=4,
    )  # fmt: skip


def tap(port: int, path: str, session: str) -> tuple[int, str, str]:
    """POST as the button does: status, Location, and the page."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {
        "Cookie": f"sessionid={session}; csrftoken={TOKEN}; django_language=ko",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept-Language": "ko",
    }
    try:
        line.request("POST", path, urlencode({"csrfmiddlewaretoken": TOKEN}), headers)
        answer = line.getresponse()
        return answer.status, answer.getheader("Location", ""), answer.read().decode()
    finally:
        line.close()


def test_of_200_who_tap_join_on_two_workers_exactly_3_get_in(workers: Workers, post: Post) -> None:
    names = [f"사람 {n}" for n in range(RACERS)]
    crowd = User.objects.bulk_create(User(nickname=n, username=n, password="!") for n in names)
    sessions = [sign_in(user) for user in crowd]
    start = threading.Barrier(AT_ONCE)
    path = f"/p/{post.public_id}/join/"

    def race(n: int) -> tuple[int, str, str]:
        if n < AT_ONCE:
            start.wait()
        return tap(workers.ports[n % 2], path, sessions[n])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(race, range(RACERS)))

    assert Counter(status for status, *_ in answers) == {302: 3, 409: RACERS - 3}
    room = f"/p/{post.public_id}/room/"
    assert {where for status, where, _ in answers if status == 302} == {room}
    for status, _, page in answers:
        if status == 409:
            assert 'role="alert"' in page
            assert "자리가 다 찼어요" in page
            assert f"/p/{post.public_id}/wait/" in page  # what they can do next
    inside = set(Seat.objects.active().filter(post=post).values_list("user", flat=True))
    winners = {crowd[n].pk for n, (status, *_) in enumerate(answers) if status == 302}
    assert inside == winners | {post.host_id}
    assert Membership.objects.active().filter(room=post.room_id).count() == 4
    assert Post.objects.get(pk=post.pk).seats_taken == 4
    assert Entry.objects.filter(room_id=post.pk, kind="room.joined").count() == 3


def test_one_person_who_taps_on_both_workers_at_once_takes_one_seat(workers: Workers, post: Post) -> None:
    session = sign_in(User.objects.create_user("철수"))
    path = f"/p/{post.public_id}/join/"
    start = threading.Barrier(8)

    def race(n: int) -> tuple[int, str]:
        start.wait()
        return tap(workers.ports[n % 2], path, session)[:2]

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(race, range(8)))
    assert answers == {(302, f"/p/{post.public_id}/room/")}
    assert Post.objects.get(pk=post.pk).seats_taken == 2
