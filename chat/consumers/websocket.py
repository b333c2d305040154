"""The JSON endpoint `/ws`: Channels' consumer as a translator between ASGI and a session.

It takes no channel of its own (the hub has one for the process) and its loop awaits `receive` directly: Channels'
dispatch would hop to a thread for every frame.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.db import Error as DatabaseError

from chat import principals
from chat.consumers.session import Session
from chat.live import get_live
from chat.realtime import close_codes
from chat.realtime.direct_outbox import LINK, DirectOutbox, OpenLink
from chat.realtime.outbox import AsgiOutbox, Outbox
from chat.realtime.protocol import SUBPROTOCOL

logger = logging.getLogger(__name__)


class ChatConsumer(AsyncConsumer):
    """Signed-in people by session cookie; `rualone.v1` or no subprotocol."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.base_send = scope, send
        self._ending: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._work: list[Coroutine[Any, Any, None]] = []
        if (await receive())["type"] != "websocket.connect":
            return
        offered = scope.get("subprotocols") or []
        await send(
            {"type": "websocket.accept", "subprotocol": SUBPROTOCOL if SUBPROTOCOL in offered else None}
        )
        session = await self._session()
        if session is not None:
            await self._serve(session, receive)

    async def _session(self) -> Session | None:
        """Who is there, or None after closing: accepted first, because a refused handshake loses the code."""
        cookie = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME, "")
        try:
            live = await get_live()
            principal = await live.store.read(principals.principal, cookie) if cookie else None
        except DatabaseError as error:
            logger.warning("a connection was turned away: %r", error)
            await self._send_close(close_codes.TRY_LATER)
            return None
        if principal is None:
            await self._send_close(close_codes.SIGN_IN)
            return None
        if live.crowded(principal.key.user_id):
            await self._send_close(close_codes.TOO_FAST)
            return None
        return Session(live, principal, self._outbox, self._end)

    def _outbox(self, drained: Callable[[], None]) -> Outbox:
        """Straight to the socket where the server offers that (chat/serving), else over ASGI's send."""
        open_link: OpenLink | None = (self.scope.get("extensions") or {}).get(LINK)
        if open_link and (link := open_link(self._take)):
            return DirectOutbox(link, drained, self._end)
        outbox = AsgiOutbox(self._send_text, drained)
        self._work.append(outbox.run())
        return outbox

    async def _serve(self, session: Session, receive: Any) -> None:
        self._active = session
        session.start()
        self._work.append(self._receive(receive))
        tasks = [asyncio.ensure_future(work) for work in self._work]
        try:
            watched: list[asyncio.Future[Any]] = [*tasks, self._ending]
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await session.stop()
        self._log(results)
        if self._ending.done():
            with contextlib.suppress(OSError):
                await self._send_close(self._ending.result())

    async def _receive(self, receive: Any) -> None:
        while (event := await receive())["type"] == "websocket.receive":
            text = event.get("text")
            if text is None:
                self._end(close_codes.BAD_FRAME)
            else:
                self._take(text)

    def _take(self, text: str) -> None:
        """One frame, from here or from the worker's reading itself: it must not raise into that."""
        if self._ending.done():
            return
        try:
            self._active.receive(text)
        except Exception:  # a bug of ours ends this connection, not the worker's reading of all others
            logger.exception("a connection failed")
            self._end(close_codes.TRY_LATER)

    def _log(self, results: list[Any]) -> None:
        for result in results:
            if isinstance(result, Exception):
                logger.error("a connection failed", exc_info=result)

    def _end(self, code: int) -> None:
        if not self._ending.done():
            self._ending.set_result(code)

    async def _send_text(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

    async def _send_close(self, code: int) -> None:
        await self.base_send({"type": "websocket.close", "code": code})
