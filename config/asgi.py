"""HTTP goes to Django, WebSockets to the consumers: from our own pages with a session, or with a token."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_app = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  after django.setup()
from django.urls import path, re_path  # noqa: E402

from chat.consumers.origin import OriginOrToken  # noqa: E402
from chat.consumers.stomp import SockJsConsumer, StompConsumer  # noqa: E402
from chat.consumers.websocket import ChatConsumer  # noqa: E402

json = OriginOrToken(ChatConsumer.as_asgi())
stomp = OriginOrToken(StompConsumer.as_asgi())
sockjs = OriginOrToken(SockJsConsumer.as_asgi())


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    """Any other address: refused (403). Left to Channels, each would be an exception with its stack in the log."""
    await receive()
    await send({"type": "websocket.close"})


application = ProtocolTypeRouter(
    {
        "http": django_app,
        "websocket": URLRouter(
            [
                path("ws", json),
                path("ws-stomp", stomp),
                path("ws-stomp/websocket", stomp),
                path("ws-stomp/<str:server>/<str:session>/websocket", sockjs),
                re_path("", nowhere),  # type: ignore[arg-type]  # an ASGI application: a route of Channels
            ]
        ),
    }
)
