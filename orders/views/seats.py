"""Who is in, who waits, who hands over and who goes: the people page of a post, and its taps."""

from collections.abc import Callable
from typing import Any, Final

from allauth.decorators import rate_limit
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import SignedIn
from orders import seats
from orders.models import HELD, OPEN, OVER, Post, Seat, Wait
from orders.views.people import signed_in
from orders.views.post_page import found, room_path
from rooms import actions as rooms
from rooms import views as room_views
from rooms.errors import RoomError
from rooms.forms import EXPIRIES
from rooms.models import Invitation, Membership, Room


@never_cache
@login_required
@require_safe
def members(request: SignedIn, public_id: str) -> HttpResponse:
    return _page(request, _inside(request, public_id))


def members_of_room(request: SignedIn, public_id: str) -> HttpResponse:
    """`/rooms/<id>/members/`: of a room with a post this page, of any other rooms' own."""
    mine = Room.objects.visible_to(request.user) if request.user.is_authenticated else Room.objects.none()
    if Post.objects.filter(room__in=mine.filter(public_id=public_id)).exists():
        return redirect("orders:members", public_id)
    return room_views.members(request, public_id=public_id)


@require_POST
@signed_in("orders:members")
@rate_limit(action="write")
def act(request: SignedIn, public_id: str, deed: str) -> HttpResponse:
    """One tap of the page; `user` is whom it is about."""
    post = _inside(request, public_id)
    tap = _DEEDS.get(deed)
    if tap is None:
        raise Http404
    try:
        tap(request, post)
    except RoomError as error:
        return _page(request, post, error)
    return redirect("orders:members", post.public_id)


def _remove(request: SignedIn, post: Post) -> None:
    seats.remove(by=request.user, post=post, user=_person(request, post))


def _offer(request: SignedIn, post: Post) -> None:
    seats.offer_host(by=request.user, post=post, to=_person(request, post))


def _withdraw(request: SignedIn, post: Post) -> None:
    seats.offer_host(by=request.user, post=post, to=None)


def _accept(request: SignedIn, post: Post) -> None:
    seats.accept_host(user=request.user, post=post)


def _decline(request: SignedIn, post: Post) -> None:
    seats.decline_host(user=request.user, post=post)


def _ask(request: SignedIn, post: Post) -> None:
    seats.ask_leave(user=request.user, post=post)


def _answer(request: SignedIn, post: Post) -> None:
    yes = request.POST.get("yes") == "1"
    seats.answer_leave(by=request.user, post=post, user=_person(request, post), yes=yes)


def _invite(request: SignedIn, post: Post) -> None:
    """A link that lasts as long as people can come."""
    rooms.create_invitation(by=request.user, room=post.room, expires_in=EXPIRIES["7d"])


def _revoke(request: SignedIn, post: Post) -> None:
    links = post.room.invitations.select_related("room")
    rooms.revoke_invitation(
        by=request.user, invitation=get_object_or_404(links, code=request.POST.get("code", ""))
    )


_DEEDS: Final[dict[str, Callable[[SignedIn, Post], None]]] = {
    "remove": _remove,
    "offer": _offer,
    "withdraw": _withdraw,
    "accept": _accept,
    "decline": _decline,
    "ask": _ask,
    "answer": _answer,
    "invite": _invite,
    "revoke": _revoke,
}


def _person(request: SignedIn, post: Post) -> User:
    """Somebody who is or was in."""
    raw = request.POST.get("user", "")
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 18):
        raise Http404
    stay = Membership.objects.filter(room=post.room_id, user=int(raw)).select_related("user").first()
    if stay is None:
        raise Http404
    return stay.user


def _inside(request: SignedIn, public_id: str) -> Post:
    rooms_in = Room.objects.visible_to(request.user).values("pk")
    return found(request, public_id, Post.objects.filter(room__in=rooms_in))


def _page(request: SignedIn, post: Post, error: RoomError | None = None) -> HttpResponse:
    if error is not None and error.status == 404 and error.code != "NO_SUCH_MEMBER":
        raise Http404
    if error is not None:
        post.refresh_from_db()
    sitting = list(Seat.objects.active().filter(post=post).select_related("user").by_standing())
    mine = next((seat for seat in sitting if seat.user_id == request.user.pk), None)
    if mine is None:  # removed meanwhile
        raise Http404
    is_host = post.host_id == request.user.pk
    context: dict[str, Any] = {
        "post": post,
        "room_path": room_path(post),
        "seats": sitting,
        "mine": mine,
        "is_host": is_host,
        "can_change": post.state in OPEN,
        "held": post.state in HELD,
        "over": post.state in OVER,
        "offered": post.host_offered_to_id == request.user.pk,
        "breaks": post.state in OPEN and post.seats_taken <= post.min_people,
        "waiting": list(Wait.objects.active().filter(post=post).select_related("user")),
        "links": _links(request, post) if is_host and post.state in OPEN else [],
        "error": error,
        "now": timezone.now(),
    }
    return render(request, "orders/members.html", context, status=error.status if error else 200)


def _links(request: SignedIn, post: Post) -> list[tuple[Invitation, str]]:
    """The usable ones, newest first, each with the address to give away."""
    usable = post.room.invitations.usable().order_by("-pk")
    return [(link, request.build_absolute_uri(link.get_absolute_url())) for link in usable]
