"""The cart by form: each view decodes, calls one verb, and answers by the sheet."""

from functools import partial
from typing import Any
from uuid import UUID

from allauth.decorators import rate_limit
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import SignedIn
from orders import cart
from orders.errors import OrderError
from orders.models import Item, Post, Seat
from orders.views.answers import answer, refused, run
from orders.views.fragments import Said, Typed, of_members
from rooms.errors import RoomError

NUMBER_MAX = 9  # digits
FIELDS = ("name", "unit_won", "qty", "options", "note")


def number(typed: str, default: int = -1) -> int:
    """What people type for a number: "12,900원". -1, which every verb refuses, for what is none."""
    digits = "".join(char for char in typed[:30] if char not in ",원₩ ")
    if not digits:
        return default
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= NUMBER_MAX else -1


def member(post: Post, typed: str) -> User:
    """A person of this order by number. Raises NO_SUCH_MEMBER."""
    seat = Seat.objects.active().filter(post=post, user_id=number(typed)).select_related("user").first()
    if seat is None:
        raise OrderError("NO_SUCH_MEMBER")
    return seat.user


@require_POST
@of_members
@rate_limit(action="write")
def add(request: SignedIn, post: Post) -> HttpResponse:
    """A new dish; the form's key makes a double tap harmless."""
    return _set(request, post, None)


@require_POST
@of_members
@rate_limit(action="write")
def change(request: SignedIn, post: Post, item: int) -> HttpResponse:
    return _set(request, post, item)


def _set(request: SignedIn, post: Post, item: int | None) -> HttpResponse:
    form = request.POST
    values: dict[str, Any] = {name: form.get(name, "").strip() for name in FIELDS}
    values["shared"] = form.get("shared") == "on"
    kept = values | {"for": form.get("for", ""), "key": form.get("key", "")}
    try:
        if not values["unit_won"]:
            raise OrderError("FIELD_EMPTY", field="unit_won")
        owner = member(post, form["for"]) if form.get("for") else None
        values |= {"unit_won": number(values["unit_won"]), "qty": number(values["qty"], default=1)}
        made = cart.set_item(
            by=request.user,
            post=post,
            item=item,
            owner=owner,
            request_key=_key(form.get("key", "")),
            **values,
        )
    except RoomError as error:
        where = getattr(error, "field", "")
        return refused(request, post, error, Typed(kept, item, error.detail, where))
    return answer(request, post, at=f"item-{made.pk}")


def _key(typed: str) -> UUID | None:
    try:
        return UUID(typed[:40]) if typed else None
    except ValueError:
        return None


@require_POST
@of_members
@rate_limit(action="write")
def remove(request: SignedIn, post: Post, item: int) -> HttpResponse:
    """Out of the cart, with the way back."""
    gone = Item.objects.filter(post=post, pk=item).first()
    said = None
    if gone is not None:
        undo = {name: getattr(gone, name) for name in (*FIELDS, "shared")}
        undo["for"] = gone.owner_id if gone.owner_id != request.user.pk else ""
        said = Said(_("{name} is out.").format(name=gone.name), undo=undo)
    return run(request, post, partial(cart.remove_item, by=request.user, post=post, item=item), said)


@require_POST
@of_members
@rate_limit(action="write")
def join(request: SignedIn, post: Post, item: int) -> HttpResponse:
    weight = number(request.POST.get("weight", ""), default=1)
    verb = partial(cart.join_item, user=request.user, post=post, item=item, weight=weight)
    return run(request, post, verb, at=f"item-{item}")


@require_POST
@of_members
@rate_limit(action="write")
def quit(request: SignedIn, post: Post, item: int) -> HttpResponse:
    return run(
        request, post, partial(cart.quit_item, user=request.user, post=post, item=item), at=f"item-{item}"
    )


@require_POST
@of_members
@rate_limit(action="write")
def accept(request: SignedIn, post: Post, item: int) -> HttpResponse:
    return run(
        request, post, partial(cart.accept_item, user=request.user, post=post, item=item), at=f"item-{item}"
    )


@require_POST
@of_members
@rate_limit(action="write")
def sit_out(request: SignedIn, post: Post) -> HttpResponse:
    """Oneself, or as the host a silent member (`user`); `back` eats after all."""
    if request.POST.get("back"):
        return run(request, post, partial(cart.sit_in, user=request.user, post=post), at="mine")

    def verb() -> None:
        typed = request.POST.get("user", "")
        cart.sit_out(by=request.user, post=post, user=member(post, typed) if typed else None)

    return run(request, post, verb, at="table")
