"""STOMP on servers without what our worker adds: the same frames, the last ERROR included."""

import json

import pytest

from tests.live.servers import EPOCH, Cast, Workers
from tests.live.stompclient import SockJsClient, StompClient, frame

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


async def test_stomp_and_sockjs_on_a_stock_server(stock_workers: Workers, cast: Cast) -> None:
    room, (first, second) = cast.room.public_id, stock_workers.ports
    async with (
        StompClient(first, cookie=cast.sessions["짱구"]) as host,
        SockJsClient(second, cookie=cast.sessions["맹구"]) as member,
    ):
        for client in (host, member):
            await client.subscribe(f"/rooms/{room}", since=0, epoch=EPOCH)
        said = [await host.say(f"/rooms/{room}", f"{n}".encode(), f"r{n}") for n in range(20)]
        for client in (host, member):
            await client.until(lambda c=client: c.seqs()[-1] == said[-1])
            assert client.seqs() == list(range(1, said[-1] + 1))
        body = json.dumps({"type": "TALK", "roomId": room, "message": "한 조각씩"}).encode()
        data = frame("SEND", body, destination="/pub/chat/message", receipt="pieces")
        for byte in data:
            await host.raw(bytes([byte]))
        await host.receipt("pieces")
        await host.raw(frame("SEND", b"x" * 900_000, destination=f"/rooms/{room}"))
        await host.ends("FRAME_TOO_LONG", 4400)
        await member.send("SEND", b"x", destination="/nowhere", receipt="r")
        assert (await member.ends("BAD_DESTINATION", 4403)).headers["receipt-id"] == "r"
        assert member.controls[-1] == 'c[4403,"BAD_DESTINATION"]'
