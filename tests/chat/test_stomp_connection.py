"""A STOMP connection before anybody has signed in: what it may cost us, and what it is told."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from chat.consumers import stomp_connection
from chat.consumers.stomp_connection import WAITING_BYTES, WAITING_FRAMES, Credentials, StompConnection
from chat.realtime.outbox import AsgiOutbox
from chat.realtime.stomp_wire import PLAIN, SOCKJS, Packing
from chat.stomp_metrics import StompMetrics
from tests.live.stompclient import frame


class Line:
    """A connection whose sign-in waits until `known` is set; then nobody is found."""

    def __init__(self, packing: Packing = PLAIN) -> None:
        self.known = asyncio.Event()
        self.sent: list[str] = []
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.metrics = StompMetrics()
        live: Any = SimpleNamespace(stomp=self.metrics, store=SimpleNamespace(read=self._read))
        self.connection = StompConnection(
            live,
            Credentials("cookie", ""),
            self._outbox,
            self.closed.set_result,
            packing=packing,
            beat=10_000,
            topics=False,
        )
        self.connection.start()

    def _outbox(self, drained: Callable[[], None]) -> AsgiOutbox:
        self._writing = AsgiOutbox(self._send, drained)
        self._task = asyncio.ensure_future(self._writing.run())
        return self._writing

    async def _send(self, message: str | bytes) -> None:
        self.sent.append(str(message))

    async def _read(self, *args: object) -> None:
        await self.known.wait()

    async def end(self) -> str:
        """The code that it ended with, in words."""
        await self.closed
        await self._writing.flush(5)
        await self.connection.stop()
        self._task.cancel()
        assert sum(self.metrics.errors.values()) == 1
        return next(iter(self.metrics.errors))


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stomp_connection, "CONNECT_WITHIN", 0.01)


async def test_who_says_nothing_is_closed(soon: None) -> None:
    line = Line()
    line.connection.receive("\n")
    assert await line.end() == "CONNECT_TIMEOUT"
    assert line.closed.result() == 4400
    assert line.sent[0].startswith("ERROR\nmessage:")


async def test_who_has_said_connect_waits_as_long_as_the_database_takes(soon: None) -> None:
    line = Line()
    line.connection.receive(frame("CONNECT", accept_version="1.2").decode())
    await asyncio.sleep(0.05)
    assert not line.closed.done()
    line.known.set()
    assert await line.end() == "SIGN_IN"
    assert line.closed.result() == 4401


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["SEND\ndestination:/rooms/r\n\nx\0"], "NOT_CONNECTED"),
        (["CONNECT\nheart-beat:x\n\n\0"], "BAD_FRAME"),
        (["CONNECT\naccept-version:9\n\n\0"], "NO_COMMON_VERSION"),
        (["\ud800"], "BAD_FRAME"),
        ([b"\xff\xfe\n"], "BAD_FRAME"),
        (["CONNECT\nx:" + "y" * 5_000], "HEADER_TOO_LONG"),
    ],
)
async def test_the_first_frame_is_a_connect_that_can_be_read(messages: list[str | bytes], code: str) -> None:
    line = Line()
    for message in messages:
        line.connection.receive(message)
    assert await line.end() == code


@pytest.mark.parametrize(("size", "count"), [(0, WAITING_FRAMES + 1), (60_000, WAITING_BYTES // 60_000 + 1)])
async def test_what_waits_behind_connect_is_bounded(
    size: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stomp_connection, "FRAMES_BURST", 10_000)  # so that this bound is met first
    line = Line()
    line.connection.receive(frame("CONNECT", accept_version="1.2").decode())
    for n in range(count):
        assert not line.closed.done(), n
        line.connection.receive(frame("SEND", b"x" * size, destination="/rooms/r"))
    assert await line.end() == "TOO_FAST"
    assert line.closed.result() == 4429


async def test_sockjs_says_how_it_ends(soon: None) -> None:
    line = Line(SOCKJS)
    assert await line.end() == "CONNECT_TIMEOUT"
    assert line.sent[0] == "o"
    assert line.sent[-1] == 'c[4400,"CONNECT_TIMEOUT"]'
