"""The page behind an invitation link to a post: its facts, and the way in; what a messenger shows of it; its QR code.

Rooms without a post have rooms' own page.
"""

from functools import partial
from io import BytesIO

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from orders.models import Post
from orders.views.people import viewer
from orders.views.post_page import facts, room_path
from rooms import invitation_views
from rooms.errors import RoomError
from rooms.forms import GuestForm
from rooms.models import Invitation


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, code: str) -> HttpResponse:
    """As rooms' page, dressed in the post's facts; who is in already goes to its room."""
    posts = Post.objects.filter(room__invitations__code=code).with_waiting().with_subtotal()
    post = posts.select_related("room", "host").first()
    if post is None:
        return invitation_views.invitation(request, code)
    found = Invitation.objects.select_related("room").get(code=code)
    return invitation_views.answer(request, found, partial(_page, post), room_path(post))


def _page(
    post: Post, request: HttpRequest, found: Invitation, form: GuestForm | None, error: RoomError | None
) -> HttpResponse:
    user = viewer(request)
    if user and not Post.objects.visible_to(user).filter(pk=post.pk).exists():
        raise Http404
    context = facts(post, user) | {
        "invitation": found,
        "form": form,
        "error": error,
        "address": request.build_absolute_uri(found.get_absolute_url()),
        "sign_in": f"?next={found.get_absolute_url()}",
    }
    return render(request, "orders/invitation.html", context)


@cache_control(private=True, max_age=3600)
@require_safe
def qr(request: HttpRequest, code: str) -> HttpResponse:
    """The link as a QR code, dark on light in both themes, for as long as it lets anybody in."""
    found = get_object_or_404(Invitation.objects.usable(), code=code)
    drawn = BytesIO()
    address = request.build_absolute_uri(found.get_absolute_url())
    segno.make_qr(address, error="m").save(
        drawn, kind="svg", scale=8, border=4, light="#fff", svgclass=None, lineclass=None
    )
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")
