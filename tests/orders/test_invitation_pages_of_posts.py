"""The link that invites to a post: its page, what a messenger shows of it, its QR code."""

from django.test import Client

from orders import states
from rooms import actions as rooms
from tests.orders.pages import inside, path, text
from tests.orders.table import Table, make_table


def test_an_invitation_shows_the_facts_and_a_guest_joins_in_the_same_sheet(
    table: Table, client: Client
) -> None:
    page = text(client.get(f"/i/{table.code}/"))
    for said in ("오늘 저녁 치킨", "교촌치킨 정문점", "기숙사 정문", "짱구", 'name="nickname"'):
        assert said in page
    answer = client.post(f"/i/{table.code}/", {"nickname": "훈이"})
    assert answer.url == path(table.post, "room")
    assert client.get(f"/i/{table.code}/").url == path(table.post, "room")
    assert "훈이" in inside(table.post)


def test_a_taken_nickname_keeps_what_was_typed_and_the_facts(table: Table, client: Client) -> None:
    answer = client.post(f"/i/{table.code}/", {"nickname": "손님"})
    assert answer.status_code == 409
    page = text(answer)
    assert 'value="손님"' in page
    assert "기숙사 정문" in page


def test_an_invitation_to_a_full_post_says_so(client: Client, db: None) -> None:
    table = make_table(capacity=3)
    page = text(client.get(f"/i/{table.code}/"))
    assert 'name="nickname"' not in page
    assert "꽉 찼" in page
    answer = client.post(f"/i/{table.code}/", {"nickname": "훈이"})
    assert answer.status_code == 409
    assert "자리가 다 찼어요" in text(answer)


def test_an_invitation_to_a_post_that_is_over_says_so(table: Table, client: Client) -> None:
    states.cancel(by=table.host, post=table.post)
    assert 'name="nickname"' not in text(client.get(f"/i/{table.code}/"))
    answer = client.post(f"/i/{table.code}/", {"nickname": "훈이"})
    assert answer.status_code == 410
    assert "오늘 저녁 치킨" in text(answer)


def test_an_ended_link_says_nothing_of_the_post(table: Table, client: Client) -> None:
    rooms.revoke_invitation(by=table.host, invitation=table.post.room.invitations.get())
    answer = client.get(f"/i/{table.code}/")
    assert answer.status_code == 410
    assert "오늘 저녁 치킨" not in text(answer)
    assert client.get(f"/i/{table.code}/qr.svg").status_code == 404


def test_a_messenger_shows_title_and_facts_and_no_secret(table: Table, client: Client) -> None:
    page = text(client.get(f"/i/{table.code}/"))
    assert '<meta property="og:title" content="오늘 저녁 치킨">' in page
    described = page.split('property="og:description" content="')[1].split('"')[0]
    assert "기숙사 정문" in described
    assert "3/4명" in described
    assert "비밀번호" not in page
    assert "뒤" not in described  # it is kept: nothing in it is wrong a minute later


def test_the_qr_code_is_of_the_link(table: Table, client: Client) -> None:
    answer = client.get(f"/i/{table.code}/qr.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<?xml")
    assert b"<script" not in answer.content
    assert client.get("/i/AAAAAAAAAAAAAAAA/qr.svg").status_code == 404


def test_a_link_to_a_plain_room_keeps_its_own_page(table: Table, client: Client) -> None:
    room = rooms.create_room(user=table.host, title="그냥 방")
    link = rooms.create_invitation(by=table.host, room=room, expires_in=None)
    assert "그냥 방" in text(client.get(f"/i/{link.code}/"))
    assert client.post(f"/i/{link.code}/", {"nickname": "훈이"}).url == room.get_absolute_url()
