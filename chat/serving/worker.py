"""One worker process: Daphne's server on a listening socket, or on Twisted endpoint strings (TLS)."""

import logging
import os
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.module_loading import import_string

from chat.live import shutdown
from chat.serving.parentage import tell_ready
from chat.serving.sockets import ServeError

logger = logging.getLogger(__name__)

ACCEPT_WITHIN: Final = 60
"""Seconds for the application to accept a WebSocket. Daphne gives it 5 and then cuts the line, which turns a storm of
reconnects into two: who waits long must only wait."""

FRAME_MAX: Final = 256 * 1024  # bytes of one WebSocket frame or message; the protocol's own limit is 64 KiB


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds that a worker takes for things."""

    drain_window: float = 3.0
    drain_within: float = 10.0
    http_timeout: int = 60
    ping_interval: int = 20
    ping_timeout: int = 30


def run(bounds: Bounds, *, listener: socket.socket | None = None, endpoints: Sequence[str] = ()) -> None:
    """Serve until SIGTERM or SIGINT; returns when everybody has been sent away and everything is written."""
    from chat.serving.server import DrainingServer  # installs the reactor, which the parent must not have

    server = DrainingServer(
        application=import_string(settings.ASGI_APPLICATION),
        endpoints=endpoints,
        listener=listener,
        http_timeout=bounds.http_timeout,
        ping_interval=bounds.ping_interval,
        ping_timeout=bounds.ping_timeout,
        websocket_timeout=-1,
        websocket_connect_timeout=ACCEPT_WITHIN,
        websocket_handshake_timeout=ACCEPT_WITHIN,
        websocket_max_message_size=FRAME_MAX,
        websocket_max_frame_size=FRAME_MAX,
        server_name="",
        verbosity=1,
        when_ready=tell_ready,
        drain_window=bounds.drain_window,
        drain_within=bounds.drain_within,
        closing=shutdown,
    )
    server.run()
    if server.abort_start:
        raise ServeError("Cannot listen on one of the endpoints; the reason is above.")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # one that comes late does not turn a clean end into another
    if not server.complete:
        logging.shutdown()
        os._exit(0)  # Python would wait for threads: one that is stuck in a query has nobody left to answer
