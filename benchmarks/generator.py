"""The load generator, a process of its own: `python -m benchmarks.generator < job.json`, its findings to stdout.

One thread, one selector, no WebSocket library. Connections open with OPENING at a time; then the phases of the job run,
each followed by a drain in which everything that was sent must arrive.
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import psutil

from benchmarks import websocket
from benchmarks.dialects import DIALECTS
from benchmarks.ledger import Ledger
from benchmarks.report import percentile

OPENING = 16
OPEN_WITHIN = 180.0  # seconds for all connections
DRAIN_WITHOUT_PROGRESS = 5.0  # seconds after which what has not arrived is lost
READ = 1 << 18


class Client:
    """One member's connection."""

    __slots__ = (
        "handshake",
        "incoming",
        "index",
        "number",
        "observed",
        "path",
        "room",
        "socket",
        "stands",
        "unsent",
    )

    def __init__(self, index: int, room: str, path: str, observed: bool) -> None:
        self.index, self.room, self.path, self.observed = index, room, path, observed
        self.incoming = websocket.Incoming()
        self.handshake: bytes | None = b""  # None: upgraded
        self.stands: dict[Hashable, int] = {}
        self.number = 0
        self.unsent = b""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)


class Generator:
    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.dialect = DIALECTS[job["dialect"]]
        self.opcode = websocket.BINARY if self.dialect.binary else websocket.TEXT
        rooms = {client["room"] for client in job["clients"]}
        self.ledger = Ledger(self.dialect, len(job["clients"]) // len(rooms))
        self.selector = selectors.DefaultSelector()
        self.clients: list[Client] = []
        self.inside = 0
        self.lost_connections = 0
        main = psutil.Process(job["server"])
        self.server = [main, *main.children(recursive=True)]
        self.turn = 0

    def run(self) -> dict[str, Any]:
        """Connect, run the phases, and say what happened."""
        memory = self._memory()
        began = time.perf_counter()
        self._open_all()
        connecting = time.perf_counter() - began
        self._idle(self.job.get("settle", 1.5))  # presence settles, subscriptions stand
        grown = (self._memory() - memory) / len(self.clients) / 1024
        # Neighbours in turn are of different rooms.
        self.order = sorted(self.clients, key=lambda c: (self._place_in_room(c), c.index))
        phases: dict[str, Any] = {}
        for phase in self.job["phases"]:
            if "share" in phase:
                phase["rate"] = phases[phase["of"]]["sent_per_s"] * phase["share"]
            phases[phase["name"]] = self._phase(phase)
        ledger = self.ledger
        return {
            "connect_s": connecting, "kb_per_connection": grown, "phases": phases, "lost": ledger.due,
            "repeated": ledger.repeated, "out_of_order": ledger.out_of_order, "sent": len(ledger.sent),
            "refusals": ledger.refusals[:5], "lost_connections": self.lost_connections,
        }  # fmt: skip

    def _memory(self) -> int:
        return sum(each.memory_info().rss for each in self.server)

    def _place_in_room(self, client: Client) -> int:
        counts = self.__dict__.setdefault("_counts", {})
        counts[client.room] = counts.get(client.room, 0) + 1
        return int(counts[client.room])

    # --- connecting -----------------------------------------------------------------------------------------------

    def _open_all(self) -> None:
        waiting = list(enumerate(self.job["clients"]))[::-1]
        every = self.job["observe_every"]
        deadline = time.monotonic() + OPEN_WITHIN
        while self.inside < len(self.job["clients"]):
            while waiting and len(self.clients) - self.inside < OPENING:
                index, wanted = waiting.pop()
                path = self.dialect.path(wanted["room"])
                client = Client(index, wanted["room"], path, observed=index % every == 0)
                client.socket.connect(("127.0.0.1", self.job["port"]))
                client.socket.setblocking(False)
                client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                headers = {"Cookie": f"sessionid={wanted['session']}"} if wanted["session"] else {}
                if self.dialect.subprotocol:
                    headers["Sec-WebSocket-Protocol"] = self.dialect.subprotocol
                client.socket.sendall(websocket.request(path, self.job["port"], headers))
                self.clients.append(client)
                self.selector.register(client.socket, selectors.EVENT_READ, client)
            self._poll(0.5)
            if self.lost_connections or self.ledger.refusals or time.monotonic() > deadline:
                raise SystemExit(
                    f"{self.inside} of {len(self.job['clients'])} connections stand, {self.lost_connections} broke: "
                    f"{self.ledger.refusals[:3]}"
                )

    def _upgraded(self, client: Client, data: bytes) -> bytes | None:
        """Handle the handshake's answer; the bytes after it, None while it is incomplete."""
        client.handshake = (client.handshake or b"") + data
        head, found, rest = client.handshake.partition(b"\r\n\r\n")
        if not found:
            return None
        if not head.startswith(b"HTTP/1.1 101"):
            raise SystemExit(f"the handshake was refused: {head.splitlines()[0].decode()}")
        client.handshake = None
        hello = self.dialect.on_open(client.room)
        if hello is None:
            self.inside += 1
            client.stands[""] = 0
        elif hello:
            self._say(client, hello)
        return rest

    # --- reading --------------------------------------------------------------------------------------------------

    def _poll(self, timeout: float) -> None:
        for key, _ in self.selector.select(timeout):
            self._read(key.data)

    def _read(self, client: Client) -> None:
        try:
            data = client.socket.recv(READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._gone(client)
            return
        if client.handshake is not None:
            rest = self._upgraded(client, data)
            if not rest:
                return
            data = rest
        for opcode, payload in client.incoming.feed(data):
            if opcode <= websocket.BINARY:
                if payload == self.dialect.ping:
                    self._say(client, self.dialect.pong)
                elif client.stands:
                    self.ledger.take(client.index, client.stands, payload, client.observed)
                else:
                    self._enter(client, payload)
            elif opcode == websocket.PING:
                self._send(client, websocket.masked(payload, websocket.PONG))
            elif opcode == websocket.CLOSE:
                self.ledger.refusals.append(f"closed: {payload!r}")
                self._gone(client)
                return

    def _enter(self, client: Client, payload: bytes) -> None:
        try:
            answer = self.dialect.entered(client.room, payload)
        except ValueError as error:
            self.ledger.refusals.append(str(error)[:200])
            return
        if isinstance(answer, bytes):
            self._say(client, answer)
        elif answer is not None:
            client.stands[client.room] = answer
            self.inside += 1

    def _gone(self, client: Client) -> None:
        self.lost_connections += 1
        self.selector.unregister(client.socket)
        client.socket.close()

    def _idle(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._poll(min(left, 0.1))

    # --- sending --------------------------------------------------------------------------------------------------

    def _send(self, client: Client, data: bytes) -> None:
        """A client's frames are small; a server that does not read them for long is an error of the set-up."""
        try:
            while data:
                data = data[client.socket.send(data) :]
        except BlockingIOError:
            raise SystemExit("the server has stopped reading") from None
        except OSError:
            pass  # seen as lost when it is read from

    def _say(self, client: Client, payload: bytes) -> None:
        self._send(client, websocket.masked(payload, self.opcode))

    def _send_messages(self, count: int) -> None:
        ledger, order = self.ledger, self.order
        for _ in range(count):
            client = order[self.turn % len(order)]
            self.turn += 1
            client.number += 1
            identity = (client.index, client.number)
            ledger.sent[identity] = time.perf_counter()
            self._say(client, self.dialect.message(client.room, identity))

    def _phase(self, phase: dict[str, Any]) -> dict[str, Any]:
        """`window`: that many messages under way at any time; `rate`: that many a second, evenly."""
        ledger, seconds = self.ledger, phase["seconds"]
        start = time.perf_counter()
        begin, end = start + phase["warm_up"], start + phase["warm_up"] + seconds
        sent_before, turn = len(ledger.sent), 0
        marks: list[tuple[float, ...]] = []
        while (now := time.perf_counter()) < end:
            if not marks and now >= begin:
                ledger.latencies.clear()
                marks.append(self._mark(now))
            if "window" in phase:
                count = phase["window"] - -(-ledger.due // ledger._members)
            else:
                count = int((now - start) * phase["rate"]) - turn
            if count > 0:
                turn += count
                self._send_messages(count)
            self._poll(0.002 if "rate" in phase else 0.05)
        marks.append(self._mark(time.perf_counter()))
        latencies = list(ledger.latencies)
        (t0, d0, s0, c0, g0, w0), (t1, d1, s1, c1, g1, w1) = marks
        self._drain()
        took, delivered = t1 - t0, max(d1 - d0, 1)
        return {
            "delivered_per_s": (d1 - d0) / took, "sent_per_s": (s1 - s0) / took, "cpu_us": (c1 - c0) / delivered * 1e6,
            "server_busy": (c1 - c0) / took, "generator_busy": (g1 - g0) / took,
            "server_starved": (w1 - w0) / took, "p50_ms": percentile(latencies, 0.5),
            "p99_ms": percentile(latencies, 0.99), "sent": len(ledger.sent) - sent_before,
        }  # fmt: skip

    def _mark(self, now: float) -> tuple[float, ...]:
        """Time, deliveries, messages sent, the server's CPU seconds, ours, and what the server waited for its core.

        The server is the process that was started and its children."""
        cpu = [each.cpu_times() for each in self.server]
        waited = sum(starved(each.pid) for each in self.server)
        return (
            now,
            self.ledger.delivered,
            len(self.ledger.sent),
            sum(each.user + each.system for each in cpu),
            time.process_time(),
            waited,
        )

    def _drain(self) -> None:
        seen, since = self.ledger.due, time.monotonic()
        while self.ledger.due > 0 and time.monotonic() - since < DRAIN_WITHOUT_PROGRESS:
            self._poll(0.1)
            if self.ledger.due != seen:
                seen, since = self.ledger.due, time.monotonic()
        self._idle(0.3)  # repetitions would come now


def starved(pid: int) -> float:
    """Seconds that its busiest thread was ready to run and had no core, because something else had it; 0 where unknown.

    The busiest is the one that waited longest: the main thread of most systems, the scheduler of Erlang's.
    """
    waited = [0]
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            waited.append(int(thread.read_text().split()[1]))
        except (OSError, IndexError):
            continue  # ended meanwhile
    return max(waited) / 1e9


if __name__ == "__main__":
    print(json.dumps(Generator(json.load(sys.stdin)).run()))
