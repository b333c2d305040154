"""`config.asgi` on servers without what ours adds: slower, the same promises."""

import asyncio

import psutil
import psycopg
import pytest
from django.contrib.sessions.models import Session

from chat.models import Entry
from tests.live.servers import Cast, Workers, in_thread
from tests.live.wsclient import WsClient
from tests.serving.clients import PausingClient, say_many, stalled_reader
from tests.serving.database import same_database, until_somebody_waits
from tests.serving.stock import Uvicorn

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

BODY = "가" * 4_000  # 12 kB


async def test_texts_of_two_workers_reach_everybody_once_and_in_one_order(
    stock_workers: Workers, cast: Cast
) -> None:
    room = cast.room.public_id
    async with (
        WsClient(stock_workers.first.port, cast.sessions["짱구"]) as host,
        WsClient(stock_workers.second.port, cast.sessions["맹구"]) as member,
    ):
        folds = [await host.join(room), await member.join(room)]
        for n in range(50):
            await host.send(type="send", room=room, cid=f"h{n}", body=f"h{n}")
            await member.send(type="send", room=room, cid=f"m{n}", body=f"m{n}")
        await host.until(lambda: len(host.acks) == 50)
        await member.until(lambda: len(member.acks) == 50)
        head = max(*host.acks.values(), *member.acks.values())
        await host.until(lambda: folds[0].position == head)
        await member.until(lambda: folds[1].position == head)
        assert not folds[0].breaches + folds[1].breaches
        assert folds[0].state == folds[1].state
        for client in (host, member):
            assert sorted(client.acks.values()) == list(client.acks.values()), "one sender's order is kept"


async def test_an_ack_comes_after_the_commit(stock_workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with WsClient(stock_workers.first.port, cast.sessions["짱구"]) as host:
        await host.join(room)
        with psycopg.connect(**same_database()) as blocker:
            blocker.execute("LOCK TABLE chat_entry IN EXCLUSIVE MODE")  # others may read and not write
            await host.send(type="send", room=room, cid="c", body="잠깐")
            await in_thread(until_somebody_waits)
            await asyncio.sleep(0.3)  # time for an ack that does not wait
            assert not host.acks
            blocker.rollback()
        await host.until(lambda: "c" in host.acks)
        assert await in_thread(Entry.objects.filter(room_id=cast.room.pk, seq=host.acks["c"]).exists)


async def test_a_resume_brings_exactly_what_was_missed(stock_workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with WsClient(stock_workers.first.port, cast.sessions["짱구"]) as host:
        await host.join(room)
        async with WsClient(stock_workers.second.port, cast.sessions["맹구"]) as member:
            seen = await member.join(room)
            held = await host.say(room, "before", "전")
            await member.until(lambda: seen.position == held)
            epoch = member.of("joined")[0]["epoch"]
        said = [await host.say(room, f"m{n}", str(n)) for n in range(20)]
        async with WsClient(stock_workers.second.port, cast.sessions["맹구"]) as member:
            member.rooms[room] = seen
            await member.join(room, since=held, epoch=epoch)
            await member.until(lambda: seen.position == said[-1])
            assert member.of("joined")[0]["recovered"] is True
            assert seen.order[-20:] == said
            assert not seen.breaches


async def test_a_sign_out_closes_with_4401(stock_workers: Workers, cast: Cast) -> None:
    session = cast.sessions["맹구"]
    async with WsClient(stock_workers.first.port, session) as member:
        await member.join(cast.room.public_id)
        await in_thread(Session.objects.filter(session_key=session).delete)
        await member.until(lambda: member.closed is not None, wait=12)
        assert member.closed == 4401


async def test_a_reader_that_pauses_gets_everything_once_and_in_order(
    stock_workers: Workers, cast: Cast
) -> None:
    room = cast.room.public_id
    async with (
        WsClient(stock_workers.first.port, cast.sessions["짱구"]) as host,
        PausingClient(stock_workers.first.port, cast.sessions["맹구"]) as member,
    ):
        await host.join(room)
        fold = await member.join(room)
        member.reading.clear()
        await say_many(host, room, "b", 100, BODY)
        member.reading.set()
        head = max(host.acks.values())
        await member.until(lambda: fold.position == head)
        assert not fold.breaches


async def test_stalled_readers_cost_little_where_the_server_has_back_pressure(
    stock_workers: Workers, cast: Cast
) -> None:
    if not isinstance(stock_workers.first, Uvicorn):
        pytest.skip("Daphne takes whatever is sent; the writer of our worker is there for that")
    room, port = cast.room.public_id, stock_workers.first.port
    stalled = [await in_thread(stalled_reader, port, cast.sessions["맹구"], room) for _ in range(20)]
    async with (
        WsClient(port, cast.sessions["맹구"]) as member,
        WsClient(port, cast.sessions["짱구"]) as host,
    ):
        await member.join(room)
        await say_many(member, room, "warm", 250, BODY)  # the kernel takes 2.7 MB for each
        fold = await host.join(room)
        before = psutil.Process(stock_workers.first.pid).memory_info().rss
        await say_many(host, room, "more", 250, BODY)
        grown = psutil.Process(stock_workers.first.pid).memory_info().rss - before
        assert grown < 20_000_000, f"{grown / 1e6:.0f} MB for 20 readers that do not read 3 MB"
        await host.until(lambda: fold.position == max(host.acks.values()))
        assert not fold.breaches
    for line in stalled:
        line.close()
