"""The JSON endpoint `/ws`: people by access token or session cookie; `rualone.v1` or no subprotocol."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import Error as DatabaseError

from accounts.access_tokens import bearer
from chat import principals
from chat.consumers.json_session import JsonSession
from chat.consumers.socket import Client, SocketConsumer
from chat.live import Live, get_live
from chat.principals import Principal
from chat.realtime import close_codes
from chat.realtime.protocol import SUBPROTOCOL

logger = logging.getLogger(__name__)


class ChatConsumer(SocketConsumer):
    def subprotocol(self, offered: Sequence[str]) -> str | None:
        return SUBPROTOCOL if SUBPROTOCOL in offered else None

    async def open(self) -> Client | None:
        try:
            live = await get_live()
            principal = await self._principal(live)
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

    async def _principal(self, live: Live) -> Principal | None:
        """By the handshake's `Authorization: Bearer`, which never falls back to the cookie; else by the session."""
        headers = dict(self.scope["headers"])
        if authorization := headers.get(b"authorization", b"").decode("latin-1"):
            return await live.store.read(principals.token_principal, bearer(authorization))
        cookie = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME, "")
        return await live.store.read(principals.principal, cookie) if cookie else None
