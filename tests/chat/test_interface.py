"""Rooms over HTTP, in the shapes of the usual STOMP demonstrations."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.access_tokens import create_token, revoke_token
from accounts.models import User
from chat import timeline
from rooms import actions
from rooms.models import Membership, Room
from tests.rooms.cast import signed_in

pytestmark = pytest.mark.django_db


def by_token(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(user=user, name='봇', expires_in=None)[1]}"}


def refused(answer: Any, status: int) -> str:
    body = answer.json()
    assert answer.status_code == status, body
    assert set(body) == {"code", "detail", "retry"}
    assert body["detail"]
    return str(body["code"])


def test_a_room_made_by_one_is_found_by_another_by_cookie_and_by_token(host: User, member: User) -> None:
    made = signed_in(host).post("/chat/room", {"name": "저녁  같이"})
    assert made.status_code == 200
    room = Room.objects.get()
    assert made.json() == {"roomId": room.public_id, "name": "저녁 같이"}
    assert room.is_open
    for ask in (signed_in(member).get, lambda path: Client().get(path, headers=by_token(member))):
        assert ask("/chat/rooms").json() == [made.json()]
        assert ask(f"/chat/room/{room.public_id}").json() == made.json()


@pytest.mark.parametrize("how", ["form", "json", "address"])
def test_the_name_comes_by_form_by_json_or_in_the_address(host: User, how: str) -> None:
    client = signed_in(host)
    if how == "json":
        client.post("/chat/room", {"name": "떡볶이"}, content_type="application/json")
    else:
        client.post(
            "/chat/room" + ("?name=떡볶이" if how == "address" else ""),
            {"name": "떡볶이"} if how == "form" else {},
        )
    assert Room.objects.get().title == "떡볶이"


def test_only_rooms_one_may_see_are_there(room: Room, outsider: User, host: User) -> None:
    closed = actions.create_room(user=host, title="비밀")
    client = signed_in(outsider)
    assert [r["roomId"] for r in client.get("/chat/rooms").json()] == [room.public_id]
    for missing in (closed.public_id, "nothing", "x" * 300):
        assert refused(client.get(f"/chat/room/{missing}"), 404) == "NOT_FOUND"
    actions.join_open(user=outsider, room=room)
    actions.remove_member(by=host, room=room, user=outsider)
    assert client.get("/chat/rooms").json() == []
    assert refused(client.get(f"/chat/room/{room.public_id}"), 404) == "NOT_FOUND"
    assert len(signed_in(host).get("/chat/rooms").json()) == 2


def test_a_guest_sees_the_rooms_they_are_in_and_makes_none(room: Room, host: User) -> None:
    mine = actions.create_room(user=host, title="손님의 방")
    link = actions.create_invitation(by=host, room=mine, expires_in=None)
    client = signed_in(actions.join_as_guest(code=link.code, nickname="손님", locale="ko").user)
    assert [r["name"] for r in client.get("/chat/rooms").json()] == ["손님의 방"]
    assert refused(client.get(f"/chat/room/{room.public_id}"), 404) == "NOT_FOUND"
    assert refused(client.post("/chat/room", {"name": "내 방"}), 403) == "GUEST"


def test_nobody_gets_in_without_a_session_or_a_live_token(host: User) -> None:
    token, secret = create_token(user=host, name="봇", expires_in=None)
    revoke_token(token=token)
    for headers in ({}, {"Authorization": f"Bearer {secret}"}, {"Authorization": "Basic eDp5"}):
        answer = Client().get("/chat/rooms", headers=headers)
        assert refused(answer, 401) == "SIGN_IN"
        assert answer["WWW-Authenticate"] == "Bearer"
    both = signed_in(host).get("/chat/rooms", headers={"Authorization": "Bearer nonsense"})
    assert refused(both, 401) == "SIGN_IN", "a wrong token does not fall back to the cookie"


def test_a_cookie_needs_the_csrf_token_and_a_bearer_does_not(host: User) -> None:
    client = signed_in(host, enforce_csrf_checks=True)
    assert refused(client.post("/chat/room", {"name": "방"}), 403) == "CSRF"
    client.get("/chat/rooms")
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value}
    assert client.post("/chat/room", {"name": "방"}, headers=headers).status_code == 200
    elsewhere = {**headers, "Origin": "https://elsewhere.example"}
    assert refused(client.post("/chat/room", {"name": "방"}, headers=elsewhere), 403) == "CSRF"
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post("/chat/room", {"name": "방"}, headers=by_token(host)).status_code == 200
    assert "csrftoken" not in stranger.cookies


@pytest.mark.parametrize(
    ("name", "code"), [("", "TITLE_EMPTY"), ("x" * 61, "TITLE_TOO_LONG"), ("a\u202eb", "TITLE_INVISIBLE")]
)
def test_a_name_that_holds_nothing_is_refused(host: User, name: str, code: str) -> None:
    assert refused(signed_in(host).post("/chat/room", {"name": name}), 400) == code
    assert not Room.objects.exists()


def test_other_methods_and_long_bodies_are_refused(host: User) -> None:
    client = signed_in(host)
    assert refused(client.get("/chat/room"), 405) == "METHOD"
    assert refused(client.post("/chat/rooms"), 405) == "METHOD"
    assert refused(client.post("/chat/room", {"name": "x" * 5_000}), 413) == "BODY_TOO_LONG"


def test_the_same_request_sent_twice_makes_one_room(host: User) -> None:
    client, headers = signed_in(host), {"Idempotency-Key": str(uuid4())}
    answers = [client.post("/chat/room", {"name": "방"}, headers=headers).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert Room.objects.count() == 1
    again = client.post("/chat/room", {"name": "방"}, headers={"Idempotency-Key": "twice"})
    assert refused(again, 400) == "BAD_KEY"


def test_who_asks_too_often_waits(host: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"room_made": "2/h/user"}
    answers = [signed_in(host).post("/chat/room", {"name": "방"}) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert answers[2].json()["retry"] is True


@given(
    body=st.binary(max_size=60)
    | st.recursive(st.none() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_body_is_answered_with_a_code(host: User, body: bytes) -> None:
    answer = signed_in(host).post("/chat/room", body, content_type="application/json")
    assert refused(answer, answer.status_code) in {"BAD_BODY", "TITLE_EMPTY", "TOO_FAST"}


def test_making_a_room_writes_its_first_entry_as_the_page_does(host: User) -> None:
    signed_in(host).post("/chat/room", {"name": "방"})
    room = Room.objects.get()
    assert Membership.objects.active().get(room=room).is_host
    assert timeline.heads([room.pk]) == {room.pk: 1}
