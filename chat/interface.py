"""Rooms over HTTP for programs and for pages that are not ours: list, make, look up (docs/stomp.md).

The shapes are those of the usual Spring demonstrations of STOMP chat: a room is `{"roomId", "name"}`. Who asks is known
by `Authorization: Bearer` or by the session cookie; a cookie is sent by browsers whatever page asks, so there changes
need the CSRF token too. Errors: `{"code", "detail", "retry"}`.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from uuid import UUID

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.access_tokens import bearer, verify
from accounts.models import User
from rooms import actions
from rooms.errors import RoomError
from rooms.models import Membership, Room

MINE_LISTED: Final = 200
OPEN_LISTED: Final = 50
BODY_MAX: Final = 4_096  # bytes of a request's body: it holds a name

View = Callable[..., HttpResponse]


class Refused(Exception):
    """`code` stays; `detail` is for a person."""

    def __init__(self, status: int, code: str, detail: str, *, retry: bool = False) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.retry = status, code, detail, retry


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        """Django's check with our answer; the name is Django's."""
        raise Refused(
            403, "CSRF", _("Send the CSRF token along: the cookie csrftoken as header X-CSRFToken.")
        )


_csrf: Final = _CsrfCheck(lambda request: HttpResponse())


def interface(method: str, action: str = "") -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Makes a view of `view(request, user, …)`: who asks, CSRF, the rate of `action`, and refusals as JSON.

    Reads have no rate of their own, as the page of rooms has none: each is two look-ups by index.
    """

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @never_cache
        @csrf_exempt  # checked below, unless a token speaks for the request
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                if request.method != method:
                    raise Refused(405, "METHOD", _("This address takes %s only.") % method)
                user = _who(request)
                if action and not ratelimit.consume(request, action=action, user=user):
                    slow = _("That was very fast. Wait a moment and try again.")
                    raise Refused(429, "TOO_FAST", slow, retry=True)
                return view(request, user, *args, **kwargs)
            except Refused as refused:
                return _refusal(refused.status, refused.code, refused.detail, retry=refused.retry)
            except RoomError as error:
                return _refusal(error.status, error.code, error.detail, retry=error.retry)

        return answer

    return decorate


def _who(request: HttpRequest) -> User:
    """By token, which never falls back to the cookie; else by the session, a guest's too."""
    if header := request.headers.get("Authorization"):
        if token := verify(bearer(header)):
            return token.user
        raise Refused(401, "SIGN_IN", _("This access token is not valid. Make a new one on your page."))
    if not request.user.is_authenticated:
        raise Refused(401, "SIGN_IN", _("Sign in first."))
    _csrf.process_request(request)
    _csrf.process_view(request, None, (), {})  # type: ignore[arg-type]  # the view is only asked for its exemption
    get_token(request)  # a page that has asked once has the cookie
    return request.user


def _refusal(status: int, code: str, detail: str, *, retry: bool) -> JsonResponse:
    answer = JsonResponse({"code": code, "detail": detail, "retry": retry}, status=status)
    if status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


@interface("GET")
def rooms(request: HttpRequest, user: User) -> HttpResponse:
    """The person's rooms, newest stay first, then the open ones they could enter, newest first."""
    mine = Membership.objects.active().filter(user=user).select_related("room").order_by("-pk")[:MINE_LISTED]
    found = [stay.room for stay in mine]
    if not user.is_guest:
        found += Room.objects.open_to(user).order_by("-created_at")[:OPEN_LISTED]
    return JsonResponse([_shape(room) for room in found], safe=False)


@interface("GET")
def room(request: HttpRequest, user: User, public_id: str) -> HttpResponse:
    """One of those rooms; any other is not there, whether it exists or not."""
    if "\0" in public_id:  # PostgreSQL's text has none
        raise RoomError("NOT_FOUND")
    found = Room.objects.visible_to(user).filter(public_id=public_id).first()
    if found is None and not user.is_guest:
        found = Room.objects.open_to(user).filter(public_id=public_id).first()
    if found is None:
        raise RoomError("NOT_FOUND")
    return JsonResponse(_shape(found))


@interface("POST", "room_made")
def make_room(request: HttpRequest, user: User) -> HttpResponse:
    """A new open room, as everybody can enter the rooms of such demonstrations; `name` by form, JSON or address.

    With `Idempotency-Key` (a UUID) the same request returns the first one's room.
    """
    made = actions.create_room(
        user=user, title=_name(request), is_open=True, request_key=_request_key(request)
    )
    return JsonResponse(_shape(made))


def _name(request: HttpRequest) -> str:
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_MAX:
        raise Refused(413, "BODY_TOO_LONG", _("The request is too long."))
    if request.content_type != "application/json":
        return request.POST.get("name") or request.GET.get("name", "")
    try:
        name = json.loads(request.body)["name"]
    except (ValueError, KeyError, TypeError, RecursionError):
        name = None
    if not isinstance(name, str):
        raise Refused(400, "BAD_BODY", _('Send JSON such as {"name": "Dinner"}.'))
    return name


def _request_key(request: HttpRequest) -> UUID | None:
    if not (given := request.headers.get("Idempotency-Key")):
        return None
    try:
        return UUID(given)
    except ValueError:
        raise Refused(400, "BAD_KEY", _("Idempotency-Key must be a UUID.")) from None


def _shape(room: Room) -> dict[str, str]:
    return {"roomId": room.public_id, "name": room.title}
