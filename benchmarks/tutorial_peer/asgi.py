"""HTTP to Django, `ws/chat/<room>/` to the chat."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.tutorial_peer.settings")
django_app = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  after django.setup()
from django.urls import path  # noqa: E402

from benchmarks.tutorial_peer.consumers import ChatConsumer  # noqa: E402

application = ProtocolTypeRouter(
    {"http": django_app, "websocket": URLRouter([path("ws/chat/<str:room>/", ChatConsumer.as_asgi())])}
)
