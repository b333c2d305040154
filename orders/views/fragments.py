"""What the pages of a room show of its order, the fact bar and the sheet: whole, or as htmx fragments.

Fragments are made for their reader, in a bounded number of queries: docs/decisions/0009-order-sheet.md says why.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec
from uuid import uuid4

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import SignedIn
from orders import sheet, sheet_view, step_words, times
from orders.models import Post, State
from orders.sheet_view import View
from orders.steps import Step
from orders.views.people import is_fragment
from rooms.models import Room

P = ParamSpec("P")
Page = Callable[Concatenate[SignedIn, Post, P], HttpResponse]

# Of the step line; CANCELED has no place on it.
_STAGES: tuple[tuple[State, str | Promise], ...] = (
    (State.RECRUITING, pgettext_lazy("step", "Gathering")),
    (State.CLOSED, pgettext_lazy("step", "Closed")),
    (State.LOCKED, pgettext_lazy("step", "Locked")),
    (State.ORDERED, pgettext_lazy("step", "Ordered")),
    (State.ARRIVED, pgettext_lazy("step", "Arrived")),
    (State.DONE, pgettext_lazy("step", "Settled")),
)


# Steps that are done on pages about money.
_OWN_PAYMENT = ("pay", "refund_got", "wait_found", "wait_refund")
_PAYMENTS = ("settle", "answer_claims", "refund", "wait_paid")


class Stage(NamedTuple):
    label: str
    state: str  # done, now or ahead


@dataclass(frozen=True, slots=True)
class Said:
    """What the sheet says to the last tap. `undo`: a dish to put back; `override`: a verb and its named override."""

    text: str
    refused: bool = False
    lines: list[str] = field(default_factory=list)
    undo: dict[str, Any] | None = None
    override: tuple[str, str, str] | None = None  # verb, override, the button's words


@dataclass(frozen=True, slots=True)
class Typed:
    """A dish's form as it was sent. `item` None: a new one; `error` stands at the field `at`, or above it all."""

    values: dict[str, Any] = field(default_factory=dict)
    item: int | None = None
    error: str = ""
    at: str = ""


def of_members(view: Page[P]) -> Callable[..., HttpResponse]:
    """Give the view the post, found through what the person may see: strangers get the 404 of what is not there."""

    @never_cache
    @wraps(view)
    def page(request: HttpRequest, public_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_login(request, public_id)
        rooms = Room.objects.visible_to(request.user)
        posts = Post.objects.select_related("room", "host").filter(room__in=rooms)
        post = get_object_or_404(posts, room__public_id=public_id)
        return view(request, post, *args, **kwargs)  # type: ignore[arg-type]  # signed in: checked above

    return page


def to_login(request: HttpRequest, public_id: str) -> HttpResponse:
    """Whoever is signed out signs in first and comes back; htmx is told to take the whole page there."""
    there = request.get_full_path() if request.method == "GET" else reverse("orders:room", args=[public_id])
    if not is_fragment(request):
        return redirect_to_login(there)
    response = HttpResponse(status=401)
    response["HX-Redirect"] = redirect_to_login(reverse("orders:room", args=[public_id])).url
    return response


@require_safe
@of_members
def facts(request: SignedIn, post: Post) -> HttpResponse:
    found = sheet_view.read(post, request.user, timezone.now())
    return render(request, "orders/room/_facts.html", facts_context(found))


@require_safe
@of_members
def sheet_fragment(request: SignedIn, post: Post) -> HttpResponse:
    """The sheet, and the fact bar with it: what changes one changes the other."""
    return render_sheet(request, post)


def render_sheet(
    request: SignedIn, post: Post, *, said: Said | None = None, typed: Typed | None = None, status: int = 200
) -> HttpResponse:
    found = sheet_view.read(post, request.user, timezone.now())
    context = facts_context(found) | sheet_context(found, said, typed) | {"oob": True}
    response = render(request, "orders/room/_sheet.html", context, status=status)
    response["X-Fragment"] = "sheet"  # unlike an error page, to be shown whatever the status
    return response


def facts_context(found: View) -> dict[str, Any]:
    post = found.post
    return {
        "view": found,
        "post": post,
        "me": found.me,
        "stages": stages(post.state),
        "when": times.spoken(post.meeting_at, found.now),
        "until": times.until(post.meeting_at, found.now) if not post.is_over else "",
        "next": step_words.words(found.step),
        "next_href": _href(post, found.step, found.user),
        "sheet_url": reverse("orders:sheet", args=[post.public_id]),
    }


def sheet_context(found: View, said: Said | None = None, typed: Typed | None = None) -> dict[str, Any]:
    post = found.post
    return {
        "said": said,
        "typed": typed or Typed(),
        "new_key": uuid4(),
        "order_text": sheet.order_text(post, found.sheet) if found.sheet.rows else "",
        "deadline": times.spoken(post.deadline_at, found.now),
        "new_deadline": _new_deadline(post, found.now) if found.facts.host else "",
    }


def stages(state: str) -> list[Stage]:
    """The step line; empty for what is canceled."""
    names = [stage for stage, _label in _STAGES]
    if state not in names:
        return []
    at = names.index(State(state))
    marks = ["done"] * at + ["now"] + ["ahead"] * (len(names) - at - 1)
    return [Stage(str(label), mark) for (_state, label), mark in zip(_STAGES, marks, strict=True)]


def _href(post: Post, step: Step, user: User) -> str:
    """Where the step is done; empty where there is nowhere to go."""
    if place := step_words.place(step):
        return f"{reverse('orders:sheet', args=[post.public_id])}#{place}"
    if step.code in ("issue_shares", "issue_again"):
        return reverse("orders:pay_issue", args=[post.public_id])
    if step.code in _OWN_PAYMENT:
        return reverse("orders:pay_user", args=[post.public_id, user.pk])
    if step.code in _PAYMENTS:
        return reverse("orders:pay", args=[post.public_id])
    if step.code in ("invite", "answer_host", "answer_leave"):
        return reverse("orders:members", args=[post.public_id])
    return f"{post.get_absolute_url()}again/" if step.code == "again" else ""


def _new_deadline(post: Post, now: datetime) -> str:
    """For opening again: as it would be for a new post; "" when the meeting is too near."""
    if post.state != State.CLOSED or post.meeting_at <= now:
        return ""
    return timezone.localtime(times.default_deadline(post.meeting_at, now)).strftime("%H:%M")


def canceled_because(post: Post) -> str:
    """Why it was canceled, in words."""
    if post.cancel_note:
        return post.cancel_note
    return {
        "short": _("Too few people came together."),
        "host": _("The host canceled it."),
        "operator": _("An operator canceled it."),
        "silent": _("The host was not heard of."),
        "unanswered": _("Nobody said that it was ordered."),
        "refunded": _("The money goes back."),
    }.get(post.cancel_reason, "")
