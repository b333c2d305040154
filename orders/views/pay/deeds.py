"""`pay/<user>/<deed>/`: what is said about one person's money. POST only; each calls one verb."""

from collections.abc import Callable
from functools import partial
from typing import Final
from uuid import UUID

from allauth.decorators import rate_limit
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import SignedIn
from orders import payments
from orders.models import Due, Post
from orders.views.answers import explain, fresh
from orders.views.cart import number
from orders.views.pay import cards
from orders.views.pay.board import Typed, board_page, person_page
from orders.views.pay.gate import done, look, of_payers
from orders.views.people import is_fragment
from rooms.errors import RoomError

FIELDS = ("won", "way", "depositor", "reason", "key")


@require_POST
@of_payers
@rate_limit(action="write")
def act(request: SignedIn, post: Post, user: int, deed: str) -> HttpResponse:
    """Done: the page it was done on. Refused: the same with a sentence and what was typed."""
    verb = _VERBS.get(deed)
    if verb is None:
        raise Http404
    due = get_object_or_404(Due.objects.select_related("user"), post=post, user=user)
    mine = due.user_id == request.user.pk
    if not (mine if deed in _OWN else post.host_id == request.user.pk):
        raise Http404
    try:
        said = verb(request, post, due.user)
    except RoomError as error:
        if card := _card(request, post, error.detail, error.status):
            return card
        return _refused(request, post, due.user, deed, error)
    if card := _card(request, post):
        return card
    to, args = ("pay", []) if _from_board(request, post) else ("pay_user", [due.user_id])
    return done(request, fresh(post), said, _page(request, post, due.user), to, *args)


def _card(request: SignedIn, post: Post, error: str = "", status: int = 200) -> HttpResponse | None:
    """The answer to a tap on the card in the talk; None for one on a page."""
    place, _dash, version = _from(request, post).partition("-")
    if place != "card" or not is_fragment(request):
        return None
    html = cards.render(request, fresh(post), [number(version)], error).get(number(version))
    if html is None:
        raise Http404
    response = HttpResponse(html, status=status)
    response["X-Fragment"] = "card"
    return response


def _page(request: SignedIn, post: Post, user: User) -> Callable[..., HttpResponse]:
    if _from_board(request, post):
        return board_page
    return lambda request, post, **more: person_page(request, post, user.pk, **more)


def _from(request: SignedIn, post: Post) -> str:
    """Where it was tapped. Who has left sees their own page alone, whatever they say; the host always sees all."""
    place = request.POST.get("from", "")
    inside = bool(place) and (post.host_id == request.user.pk or look(request, post).member)
    return place if inside else ""


def _from_board(request: SignedIn, post: Post) -> bool:
    return _from(request, post).startswith(("board", "card"))


def _refused(request: SignedIn, post: Post, user: User, deed: str, error: RoomError) -> HttpResponse:
    values = {name: request.POST.get(name, "")[:300] for name in FIELDS}
    where = getattr(error, "field", "")
    typed = Typed(deed, user.pk, values, error.detail if where else "", where)
    said = None if where else explain(post, error)
    return _page(request, post, user)(request, fresh(post), said=said, typed=typed, status=error.status)


def _claim(request: SignedIn, post: Post, user: User) -> str:
    form = request.POST
    payments.claim(
        user=request.user,
        post=post,
        share_v=number(form.get("share_v", "")),
        won=number(form.get("won", "")),
        way=form.get("way", ""),
        depositor=form.get("depositor", ""),
        request_key=_key(form.get("key", "")),
    )
    return _("The host has been told. It is settled once they find it.")


def _got(request: SignedIn, post: Post, user: User) -> str:
    payments.refund_got(user=request.user, post=post, refund=number(request.POST.get("refund", "")))
    return _("Noted: it came back to you.")


def _confirm(request: SignedIn, post: Post, user: User) -> str:
    done_ = payments.confirm(by=request.user, post=post, claim=number(request.POST.get("claim", "")))
    return _("{won} won of {name} are in.").format(won=f"{done_.won:,}", name=user.nickname)


def _reject(request: SignedIn, post: Post, user: User) -> str:
    claim, reason = number(request.POST.get("claim", "")), request.POST.get("reason", "")
    payments.reject(by=request.user, post=post, claim=claim, reason=reason)
    return _("{name} has been told, with your reason.").format(name=user.nickname)


def _waive(request: SignedIn, post: Post, user: User) -> str:
    payments.waive(by=request.user, post=post, user=user, reason=request.POST.get("reason", ""))
    return _("You let it go. {name} has been told.").format(name=user.nickname)


def _refund(request: SignedIn, post: Post, user: User) -> str:
    form = request.POST
    won = number(form.get("won", "")) if form.get("won") else None
    sent = partial(payments.refund_sent, by=request.user, post=post, user=user, won=won)
    sent(way=form.get("way", ""), request_key=_key(form.get("key", "")))
    return _("{name} is asked whether it came.").format(name=user.nickname)


def _key(typed: str) -> UUID | None:
    try:
        return UUID(typed[:40]) if typed else None
    except ValueError:
        return None


_VERBS: Final[dict[str, Callable[[SignedIn, Post, User], str]]] = {
    "claim": _claim,
    "got": _got,
    "confirm": _confirm,
    "reject": _reject,
    "waive": _waive,
    "refund": _refund,
}
_OWN: Final = ("claim", "got")  # the person's; the others are the host's
