"""Whether the process lives (`/healthz`) and whether it can serve (`/readyz`)."""

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from chat.serving.state import state


def live(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nobody."""
    return HttpResponse("ok", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers; 503 otherwise, or while this worker is going. The bus is not asked: without it
    chat works, only later."""
    if state.draining:
        return JsonResponse({"draining": True}, status=503)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"database": "down"}, status=503)
    return JsonResponse({"database": "up"})
