"""Clients that read slowly or not at all."""

import asyncio
import select
import socket
import ssl
import time

from tests.live.wsclient import WsClient


class PausingClient(WsClient):
    """A client that stops reading while `reading` is clear; its socket and its library's buffers fill."""

    max_queue = 1

    def __init__(self, port: int, session: str, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(port, session, tls=tls)
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


def stalled_reader(port: int, session: str, room: str, tls: ssl.SSLContext | None = None) -> socket.socket:
    """Joins a room over a raw socket and never reads again."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    line.connect(("127.0.0.1", port))
    if tls is not None:
        line = tls.wrap_socket(line, server_hostname="127.0.0.1")
    line.sendall(upgrade_request(port, session, "https" if tls else "http"))
    line.recv(200)
    payload = b'{"type":"join","room":"%b"}' % room.encode()
    line.sendall(bytes((0x81, 0x80 | len(payload))) + b"\0\0\0\0" + payload)
    return line


def upgrade_request(port: int, session: str, scheme: str = "http") -> bytes:
    """What a browser sends to open /ws."""
    return (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {scheme}://127.0.0.1:{port}\r\n"
        f"Cookie: sessionid={session}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c3RhbGxlZC1yZWFkZXIhIQ==\r\n\r\n"
    ).encode()


def all_cut_off(lines: list[socket.socket], within: float = 40.0) -> bool:
    """Whether every line is reset within so many seconds. Nothing is read: who reads is not cut off."""
    end = time.monotonic() + within
    resets = select.poll()
    for line in lines:
        resets.register(line, 0)
    left = {line.fileno() for line in lines}
    while left and time.monotonic() < end:
        for descriptor, _ in resets.poll(1_000):
            resets.unregister(descriptor)
            left.discard(descriptor)
    for line in lines:
        line.close()
    return not left


async def say_many(host: WsClient, room: str, name: str, count: int, body: str) -> None:
    """`count` messages, never more than fifty unacknowledged."""
    for n in range(count):
        await host.send(type="send", room=room, cid=f"{name}{n}", body=body)
        if n % 50 == 49:
            await host.until(lambda cid=f"{name}{n}": cid in host.acks)
