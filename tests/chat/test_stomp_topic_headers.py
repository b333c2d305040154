"""Which headers of a SEND to a topic its readers get: the sender's own, no secret, and none in the server's name."""

import pytest

from chat.realtime.stomp_codec import StompFrame
from chat.stomp_destinations import post
from chat.topic_kinds import TopicMessage


def passed_on(headers: dict[str, str]) -> list[tuple[str, str]]:
    frame = StompFrame("SEND", {"destination": "/topic/t", **headers}, b"a")
    data = post(frame, topics=True).data
    assert isinstance(data, TopicMessage)
    return data.headers


def test_the_sender_s_own_headers_are_passed_on() -> None:
    assert passed_on({"colour": "red", "Priority": "9"}) == [("colour", "red"), ("Priority", "9")]


@pytest.mark.parametrize(
    "name", ["Authorization", "authorization", "passcode", "login", "token", "X-CSRF-TOKEN"]
)
def test_what_says_who_somebody_is_reaches_nobody(name: str) -> None:
    assert passed_on({name: "Bearer rua_secret", "colour": "red"}) == [("colour", "red")]


@pytest.mark.parametrize("name", ["resync", "epoch", "code", "retry", "seq", "subscription", "receipt-id"])
def test_nobody_speaks_in_the_server_s_name(name: str) -> None:
    assert passed_on({name: "true"}) == []
