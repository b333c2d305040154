"""A post's room: the talk with the order beside it, and the order sheet as a page of its own."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import SignedIn
from chat.views import room_page
from orders import sheet_view
from orders.models import Post
from orders.views.fragments import Said, Typed, canceled_because, facts_context, of_members, sheet_context
from rooms.models import Membership


@require_safe
@of_members
def room(request: SignedIn, post: Post) -> HttpResponse:
    """chat's page of the room (`?before=seq`, `?at=seq`) with the fact bar and the sheet."""
    found = sheet_view.read(post, request.user, timezone.now())
    more = facts_context(found) | sheet_context(found)
    more["about_base"] = reverse("orders:room", args=[post.public_id])
    more["canceled"] = canceled_because(post)
    more["read_only"] = post.is_read_only(found.now)
    seat = found.me.seat
    membership = seat.membership if seat else Membership.objects.active().get(room=post.pk, user=request.user)
    return room_page(request, post.room, membership, "orders/room/room.html", more)


@require_safe
@of_members
def sheet(request: SignedIn, post: Post) -> HttpResponse:
    return sheet_page(request, post)


def sheet_page(
    request: SignedIn, post: Post, *, said: Said | None = None, typed: Typed | None = None, status: int = 200
) -> HttpResponse:
    """The sheet as a page of its own: complete without JavaScript."""
    found = sheet_view.read(post, request.user, timezone.now())
    context = facts_context(found) | sheet_context(found, said, typed)
    context["room_url"] = reverse("orders:room", args=[post.public_id])
    return render(request, "orders/room/order.html", context, status=status)
