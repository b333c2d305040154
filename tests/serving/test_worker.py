"""A real worker of ours: what it does to slow readers, to floods, and when it is told to go."""

import asyncio
import signal
import subprocess
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest
import websockets

from chat.realtime.limits import FRAMES_BURST
from deploy.services import Worker, free_port
from tests.live.servers import Cast, Workers, in_thread, worker_env
from tests.live.wsclient import WsClient
from tests.serving.clients import PausingClient, all_cut_off, say_many, stalled_reader
from tests.serving.database import same_database, until_somebody_waits

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

BODY = "가" * 4_000  # 12 kB


async def test_a_reader_that_pauses_catches_up_once_and_in_order(workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with (
        WsClient(workers.first.port, cast.sessions["짱구"]) as host,
        PausingClient(workers.first.port, cast.sessions["맹구"]) as member,
    ):
        await host.join(room)
        fold = await member.join(room)
        member.reading.clear()
        for n in range(80):  # 0.96 MB: more than kernel and library hold, and no more than a resume replays
            await host.say(room, f"b{n}", BODY)
        member.reading.set()
        head = max(host.acks.values())
        await member.until(lambda: fold.position == head)
        assert not fold.breaches
        assert len(member.of("joined")) > 1, "it lagged and was fed from the timeline"


async def test_stalled_readers_cost_little_and_are_cut_off(
    workers: Workers, cast: Cast, tmp_path: Path
) -> None:
    room = cast.room.public_id
    worker = Worker(free_port(), worker_env(workers.bus_url), tmp_path / "worker.log").start()
    try:
        stalled = [
            await in_thread(stalled_reader, worker.port, cast.sessions["맹구"], room) for _ in range(100)
        ]
        async with WsClient(worker.port, cast.sessions["짱구"]) as host:
            fold = await host.join(room)
            await say_many(host, room, "warm", 120, BODY)
            before = psutil.Process(worker.pid).memory_info().rss
            await say_many(host, room, "more", 240, BODY)
            grown = psutil.Process(worker.pid).memory_info().rss - before
            assert grown < 30_000_000, f"{grown / 1e6:.0f} MB for 100 readers that do not read 2.9 MB"
            await host.until(lambda: fold.position == max(host.acks.values()))
            assert not fold.breaches
            gone = await in_thread(all_cut_off, stalled)
            assert gone, "nobody waits for them for ever"
    finally:
        worker.stop()


async def test_a_flood_is_closed_by_name_and_others_are_served(workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with (
        WsClient(workers.first.port, cast.sessions["짱구"]) as host,
        WsClient(workers.first.port, cast.sessions["맹구"]) as flood,
    ):
        fold = await host.join(room)
        for _ in range(FRAMES_BURST + 300):
            await flood.send(type="typing", room=room)
        seq = await host.say(room, "c", "나는 괜찮아")
        await host.until(lambda: fold.position == seq)
        await flood.until(lambda: flood.closed is not None)
        assert flood.closed == 4429


async def test_fragments_pings_and_text_take_their_ways_and_stay_in_order(
    workers: Workers, cast: Cast
) -> None:
    room = cast.room.public_id
    async with WsClient(workers.first.port, cast.sessions["짱구"]) as host:
        fold = await host.join(room)
        for n in range(20):
            text = '{"type":"send","room":"%s","cid":"f%d","body":"조각 %d"}' % (room, n, n)  # noqa: UP031
            parts = [text] if n % 3 == 0 else [text[:9], text[9:40], text[40:]]
            await host.socket.send(parts if len(parts) > 1 else text)
            await host.socket.ping()
        await host.until(lambda: len(host.acks) == 20)
        head = max(host.acks.values())
        await host.until(lambda: fold.position == head)
        assert [fold.state[host.acks[f"f{n}"]][1]["body"] for n in range(20)] == [
            f"조각 {n}" for n in range(20)
        ]
        assert sorted(host.acks.values()) == list(host.acks.values())


async def test_sigterm_sends_everybody_away_with_1012_and_finishes_what_runs(
    workers: Workers, cast: Cast, tmp_path: Path
) -> None:
    worker = Worker(
        free_port(), worker_env(workers.bus_url), tmp_path / "w.log", "--drain-window", "1"
    ).start()
    url = f"http://127.0.0.1:{worker.port}/rooms/"
    clients = [WsClient(worker.port, cast.sessions["짱구"]) for _ in range(20)]
    for client in clients:
        await client.__aenter__()
        await client.join(cast.room.public_id)
    await clients[0].send(type="send", room=cast.room.public_id, cid="last", body="마지막")
    with psycopg.connect(**same_database()) as blocker:
        blocker.execute("LOCK TABLE rooms_membership IN ACCESS EXCLUSIVE MODE")
        page = asyncio.create_task(in_thread(_fetch, url, cast.sessions["짱구"]))
        await in_thread(until_somebody_waits)
        process = psutil.Process(worker.pid)
        process.send_signal(signal.SIGTERM)
        for client in clients:
            await client.until(lambda c=client: c.closed is not None)
            assert client.closed == 1012
        blocker.rollback()
    assert await page == 200, "a request in flight is answered"
    assert "last" in clients[0].acks
    for client in clients:
        await client.__aexit__()
    assert await in_thread(_exit_code, worker) == 0


async def test_sigterm_at_any_moment_ends_with_zero(workers: Workers, cast: Cast, tmp_path: Path) -> None:
    for number in range(6):
        worker = Worker(
            free_port(), worker_env(workers.bus_url), tmp_path / f"w{number}.log", "--drain-window", "0.1"
        ).start()
        connected = asyncio.Event()
        opening = [asyncio.create_task(_connect_and_wait(worker.port, cast, connected)) for _ in range(10)]
        if number % 2:
            await connected.wait()
        psutil.Process(worker.pid).send_signal(signal.SIGTERM)
        closed = await asyncio.gather(*opening)
        assert set(closed) <= {1012, None}, "sent away, or never let in"
        assert await in_thread(_exit_code, worker) == 0, worker.log.read_text()[-2_000:]
        assert "Traceback" not in worker.log.read_text()


async def _connect_and_wait(port: int, cast: Cast, connected: asyncio.Event) -> int | None:
    """The code of the end; None when the worker did not take the connection any more."""
    client = WsClient(port, cast.sessions["짱구"])
    try:
        await client.__aenter__()
    except (OSError, EOFError, websockets.InvalidHandshake):
        return None
    connected.set()
    await client.until(lambda: client.closed is not None, wait=20)
    await client.__aexit__()
    return client.closed


async def test_workers_are_replaced_one_by_one_with_no_failed_request(
    workers: Workers, cast: Cast, tmp_path: Path
) -> None:
    log = tmp_path / "parent.log"
    parent = Worker(
        free_port(), worker_env(workers.bus_url), log, "--workers", "2", "--drain-window", "0.2", grace=30
    ).start()
    statuses: list[int] = []
    try:
        async with WsClient(parent.port, cast.sessions["짱구"]) as client:
            await client.join(cast.room.public_id)
            old = {child.pid for child in psutil.Process(parent.pid).children()}
            psutil.Process(parent.pid).send_signal(signal.SIGHUP)
            while "workers are replaced" not in log.read_text():
                statuses.append(await in_thread(_fetch, parent.url("/rooms/"), cast.sessions["짱구"]))
            await client.until(lambda: client.closed is not None)
            assert client.closed == 1012
        assert len(statuses) > 3
        assert set(statuses) == {200}
        new = {child.pid for child in psutil.Process(parent.pid).children()}
        assert len(new) == 2
        assert not new & old
    finally:
        psutil.Process(parent.pid).send_signal(signal.SIGTERM)
        assert await in_thread(_exit_code, parent) == 0


def _fetch(url: str, session: str) -> int:
    request = urllib.request.Request(url, headers={"Cookie": f"sessionid={session}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(answer.status)


def _exit_code(worker: Worker) -> int:
    child = worker._child
    assert isinstance(child, subprocess.Popen)
    return child.wait(30)
