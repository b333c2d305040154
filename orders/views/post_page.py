"""A post's page for somebody outside, and the taps that bring them in, into the line, and out again."""

from collections.abc import Callable
from typing import Any

from allauth.decorators import rate_limit
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Block, User
from accounts.requests import SignedIn
from orders import seats, steps
from orders.models import Post, Seat, State, Wait
from orders.views.cards import Card, each_fee, each_food
from orders.views.people import signed_in, viewer
from rooms.errors import RoomError


@never_cache
@require_safe
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    return show(request, public_id)


@require_POST
@signed_in("orders:post")
@rate_limit(action="write")
def join(request: SignedIn, public_id: str) -> HttpResponse:
    """A second tap finds the seat of the first."""
    post = found(request, public_id)
    try:
        seats.join(user=request.user, post=post)
    except RoomError as error:
        return show(request, public_id, error)
    return redirect(room_path(post))


@require_POST
@signed_in("orders:post")
@rate_limit(action="write")
def wait(request: SignedIn, public_id: str) -> HttpResponse:
    """Into the line, or with `op=unwait` out of it. Whoever got a seat meanwhile goes to the room."""
    post = found(request, public_id)
    verb: Callable[..., Any] = seats.unwait if request.POST.get("op") == "unwait" else seats.wait
    try:
        verb(user=request.user, post=post)
    except RoomError as error:
        return redirect(room_path(post)) if error.code == "SEATED" else show(request, public_id, error)
    return redirect(post)


@require_POST
@signed_in("orders:post")
@rate_limit(action="write")
def leave(request: SignedIn, public_id: str) -> HttpResponse:
    """Being out already is no mistake."""
    post = found(request, public_id, Post.objects.filter(seats__user=request.user).distinct())
    try:
        seats.leave(user=request.user, post=post)
    except RoomError as error:
        return show(request, public_id, error)
    return redirect(post)


def room_path(post: Post) -> str:
    return f"{post.get_absolute_url()}room/"


def found(request: HttpRequest, public_id: str, posts: Any = None) -> Post:
    posts = Post.objects.visible_to(viewer(request)) if posts is None else posts
    post: Post = get_object_or_404(posts.select_related("room", "host"), room__public_id=public_id)
    return post


def show(request: HttpRequest, public_id: str, error: RoomError | None = None) -> HttpResponse:
    """The page, with why the tap was refused."""
    user = viewer(request)
    if error is not None and error.status == 404:
        raise Http404
    posts = Post.objects.with_waiting().with_subtotal()
    post = found(request, public_id, posts.visible_to(user))
    context = facts(post, user) | {"error": error}
    context["sign_in"] = f"?next={post.get_absolute_url()}"
    response = render(request, "orders/post.html", context, status=error.status if error else 200)
    response["X-Robots-Tag"] = "noindex"
    return response


def facts(post: Post, user: User | None) -> dict[str, Any]:
    """What a page about a post says to this person: two to five queries."""
    now = timezone.now()
    card = Card(post, now)
    sitting = list(Seat.objects.active().filter(post=post).select_related("user").by_standing())
    mine = next((seat for seat in sitting if user and seat.user_id == user.pk), None)
    place = _place_in_line(post, user) if user and mine is None else 0
    step = steps.next_step(
        steps.Facts(
            state=post.state,
            member=False,
            guest=bool(user and user.is_guest),
            waits=place > 0,
            free=card.free,
            past_deadline=post.deadline_at <= now,
        )
    )
    return {
        "post": post,
        "card": card,
        "people": [seat.user for seat in sitting],
        "mine": mine,
        "place_in_line": place,
        "step": step.code,
        "waitable": post.state == State.CLOSED,
        "warned": bool(user and mine is None and _blocked_inside(user, sitting)),
        "fee_now": each_fee(post, card.subtotal, min(post.seats_taken + 1, post.capacity)),
        "fee_full": each_fee(post, card.subtotal, post.capacity),
        "food_full": each_food(post),
        "room_path": room_path(post),
        "edit_path": reverse("orders:edit", args=[post.public_id]),
    }


def _place_in_line(post: Post, user: User) -> int:
    """From 1; 0 for who does not wait."""
    line = list(Wait.objects.active().filter(post=post).values_list("user", flat=True))
    return line.index(user.pk) + 1 if user.pk in line else 0


def _blocked_inside(user: User, sitting: list[Seat]) -> bool:
    """Somebody whom they have blocked is in; who has blocked them is never told."""
    return Block.objects.filter(user=user, blocked__in=[seat.user_id for seat in sitting]).exists()
