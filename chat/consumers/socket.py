"""What every WebSocket endpoint does: Channels' consumer as a translator between ASGI and one client.

It takes no channel of its own (the hub has one for the process) and its loop awaits `receive` directly: Channels'
dispatch would hop to a thread for every frame.
"""

import asyncio
import contextlib
import logging
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from channels.consumer import AsyncConsumer

from chat.realtime import close_codes
from chat.realtime.direct_outbox import LINK, DirectOutbox, OpenLink
from chat.realtime.outbox import AsgiOutbox, Outbox

logger = logging.getLogger(__name__)

FLUSH_WITHIN: Final = 1.0  # seconds that the last answers have before a close, where the server queues them


class Client(Protocol):
    """One end of a connection in this process."""

    def start(self) -> None:
        """The outbox may be written to."""

    def receive(self, message: str | bytes) -> None:
        """One WebSocket message; must not wait."""

    async def stop(self) -> None:
        """The connection is gone."""


class SocketConsumer(AsyncConsumer):
    """Accepts, lets `open` say who there is to talk to, and carries messages until either side ends."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.base_send = scope, send
        self._ending: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._asgi: AsgiOutbox | None = None
        if (await receive())["type"] != "websocket.connect":
            return
        chosen = self.subprotocol(scope.get("subprotocols") or [])
        await send({"type": "websocket.accept", "subprotocol": chosen})
        client = await self.open()
        if client is not None:
            await self._serve(client, receive)

    @abstractmethod
    def subprotocol(self, offered: Sequence[str]) -> str | None:
        """The one we take."""

    @abstractmethod
    async def open(self) -> Client | None:
        """The client's end here, or None after closing: accepted first, because a refused handshake loses the code."""

    def outbox(self, drained: Callable[[], None], longest: int | None = None) -> Outbox:
        """Straight to the socket where the server offers that (chat/serving), else over ASGI's send. `longest`: bytes
        of the client's messages, where the server's own bound is not to hold."""
        open_link: OpenLink | None = (self.scope.get("extensions") or {}).get(LINK)
        if open_link and (link := open_link(self._take, longest)):
            return DirectOutbox(link, drained, self.end)
        self._asgi = AsgiOutbox(self._send, drained)
        return self._asgi

    def end(self, code: int) -> None:
        """Close with a code, once."""
        if not self._ending.done():
            self._ending.set_result(code)

    async def close(self, code: int) -> None:
        """At once; for before there is a client."""
        await self.base_send({"type": "websocket.close", "code": code})

    async def _serve(self, client: Client, receive: Any) -> None:
        self._client = client
        client.start()
        tasks = [asyncio.ensure_future(self._receive(receive))]
        if self._asgi is not None:
            tasks.append(asyncio.ensure_future(self._asgi.run()))
        try:
            watched: list[asyncio.Future[Any]] = [*tasks, self._ending]
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            if self._asgi is not None and self._ending.done() and not tasks[-1].done():
                await self._asgi.flush(FLUSH_WITHIN)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await client.stop()
        self._log(results)
        if self._ending.done():
            with contextlib.suppress(OSError):
                await self.close(self._ending.result())

    async def _receive(self, receive: Any) -> None:
        while (event := await receive())["type"] == "websocket.receive":
            text = event.get("text")
            self._take(event["bytes"] if text is None else text)

    def _take(self, message: str | bytes) -> None:
        """One message, from here or from the worker's reading itself: it must not raise into that."""
        if self._ending.done():
            return
        try:
            self._client.receive(message)
        except Exception:  # a bug of ours ends this connection, not the worker's reading of all others
            logger.exception("a connection failed")
            self.end(close_codes.TRY_LATER)

    def _log(self, results: list[Any]) -> None:
        for result in results:
            if isinstance(result, Exception):
                logger.error("a connection failed", exc_info=result)

    async def _send(self, message: str | bytes) -> None:
        kind = "text" if isinstance(message, str) else "bytes"
        await self.base_send({"type": "websocket.send", kind: message})
