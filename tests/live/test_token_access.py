"""Access tokens on live lines: who shows one is in without a cookie, and out soon after its end, on any worker."""

import json
import urllib.request
from typing import Any

import pytest
import websockets
from django.utils import timezone

from accounts.access_tokens import create_token
from accounts.models import AccessToken
from tests.live.servers import Cast, Workers, in_thread
from tests.live.stompclient import StompClient

pytestmark = pytest.mark.faults


def _connect(port: int, secret: str, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    return websockets.connect(f"ws://127.0.0.1:{port}/ws", additional_headers=headers, **more)


async def _hear(socket: Any, kind: str) -> None:
    """Wait for a frame of a type; who is there may be told in between."""
    while json.loads(await socket.recv())["type"] != kind:
        pass


async def test_a_program_joins_and_sends_over_json_by_token_alone(workers: Workers, cast: Cast) -> None:
    _token, secret = await in_thread(create_token, user=cast.host, name="봇", expires_in=None)
    async with _connect(workers.first.port, secret) as bot:
        await _hear(bot, "welcome")
        await bot.send(json.dumps({"type": "join", "room": cast.room.public_id}))
        await _hear(bot, "joined")
        await bot.send(json.dumps({"type": "send", "room": cast.room.public_id, "cid": "c", "body": "로봇"}))
        await _hear(bot, "ack")


async def test_a_wrong_token_is_turned_away_even_beside_a_good_cookie(workers: Workers, cast: Cast) -> None:
    origin = websockets.Origin(f"http://127.0.0.1:{workers.first.port}")
    cookie = {"Cookie": f"sessionid={cast.sessions['짱구']}", "Authorization": "Bearer nonsense"}
    url = f"ws://127.0.0.1:{workers.first.port}/ws"
    async with websockets.connect(url, origin=origin, additional_headers=cookie) as socket:
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4401
    bare = {"Cookie": f"sessionid={cast.sessions['짱구']}"}
    async with websockets.connect(url, additional_headers=bare) as socket:
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4401, "without an Origin a cookie is not looked at"


@pytest.mark.parametrize("how", ["page", "expiry"])
async def test_a_token_s_end_cuts_what_it_opened_on_every_worker_and_nothing_else(
    workers: Workers, cast: Cast, how: str
) -> None:
    token, secret = await in_thread(create_token, user=cast.host, name="봇", expires_in=None)
    _other, kept = await in_thread(create_token, user=cast.host, name="다른 봇", expires_in=None)
    first, second = workers.ports
    async with (
        _connect(first, secret) as here,
        _connect(second, secret) as there,
        _connect(first, kept) as stays,
    ):
        for socket in (here, there, stays):
            await _hear(socket, "welcome")
        if how == "page":
            await in_thread(_revoke_by_form, second, cast, token)
        else:
            await in_thread(AccessToken.objects.filter(pk=token.pk).update, expires_at=timezone.now())
        for socket in (here, there):
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 4401
        await stays.send(json.dumps({"type": "join", "room": cast.room.public_id}))
        await _hear(stays, "joined")


async def test_a_stomp_line_goes_with_its_token_too(workers: Workers, cast: Cast) -> None:
    token, secret = await in_thread(create_token, user=cast.host, name="봇", expires_in=None)
    async with StompClient(workers.first.port, token=secret) as bot:
        await in_thread(_revoke_by_form, workers.second.port, cast, token)
        await bot.until(lambda: bot.closed is not None)
        assert bot.closed == 4401


async def test_the_last_use_is_written(workers: Workers, cast: Cast) -> None:
    token, secret = await in_thread(create_token, user=cast.host, name="봇", expires_in=None)
    async with _connect(workers.first.port, secret) as bot:
        await _hear(bot, "welcome")
    await in_thread(token.refresh_from_db)
    assert token.last_used_at is not None


def _revoke_by_form(port: int, cast: Cast, token: AccessToken) -> None:
    """As a person does on /me/tokens/; by the form, so that the verb runs in a worker."""
    cookie = f"sessionid={cast.sessions['짱구']}; csrftoken={'x' * 32}"
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/me/tokens/{token.pk}/revoke/",
        data=b"",
        headers={"Cookie": cookie, "X-CSRFToken": "x" * 32},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
