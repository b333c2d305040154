"""The JSON endpoint `/ws`: signed-in people by session cookie; `rualone.v1` or no subprotocol."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import Error as DatabaseError

from chat import principals
from chat.consumers.json_session import JsonSession
from chat.consumers.socket import Client, SocketConsumer
from chat.live import get_live
from chat.realtime import close_codes
from chat.realtime.protocol import SUBPROTOCOL

logger = logging.getLogger(__name__)


class ChatConsumer(SocketConsumer):
    def subprotocol(self, offered: Sequence[str]) -> str | None:
        return SUBPROTOCOL if SUBPROTOCOL in offered else None

    async def open(self) -> Client | None:
        cookie = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME, "")
        try:
            live = await get_live()
            principal = await live.store.read(principals.principal, cookie) if cookie else None
        except DatabaseError as error:
            logger.warning("a connection was turned away: %r", error)
            await self.close(close_codes.TRY_LATER)
            return None
        if principal is None:
            await self.close(close_codes.SIGN_IN)
            return None
        if live.crowded(principal.key.user_id):
            await self.close(close_codes.TOO_FAST)
            return None
        return JsonSession(live, principal, self.outbox, self.end)
