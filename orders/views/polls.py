"""The page of a room's polls, and the taps on them: decode, call one verb, answer by the card or the page."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from allauth.decorators import rate_limit
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import SignedIn
from chat import cards
from orders import ballots, bounds, polls, times
from orders.errors import OrderError
from orders.forms import days_ahead, meeting_moment
from orders.models import OPEN, Poll, Post, Seat
from orders.views import poll_cards
from orders.views.answers import explain, fresh
from orders.views.cart import number
from orders.views.fragments import of_members
from orders.views.people import is_fragment
from orders.views.poll_cards import Said
from rooms.errors import RoomError

SHOWN_FIRST: Final = 3  # inputs; scripts bring the others one by one


@require_http_methods(["GET", "HEAD", "POST"])
@of_members
def page(request: SignedIn, post: Post) -> HttpResponse:
    """All polls, the open ones first, and the form for a new one (`?about=` a field)."""
    if request.method == "POST":
        return _open(request, post)
    return _page(request, post)


@rate_limit(action="write")
def _open(request: SignedIn, post: Post) -> HttpResponse:
    form = request.POST
    field, typed = form.get("field", "")[:12], form.getlist("option")[: bounds.OPTIONS_MAX]
    now = timezone.now()
    try:
        options: list[Any] = [text for text in typed if text.strip()]
        if field == Poll.Field.MEETING_AT:
            options = [_moment(text, form.get("day", ""), now) for text in options]
        closes = form.get("closes", "").strip()
        made = polls.open_poll(
            by=request.user,
            post=post,
            field=field,
            options=options,
            question=form.get("question", ""),
            closes_at=_clock(closes, "CLOSING", "closes_at", now) if closes else None,
            request_key=_key(form.get("key", "")),
        )
    except RoomError as error:
        return _page(request, fresh(post), error=error, status=error.status)
    return HttpResponseRedirect(f"{reverse('orders:polls', args=[post.public_id])}#poll-{made.pk}")


def _moment(typed: str, day: str, now: datetime) -> datetime:
    """A clock time of a day, or its next occurrence. Raises OPTIONS."""
    try:
        return meeting_moment(times.read_clock(typed), day[:10], now)
    except ValueError:
        raise OrderError("OPTIONS", field="options") from None


def _clock(typed: str, code: str, field: str, now: datetime) -> datetime:
    try:
        return times.next_occurrence(times.read_clock(typed), now)
    except ValueError:
        raise OrderError(code, field=field) from None


def _key(typed: str) -> UUID | None:
    try:
        return UUID(typed[:40]) if typed else None
    except ValueError:
        return None


def _page(
    request: SignedIn,
    post: Post,
    *,
    error: RoomError | None = None,
    said: dict[int, Said] | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    found = sorted(Poll.objects.filter(post=post), key=lambda poll: (not poll.is_open, -poll.pk))
    made = poll_cards.render(request, post, found, said)
    typed = request.POST if error else request.GET
    about = typed.get("field" if error else "about", "")
    about = about if about in Poll.Field.values else ""
    fields = [each for each in Poll.Field if not each or post.state in OPEN]
    taken = {poll.field for poll in found if poll.is_open}
    options = typed.getlist("option")[: bounds.OPTIONS_MAX] if error else []
    context = {
        "post": post,
        "room_url": reverse("orders:room", args=[post.public_id]),
        "cards": [made[poll.pk] for poll in found],
        "fields": fields,
        "taken": taken,
        "about": about,
        "question": ballots.question(about),
        "typed": typed,
        "options": options + [""] * (bounds.OPTIONS_MAX - len(options)),
        "shown": max(SHOWN_FIRST, len(options)),
        "days": days_ahead(now),
        "key": typed.get("key") if error else uuid4(),
        "error": error,
        "open_form": bool(error or "about" in request.GET or not found),
        "can_ask": not post.is_read_only(now)
        and Seat.objects.active().filter(post=post, user=request.user).exists(),
    }
    return render(request, "orders/polls/page.html", context, status=status)


# --- taps ----------------------------------------------------------------------------------------------------------


@require_POST
@of_members
@rate_limit(action="write")
def vote(request: SignedIn, post: Post, poll: int) -> HttpResponse:
    """`choice`: an option's place; empty takes the vote back."""
    typed = request.POST.get("choice", "")
    choice = number(typed) if typed else None
    return _run(
        request, post, poll, partial(polls.vote, user=request.user, post=post, poll=poll, choice=choice)
    )


@require_POST
@of_members
@rate_limit(action="write")
def close(request: SignedIn, post: Post, poll: int) -> HttpResponse:
    return _run(request, post, poll, partial(polls.close_poll, by=request.user, post=post, poll=poll))


@require_POST
@of_members
@rate_limit(action="write")
def apply(request: SignedIn, post: Post, poll: int) -> HttpResponse:
    typed = request.POST.get("choice", "")
    verb = partial(
        polls.apply,
        by=request.user,
        post=post,
        poll=poll,
        choice=number(typed) if typed else None,
        post_v=number(request.POST.get("post_v", "")),
        empty_cart={"yes": True, "no": False}.get(request.POST.get("empty_cart", "")),
    )
    return _run(request, post, poll, verb)


def _run(request: SignedIn, post: Post, poll: int, verb: Callable[[], Any]) -> HttpResponse:
    said: dict[int, Said] = {}
    status = 200
    try:
        verb()
    except RoomError as error:
        if error.code == "NO_POLL":
            raise Http404 from error
        said, status = {poll: _said(request, post, poll, error)}, error.status
    post = fresh(post)
    if is_fragment(request):
        found = Poll.objects.filter(post=post, pk=poll)
        return _fragment(poll_cards.render(request, post, found, said)[poll], status)
    if said:
        return _page(request, post, said=said, status=status)
    return HttpResponseRedirect(f"{_where_from(request, post)}#poll-{poll}")


def _said(request: SignedIn, post: Post, poll: int, error: RoomError) -> Said:
    """The refusal in words. A new shop asks about the dishes of the old one: then it says which option it was."""
    told = explain(post, error)
    place = -1
    if error.code == "CART_NOT_EMPTY":
        winner = Poll.objects.get(pk=poll).winner
        place = number(request.POST.get("choice", "")) if winner is None else winner
    return Said(told.text, tuple(told.lines), place)


def _where_from(request: SignedIn, post: Post) -> str:
    """Without scripts: back to the room if the tap was there, else the page of polls."""
    room = reverse("orders:room", args=[post.public_id])
    came = request.headers.get("Referer", "").partition("?")[0]
    return (
        room if came == request.build_absolute_uri(room) else reverse("orders:polls", args=[post.public_id])
    )


# --- fragments -----------------------------------------------------------------------------------------------------


@require_safe
@of_members
def card(request: SignedIn, post: Post, name: str, thing: int) -> HttpResponse:
    """One card of any name as it stands now."""
    html = cards.under_entries(request, post.room, name, [thing]).get(thing)
    if html is None:
        raise Http404
    return _fragment(html, 200)


def _fragment(html: str, status: int) -> HttpResponse:
    response = HttpResponse(html, status=status)
    response["X-Fragment"] = "card"  # unlike an error page, to be shown whatever the status
    return response
