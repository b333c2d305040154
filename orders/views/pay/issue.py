"""The page for issuing shares: the bill is saved as often as the host likes, looked at, and then told to everybody."""

from typing import Any

from allauth.decorators import rate_limit
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedIn
from orders import billing, shares
from orders.models import FeeRule, Item, PayAccount, Post
from orders.split import UNITS
from orders.views.answers import explain, fresh
from orders.views.cart import number
from orders.views.fragments import Said, of_members
from orders.views.pay import bill_form
from orders.views.pay.bill_form import Row
from orders.views.pay.board import ISSUABLE, board_page
from orders.views.pay.gate import done, look, show
from orders.views.people import is_fragment
from rooms.errors import RoomError

# The verbs' names of fields, as parts of the form.
_AT = {
    "rule": "fee",
    "scope": "discount",
    "user": "discount",
    "label": "fee",
    "unit_won": "items",
    "qty": "items",
}


@require_http_methods(["GET", "HEAD", "POST"])
@of_members
@rate_limit(action="write")
def issue(request: SignedIn, post: Post) -> HttpResponse:
    """GET: the bill and what it comes to. POST `do=save`: keep it; `do=issue`: everybody is told."""
    if post.host_id != request.user.pk or post.state not in ISSUABLE:
        return HttpResponseRedirect(reverse("orders:pay", args=[post.public_id]))
    if request.method != "POST":
        return issue_page(request, post)
    return _issue(request, post) if request.POST.get("do") == "issue" else _save(request, post)


def issue_page(
    request: SignedIn,
    post: Post,
    *,
    said: Said | None = None,
    error: RoomError | None = None,
    status: int = 200,
) -> HttpResponse:
    seen = look(request, post)
    unit = _unit(request, post)
    found = billing.preview(post, unit=unit)
    form = request.POST if error is not None else None
    people = {user: seat.user for user, seat in found.seats.items()}
    context: dict[str, Any] = {
        "preview": found,
        "lines": [(people[line.user], line) for line in found.split.lines],
        "seen": _seen(found),
        "gap_size": abs(found.gap),
        "items": [(item, *_shown(form, item)) for item in found.items],
        "fees": _fees(form, post, found),
        "discounts": _discounts(form, found),
        "receipt": form.get("receipt", "") if form else found.receipt_won,
        "rules": FeeRule.choices,
        "people": [(f"PERSONAL:{pk}", user) for pk, user in people.items()],
        "units": UNITS,
        "unit": found.unit,
        "said": said,
        "wrong": error.detail if error else "",
        "at": _AT.get(getattr(error, "field", ""), getattr(error, "field", "")),
        "address": reverse("orders:pay_issue", args=[post.public_id]),
        "account": PayAccount.objects.filter(user=request.user).exists(),
    }
    return show(request, post, "issue", seen, context, status=status)


def _shown(form: Any, item: Item) -> tuple[Any, Any]:
    """Price and number of a dish: typed and refused, or as they are."""
    if form is None:
        return item.real_unit_won, item.real_qty
    return (
        form.get(f"unit-{item.pk}", item.real_unit_won),
        form.get(f"qty-{item.pk}", item.real_qty),
    )


def _fees(form: Any, post: Post, found: billing.Preview) -> list[Row]:
    """Those there are (the delivery fee as estimated, until the host has said anything), and one to fill in."""
    if form is not None:
        return [*bill_form.typed_rows(form, "fee"), Row()]
    kept = [Row(fee.label or fee.title, str(fee.won), fee.rule) for fee in found.fees if not fee.is_gap]
    if not kept and not post.share_v:
        kept = [Row(fee.label, str(fee.won), fee.rule) for fee in billing.suggested_fees(post)]
    return [*kept, Row()]


def _discounts(form: Any, found: billing.Preview) -> list[Row]:
    if form is not None:
        return [*bill_form.typed_rows(form, "discount"), Row()]
    return [
        *(
            Row(each.label, str(each.won), f"{each.scope}:{each.user_id}" if each.user_id else each.scope)
            for each in found.discounts
            if not each.is_gap
        ),
        Row(),
    ]


def _unit(request: SignedIn, post: Post) -> int | None:
    """What the host chose; only before the first issue."""
    typed = number(request.POST.get("unit", "") or request.GET.get("unit", ""))
    return typed if post.unit is None and typed in UNITS else None


def _seen(found: billing.Preview) -> str:
    """What the host looks at before telling everybody: each one's won, and the gap to the receipt."""
    return ",".join(f"{line.user}:{line.won}" for line in found.split.lines) + f";{found.gap}"


def _keep(request: SignedIn, post: Post) -> None:
    """All that was typed, or nothing."""
    form = request.POST
    with transaction.atomic():
        for real in bill_form.reals(form, list(post.items.order_by("pk"))):
            billing.set_actual(
                by=request.user, post=post, item=real.item, unit_won=real.unit_won, qty=real.qty
            )
        billing.edit_bill(
            by=request.user,
            post=post,
            fees=bill_form.fees(bill_form.typed_rows(form, "fee")),
            discounts=bill_form.discounts(bill_form.typed_rows(form, "discount")),
            receipt_won=bill_form.receipt(form),
        )


def _save(request: SignedIn, post: Post) -> HttpResponse:
    try:
        _keep(request, post)
    except RoomError as error:
        return _refused(request, post, error)
    if is_fragment(request):
        return issue_page(request, fresh(post))
    unit = _unit(request, post)
    query = f"?unit={unit}" if unit else ""
    return HttpResponseRedirect(f"{reverse('orders:pay_issue', args=[post.public_id])}{query}#preview")


def _issue(request: SignedIn, post: Post) -> HttpResponse:
    """What was typed and not yet looked at is worked out and shown first."""
    form = request.POST
    try:
        _keep(request, post)
        unit = _unit(request, post)
        found = billing.preview(fresh(post), unit)
        if form.get("seen") != _seen(found):
            said = Said(
                _("It comes to something else now. Look once more, then tell everybody."), refused=True
            )
            return issue_page(request, fresh(post), said=said, status=409)
        made = shares.issue_shares(
            by=request.user,
            post=post,
            share_v=number(form.get("share_v", "")),
            cart_v=number(form.get("cart_v", "")),
            total=found.total,
            unit=unit,
            book_gap=bool(found.gap),
        )
    except RoomError as error:
        return _refused(request, post, error)
    said_all = _("Everybody has been told: {total} won in all.").format(total=f"{made.total:,}")
    return done(request, fresh(post), said_all, board_page, "pay")


def _refused(request: SignedIn, post: Post, error: RoomError) -> HttpResponse:
    """With the sentence at its field, or above; all that was typed still stands."""
    post = fresh(post)
    where = getattr(error, "field", "")
    return issue_page(
        request,
        post,
        said=None if where else explain(post, error),
        error=error if where else None,
        status=error.status,
    )
