"""Where a WebSocket may come from, at endpoints that take tokens too."""

from typing import Any

from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import CookieMiddleware


class OriginOrToken:
    """A browser always sends the Origin of its page (RFC 6455 section 4.1): it must be one of our hosts. Who sends none
    is no browser; its cookies are not looked at, so that only a token, which nobody sends unwittingly, signs in."""

    def __init__(self, app: Any) -> None:
        self._checked = AllowedHostsOriginValidator(CookieMiddleware(app))
        self._bare = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        if any(name == b"origin" for name, _ in scope["headers"]):
            return await self._checked(scope, receive, send)
        return await self._bare({**scope, "cookies": {}}, receive, send)
