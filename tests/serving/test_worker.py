"""A real worker of ours: what it does to slow readers, to floods, and when it is told to go."""

import asyncio
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest
import websockets
from django.db import connection

from chat.realtime.limits import FRAMES_BURST
from deploy.services import Worker, free_port
from tests.live.servers import Cast, Workers, in_thread, worker_env
from tests.live.wsclient import WsClient

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

BODY = "가" * 4_000  # 12 kB


class PausingClient(WsClient):
    """A client that stops reading while `reading` is clear; its socket and its library's buffers fill."""

    max_queue = 1

    def __init__(self, port: int, session: str) -> None:
        super().__init__(port, session)
        self.reading = asyncio.Event()
        self.reading.set()

    def _line(self) -> socket.socket:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        line.connect(("127.0.0.1", self._port))
        line.setblocking(False)
        return line

    async def _take(self, text: str | bytes) -> None:
        await self.reading.wait()
        await super()._take(text)


async def test_a_reader_that_pauses_catches_up_once_and_in_order(workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with (
        WsClient(workers.first.port, cast.sessions["짱구"]) as host,
        PausingClient(workers.first.port, cast.sessions["맹구"]) as member,
    ):
        await host.join(room)
        fold = await member.join(room)
        member.reading.clear()
        for n in range(
            100
        ):  # 1.2 MB: more than kernel and library hold, less than that and a resume together
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
    worker = Worker(free_port(), worker_env(workers.bus), tmp_path / "worker.log").start()
    try:
        stalled = [
            await in_thread(_stalled_reader, worker.port, cast.sessions["맹구"], room) for _ in range(100)
        ]
        async with WsClient(worker.port, cast.sessions["짱구"]) as host:
            fold = await host.join(room)
            await _say_many(host, room, "warm", 120)
            before = psutil.Process(worker.pid).memory_info().rss
            await _say_many(host, room, "more", 240)
            grown = psutil.Process(worker.pid).memory_info().rss - before
            assert grown < 30_000_000, f"{grown / 1e6:.0f} MB for 100 readers that do not read 2.9 MB"
            await host.until(lambda: fold.position == max(host.acks.values()))
            assert not fold.breaches
            gone = await in_thread(_all_cut_off, stalled)
            assert gone, "nobody waits for them for ever"
    finally:
        worker.stop()


async def _say_many(host: WsClient, room: str, name: str, count: int) -> None:
    for n in range(count):
        await host.send(type="send", room=room, cid=f"{name}{n}", body=BODY)
        if n % 50 == 49:
            await host.until(lambda cid=f"{name}{n}": cid in host.acks)


def _stalled_reader(port: int, session: str, room: str) -> socket.socket:
    """Joins a room over a raw socket and never reads again."""
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    request = (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Cookie: sessionid={session}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c3RhbGxlZC1yZWFkZXIhIQ==\r\n\r\n"
    )
    line.sendall(request.encode())
    line.recv(200)
    payload = b'{"type":"join","room":"%b"}' % room.encode()
    line.sendall(bytes((0x81, 0x80 | len(payload))) + b"\0\0\0\0" + payload)
    return line


def _all_cut_off(lines: list[socket.socket]) -> bool:
    """Every line ends, by an error or an end of file, within a minute."""
    for line in lines:
        line.settimeout(60)
        try:
            while line.recv(65_536):
                pass
        except ConnectionError:
            pass
        line.close()
    return True


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
    worker = Worker(free_port(), worker_env(workers.bus), tmp_path / "w.log", "--drain-window", "1").start()
    url = f"http://127.0.0.1:{worker.port}/rooms/"
    clients = [WsClient(worker.port, cast.sessions["짱구"]) for _ in range(20)]
    for client in clients:
        await client.__aenter__()
        await client.join(cast.room.public_id)
    await clients[0].send(type="send", room=cast.room.public_id, cid="last", body="마지막")
    with psycopg.connect(**_same_database()) as blocker:
        blocker.execute("LOCK TABLE rooms_membership IN ACCESS EXCLUSIVE MODE")
        page = asyncio.create_task(in_thread(_fetch, url, cast.sessions["짱구"]))
        await in_thread(_until_somebody_waits)
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
            free_port(), worker_env(workers.bus), tmp_path / f"w{number}.log", "--drain-window", "0.1"
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
        free_port(), worker_env(workers.bus), log, "--workers", "2", "--drain-window", "0.2", grace=30
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


async def test_the_same_app_on_stock_daphne_keeps_its_promises(stock_workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with (
        WsClient(stock_workers.first.port, cast.sessions["짱구"]) as host,
        WsClient(stock_workers.second.port, cast.sessions["맹구"]) as member,
    ):
        await host.join(room)
        fold = await member.join(room)
        said = [await host.say(room, f"c{n}", str(n)) for n in range(30)]
        await member.until(lambda: fold.position == said[-1])
        assert not fold.breaches


def _same_database() -> dict[str, object]:
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {name: connection.settings_dict[key] for key, name in names.items()}


def _until_somebody_waits() -> None:
    """Until a query of the page stands before the lock."""
    with psycopg.connect(**_same_database(), autocommit=True) as watcher:
        for _ in range(2_000):
            row = watcher.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
            if row and row[0]:
                return
            watcher.execute("SELECT pg_sleep(0.005)")
    raise AssertionError("the page never asked")


def _fetch(url: str, session: str) -> int:
    request = urllib.request.Request(url, headers={"Cookie": f"sessionid={session}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(answer.status)


def _exit_code(worker: Worker) -> int:
    child = worker._child
    assert isinstance(child, subprocess.Popen)
    return child.wait(30)
