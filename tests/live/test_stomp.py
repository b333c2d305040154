"""STOMP over two real workers: what a client is told, in which order, and what it may not do."""

import json

import pytest

from tests.live.servers import Cast, Workers
from tests.live.stompclient import SockJsClient, StompClient

pytestmark = pytest.mark.faults


def talk(room: str, message: str, kind: str = "TALK") -> bytes:
    return json.dumps({"type": kind, "roomId": room, "sender": "아무개", "message": message}).encode()


async def test_the_write_ups_client_talks_across_two_workers(workers: Workers, cast: Cast) -> None:
    room, (first, second) = cast.room.public_id, workers.ports
    async with (
        StompClient(first, cookie=cast.sessions["짱구"]) as host,
        StompClient(second, cookie=cast.sessions["맹구"], path="/ws-stomp/websocket") as member,
    ):
        for client in (host, member):
            await client.subscribe(f"/sub/chat/room/{room}")
        seq = await host.say("/pub/chat/message", talk(room, "안녕"), "r1")
        for client in (host, member):
            await client.until(lambda c=client: c.seqs() == [seq])
        said = member.messages()[0]
        assert json.loads(said.body) == {"type": "TALK", "roomId": room, "sender": "짱구", "message": "안녕"}
        assert said.headers["destination"] == f"/sub/chat/room/{room}"
        assert said.headers["message-id"] == f"{room}/{seq}"
        assert not said.binary


async def test_sockjs_carries_the_same_frames(workers: Workers, cast: Cast) -> None:
    room, (first, second) = cast.room.public_id, workers.ports
    async with (
        SockJsClient(first, cookie=cast.sessions["짱구"]) as host,
        StompClient(second, cookie=cast.sessions["맹구"]) as member,
    ):
        for client in (host, member):
            await client.subscribe(f"/sub/chat/room/{room}")
        seq = await host.say("/pub/chat/message", talk(room, '따옴표 "와" \\ 그리고\n줄'), "r1")
        for client in (host, member):
            await client.until(lambda c=client: c.seqs() == [seq])
        assert host.messages()[0] == member.messages()[0]
        assert host.controls[0] == "o"
        await host.raw('["BEGIN\\n"')
        await host.ends("BAD_FRAME", 4400)
        assert host.controls[-1] == 'c[4400,"BAD_FRAME"]'
