"""Daphne's server with our protocol class, bounded input, and an end that cuts nobody off."""

import asyncio
import logging
import random
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from daphne.server import Server  # installs the asyncio reactor
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer, reactor

from chat.realtime.direct_outbox import LINK
from chat.serving.intake import Intake
from chat.serving.state import RESTART, state
from chat.serving.websocket import BoundedWebSocketProtocol

logger = logging.getLogger(__name__)

FLUSH: Final = 0.1  # seconds for the last answers to leave twisted's buffers
CANCEL_WITHIN: Final = 3.0  # seconds for what had to be cancelled


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
        self._drain_window, self._drain_within, self._closing = drain_window, drain_within, closing
        self._ports: list[Any] = []
        self._when_ready = when_ready
        self.ready_callable = self._ready

    def _ready(self) -> None:
        """Daphne calls this just before the reactor starts; by then it has made its factory."""
        self.ws_factory.protocol = BoundedWebSocketProtocol
        if self._listener is not None:  # Daphne's fd endpoint takes every socket for IPv4
            adopt = reactor.adoptStreamPort
            self.listen_success(adopt(self._listener.fileno(), self._listener.family, self.http_factory))
            self._listener.close()  # twisted has its own duplicate
        reactor.callWhenRunning(self._when_ready)

    def listen_success(self, port: Any) -> None:
        self._ports.append(port)
        super().listen_success(port)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """As Daphne's, with a bounded queue for WebSockets: it makes its own inside, so it cannot be handed one
        (tests/serving/test_private.py)."""
        if not isinstance(protocol, BoundedWebSocketProtocol):
            return super().create_application(protocol, scope)
        scope.setdefault("asgi", {"version": "3.0"})
        scope.setdefault("extensions", {})[LINK] = protocol.open_link
        queue = protocol.intake = Intake(protocol.pause_reading, protocol.resume_reading)
        application = _come_back if state.draining else self.application
        running = application(scope=scope, receive=queue.get, send=partial(self.handle_reply, protocol))
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(running)
        return queue

    # --- the end --------------------------------------------------------------------------------------------------

    def kill_all_applications(self) -> defer.Deferred[None]:
        """Daphne's hook before the reactor stops, which waits for the Deferred returned."""
        state.draining = True
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._drain()))

    async def _drain(self) -> None:
        for port in self._ports:
            port.stopListening()
        sockets = [p for p in self.connections if isinstance(p, WebSocketProtocol)]
        logger.info(
            "draining: %d WebSockets, %d requests", len(sockets), len(self.connections) - len(sockets)
        )
        random.shuffle(sockets)
        loop = asyncio.get_running_loop()
        for number, protocol in enumerate(sockets):
            loop.call_later(self._drain_window * number / len(sockets), self._send_away, protocol)
        gone = await self._all_ended(self._drain_window + self._drain_within)
        if not gone:
            await self._cancel_all()
        await self._closing()

    def _send_away(self, protocol: Any) -> None:
        if protocol.state == protocol.STATE_OPEN:
            protocol.sendCloseFrame(code=RESTART)

    def _running(self) -> list[Any]:
        """Applications that have not ended; a connection that is just being made has none yet."""
        applications = [details.get("application_instance") for details in self.connections.values()]
        return [a for a in applications if a is not None and not a.done()]

    async def _all_ended(self, within: float) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while (running := self._running()) and (left := end - loop.time()) > 0:
            await asyncio.wait(running, timeout=left)
        await asyncio.sleep(FLUSH)
        return not self._running()

    async def _cancel_all(self) -> None:
        running = self._running()
        logger.warning("%d connections did not end in time and are cut off", len(running))
        for application in running:
            application.cancel()
        await asyncio.wait(running, timeout=CANCEL_WITHIN)
