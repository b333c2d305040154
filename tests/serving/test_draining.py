"""How a worker ends, and what it lets in; its application is a tiny one without a database."""

import asyncio
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
import websockets

from deploy.services import Worker, free_port
from tests.live.servers import in_thread
from tests.serving.clients import upgrade_request
from tests.serving.tiny_app import PAGE

pytestmark = [pytest.mark.faults]

LONG = 30.0  # seconds; what takes longer has failed
RESTART = b"\x88\x02\x03\xf4"  # the close frame with 1012


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as running:

        def start(*options: str, **env: str) -> Worker:
            settings = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.serving.tiny_settings", **env}
            worker = Worker(free_port(), settings, tmp_path / "worker.log", *options)
            running.callback(worker.kill)
            return worker.start()

        yield start


def connect(worker: Worker, request: bytes) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", worker.port), timeout=LONG)
    line.sendall(request)
    return line


def everything(line: socket.socket) -> bytes:
    """Until the close frame or the end; ConnectionResetError if it was cut."""
    whole = b""
    while not whole.endswith(RESTART) and (more := line.recv(65_536)):
        whole += more
    line.close()
    return whole


def tell(worker: Worker, number: int) -> None:
    psutil.Process(worker.pid).send_signal(number)


def until_logged(worker: Worker, words: str) -> None:
    end = time.monotonic() + LONG
    while words not in worker.log.read_text():
        assert time.monotonic() < end, f"no {words!r} in:\n{worker.log.read_text()}"
        time.sleep(0.01)


def exit_code(worker: Worker) -> int:
    child = worker._child
    assert isinstance(child, subprocess.Popen)
    return child.wait(LONG)


# --- a full stop --------------------------------------------------------------------------------------------------


def test_who_waits_in_the_backlog_at_a_full_stop_is_answered(start: Any) -> None:
    worker = start("--drain-window", "0.5")
    page = b"GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    worker.freeze()
    pages = [connect(worker, page) for _ in range(60)]
    lines = [connect(worker, upgrade_request(worker.port, "nobody")) for _ in range(300)]
    tell(worker, signal.SIGTERM)
    worker.thaw()
    for line in lines:
        answer = everything(line)
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert answer.endswith(RESTART)
    for line in pages:
        answer = everything(line)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(PAGE)
    assert exit_code(worker) == 0
    with pytest.raises(ConnectionRefusedError):
        connect(worker, page)


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_sends_everybody_away_now(start: Any, second: int) -> None:
    worker = await in_thread(start, "--drain-window", "60", "--drain-within", "60")
    url = f"ws://127.0.0.1:{worker.port}/ws"
    clients = [await websockets.connect(url) for _ in range(20)]
    clients.append(await websockets.connect(f"{url}?lingers"))
    tell(worker, signal.SIGTERM)
    await in_thread(until_logged, worker, "draining: 21 WebSockets")
    begun = time.monotonic()
    tell(worker, second)
    for client in clients:
        await client.wait_closed()
        assert client.close_code == 1012
    assert await in_thread(exit_code, worker) == 0
    assert time.monotonic() - begun < 3.0  # about one, and a machine whose cores stall
    until_logged(worker, "a second signal: everybody is sent away now")
    until_logged(worker, "1 connections did not end in time and are cut off")


async def test_workers_under_a_parent_hurry_too_and_take_a_second_sigterm_for_the_first(start: Any) -> None:
    parent = await in_thread(start, "--workers", "2", "--drain-window", "60", "--drain-within", "60")
    clients = [await websockets.connect(f"ws://127.0.0.1:{parent.port}/ws") for _ in range(20)]
    workers = psutil.Process(parent.pid).children()
    tell(parent, signal.SIGTERM)
    await in_thread(until_logged, parent, "draining")
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.5)  # time for a wrong end
    assert all(worker.is_running() for worker in workers)
    tell(parent, signal.SIGTERM)
    for client in clients:
        await client.wait_closed()
        assert client.close_code == 1012
    assert await in_thread(exit_code, parent) == 0


def test_a_worker_whose_parent_is_gone_ends(start: Any) -> None:
    worker = start(SERVE_PARENT_PID=str(os.getppid()))  # not ours, who is its parent
    assert exit_code(worker) == 0
    until_logged(worker, "the parent is gone")


def test_an_endpoint_that_cannot_be_had_is_exit_code_1(start: Any, tmp_path: Path) -> None:
    taken = start()
    endpoint = f"tcp:{taken.port}:interface=127.0.0.1"
    second = Worker(taken.port, taken.env, tmp_path / "second.log", "--endpoint", endpoint)
    second.spawn()
    assert exit_code(second) == 1
    assert "Cannot listen on one of the endpoints" in second.log.read_text()


# --- a storm ------------------------------------------------------------------------------------------------------


async def test_who_waits_long_for_the_application_to_accept_only_waits(start: Any) -> None:
    worker = await in_thread(start)
    begun = time.monotonic()
    async with websockets.connect(f"ws://127.0.0.1:{worker.port}/ws?accept_after=7", open_timeout=LONG):
        assert time.monotonic() - begun > 6.5  # Daphne's own limit is 5


def test_who_has_gone_before_their_turn_costs_no_application(start: Any) -> None:
    worker = start()
    worker.freeze()
    for _ in range(100):
        connect(worker, upgrade_request(worker.port, "nobody")).close()
    stays = connect(worker, upgrade_request(worker.port, "nobody"))
    worker.thaw()
    assert stays.recv(65_536).startswith(b"HTTP/1.1 101 ")
    with urllib.request.urlopen(worker.url("/started"), timeout=LONG) as answer:
        assert int(answer.read()) == 1
    stays.close()
