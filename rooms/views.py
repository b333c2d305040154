"""Pages of rooms. Each looks its room up through what the person may see, and calls one verb.

An outsider gets the same 404 whether the room exists or not.
"""

from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.requests import SignedIn
from rooms import actions
from rooms.errors import RoomError
from rooms.forms import InvitationForm, RenameForm, RoomForm
from rooms.models import Invitation, Membership, Room

MEMBERS_PAGE = 100


@login_required
@require_http_methods(["GET", "POST"])
@rate_limit(action="room_made")
def create(request: SignedIn) -> HttpResponse:
    if request.user.is_guest:
        return _refused(request, RoomError("GUEST"))
    form = RoomForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(actions.create_room(user=request.user, **form.cleaned_data))
        except RoomError as error:
            form.add_error("title" if error.code.startswith("TITLE_") else None, error.detail)
            return render(request, "rooms/create.html", {"form": form}, status=error.status)
    return render(request, "rooms/create.html", {"form": form}, status=400 if form.is_bound else 200)


@never_cache
@login_required
@require_GET
def members(request: SignedIn, public_id: str) -> HttpResponse:
    return _members_page(request, _visible(request, public_id))


@login_required
@require_POST
@rate_limit(action="write")
def join(request: SignedIn, public_id: str) -> HttpResponse:
    """Come into an open room."""
    room = get_object_or_404(Room, public_id=public_id)
    try:
        actions.join_open(user=request.user, room=room)
    except RoomError as error:
        return _refused(request, error)
    return redirect(room)


@login_required
@require_POST
@rate_limit(action="write")
def leave(request: SignedIn, public_id: str) -> HttpResponse:
    try:
        actions.leave(user=request.user, room=_known(request, public_id))
    except RoomError as error:  # of an app above that holds people here
        return _refused(request, error)
    return redirect(settings.LOGIN_REDIRECT_URL)


@login_required
@require_POST
@rate_limit(action="write")
def remove(request: SignedIn, public_id: str, user: int) -> HttpResponse:
    room = _visible(request, public_id)
    stay = room.memberships.filter(user_id=user).select_related("user").first()
    if stay is None:
        raise Http404
    try:
        actions.remove_member(by=request.user, room=room, user=stay.user)
    except RoomError as error:
        return _members_page(request, room, error)
    return redirect("rooms:members", room.public_id)


@login_required
@require_POST
@rate_limit(action="write")
def rename(request: SignedIn, public_id: str) -> HttpResponse:
    room = _visible(request, public_id)
    form = RenameForm(request.POST)
    try:
        actions.rename(by=request.user, room=room, title=form.data.get("title", ""))
    except RoomError as error:
        return _members_page(request, room, error)
    return redirect("rooms:members", room.public_id)


@login_required
@require_POST
@rate_limit(action="write")
def invite(request: SignedIn, public_id: str) -> HttpResponse:
    room = _visible(request, public_id)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    try:
        actions.create_invitation(by=request.user, room=room, expires_in=form.expires_in())
    except RoomError as error:
        return _members_page(request, room, error)
    if request.POST.get("back") == "room":
        return redirect(room)
    return redirect("rooms:members", room.public_id)


@login_required
@require_POST
@rate_limit(action="write")
def revoke(request: SignedIn, public_id: str, code: str) -> HttpResponse:
    room = _visible(request, public_id)
    invitation = get_object_or_404(room.invitations.select_related("room"), code=code)
    try:
        actions.revoke_invitation(by=request.user, invitation=invitation)
    except RoomError as error:
        return _members_page(request, room, error)
    return redirect("rooms:members", room.public_id)


def _refused(request: SignedIn, error: RoomError) -> HttpResponse:
    """The refusal as a page of its own, in a sentence; a 404 keeps to itself whether there is such a room."""
    if error.status == 404:
        raise Http404
    return render(request, "rooms/refused.html", {"error": error}, status=error.status)


def _members_page(request: SignedIn, room: Room, error: RoomError | None = None) -> HttpResponse:
    everybody = Membership.objects.active().filter(room=room).select_related("user")
    # The host first: the role sorts before "member".
    pages = Paginator(everybody.order_by("role", "joined_at", "pk"), MEMBERS_PAGE)
    page = pages.get_page(request.GET.get("page"))
    mine = next((stay for stay in page if stay.user_id == request.user.pk), None)
    mine = mine or everybody.filter(user=request.user).first()
    if mine is None:  # removed between the queries
        raise Http404
    context = {
        "room": room,
        "membership": mine,
        "members": page,
        "invitations": _invitations(request, room) if mine.is_host else [],
        "invitation_form": InvitationForm(),
        "rename_form": RenameForm(initial={"title": room.title}),
        "avoided": request.user.avoided(),
        "error": error,
    }
    return render(request, "rooms/members.html", context, status=error.status if error else 200)


def _invitations(request: SignedIn, room: Room) -> list[tuple[Invitation, str]]:
    """The usable ones, newest first, each with the address to give away."""
    usable = room.invitations.usable().order_by("-pk")
    return [(invitation, request.build_absolute_uri(invitation.get_absolute_url())) for invitation in usable]


def _visible(request: SignedIn, public_id: str) -> Room:
    return get_object_or_404(Room.objects.visible_to(request.user), public_id=public_id)


def _known(request: SignedIn, public_id: str) -> Room:
    return get_object_or_404(Room.objects.known_to(request.user), public_id=public_id)
