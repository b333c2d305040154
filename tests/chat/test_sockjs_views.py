"""What a SockJS client asks over HTTP before it opens its WebSocket."""

import pytest
from django.test import Client


def test_info_says_that_there_is_a_websocket_and_our_pages_may_read_it(client: Client) -> None:
    answer = client.get("/ws-stomp/info?t=1", headers={"Origin": "http://testserver:8090"})
    info = answer.json()
    assert (info["websocket"], info["cookie_needed"], info["origins"]) == (True, True, ["*:*"])
    assert 0 <= info["entropy"] < 2**32
    assert answer["Access-Control-Allow-Origin"] == "http://testserver:8090"
    assert answer["Access-Control-Allow-Credentials"] == "true"
    assert "Origin" in answer["Vary"]
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "origin", ["http://elsewhere.example", "null", "http://[", "http://testserver.elsewhere"]
)
def test_other_pages_may_not_read_it(client: Client, origin: str) -> None:
    answer = client.get("/ws-stomp/info", headers={"Origin": origin})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer


def test_the_greeting(client: Client) -> None:
    for path in ("/ws-stomp", "/ws-stomp/"):
        assert client.get(path).content == b"Welcome to SockJS!\n"


@pytest.mark.parametrize(
    "path", ["000/abc/xhr_streaming", "000/abc/eventsource", "iframe-1.0.html", "000/abc/xhr_send"]
)
def test_a_fallback_is_not_there_and_says_what_is(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for answer in (client.get(f"/ws-stomp/{path}"), client.post(f"/ws-stomp/{path}")):
        assert answer.status_code == 404
        assert b"websocket" in answer.content
