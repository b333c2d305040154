"""The one way out of a WebSocket: straight to the socket while it takes bytes, else through Twisted, never past it.

Twisted's own write() costs a registration with epoll per frame. While nothing is buffered we write to the socket
ourselves; what does not fit is handed to the transport, and from then on everything queues behind it until the
transport says that it is empty. It says so by `resumeProducing`, because we register as a pull producer
(twisted.internet.interfaces.IPullProducer): no private buffer has to be looked at.
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from twisted.internet.interfaces import IPullProducer
from zope.interface import implementer

QUEUED_MAX: Final = 2 * 1024 * 1024  # bytes behind a full socket; beyond it write() refuses


def _nothing() -> None:
    """Until somebody wants to know of drained."""


@implementer(IPullProducer)
class SocketWriter:
    """Bytes in order to one transport. `full` from the first byte that the kernel does not take until all of them are
    gone; then `on_drained` is called."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        handle = transport.getHandle()
        self._send = handle.send if type(handle) is socket.socket else None  # TLS: only through its transport
        self._queue: list[bytes] = []
        self._queued = 0
        self._closed = False
        self.muted = False  # a close frame has been sent
        self.on_drained: Callable[[], None] = _nothing
        self.rest: Callable[[], None] = _nothing  # read nothing for a moment
        self.gathering = False  # until flush() all that is written waits, to go as one
        self.full = True  # the handshake's answer is in the transport's buffer
        self.since = time.monotonic()  # full since
        self._registering = True
        transport.unregisterProducer()  # twisted's HTTPChannel is still registered after the upgrade
        transport.registerProducer(self, False)  # calls resumeProducing at once
        self._registering = False

    def write(self, data: bytes) -> bool:
        """Write or queue; False, and nothing done, when too much is queued already."""
        if self._closed:
            return True
        if not self.full and not self.gathering:
            self._put(data)
        elif self._queued + len(data) > QUEUED_MAX:
            return False
        else:
            self._queue.append(data)
            self._queued += len(data)
        return True

    def flush(self) -> None:
        """The end of gathering."""
        self.gathering = False
        if self._queue and not self.full and not self._closed:
            self._put(self._unqueued())

    def _unqueued(self) -> bytes:
        data, self._queue, self._queued = b"".join(self._queue), [], 0
        return data

    def send_frame(self, data: bytes) -> bool:
        """write() for a finished frame of the application's: nothing follows a close frame."""
        return self.muted or self.write(data)

    def _put(self, data: bytes) -> None:
        sent = 0
        if self._send is not None:
            with suppress(OSError):  # would block, or broken: the transport meets the same and reports it
                sent = self._send(data)
        if sent < len(data):
            self.full, self.since = True, time.monotonic()
            self._transport.write(data[sent:])

    def resumeProducing(self) -> None:
        """The transport's buffer is empty."""
        if self._registering or self._closed:
            return
        self.full = False
        if self._queue:
            self._put(self._unqueued())
        if not self.full:
            self.on_drained()

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._closed = True
        self._queue.clear()

    def release(self) -> None:
        """Hand what is queued to the transport, which closes when it has written that: it waits for a producer."""
        if not self._closed:
            self._closed = True
            if self._queue:
                self._transport.write(b"".join(self._queue))
                self._queue.clear()
            self._transport.unregisterProducer()
