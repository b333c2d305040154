"""The page behind an invitation link: what room it is, who is in it, and one way in for each kind of visitor."""

from collections.abc import Callable
from typing import cast

from allauth.core import ratelimit
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedIn
from accounts.sessions import sign_in_guest
from rooms import actions
from rooms.errors import RoomError
from rooms.forms import GuestForm
from rooms.models import Invitation, Membership

NAMES_SHOWN = 12
_ENDED = ("INVITATION_EXPIRED", "INVITATION_REVOKED")


# How a link that lets people in is shown; an app above has pages of its own for rooms of its own.
Show = Callable[[HttpRequest, Invitation, GuestForm | None, RoomError | None], HttpResponse]


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, code: str) -> HttpResponse:
    """Guests give a nickname and are signed in; signed-in people tap once; an ended link says so (410)."""
    found = get_object_or_404(Invitation.objects.select_related("room"), code=code)
    return answer(request, found, _show, found.room.get_absolute_url())


def answer(request: HttpRequest, found: Invitation, show: Show, onward: str) -> HttpResponse:
    """What `invitation` does, on the caller's page; who is in goes `onward`."""
    if request.user.is_authenticated:
        if actions.active_membership(found.room, request.user):
            return redirect(onward)
        if request.method == "POST":
            return _join(cast(SignedIn, request), found, show, onward)
        return _page(request, found, show)
    if request.method == "POST":
        return _join_as_guest(request, found, show, onward)
    return _page(request, found, show, GuestForm())


def _join(request: SignedIn, found: Invitation, show: Show, onward: str) -> HttpResponse:
    try:
        actions.join_by_invitation(user=request.user, code=found.code)
    except RoomError as error:
        return _page(request, found, show, error=error)
    return redirect(onward)


def _join_as_guest(request: HttpRequest, found: Invitation, show: Show, onward: str) -> HttpResponse:
    if not ratelimit.consume(request, action="join_as_guest"):
        return ratelimit.respond_429(request)
    form = GuestForm(request.POST)
    if not form.is_valid():
        return _page(request, found, show, form, status=400)
    locale = get_language() or "ko"
    try:
        membership = actions.join_as_guest(code=found.code, locale=locale, **form.cleaned_data)
    except RoomError as error:
        if error.code != "NICKNAME_TAKEN":
            return _page(request, found, show, form, error)
        form.add_error("nickname", error.detail)
        return _page(request, found, show, form, status=error.status)
    sign_in_guest(request, membership.user)
    return redirect(onward)


def _page(
    request: HttpRequest,
    found: Invitation,
    show: Show,
    form: GuestForm | None = None,
    error: RoomError | None = None,
    status: int = 200,
) -> HttpResponse:
    if found.refusal and error is None:
        error = RoomError(found.refusal)
    if error is not None and error.status == 404:
        raise Http404
    if error is not None and error.code in _ENDED:
        response = render(request, "rooms/invitation_ended.html", {"error": error}, status=410)
    else:
        response = show(request, found, form, error)
        response.status_code = error.status if error else status
    response["X-Robots-Tag"] = "noindex"
    return response


def _show(
    request: HttpRequest, found: Invitation, form: GuestForm | None, error: RoomError | None
) -> HttpResponse:
    stays = Membership.objects.active().filter(room=found.room).select_related("user").by_standing()
    context = {
        "invitation": found,
        "room": found.room,
        "people": [stay.user for stay in stays[:NAMES_SHOWN]],
        "count": (count := stays.count()),
        "others": max(count - NAMES_SHOWN, 0),
        "form": form,
        "error": error,
    }
    return render(request, "rooms/invitation.html", context)
