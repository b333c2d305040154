"""`do/<verb>/`: one address for each change of the order's state. POST only. Seats have theirs on the members' page."""

from collections.abc import Callable, Mapping
from datetime import time
from functools import partial
from typing import Any, Final

from allauth.decorators import rate_limit
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.requests import SignedIn
from orders import cart, confirming, refunding, states, times
from orders.errors import OrderError
from orders.models import Post
from orders.views.answers import run
from orders.views.cart import number
from orders.views.fragments import of_members

Verb = Callable[[SignedIn, Post], Any]


@require_POST
@of_members
@rate_limit(action="write")
def do(request: SignedIn, post: Post, verb: str) -> HttpResponse:
    called = VERBS.get(verb)
    if called is None:
        raise Http404
    return run(request, post, partial(called, request, post), at="deeds")


def _by(verb: Callable[..., Any]) -> Verb:
    return lambda request, post: verb(by=request.user, post=post)


def _versioned(verb: Callable[..., Any], *fields: str) -> Verb:
    """With the version of the post that the form shows; `fields` are passed as they were sent."""

    def call(request: SignedIn, post: Post) -> Any:
        given = {name: request.POST.get(name, "") for name in fields}
        return verb(by=request.user, post=post, post_v=_version(request, "post_v"), **given)

    return call


def _version(request: SignedIn, name: str) -> int:
    return number(request.POST.get(name, ""))


def _lock(request: SignedIn, post: Post) -> Any:
    override = request.POST.getlist("override")[:5]
    return states.lock(by=request.user, post=post, cart_v=_version(request, "cart_v"), override=override)


def _order(request: SignedIn, post: Post) -> Any:
    override = request.POST.getlist("override")[:5]
    return states.order(by=request.user, post=post, post_v=_version(request, "post_v"), override=override)


def _confirm(request: SignedIn, post: Post) -> Any:
    return confirming.confirm(user=request.user, post=post, cart_v=_version(request, "cart_v"))


def _reopen(request: SignedIn, post: Post) -> Any:
    try:
        clock = time.fromisoformat(request.POST.get("deadline", "")[:8])
    except ValueError:
        raise OrderError("DEADLINE", field="deadline_at") from None
    at = times.next_occurrence(clock, timezone.now())
    return states.reopen(by=request.user, post=post, deadline_at=at, post_v=_version(request, "post_v"))


VERBS: Final[Mapping[str, Verb]] = {
    "close": _versioned(states.close),
    "reopen": _reopen,
    "lock": _lock,
    "unlock": _versioned(states.unlock),
    "confirm": _confirm,
    "order": _order,
    "arrive": _by(states.arrive),
    "cancel": _versioned(states.cancel, "note"),
    "revive": _by(states.revive),
    "clear": _by(cart.clear),
    "refund": _by(refunding.propose_refund),
    "refund_withdraw": _by(refunding.withdraw_refund),
    "refund_agree": lambda request, post: refunding.agree_refund(user=request.user, post=post),
}
