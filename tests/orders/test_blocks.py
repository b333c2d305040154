"""Blocking: neither sees nor joins the other's posts, and in a third party's room talk is folded away."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.actions import block, merge_guest
from accounts.models import Block, User
from accounts.tokens import person_token
from chat import actions as chat
from orders import seats
from orders.models import Post
from rooms import actions as rooms
from tests.orders.table import Table, make_post, refused
from tests.rooms.cast import make_cast, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_settings(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def block_path(reader: User, person: User) -> str:
    return reverse("accounts:block", args=[person_token(reader, person.pk)])


def test_one_blocks_from_the_member_list_and_takes_it_back_on_the_list(db: None) -> None:
    cast = make_cast()
    client = signed_in(cast.member)
    members = reverse("rooms:members", args=[cast.room.public_id])
    path = block_path(cast.member, cast.host)
    page = client.get(members).content.decode()
    assert path in page
    assert "짱구" in client.get(path).content.decode()
    assert not Block.objects.exists(), "looking blocks nobody"
    answer = client.post(path, {"next": members})
    assert answer.url == members
    assert Block.objects.get().blocked == cast.host
    client.post(path)
    assert Block.objects.count() == 1, "a double tap blocks once"
    listed = client.get(reverse("accounts:blocks"))
    assert "짱구" in listed.content.decode()
    token = person_token(cast.member, cast.host.pk)
    client.post(reverse("accounts:unblock", args=[token]))
    assert not Block.objects.exists()
    assert client.get(reverse("accounts:blocks")).status_code == 200


def test_nobody_reads_nicknames_by_counting(table: Table) -> None:
    client = signed_in(table.outsider)
    for token in (
        str(table.host.pk),
        f"{table.host.pk}:x",
        person_token(table.member, table.host.pk),
        "\x00",
        "가" * 300,
    ):
        assert client.get(reverse("accounts:block", args=[token])).status_code == 404
        assert client.post(reverse("accounts:unblock", args=[token])).status_code == 404


def test_the_way_back_is_ours(table: Table) -> None:
    client = signed_in(table.member)
    for bad in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        page = client.get(block_path(table.member, table.host), {"next": bad}).content.decode()
        assert bad not in page
        assert client.post(block_path(table.member, table.host), {"next": bad}).url == reverse(
            "accounts:blocks"
        )


def test_one_cannot_block_oneself_and_is_told(table: Table) -> None:
    answer = signed_in(table.member).post(block_path(table.member, table.member), follow=True)
    assert answer.status_code == 200
    assert "form-error" in answer.content.decode() or "messages" in answer.content.decode()
    assert not Block.objects.exists()


@pytest.mark.parametrize("who", ["outsider", "host"])
def test_neither_sees_nor_joins_the_other_s_posts(table: Table, who: str) -> None:
    one, other = (table.outsider, table.host) if who == "outsider" else (table.host, table.outsider)
    block(user=one, blocked=other)
    assert not Post.objects.visible_to(table.outsider).filter(pk=table.post.pk).exists()
    with refused("CANNOT_JOIN", table.post):
        seats.join(user=table.outsider, post=table.post)
    with refused("CANNOT_JOIN", table.post):
        rooms.join_by_invitation(user=table.outsider, code=table.code)


def test_before_coming_in_one_is_warned_of_who_is_there(db: None) -> None:
    cast = make_cast()
    block(user=cast.outsider, blocked=cast.member)

    def warned(reader: User) -> bool:
        page = signed_in(reader).get(cast.link.get_absolute_url()).content.decode()
        return 'class="warning"' in page

    assert warned(cast.outsider)
    blocked = User.objects.create_user("훈이")
    block(user=cast.member, blocked=blocked)
    assert not warned(blocked), "who is blocked is not told"


@pytest.mark.django_db(transaction=True)
def test_in_a_third_party_s_room_talk_is_folded_for_who_blocked_and_nobody_else() -> None:
    cast = make_cast()
    chat.post(user=cast.guest, room=cast.room, cid="a", body="저는 순살이요")
    block(user=cast.member, blocked=cast.guest)
    mine = signed_in(cast.member).get(cast.room.get_absolute_url()).content.decode()
    assert "entry-text folded" in mine
    assert "저는 순살이요" in mine, "one tap away"
    assert f'"folded": [{cast.guest.pk}]' in mine
    theirs = signed_in(cast.host).get(cast.room.get_absolute_url()).content.decode()
    assert "entry-text folded" not in theirs


def test_who_was_merged_stays_folded(db: None) -> None:
    me, into = User.objects.create_user("짱구"), User.objects.create_user("철수")
    guest = User.objects.create_guest("손님")
    block(user=me, blocked=guest)
    merge_guest(guest=guest, into=into)
    assert me.avoided() == {guest.pk, into.pk}


def test_many_blocks_come_in_pages_without_more_questions(
    db: None, django_assert_max_num_queries: Any
) -> None:
    me = User.objects.create_user("짱구")
    others = User.objects.bulk_create(
        User(nickname=f"사람{n}", username=f"사람{n}", password="!") for n in range(60)
    )
    Block.objects.bulk_create(Block(user=me, blocked=other) for other in others)
    client = signed_in(me)
    with django_assert_max_num_queries(8):
        page = client.get(reverse("accounts:blocks"))
    assert len(page.context["blocks"]) == 50
    assert len(client.get(reverse("accounts:blocks"), {"page": 2}).context["blocks"]) == 10


def test_a_post_of_mine_is_nobody_else_s_business(db: None) -> None:
    """The premise of the rules above: without a block everybody sees it."""
    host = User.objects.create_user("짱구")
    post = make_post(host)
    assert Post.objects.visible_to(User.objects.create_user("철수")).filter(pk=post.pk).exists()
