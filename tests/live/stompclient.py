"""A STOMP client that writes its frames by hand, so that nothing of the server's codec vouches for itself."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import websockets

WAIT = 40.0
Origin = websockets.Origin


@dataclass
class Got:
    """One frame from the server."""

    command: str
    headers: dict[str, str]
    body: bytes
    binary: bool

    @property
    def text(self) -> str:
        return self.body.decode()


def frame(command: str, body: bytes = b"", **headers: Any) -> bytes:
    """A frame; `_` in a header's name stands for `-`."""
    lines = [f"{name.rstrip('_').replace('_', '-')}:{value}" for name, value in headers.items()]
    return "\n".join([command, *lines, "", ""]).encode() + body + b"\0"


def parse(message: str | bytes) -> Got:
    data = message.encode() if isinstance(message, str) else message
    head, _blank, rest = data.partition(b"\n\n")
    command, *lines = head.decode().split("\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _colon, value = line.partition(":")
        headers.setdefault(name, value)
    assert rest.endswith(b"\0"), "one whole frame in a message"
    assert int(headers.get("content-length", 0)) == len(rest) - 1
    return Got(command, headers, rest[:-1], isinstance(message, bytes))


class StompClient:
    """`async with StompClient(port, cookie=…)`: connected when it begins, unless `connect=False`. `narrow`: its
    buffers fill soon while `reading` is clear."""

    def __init__(
        self,
        port: int,
        *,
        cookie: str = "",
        token: str = "",
        origin: str | None = "",
        path: str = "/ws-stomp",
        subprotocols: Sequence[str] = ("v12.stomp",),
        connect: bool = True,
        narrow: bool = False,
        **headers: Any,
    ) -> None:
        self._url = f"ws://127.0.0.1:{port}{path}"
        self._origin = f"http://127.0.0.1:{port}" if origin == "" else origin
        self._cookie, self._protocols, self._connect = cookie, subprotocols, connect
        self._port, self._narrow = port, narrow
        self._headers = {"accept_version": "1.2", "host": "here"} | headers
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self.reading = asyncio.Event()
        self.reading.set()
        self.frames: list[Got] = []
        self.beats = 0
        self.closed: int | None = None
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self.socket = await websockets.connect(
            self._url,
            subprotocols=[websockets.Subprotocol(p) for p in self._protocols] or None,
            origin=Origin(self._origin) if self._origin else None,
            additional_headers={"Cookie": f"sessionid={self._cookie}"} if self._cookie else {},
            open_timeout=WAIT,
            sock=self._narrow_line() if self._narrow else None,
            max_queue=1 if self._narrow else 16,
            max_size=4_000_000,
        )
        self._reader = asyncio.create_task(self._read())
        if self._connect:
            await self.send("CONNECT", **self._headers)
            await self.until(lambda: bool(self.frames) or self.closed is not None)
            assert self.frames[0].command == "CONNECTED", self.frames
        return self

    def _narrow_line(self) -> socket.socket:
        """A connected socket that soon is full when nobody reads."""
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        line.connect(("127.0.0.1", self._port))
        line.setblocking(False)
        return line

    async def __aexit__(self, *exc: object) -> None:
        await self.socket.close()
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for message in self.socket:
                await self.reading.wait()
                async with self._news:
                    self.take(message)
                    self._news.notify_all()
        async with self._news:
            self.closed = self.socket.close_code
            self._news.notify_all()

    def take(self, message: str | bytes) -> None:
        if message in {"\n", b"\n"}:
            self.beats += 1
        else:
            self.frames.append(parse(message))

    async def raw(self, data: bytes | str) -> None:
        await self.socket.send(data)

    async def send(self, command: str, body: bytes = b"", **headers: Any) -> None:
        await self.raw(frame(command, body, **headers).decode())

    async def subscribe(self, destination: str, id_: str = "sub-0", **headers: Any) -> None:
        """And wait until it stands."""
        await self.send("SUBSCRIBE", id=id_, destination=destination, receipt=f"r-{id_}", **headers)
        await self.receipt(f"r-{id_}")

    async def say(self, destination: str, body: bytes, receipt: str, **headers: Any) -> int:
        """Send and wait for the receipt; the entry's number."""
        await self.send("SEND", body, destination=destination, receipt=receipt, **headers)
        return int((await self.receipt(receipt)).headers["seq"])

    async def receipt(self, name: str) -> Got:
        def found() -> list[Got]:
            return [f for f in self.of("RECEIPT") if f.headers["receipt-id"] == name]

        await self.until(lambda: bool(found()))
        return found()[0]

    def of(self, command: str) -> list[Got]:
        return [f for f in self.frames if f.command == command]

    def messages(self, subscription: str = "sub-0") -> list[Got]:
        return [f for f in self.of("MESSAGE") if f.headers["subscription"] == subscription]

    def seqs(self, subscription: str = "sub-0") -> list[int]:
        return [int(m.headers["seq"]) for m in self.messages(subscription)]

    async def ends(self, code: str, close: int, wait: float = WAIT) -> Got:
        """Wait for an ERROR with this code and a close with that one."""
        await self.until(lambda: self.closed is not None, wait)
        errors = self.of("ERROR")
        assert [e.headers["code"] for e in errors] == [code], self.frames[-3:]
        assert self.closed == close
        return errors[0]

    async def until(self, condition: Callable[[], bool], wait: float = WAIT) -> None:
        try:
            async with asyncio.timeout(wait), self._news:
                await self._news.wait_for(condition)
        except TimeoutError:
            raise AssertionError(
                f"not within {wait} s; last frames: {self.frames[-4:]}, closed {self.closed}"
            ) from None


class SockJsClient(StompClient):
    """The same through SockJS's websocket transport."""

    def __init__(self, port: int, **options: Any) -> None:
        super().__init__(port, path="/ws-stomp/123/abcdefgh/websocket", subprotocols=(), **options)
        self.controls: list[str] = []

    def take(self, message: str | bytes) -> None:
        assert isinstance(message, str)
        if message[0] == "a":
            for text in json.loads(message[1:]):
                super().take(text)
        else:
            self.controls.append(message)

    async def send(self, command: str, body: bytes = b"", **headers: Any) -> None:
        await self.raw(json.dumps([frame(command, body, **headers).decode()]))
