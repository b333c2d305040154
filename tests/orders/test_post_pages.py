"""A post for somebody outside: its page, and the taps that bring in and out."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import User
from orders import seats, states
from orders.models import Post, Wait
from tests.orders.pages import inside, path, text
from tests.orders.table import Table, bring_to, fresh, make_post, make_table
from tests.rooms.cast import signed_in


def room_path(post: Post) -> str:
    return path(post, "room")


def test_the_page_says_what_when_where_who_and_what_it_costs(table: Table, client: Client) -> None:
    page = text(client.get(path(table.post)))
    for said in (
        "오늘 저녁 치킨",
        "교촌치킨 정문점",
        "기숙사 정문",
        "짱구",
        "철수",
        "손님",
        "3/4명",
        "15,000원",
    ):
        assert said in page
    assert "비밀번호 1234" not in page
    assert table.code not in page
    assert "1,000원" in page  # 4,000 for four people


def test_the_page_is_few_queries(table: Table, django_assert_max_num_queries: Any) -> None:
    client = signed_in(table.outsider)
    with django_assert_max_num_queries(8):
        client.get(path(table.post))


def test_who_is_signed_out_is_led_through_signing_in_and_back(table: Table, client: Client) -> None:
    page = text(client.get(path(table.post)))
    assert f"{reverse('account_login')}?next={path(table.post)}" in page
    answer = client.post(path(table.post, "join"))
    assert (
        answer.url == f"{reverse('account_login')}?next={path(table.post)}"
    )  # a tap cannot be repeated for them


def test_one_tap_joins_and_a_second_finds_the_same_seat(table: Table) -> None:
    client = signed_in(table.outsider)
    assert "참여하기" in text(client.get(path(table.post)))
    for _ in range(2):
        assert client.post(path(table.post, "join")).url == room_path(table.post)
    assert fresh(table.post).seats_taken == 4
    page = text(client.get(path(table.post)))
    assert room_path(table.post) in page
    assert "참여하기" not in page


def test_a_get_changes_nothing(table: Table) -> None:
    client = signed_in(table.outsider)
    for name in ("join", "wait", "leave"):
        assert client.get(path(table.post, name)).status_code == 405


def test_a_full_post_offers_the_line_and_says_ones_place_in_it(table: Table) -> None:
    table = make_full()
    client = signed_in(table.outsider)
    assert "자리 나면 참여하기" in text(client.get(path(table.post)))
    answer = client.post(path(table.post, "join"))
    assert answer.status_code == 409
    assert "자리가 다 찼어요" in text(answer)
    for _ in range(2):
        assert client.post(path(table.post, "wait")).url == path(table.post)
    assert Wait.objects.active().count() == 1
    assert "1번째" in text(client.get(path(table.post)))
    client.post(path(table.post, "wait"), {"op": "unwait"})
    assert not Wait.objects.active().exists()


def make_full() -> Table:
    """A table of three whose seats are taken."""
    for user in User.objects.all():
        user.nickname = user.username = f"옛 {user.pk}"
        user.save()
    return make_table(capacity=3, title="꽉 찬 모집")


def test_who_got_a_seat_while_waiting_goes_to_the_room(table: Table) -> None:
    client = signed_in(table.outsider)
    seats.join(user=table.outsider, post=table.post)
    assert client.post(path(table.post, "wait")).url == room_path(table.post)


def test_a_guest_is_shown_the_way_to_an_account(table: Table) -> None:
    other = make_post(table.outsider, title="다른 모집")
    client = signed_in(table.guest)
    page = text(client.get(path(other)))
    assert f"{reverse('accounts:upgrade')}?next={path(other)}" in page
    answer = client.post(path(other, "join"))
    assert answer.status_code == 403
    assert "초대 링크" in text(answer)


@pytest.mark.parametrize("blocker", ["host", "outsider"])
def test_who_is_blocked_learns_nothing(table: Table, blocker: str) -> None:
    one, other = table.host, table.outsider
    if blocker == "outsider":
        one, other = other, one
    accounts.block(user=one, blocked=other)
    client = signed_in(table.outsider)
    assert client.get(path(table.post)).status_code == 404
    assert client.post(path(table.post, "join")).status_code == 404
    by_link = client.post(f"/i/{table.code}/")
    assert by_link.status_code in (403, 404)
    assert "차단" not in text(by_link)
    assert inside(table.post) == {"짱구", "철수", "손님"}


def test_who_has_blocked_a_member_is_warned_and_the_blocked_one_is_not(table: Table) -> None:
    accounts.block(user=table.outsider, blocked=table.member)
    assert "차단한 사람" in text(signed_in(table.outsider).get(path(table.post)))
    accounts.unblock(user=table.outsider, blocked=table.member)
    accounts.block(user=table.member, blocked=table.outsider)
    assert "차단한 사람" not in text(signed_in(table.outsider).get(path(table.post)))


def test_who_was_removed_is_told_so(table: Table) -> None:
    seats.remove(by=table.host, post=table.post, user=table.member)
    answer = signed_in(table.member).post(path(table.post, "join"))
    assert answer.status_code == 403
    assert "내보냈어요" in text(answer)


@pytest.mark.parametrize(
    ("state", "said"),
    [("CLOSED", "마감됐어요"), ("LOCKED", "메뉴를 확정"), ("ORDERED", "주문이 들어갔"), ("ARRIVED", "도착")],
)
def test_each_state_says_why_nobody_joins(table: Table, state: str, said: str) -> None:
    bring_to(table, state)
    client = signed_in(table.outsider)
    page = text(client.get(path(table.post)))
    assert said in page
    assert "참여하기</button>" not in page.replace("자리 나면 참여하기", "")
    assert client.post(path(table.post, "join")).status_code == 409


def test_a_closed_post_takes_who_waits_in_case_it_opens_again(table: Table) -> None:
    bring_to(table, "CLOSED")
    client = signed_in(table.outsider)
    assert "자리 나면 참여하기" in text(client.get(path(table.post)))
    assert client.post(path(table.post, "wait")).status_code == 302


def test_a_cancelled_post_says_why(table: Table, client: Client) -> None:
    states.cancel(by=table.host, post=table.post, note="비가 너무 와요")
    page = text(client.get(path(table.post)))
    assert "비가 너무 와요" in page
    assert "참여하기" not in page


def test_leaving_frees_the_seat_twice_is_once_and_a_host_is_told_to_hand_over(table: Table) -> None:
    member = signed_in(table.member)
    for _ in range(2):
        assert member.post(path(table.post, "leave")).url == path(table.post)
    assert inside(table.post) == {"짱구", "손님"}
    answer = signed_in(table.host).post(path(table.post, "leave"))
    assert answer.status_code == 409
    assert "방장" in text(answer)
    assert signed_in(table.outsider).post(path(table.post, "leave")).status_code == 404


def test_a_post_past_its_deadline_takes_no_one_before_the_clock_comes(table: Table) -> None:
    Post.objects.filter(pk=table.post.pk).update(deadline_at=timezone.now() - timedelta(seconds=1))
    client = signed_in(table.outsider)
    assert "참여하기</button>" not in text(client.get(path(table.post))).replace("자리 나면 참여하기", "")
    assert client.post(path(table.post, "join")).status_code == 409
