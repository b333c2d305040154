"""The front door: the posts one could join, and what changes of them while one looks."""

from datetime import datetime
from typing import Any, Final

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders.models import Category, Post
from orders.views.cards import cards
from orders.views.filters import Filters, cursor
from orders.views.people import is_fragment, viewer

PAGE: Final = 20
AREAS: Final = 6  # suggested
WATCHED: Final = 30  # cards that are asked for at once
NEW_COUNTED: Final = 99


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The list, its next page (`?after=`), or, for htmx, what a changed filter or the next page shows."""
    now = timezone.now()
    filters = Filters.read(request.GET)
    after = cursor(request.GET.get("after", ""))
    user = viewer(request)
    posts, more = filters.page(filters.posts(user, now), after, PAGE)
    context: dict[str, Any] = {"filters": filters, "cards": cards(posts, now, user), "more": more, "now": now}
    if is_fragment(request) and after:
        return render(request, "orders/_page.html", context)
    context |= {"after": after, "toggles": _toggles(filters), "sorts": _sorts(filters)}
    context |= {"categories": _chips(filters), "areas": _areas(filters, now)}
    template = "orders/_results.html" if is_fragment(request) else "orders/list.html"
    return render(request, template, context)


def _toggles(filters: Filters) -> list[tuple[str, bool, str]]:
    """Name, whether it is chosen, and the address that changes that; of all below."""
    return [
        (_("This evening"), filters.evening, filters.but(evening=not filters.evening)),
        (_("Free seats"), filters.free, filters.but(free=not filters.free, closed=False)),
    ]


def _sorts(filters: Filters) -> list[tuple[str, bool, str]]:
    return [
        (_("Soonest"), not filters.newest, filters.but(newest=False)),
        (_("Newest"), filters.newest, filters.but(newest=True)),
    ]


def _chips(filters: Filters) -> list[tuple[str, str, bool, str]]:
    return [
        (str(value), str(name), value in filters.categories, filters.toggled(str(value)))
        for value, name in Category.choices
    ]


def _areas(filters: Filters, now: datetime) -> list[tuple[str, bool, str]]:
    """Where most people meet now, and the address that looks there; the chosen one first."""
    often = Post.objects.recruiting(now).values_list("place").annotate(n=Count("pk")).order_by("-n", "place")
    names = [name for name, n in often[:AREAS]]
    if filters.area:
        names = [filters.area, *(name for name in names if name != filters.area)]
    return [
        (name, name == filters.area, filters.but(area="" if name == filters.area else name)) for name in names
    ]


@never_cache
@require_safe
def changed(request: HttpRequest) -> HttpResponse:
    """The changing parts of cards in sight (`id`, public ids), and how many new posts fit since `since`."""
    now = timezone.now()
    user = viewer(request)
    filters = Filters.read(request.GET)
    ids = request.GET.getlist("id")[:WATCHED]
    rows = Post.objects.visible_to(user).filter(room__public_id__in=ids)
    rows = rows.select_related("room", "host").with_waiting().with_subtotal()
    context = {
        "cards": cards(rows, now),
        "new": _new(request, filters, now),
        "filters": filters,
        "live": True,
    }
    return render(request, "orders/_changed.html", context | {"filters": filters, "live": True})


def _new(request: HttpRequest, filters: Filters, now: datetime) -> int:
    try:
        since = parse_datetime(request.GET.get("since", ""))
    except ValueError:
        since = None
    if since is None or timezone.is_naive(since):
        return 0
    newer = filters.posts(viewer(request), now).filter(created_at__gt=since)
    return newer.order_by()[:NEW_COUNTED].count()
