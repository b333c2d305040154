"""What one is told of: the page, the way to what it is about, and the news that other pages ask for."""

from dataclasses import dataclass
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.requests import SignedIn
from chat import wire
from orders import notice_words, notifications, times
from orders.models import Notification, Seat
from orders.views.people import is_fragment

PAGE: Final = 30


@dataclass(frozen=True, slots=True)
class Notice:
    """One line. `about`: the post's title, "" where it is about none."""

    pk: int
    text: str
    about: str
    when: str
    at: str
    unread: bool

    @property
    def url(self) -> str:
        return reverse("notifications:follow", args=[self.pk])


@never_cache
@login_required
@require_GET
def page(request: SignedIn) -> HttpResponse:
    """The newest first; `?before=` a number goes on from there."""
    found = Notification.objects.of(request.user).select_related("post__room")
    if before := _number(request, "before"):
        found = found.filter(pk__lt=before)
    rows = list(found[: PAGE + 1])
    context = {
        "notices": _told(rows[:PAGE]),
        "more": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "first": not before,
        "unread": notifications.unread(request.user),
    }
    return render(request, "orders/notifications.html", context)


@never_cache
@login_required
@require_GET
def follow(request: SignedIn, pk: int) -> HttpResponse:
    """Read, and on to what it is about: in the room while one is in it; the post's page else; the reports."""
    found = get_object_or_404(Notification.objects.of(request.user).select_related("post__room"), pk=pk)
    notifications.mark_read(user=request.user, only=found.pk)
    post = found.post
    if post is None:
        return redirect("reports:mine" if found.code.startswith("report_") else "notifications:page")
    place = notice_words.PLACES.get(found.code, "")
    if place == "pay/" or Seat.objects.active().filter(post=post, user=request.user).exists():
        return redirect(f"{post.get_absolute_url()}room/{place}")
    return redirect(post)


@never_cache
@login_required
@require_POST
def read(request: SignedIn) -> HttpResponse:
    """All of them, or those about one post (`post`, whose room is open)."""
    post = request.POST.get("post", "")[:40].replace("\0", "?")  # PostgreSQL's text has no NUL
    notifications.mark_read(user=request.user, post=post or None)
    if is_fragment(request):
        return _counted(HttpResponse(status=204), request.user)
    return redirect("notifications:page")


@never_cache
@require_GET
def news(request: HttpRequest) -> HttpResponse:
    """What is unread and newer than `?after=`: its newest line, and in headers how many are unread; 204 for none."""
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    found = Notification.objects.of(request.user).unread().select_related("post__room")
    rows = list(found.filter(pk__gt=_number(request, "after") or 0)[:1])
    if not rows:
        return _counted(HttpResponse(status=204), request.user)
    response = render(request, "orders/_news.html", {"notice": _told(rows)[0]})
    response["X-Latest"] = str(rows[0].pk)
    response["X-Room"] = rows[0].post.public_id if rows[0].post else ""
    return _counted(response, request.user)


def _counted(response: HttpResponse, user: User) -> HttpResponse:
    response["X-Unread"] = str(notifications.unread(user))
    return response


def _told(rows: list[Notification]) -> list[Notice]:
    """One query for the names."""
    people = wire.names(notice_words.people_in(rows))
    now = timezone.now()
    return [
        Notice(
            pk=row.pk,
            text=notice_words.sentence(row, people),
            about=row.post.title if row.post else "",
            when=times.spoken(row.created_at, now),
            at=row.created_at.isoformat(),
            unread=row.read_at is None,
        )
        for row in rows
    ]


def _number(request: HttpRequest, name: str) -> int | None:
    """Fifteen digits: never more than PostgreSQL's bigint."""
    typed = request.GET.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 15 else None
