"""Whether the process lives (`/healthz`), whether it can serve (`/readyz`), and how its bus fares (`/metrics`, and a
page of the operators)."""

from django.conf import settings
from django.contrib import admin
from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import metrics
from chat.serving.state import state

_CLASSES = {"green": "success", "amber": "warning", "red": "error"}  # of the operators' site's style


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


@require_safe
@never_cache
def counters(request: HttpRequest) -> HttpResponse:
    """This worker's counters for Prometheus, to who has METRICS_TOKEN as a bearer token; 404 where none is set."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse("", status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The same for operators, with a mark: red while the bus is away, amber for a while after."""
    health = metrics.bus_health()
    context = {
        **admin.site.each_context(request),
        "title": _("Health"),
        "bus": health,
        "bus_class": _CLASSES[health.mark] if health else "",
    }
    return TemplateResponse(request, "admin/health.html", context)
