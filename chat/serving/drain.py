"""The end of a worker: who waits is let in, everybody is told to come back, what runs is finished."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.interfaces import IReadDescriptor

from chat.serving import sockets
from chat.serving.state import RESTART

logger = logging.getLogger(__name__)

LET_IN_WITHIN: Final = 2.0  # seconds of accepting at most: on a busy port somebody always comes
ROUNDS: Final = 32  # of accepting in one turn of the loop; twisted takes more in each, 10,000 in as many
SPEAK_WITHIN: Final = 0.3  # seconds for the requests of those let in last; most have sent theirs long ago
FLUSH: Final = 0.1  # seconds for the last answers to leave twisted's buffers
CANCEL_WITHIN: Final = 3.0  # seconds for what had to be cancelled
HURRY: Final = 0.4  # seconds for each step after `hurry()`


class Drain:
    """Made when the server has been told to go; `run()` returns when it may. `hurry()` shortens it to about a second.

    `connections`: Daphne's own, which still changes; `window`: seconds over which WebSockets are told to come back
    (1012), in random order; `within`: seconds besides for what runs; `closing`: what the application has to finish
    last.
    """

    def __init__(
        self,
        connections: Mapping[Any, Mapping[str, Any]],
        ports: Collection[Any],
        *,
        window: float,
        within: float,
        closing: Callable[[], Awaitable[None]],
    ) -> None:
        self._connections, self._ports = connections, ports
        self._window, self._within, self._closing = window, within, closing
        self._goodbyes: list[asyncio.TimerHandle] = []
        self._hurried = asyncio.get_running_loop().create_future()
        self.complete = True
        """Whether nothing had to be cut off."""

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._window + self._within
        await self._let_in()
        self._say_goodbye()
        if not await self._in_time(self._all_ended(), end - loop.time()):
            await self._cancel_all()
        await asyncio.sleep(FLUSH)
        if not await self._in_time(self._closing(), None):
            logger.warning("what was still to be written is given up")
            self.complete = False

    def hurry(self) -> None:
        """On the loop. Everybody is sent away now; nothing gets more than a moment."""
        if self._hurried.done():
            return
        logger.warning("a second signal: everybody is sent away now")
        self._hurried.set_result(None)
        for goodbye in self._goodbyes:
            goodbye.cancel()
        for protocol in self._sockets():
            _send_away(protocol)

    async def _let_in(self) -> None:
        """Accept until nobody waits, then stop listening: a socket that is closed resets those who wait on it."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LET_IN_WITHIN
        came = False
        while self._accept() and loop.time() < end and not self._hurried.done():
            came = True
            await asyncio.sleep(0)
        for port in self._ports:
            port.stopListening()
        if came:
            await asyncio.sleep(SPEAK_WITHIN)

    def _accept(self) -> bool:
        """Whether somebody waited; all who did have been accepted, unless they are very many."""
        came = False
        for port in self._ports:
            if not IReadDescriptor.providedBy(port):
                continue  # an endpoint that is not a listening socket
            for _ in range(ROUNDS):
                if not sockets.somebody_waits(port.fileno()):
                    break
                port.doRead()
                came = True
        return came

    def _say_goodbye(self) -> None:
        everybody = self._sockets()
        logger.info(
            "draining: %d WebSockets, %d requests", len(everybody), len(self._connections) - len(everybody)
        )
        random.shuffle(everybody)
        window = 0.0 if self._hurried.done() else self._window
        loop = asyncio.get_running_loop()
        for number, protocol in enumerate(everybody):
            self._goodbyes.append(loop.call_later(window * number / len(everybody), _send_away, protocol))

    def _sockets(self) -> list[WebSocketProtocol]:
        return [protocol for protocol in self._connections if isinstance(protocol, WebSocketProtocol)]

    def _running(self) -> list[asyncio.Future[Any]]:
        """Applications that have not ended; a connection that is just being made has none yet."""
        applications = [details.get("application_instance") for details in self._connections.values()]
        return [a for a in applications if a is not None and not a.done()]

    async def _all_ended(self) -> None:
        while running := self._running():
            await asyncio.wait(running)

    async def _cancel_all(self) -> None:
        self.complete = False
        running = self._running()
        logger.warning("%d connections did not end in time and are cut off", len(running))
        for application in running:
            application.cancel()
        if running:
            await self._in_time(asyncio.wait(running), CANCEL_WITHIN)

    async def _in_time(self, work: Awaitable[Any], seconds: float | None) -> bool:
        """Whether `work` ended within `seconds`, or HURRY after `hurry()`; cancelled otherwise."""
        task = asyncio.ensure_future(work)
        await asyncio.wait([task, self._hurried], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._hurried.done() and not task.done():
            await asyncio.wait([task], timeout=HURRY)
        if not task.done():
            task.cancel()
            return False
        await task
        return True


def _send_away(protocol: Any) -> None:
    if protocol.state == protocol.STATE_OPEN:
        protocol.sendCloseFrame(code=RESTART)
