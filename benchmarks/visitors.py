"""People who come to a room of ours: each opens a WebSocket, joins, and has arrived when they hold the room's head.

One thread, one selector; nobody waits for anybody else.
"""

import heapq
import json
import random
import selectors
import socket
import time
from dataclasses import dataclass, field

import msgspec

from benchmarks import websocket

_decode = msgspec.json.Decoder().decode
READ = 1 << 18
BACK_OFF, BACK_OFF_MAX = 0.5, 30.0  # seconds: exponential with full jitter


@dataclass(eq=False)
class Visitor:
    """One connection. `since` and `epoch` resume; without them the newest page is asked for. Times: perf_counter."""

    room: str
    session: str
    since: int | None = None
    epoch: str = ""
    begun: float = 0.0  # when they wanted to come; of a second attempt still the first
    asked: float = 0.0  # when the join went out
    arrived: float = 0.0
    head: int = -1
    recovered: bool = False
    seqs: list[int] = field(default_factory=list)  # of the entries that came, in the order in which they came
    attempts: int = 0
    link: socket.socket | None = None
    incoming: websocket.Incoming = field(default_factory=websocket.Incoming)
    handshake: bytes | None = b""  # None: upgraded


class Door:
    """Lets visitors in at one server."""

    def __init__(self, port: int, *, patient: bool = False) -> None:
        """`patient`: one whose connection broke comes again as our page does (static/js/backoff.js)."""
        self.port, self._patient = port, patient
        self._selector = selectors.DefaultSelector()
        self._later: list[tuple[float, int, int, Visitor]] = []
        self.arrived: list[Visitor] = []
        self.broken: list[str] = []

    def come(self, visitor: Visitor, wanted: float | None = None) -> None:
        """Begin to connect; `wanted`: when they should have come, if that is earlier than now."""
        visitor.begun = visitor.begun or wanted or time.perf_counter()
        visitor.attempts += 1
        visitor.handshake, visitor.incoming, visitor.seqs = b"", websocket.Incoming(), []
        visitor.link = link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        link.setblocking(False)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.connect_ex(("127.0.0.1", self.port))
        self._selector.register(link, selectors.EVENT_WRITE, visitor)

    def poll(self, timeout: float) -> None:
        """Handle what has happened, waiting up to `timeout` seconds for it."""
        for key, events in self._selector.select(timeout):
            visitor: Visitor = key.data
            try:
                if events & selectors.EVENT_WRITE:
                    self._connected(visitor)
                else:
                    self._read(visitor)
            except OSError as error:
                self._failed(visitor, str(error))
        now = time.perf_counter()
        while self._later and self._later[0][0] <= now:
            self.come(heapq.heappop(self._later)[-1])

    def leave(self, visitor: Visitor) -> None:
        """Close politely."""
        if visitor.link:
            self._selector.unregister(visitor.link)
            try:
                visitor.link.send(websocket.masked((1000).to_bytes(2), websocket.CLOSE))
            except OSError:
                pass  # the server has gone: there is nobody to be polite to
            visitor.link.close()
            visitor.link = None

    def _connected(self, visitor: Visitor) -> None:
        assert visitor.link
        if number := visitor.link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(number, "no connection")
        cookie = {"Cookie": f"sessionid={visitor.session}"}
        visitor.link.send(websocket.request("/ws", self.port, cookie))
        self._selector.modify(visitor.link, selectors.EVENT_READ, visitor)

    def _read(self, visitor: Visitor) -> None:
        assert visitor.link
        if not (data := visitor.link.recv(READ)):
            raise ConnectionError("closed by the server")
        if visitor.handshake is not None:
            visitor.handshake += data
            head, found, data = visitor.handshake.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                raise ConnectionError(head.splitlines()[0].decode())
            visitor.handshake = None
            join = {"type": "join", "room": visitor.room}
            if visitor.since is not None:
                join |= {"since": visitor.since, "epoch": visitor.epoch}
            visitor.asked = time.perf_counter()
            visitor.link.send(websocket.masked(json.dumps(join).encode()))
        for opcode, payload in visitor.incoming.feed(data):
            if opcode == websocket.TEXT:
                self._take(visitor, payload)
            elif opcode == websocket.CLOSE:
                raise ConnectionError(f"closed: {payload!r}")

    def _take(self, visitor: Visitor, payload: bytes) -> None:
        if payload.startswith((b'{"type":"error"', b'{"type":"resync"')):
            raise ConnectionError(payload.decode())
        if not payload.startswith((b'{"type":"joined"', b'{"type":"entries"')):
            return
        frame = _decode(payload)
        visitor.seqs += [item["seq"] for item in frame["items"]]
        if frame["type"] == "joined":
            visitor.head, visitor.epoch, visitor.recovered = frame["head"], frame["epoch"], frame["recovered"]
        stand = visitor.seqs[-1] if visitor.seqs else visitor.since or 0
        if not visitor.arrived and visitor.head >= 0 and stand >= visitor.head:
            visitor.arrived = time.perf_counter()
            self.arrived.append(visitor)

    def _failed(self, visitor: Visitor, why: str) -> None:
        if visitor.link:
            self._selector.unregister(visitor.link)
            visitor.link.close()
            visitor.link = None
        self.broken.append(why)
        if not visitor.arrived and self._patient:
            wait = random.uniform(0, min(BACK_OFF * 2 ** (visitor.attempts - 1), BACK_OFF_MAX))
            heapq.heappush(self._later, (time.perf_counter() + wait, visitor.attempts, id(visitor), visitor))
