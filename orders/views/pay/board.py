"""The payment board and each person's own page: what is due, what was said, what the host does about it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import SignedIn
from orders import board
from orders.models import Depositor, PayAccount, Payment, Post, State
from orders.views.fragments import Said, of_members
from orders.views.pay import words
from orders.views.pay.gate import look, of_payers, show

# Who has to do something stands first.
_ORDER = ("claimed", "due", "refund_due", "refund_sent", "waived", "settled")
LEDGER_SHOWN = 50
ISSUABLE = (State.ORDERED, State.ARRIVED)


class Work(NamedTuple):
    """One person's share with its working."""

    post: Post
    user: User
    viewer: User
    working: board.Working

    @property
    def me(self) -> bool:
        return self.user.pk == self.viewer.pk

    @property
    def host(self) -> bool:
        return self.user.pk == self.post.host_id

    @property
    def steps(self) -> list[words.Step]:
        return list(words.steps(self.working))


class Line(NamedTuple):
    """One row of the board. `depositor`: for the host's eyes, "" for all others."""

    row: Any
    me: bool
    depositor: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent, with what is wrong at the field `at`. `deed` names the form."""

    deed: str = ""
    user: int = 0
    values: dict[str, str] = field(default_factory=dict)
    error: str = ""
    at: str = ""


@require_safe
@of_payers
def pay(request: SignedIn, post: Post) -> HttpResponse:
    """The board; who has left sees no more than their own page, save for the host, whom others owe."""
    if post.host_id != request.user.pk and not look(request, post).member:
        return HttpResponseRedirect(reverse("orders:pay_user", args=[post.public_id, request.user.pk]))
    return board_page(request, post)


@require_safe
@of_members
def board_fragment(request: SignedIn, post: Post) -> HttpResponse:
    """The board alone, however it is asked for."""
    request.META["HTTP_HX_REQUEST"] = "true"
    return board_page(request, post)


def board_page(
    request: SignedIn,
    post: Post,
    *,
    said: Said | None = None,
    typed: Typed | None = None,
    status: int = 200,
) -> HttpResponse:
    seen = look(request, post)
    found = board.board(post)
    context = {
        "board": found,
        "lines": _lines(found, post, request.user),
        "said": said,
        "typed": typed or Typed(),
        "ways": Payment.Way.choices,
        "key": uuid4(),
        "can_issue": post.host_id == request.user.pk and post.state in ISSUABLE,
        "account": PayAccount.objects.filter(user=post.host_id).exists(),
        "address": reverse("orders:pay", args=[post.public_id]),
    }
    return show(request, post, "board", seen, context, status=status)


def _lines(found: board.Board, post: Post, user: User) -> list[Line]:
    """Mine first, then by what is to be done."""
    names = _depositors([row.claim.pk for row in found.rows if row.claim]) if post.host_id == user.pk else {}
    lines = [
        Line(row, row.user.pk == user.pk, names.get(row.claim.pk, "") if row.claim else "")
        for row in found.rows
    ]
    return sorted(lines, key=lambda line: (not line.me, _ORDER.index(line.row.status)))


def _account_v(post: Post) -> str:
    """Which account it is: another one is fetched anew."""
    changed = PayAccount.objects.filter(user=post.host_id).values_list("changed_at", flat=True).first()
    return f"{changed.timestamp():.0f}" if changed else "0"


def _depositors(claims: list[int]) -> dict[int, str]:
    return dict(Depositor.objects.filter(claim__in=claims).values_list("claim", "name")) if claims else {}


@require_safe
@of_payers
def person(request: SignedIn, post: Post, user: int) -> HttpResponse:
    """My own payment page, or for the host somebody else's; nobody else's business."""
    return person_page(request, post, user)


def person_page(
    request: SignedIn,
    post: Post,
    user: int,
    *,
    said: Said | None = None,
    typed: Typed | None = None,
    status: int = 200,
) -> HttpResponse:
    mine = user == request.user.pk
    hosts = post.host_id == request.user.pk
    seen = look(request, post)
    if not (mine or hosts):
        if not seen.member:
            raise Http404
        there = reverse("orders:pay", args=[post.public_id])
        return HttpResponseRedirect(f"{there}#owe-{user}")
    found = board.board(post)
    row = next((row for row in found.rows if row.user.pk == user), None)
    if row is None and not (mine and seen.member):
        raise Http404
    if row is None:  # the host, or who has no part in it
        return HttpResponseRedirect(reverse("orders:pay", args=[post.public_id]))
    line = Line(row, mine, _depositors([row.claim.pk]).get(row.claim.pk, "") if hosts and row.claim else "")
    context = {
        "board": found,
        "line": line,
        "row": row,
        "due": row.due,
        "mine": mine,
        "workings": [Work(post, row.user, request.user, each) for each in board.working(post, row.user)],
        "ledger": list(board.ledger(post, row.user).order_by("-pk")[:LEDGER_SHOWN]),
        "account_v": _account_v(post) if mine else "",
        "address": reverse("orders:pay_user", args=[post.public_id, user]),
        "said": said,
        "typed": typed or Typed(),
        "ways": Payment.Way.choices,
        "key": uuid4(),
    }
    return show(request, post, "person", seen, context, status=status)


@require_safe
@of_members
def shares(request: SignedIn, post: Post) -> HttpResponse:
    """What each pays and why; what changed since the version before."""
    seen = look(request, post)
    version = board.latest_version(post)
    rows = list(version.shares.select_related("user").order_by("seat")) if version else []
    people = {share.user_id: share.user for share in rows}
    works = [
        Work(post, share.user, request.user, board.working_of(version, share)) for share in rows if version
    ]
    context = {
        "version": version,
        "works": sorted(works, key=lambda work: not work.me),
        "sum": sum(share.won for share in rows),
        "kept": sum(share.kept_won for share in rows),
        "differences": [
            (people[user], before, after)
            for user, before, after in (board.differences(version) if version and version.share_v > 1 else [])
            if before != after
        ],
        "address": request.path,
    }
    return show(request, post, "shares", seen, context)
