"""`pay/account/`: where to send it. The only place that shows an account, never cached, looked at by count."""

from typing import Any, NamedTuple

import segno
from allauth.decorators import rate_limit
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedIn
from orders import banks, board, pay_accounts
from orders.errors import OrderError
from orders.models import PayAccount, Post
from orders.views.fragments import Said
from orders.views.pay.gate import done, look, of_payers, show
from orders.views.people import is_fragment
from rooms.errors import RoomError

FIELDS = ("bank", "number", "holder", "link")


class Shown(NamedTuple):
    """An account as one person sees it. Without `number` it is masked; `toss` and `qr` are links for just this sum."""

    bank: str
    masked: str
    number: str = ""
    holder: str = ""
    link: str = ""
    toss: str = ""
    qr: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@of_payers
@rate_limit(action="account", limit_get=True)
def account(request: SignedIn, post: Post) -> HttpResponse:
    """GET: for the host the form, for others the account while they have a balance. POST: the host keeps or forgets."""
    if request.method == "POST":
        return _keep(request, post)
    if post.host_id == request.user.pk:
        return host_page(request, post)
    try:
        shown, status, said = _for_payer(post, request), 200, None
    except RoomError as error:
        shown, status, said = None, error.status, Said(error.detail, refused=True)
    due = board.due_of(post, request.user)
    context = {
        "shown": shown,
        "due": due,
        "said": said if not is_fragment(request) else None,
        "refusal": said,
    }
    return show(request, post, "account", look(request, post), context, status=status)


def _for_payer(post: Post, request: SignedIn) -> Shown | None:
    """None: the host has given none. Raises NO_BALANCE for who never had one, ACCOUNT_KEY."""
    due = board.due_of(post, request.user)
    if due is None:
        raise OrderError("NO_BALANCE")
    found = pay_accounts.opened(post.host_id)
    if found is None:
        return None
    masked = Shown(found.bank_name, banks.masked(found.number))
    if not board.account_visible_to(post, request.user) or due.balance <= 0:
        return masked
    toss = banks.toss_link(found.bank, found.number, due.balance)
    drawn = segno.make_qr(toss, error="m").svg_data_uri(scale=4, border=4, light="#fff")
    return masked._replace(number=found.number, holder=found.holder, link=found.link, toss=toss, qr=drawn)


def host_page(
    request: SignedIn,
    post: Post,
    *,
    said: Said | None = None,
    typed: dict[str, Any] | None = None,
    error: RoomError | None = None,
    status: int = 200,
) -> HttpResponse:
    """What the host has given, masked, and the form for another."""
    row = PayAccount.objects.filter(user=request.user).first()
    try:
        found = pay_accounts.opened(request.user.pk)
    except OrderError as refused:
        found, said = None, said or Said(refused.detail, refused=True)
    context = {
        "given": Shown(found.bank_name, banks.masked(found.number), holder=found.holder, link=found.link)
        if found
        else None,
        "changed_at": row.changed_at if row else None,
        "banks": [(code, bank.name) for code, bank in banks.BANKS.items()],
        "typed": typed or {},
        "wrong": error.detail if error else "",
        "at": getattr(error, "field", ""),
        "said": said,
        "address": reverse("orders:pay_account", args=[post.public_id]),
    }
    return show(request, post, "account_host", look(request, post), context, status=status)


def _keep(request: SignedIn, post: Post) -> HttpResponse:
    if post.host_id != request.user.pk:
        error = OrderError("NOT_HOST")
        return show(
            request,
            post,
            "account",
            look(request, post),
            {"shown": None, "refusal": Said(error.detail, True)},
            status=error.status,
        )
    if request.POST.get("forget"):
        pay_accounts.forget(user=request.user)
        return done(request, post, _("It is gone. Nobody sees it any more."), host_page, "pay_account")
    typed = {name: request.POST.get(name, "")[:200] for name in FIELDS}
    try:
        pay_accounts.keep(user=request.user, **typed)
    except RoomError as error:
        if not getattr(error, "field", ""):
            return host_page(request, post, said=Said(error.detail, True), typed=typed, status=error.status)
        return host_page(request, post, typed=typed, error=error, status=error.status)
    return done(request, post, _("Saved. Only those who owe you see it."), host_page, "pay_account")
