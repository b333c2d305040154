"""SockJS's HTTP side at `/ws-stomp` (sockjs-protocol 0.3.3): what a client asks before it opens its WebSocket."""

import secrets
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.http.request import validate_host
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

GREETING: Final = "Welcome to SockJS!\n"
NO_FALLBACK: Final = (
    "Of SockJS's transports only 'websocket' is offered here. Streaming and polling are not.\n"
)


@require_safe
def greeting(request: HttpRequest) -> HttpResponse:
    return HttpResponse(GREETING, content_type="text/plain; charset=UTF-8")


@never_cache
@require_safe
def info(request: HttpRequest) -> HttpResponse:
    """What there is. With `cookie_needed` a client sends its cookies along; pages of our other hosts may read it."""
    answer = JsonResponse(
        {
            "websocket": True,
            "origins": ["*:*"],
            "cookie_needed": True,
            "entropy": secrets.randbits(32),
        }
    )
    origin = request.headers.get("Origin", "")
    if origin and _ours(origin):
        answer["Access-Control-Allow-Origin"] = origin
        answer["Access-Control-Allow-Credentials"] = "true"
    patch_vary_headers(answer, ["Origin"])
    return answer


@csrf_exempt
def no_fallback(request: HttpRequest, path: str) -> HttpResponse:
    """xhr, xhr_streaming, eventsource, htmlfile, jsonp, iframe.html: the client reports that there is no way. Reads and
    changes nothing, so it needs no CSRF token to say so."""
    return HttpResponseNotFound(NO_FALLBACK, content_type="text/plain; charset=UTF-8")


def _ours(origin: str) -> bool:
    """A page of ours, on whatever port: the same rule as for the WebSocket itself."""
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return False
    return host is not None and validate_host(host, settings.ALLOWED_HOSTS)
