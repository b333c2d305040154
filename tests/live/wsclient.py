"""A client of `rualone.v1` that folds what it gets and notes every breach of the promise "once and in order"."""

import asyncio
import contextlib
import json
import socket
import ssl
from collections.abc import Callable
from typing import Any, Self

import websockets

WAIT = 40.0


class RoomFold:
    """What one subscription has seen of one room."""

    def __init__(self) -> None:
        self.position: int | None = None
        self.state: dict[int, tuple[int, dict[str, Any]]] = {}
        self.breaches: list[str] = []
        self.order: list[int] = []

    def joined(self, frame: dict[str, Any]) -> None:
        if frame["recovered"]:
            self._take(frame["items"])
        else:
            self.state = {}
            for item in frame["items"]:
                self._apply(item)
        self.position = max(frame["head"], self.position or 0)

    def entries(self, frame: dict[str, Any]) -> None:
        self._take(frame["items"])

    def _take(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            if self.position is not None and item["seq"] != self.position + 1:
                self.breaches.append(f"{item['seq']} after {self.position}")
            self.position = item["seq"]
            self._apply(item)

    def _apply(self, item: dict[str, Any]) -> None:
        self.order.append(item["seq"])
        self._set(item["seq"], item.get("rev", 0), item["data"])
        if target := item.get("target"):
            self._set(target["seq"], target["rev"], target["data"])

    def _set(self, seq: int, rev: int, data: dict[str, Any]) -> None:
        if seq not in self.state or rev > self.state[seq][0]:
            self.state[seq] = (rev, data)


class WsClient:
    """`async with WsClient(port, session) as client`; frames are read by a task until the line is gone."""

    max_queue = 16  # frames that the library reads ahead

    def __init__(
        self, port: int, session: str, origin: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._url, self._origin = f"ws://127.0.0.1:{port}/ws", origin or f"http://127.0.0.1:{port}"
        if tls is not None:
            self._url, self._origin = f"wss://127.0.0.1:{port}/ws", origin or f"https://127.0.0.1:{port}"
        self._tls = tls
        self._session = session
        self._port = port
        self.rooms: dict[str, RoomFold] = {}
        self.frames: list[dict[str, Any]] = []
        self.acks: dict[str, int] = {}
        self.closed: int | None = None
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self.socket = await websockets.connect(
            self._url,
            subprotocols=[websockets.Subprotocol("rualone.v1")],
            origin=websockets.Origin(self._origin),
            additional_headers={"Cookie": f"sessionid={self._session}"},
            open_timeout=WAIT,
            sock=self._line(),
            ssl=self._tls,
            max_queue=self.max_queue,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    def _line(self) -> socket.socket | None:
        """A connected socket of one's own kind; None leaves it to the library."""
        return None

    async def __aexit__(self, *exc: object) -> None:
        await self.socket.close()
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                await self._take(text)
        except websockets.ConnectionClosed:
            pass
        async with self._news:
            self.closed = self.socket.close_code
            self._news.notify_all()

    async def _take(self, text: str | bytes) -> None:
        frame = json.loads(text)
        async with self._news:
            self._handle(frame)
            self._news.notify_all()

    def _handle(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        match frame["type"]:
            case "joined":
                self.rooms.setdefault(frame["room"], RoomFold()).joined(frame)
            case "entries":
                self.rooms[frame["room"]].entries(frame)
            case "ack":
                self.acks[frame["cid"]] = frame["seq"]

    async def send(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def join(self, room: str, **more: Any) -> RoomFold:
        count = len(self.of("joined"))
        await self.send(type="join", room=room, **more)
        await self.until(lambda: len(self.of("joined")) > count)
        return self.rooms[room]

    async def say(self, room: str, cid: str, body: str) -> int:
        """Send and wait for the ack; the entry's number."""
        await self.send(type="send", room=room, cid=cid, body=body)
        await self.until(lambda: cid in self.acks)
        return self.acks[cid]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [f for f in self.frames if f["type"] == kind]

    def errors(self) -> list[str]:
        return [f["code"] for f in self.of("error")]

    async def until(self, condition: Callable[[], bool], wait: float = WAIT) -> None:
        """Wait until what has arrived fulfils the condition; AssertionError with the last frames otherwise."""
        try:
            async with asyncio.timeout(wait), self._news:
                await self._news.wait_for(condition)
        except TimeoutError:
            raise AssertionError(
                f"not within {wait} s; last frames: {self.frames[-4:]}, closed {self.closed}"
            ) from None
