"""The STOMP endpoint `/ws-stomp`: over plain WebSocket, and over SockJS's framing of one."""

import logging
from collections.abc import Sequence
from typing import ClassVar, Final

from django.conf import settings
from django.db import Error as DatabaseError

from chat.consumers.socket import Client, SocketConsumer
from chat.consumers.stomp_connection import Credentials, StompConnection
from chat.live import get_live
from chat.realtime import close_codes
from chat.realtime.stomp_wire import PLAIN, SOCKJS, Packing

logger = logging.getLogger(__name__)

SUBPROTOCOLS: Final = ("v12.stomp", "v11.stomp", "v10.stomp")
MESSAGE_MAX: Final = 1280 * 1024
"""Bytes of one WebSocket message. Far more than a frame may have, so that a body of a megabyte is refused by name."""


class StompConsumer(SocketConsumer):
    """CONNECT decides the version; the subprotocol is for clients that insist on one, and many offer none."""

    packing: ClassVar[Packing] = PLAIN

    def subprotocol(self, offered: Sequence[str]) -> str | None:
        return next((name for name in SUBPROTOCOLS if name in offered), None)

    async def open(self) -> Client | None:
        try:
            live = await get_live()
        except DatabaseError as error:
            logger.warning("a connection was turned away: %r", error)
            await self.close(close_codes.TRY_LATER)
            return None
        headers = dict(self.scope["headers"])
        credentials = Credentials(
            self.scope["cookies"].get(settings.SESSION_COOKIE_NAME, ""),
            headers.get(b"authorization", b"").decode("latin-1"),
        )
        return StompConnection(
            live,
            credentials,
            lambda drained: self.outbox(drained, MESSAGE_MAX),
            self.end,
            packing=self.packing,
            beat=settings.CHAT["STOMP_HEARTBEAT_MS"],
            topics=bool(settings.CHAT["STOMP_TOPICS"]),
        )


class SockJsConsumer(StompConsumer):
    packing = SOCKJS

    def subprotocol(self, offered: Sequence[str]) -> None:
        """SockJS has none."""
        return None
