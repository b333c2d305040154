"""Daphne's server with our protocol class, bounded input, and an end that cuts nobody off."""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from types import FrameType
from typing import Any, Final

from daphne.server import Server  # installs the asyncio reactor
from twisted.internet import defer, reactor

from chat.realtime.direct_outbox import LINK
from chat.serving import sockets
from chat.serving.drain import Drain
from chat.serving.intake import Intake
from chat.serving.parentage import has_parent, orphaned
from chat.serving.state import RESTART, state
from chat.serving.websocket import BoundedWebSocketProtocol, configured

logger = logging.getLogger(__name__)

PARENT_EVERY: Final = 2.0  # seconds between two looks at whether our parent lives


async def _come_back(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The application for who comes while we go."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": RESTART})
    while (await receive())["type"] != "websocket.disconnect":
        pass


class DrainingServer(Server):
    """`listener`: a listening socket to serve on, besides Twisted's `endpoints`; `drain_window`: seconds over which
    connections are told to come back (1012); `drain_within`: seconds for them and for HTTP in flight; `when_ready`:
    called once we serve; `closing`: what the application has to finish last."""

    def __init__(
        self,
        *args: Any,
        endpoints: Sequence[str],
        listener: socket.socket | None,
        drain_window: float,
        drain_within: float,
        when_ready: Callable[[], None],
        closing: Callable[[], Awaitable[None]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, endpoints=endpoints or ["a listener instead"], **kwargs)
        self.endpoints = list(endpoints)  # Daphne insists on one at first, and listens on each in run()
        self._listener = listener
        self._draining: dict[str, Any] = {"window": drain_window, "within": drain_within, "closing": closing}
        self.complete = True  # whether the end cut nothing off
        self._ports: list[Any] = []
        self._when_ready = when_ready
        self.ready_callable = self._ready

    def _ready(self) -> None:
        """Daphne calls this just before the reactor starts; by then it has made its factory."""
        self.ws_factory.protocol = configured(self.ws_factory)
        if self._listener is not None:  # Daphne's fd endpoint takes every socket for IPv4
            adopt = reactor.adoptStreamPort
            self.listen_success(adopt(self._listener.fileno(), self._listener.family, self.http_factory))
            self._listener.close()  # twisted has its own duplicate
        reactor.callWhenRunning(self._when_ready)
        reactor.callLater(PARENT_EVERY, self._look_for_parent)

    def listen_success(self, port: Any) -> None:
        self._ports.append(port)
        sockets.limit_send_buffer(port.fileno())  # Twisted's endpoints leave it to the kernel
        super().listen_success(port)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """As Daphne's, with a bounded queue for WebSockets: it makes its own inside, so it cannot be handed one
        (tests/serving/test_private.py)."""
        if not isinstance(protocol, BoundedWebSocketProtocol):
            return super().create_application(protocol, scope)
        scope.setdefault("asgi", {"version": "3.0"})
        scope.setdefault("extensions", {})[LINK] = protocol.open_link
        queue = protocol.intake = Intake(protocol.pause_reading, protocol.resume_reading)
        running = self._run_application(protocol, scope, queue.get)
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(running)
        return queue

    async def _run_application(self, protocol: Any, scope: dict[str, Any], receive: Any) -> None:
        """One turn later, when the end of a client that did not wait for its turn has been read."""
        await asyncio.sleep(0)
        details = self.connections.get(protocol)
        if details is None or "disconnected" in details:
            return
        application = _come_back if state.draining else self.application
        await application(scope=scope, receive=receive, send=partial(self.handle_reply, protocol))

    # --- the end --------------------------------------------------------------------------------------------------

    def kill_all_applications(self) -> defer.Deferred[None]:
        """Daphne's hook before the reactor stops, which waits for the Deferred returned."""
        state.draining = True
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._drain()))

    async def _drain(self) -> None:
        drain = Drain(self.connections, self._ports, **self._draining)

        def hurry(number: int, frame: FrameType | None) -> None:
            reactor.callFromThread(drain.hurry)

        # Under a parent SIGTERM may come twice: from it and from a service manager that signals all processes.
        for number in (signal.SIGINT,) if has_parent() else (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, hurry)
        await drain.run()
        self.complete = drain.complete

    def _look_for_parent(self) -> None:
        if orphaned():
            logger.warning("the parent is gone")
            self.stop()
        else:
            reactor.callLater(PARENT_EVERY, self._look_for_parent)
