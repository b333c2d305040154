"""The members' connections of the load generator: opening them, reading what comes, saying what fits.

One thread, one selector, no WebSocket library. Nothing here waits for a server that does not read: what does not fit
into a connection's socket is kept (one frame at most), and until it has left nothing more is taken for it.
"""

import select
import selectors
import socket
import time
from collections.abc import Hashable
from typing import Any

from benchmarks import websocket
from benchmarks.dialects import Delivered, Dialect, Reload
from benchmarks.ledger import Ledger

OPENING = 16  # connections that are opened at a time
OPEN_WITHIN = 180.0  # seconds for all of them
READ = 1 << 17


class Client:
    """One member's connection."""

    __slots__ = (
        "gone",
        "handshake",
        "incoming",
        "index",
        "number",
        "observed",
        "room",
        "socket",
        "stands",
        "unsent",
    )

    def __init__(self, index: int, room: str, observed: bool) -> None:
        self.index, self.room, self.observed = index, room, observed
        self.incoming = websocket.Incoming()
        self.handshake: bytes | None = b""  # None: upgraded
        self.stands: dict[Hashable, int] = {}  # the last number of each stream; empty until it is in
        self.number = 0
        self.unsent = b""  # the end of a frame whose beginning the socket has taken
        self.gone = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)


class Connections:
    def __init__(self, dialect: Dialect, port: int, ledger: Ledger, send_buffer: int | None = None) -> None:
        """`send_buffer`: SO_SNDBUF in bytes, so that a sender notices early that it is not read."""
        self._dialect, self._port, self._ledger, self._send_buffer = dialect, port, ledger, send_buffer
        self._opcode = websocket.BINARY if dialect.binary else websocket.TEXT
        self._selector = selectors.DefaultSelector()
        self.clients: list[Client] = []
        self.inside = 0
        self.broken = 0

    # --- opening --------------------------------------------------------------------------------------------------

    def open_all(self, wanted: list[dict[str, Any]], observe_every: int) -> None:
        """Connect and enter; SystemExit with a sentence when somebody does not get in."""
        waiting = list(enumerate(wanted))[::-1]
        deadline = time.monotonic() + OPEN_WITHIN
        while self.inside < len(wanted):
            while waiting and len(self.clients) - self.inside < OPENING:
                index, who = waiting.pop()
                self._open(Client(index, who["room"], observed=index % observe_every == 0), who["session"])
            self.poll(0.5)
            if self.broken or self._ledger.refusals or time.monotonic() > deadline:
                raise SystemExit(
                    f"{self.inside} of {len(wanted)} connections stand, {self.broken} broke: "
                    f"{self._ledger.refusals[:3]}"
                )

    def _open(self, client: Client, session: str) -> None:
        if self._send_buffer:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._send_buffer)
        client.socket.connect(("127.0.0.1", self._port))
        client.socket.setblocking(False)
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {"Cookie": f"sessionid={session}"} if session else {}
        if self._dialect.subprotocol:
            headers["Sec-WebSocket-Protocol"] = self._dialect.subprotocol
        self.clients.append(client)
        self._selector.register(client.socket, selectors.EVENT_READ, client)
        self._send(client, websocket.request(self._dialect.path(client.room), self._port, headers))

    def _upgraded(self, client: Client, data: bytes) -> bytes | None:
        """Handle the handshake's answer; the bytes after it, None while it is incomplete."""
        client.handshake = (client.handshake or b"") + data
        head, found, rest = client.handshake.partition(b"\r\n\r\n")
        if not found:
            return None
        if not head.startswith(b"HTTP/1.1 101"):
            raise SystemExit(f"the handshake was refused: {head.splitlines()[0].decode()}")
        client.handshake = None
        hello = self._dialect.on_open(client.room)
        if hello is None:
            self.inside += 1
            client.stands[""] = 0
        elif hello:
            self._say(client, hello)
        return rest

    def _enter(self, client: Client, payload: bytes) -> None:
        if self._ledger.answers_returning(client.index, payload):
            return
        try:
            answer = self._dialect.entered(client.room, payload)
        except ValueError as error:
            self._ledger.refusals.append(str(error)[:200])
            return
        if isinstance(answer, bytes):
            self._say(client, answer)
        elif answer is not None:
            self._ledger.enters(client.index, client.stands, client.room, answer)
            self.inside += 1

    def _end(self, client: Client) -> None:
        if not client.gone:
            client.gone = True
            self.broken += 1
            self._selector.unregister(client.socket)
            client.socket.close()

    # --- reading --------------------------------------------------------------------------------------------------

    def poll(self, timeout: float) -> None:
        """Handle what has happened, waiting up to `timeout` seconds for it, to the microsecond."""
        if timeout > 0 and isinstance(self._selector, selectors.EpollSelector):
            select.select([self._selector.fileno()], [], [], timeout)  # epoll itself counts in milliseconds
            timeout = 0
        for key, events in self._selector.select(timeout):
            if events & selectors.EVENT_WRITE:
                self._flush(key.data)
            if events & selectors.EVENT_READ and not key.data.gone:
                self._read(key.data)

    def _read(self, client: Client) -> None:
        try:
            data = client.socket.recv(READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._end(client)
        elif client.handshake is None:
            if not (
                client.stands
                and self._ledger.known(client.room, client.stands, client.incoming, data, client.observed)
            ):
                self._look(client, data)
        elif rest := self._upgraded(client, data):
            self._look(client, rest)

    def _look(self, client: Client, data: bytes) -> None:
        """Frame by frame; what was nothing but the room's next entries is remembered for the other members."""
        rest, stand = client.incoming.rest, client.stands.get(client.room, 0)
        brought: list[Delivered] | None = [] if client.stands else None
        for opcode, payload in client.incoming.feed(data):
            taken = self._frame(client, opcode, payload)
            if client.gone:
                return
            if brought is not None and taken is not None and taken.stream == client.room:
                brought.append(taken)
            else:
                brought = None
        if brought is not None:
            self._ledger.remember(client.room, stand, rest, data, client.incoming.rest, brought)

    def _frame(self, client: Client, opcode: int, payload: bytes) -> Delivered | None:
        if opcode <= websocket.BINARY:
            if payload == self._dialect.ping:
                self._say(client, self._dialect.pong)
            elif client.stands:
                return self._taken(client, payload)
            else:
                self._enter(client, payload)
        elif opcode == websocket.PING:
            self._send(client, websocket.masked(payload, websocket.PONG))
        elif opcode == websocket.CLOSE:
            self._ledger.refusals.append(f"closed: {payload!r}")
            self._end(client)
        return None

    def _taken(self, client: Client, payload: bytes) -> Delivered | None:
        found = self._ledger.take(client.index, client.stands, payload, client.observed)
        if isinstance(found, Reload):
            self.inside -= 1
            if hello := self._dialect.on_open(client.room):
                self._say(client, hello)
            return None
        return found

    # --- saying ---------------------------------------------------------------------------------------------------

    def ready(self, client: Client) -> bool:
        """Whether a message can be sent: the connection is in and has taken all that was said before."""
        return not client.gone and not client.unsent and bool(client.stands)

    def message(self, client: Client, identity: tuple[int, int]) -> None:
        """Send one; only while `ready`."""
        self._say(client, self._dialect.message(client.room, identity))

    def _say(self, client: Client, payload: bytes) -> None:
        self._send(client, websocket.masked(payload, self._opcode))

    def _send(self, client: Client, data: bytes) -> None:
        """What the socket does not take waits in `unsent`: a message's end, and answers to pings behind it."""
        if client.gone:
            return
        if client.unsent:
            client.unsent += data
            return
        try:
            taken = client.socket.send(data)
        except BlockingIOError:
            taken = 0
        except OSError:
            return  # seen as broken when it is read from
        if taken < len(data):
            client.unsent = data[taken:]
            self._selector.modify(client.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, client)

    def _flush(self, client: Client) -> None:
        data, client.unsent = client.unsent, b""
        self._selector.modify(client.socket, selectors.EVENT_READ, client)
        self._send(client, data)
