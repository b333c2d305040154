"""What the order really costs: the host's actual prices, fees and discounts, and the split that follows from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from orders import bounds, dishes, fields, progress, split
from orders.errors import OrderError
from orders.kinds import OrderCart
from orders.locking import check_host, check_state, lock_post, write
from orders.models import Discount, Fee, FeeRule, Item, Post, Scope, Seat, State

UNIT: Final = 10  # unless the host chooses another at the first issue


class Keep(Enum):
    """Says that a value stays as it is, where None is a value."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


class FeeIn(NamedTuple):
    won: int
    rule: str = FeeRule.EQUAL.value
    label: str = ""


class DiscountIn(NamedTuple):
    """`user`: the id of whose it is, for PERSONAL ones."""

    won: int
    scope: str = Scope.FOOD.value
    user: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The split as it would be issued now. `gap`: what is to be added (taken off, if negative) for the receipt to
    agree. `seats`: of those who share, by user id, in the order of joining."""

    split: split.Split
    unit: int
    unit_fixed: bool
    receipt_won: int | None
    gap: int
    items: tuple[Item, ...]
    fees: tuple[Fee, ...]
    discounts: tuple[Discount, ...]
    seats: dict[int, Seat]
    parts: dict[int, dict[int, int]]  # of each dish: user to weight

    @property
    def total(self) -> int:
        return self.split.total


# --- verbs ----------------------------------------------------------------------------------------------------


@transaction.atomic
def set_actual(*, by: User, post: Post, item: int, unit_won: int, qty: int) -> Item:
    """A dish came at another price, in another number, or not at all (`qty` 0). As ordered takes that back.

    What came already changes nothing. Raises NOT_HOST, WON, QTY, NO_ITEM, WRONG_STATE or READ_ONLY.
    """
    fields.whole(unit_won, 0, bounds.WON_MAX, "WON", "unit_won")
    fields.whole(qty, 0, bounds.QTY_MAX, "QTY", "qty")
    post = lock_post(post)
    check_host(by, post)
    check_state(post, State.ORDERED, State.ARRIVED)
    found = dishes.find(post, item)
    if (found.real_unit_won, found.real_qty) == (unit_won, qty):
        return found
    before = told(found)
    as_ordered = (found.unit_won, found.qty) == (unit_won, qty)
    found.actual_unit_won, found.actual_qty = (None, None) if as_ordered else (unit_won, qty)
    found.save(update_fields=["actual_unit_won", "actual_qty"])
    post.cart_v += 1
    Post.objects.filter(pk=post.pk).update(cart_v=post.cart_v)
    # confirmations were of the order as it went out: they stand
    confirmed = Seat.objects.filter(post=post, confirmed_cart_v=post.cart_v - 1)
    confirmed.update(confirmed_cart_v=F("confirmed_cart_v") + 1)
    write(
        post,
        by,
        OrderCart(
            cart_v=post.cart_v,
            op="set",
            subtotal=sum(each.actual_won for each in post.items.all()),
            item=told(found),
            before=before,
            scope="sold_out" if qty == 0 else "actual",
        ),
    )
    return found


def told(item: Item) -> Any:
    """The dish as it really came, as an entry holds it."""
    entry = dishes.told(item)
    entry.unit_won, entry.qty = item.real_unit_won, item.real_qty
    return entry


@transaction.atomic
def edit_bill(
    *,
    by: User,
    post: Post,
    fees: Sequence[FeeIn] | None = None,
    discounts: Sequence[DiscountIn] | None = None,
    receipt_won: int | Keep | None = KEEP,
) -> None:
    """What the order cost besides the dishes, as it is known now; lists take the place of those before, None keeps
    them. Nothing is owed by it: that is `issue_shares`.

    Raises NOT_HOST, WON, FEE_RULE, FIELD_…, TOO_MANY_FEES, NO_SUCH_MEMBER, WRONG_STATE or READ_ONLY.
    """
    post = lock_post(post)
    check_host(by, post)
    check_state(post, State.LOCKED, State.ORDERED, State.ARRIVED)
    if fees is not None:
        made = [_fee(post, each) for each in _few(fees)]
        post.fees.all().delete()
        Fee.objects.bulk_create(made)
    if discounts is not None:
        table = seats_of(post)
        coupons = [_discount(post, each, table) for each in _few(discounts)]
        post.discounts.all().delete()
        Discount.objects.bulk_create(coupons)
    if not isinstance(receipt_won, Keep):
        if receipt_won is not None:
            fields.whole(receipt_won, 0, bounds.TOTAL_MAX, "WON", "receipt_won")
        Post.objects.filter(pk=post.pk).update(receipt_won=receipt_won)


def _few(rows: Sequence[Any]) -> Sequence[Any]:
    if len(rows) > bounds.FEES_MAX + bounds.PEOPLE_MAX:
        raise OrderError("TOO_MANY_FEES")
    return rows


def _fee(post: Post, given: FeeIn) -> Fee:
    won = fields.whole(given.won, 0, bounds.WON_MAX, "WON", "fee")
    if given.rule not in FeeRule.values:
        raise OrderError("FEE_RULE", field="rule")
    return Fee(post=post, won=won, rule=given.rule, label=fields.text(given.label, "label", bounds.LABEL_MAX))


def _discount(post: Post, given: DiscountIn, table: dict[int, Seat]) -> Discount:
    won = fields.whole(given.won, 0, bounds.WON_MAX, "WON", "discount")
    if given.scope not in Scope.values or (given.scope == Scope.PERSONAL) != (given.user is not None):
        raise OrderError("FEE_RULE", field="scope")
    if given.user is not None and given.user not in table:
        raise OrderError("NO_SUCH_MEMBER", field="user")
    label = fields.text(given.label, "label", bounds.LABEL_MAX)
    return Discount(post=post, won=won, scope=given.scope, user_id=given.user, label=label)


def book_gap(post: Post, gap: int) -> None:
    """Under the lock: the difference to the receipt as one fee or one discount, beside one that there is already.

    Raises GAP_TOO_LARGE.
    """
    booked = sum(fee.won for fee in post.fees.filter(is_gap=True))
    gap += booked - sum(off.won for off in post.discounts.filter(is_gap=True))
    if abs(gap) > bounds.WON_MAX:
        raise OrderError("GAP_TOO_LARGE", gap=gap)
    post.fees.filter(is_gap=True).delete()
    post.discounts.filter(is_gap=True).delete()
    if gap > 0:
        Fee.objects.create(post=post, won=gap, is_gap=True)
    elif gap < 0:
        Discount.objects.create(post=post, won=-gap, is_gap=True)


# --- reading --------------------------------------------------------------------------------------------------


def suggested_fees(post: Post) -> list[FeeIn]:
    """Delivery as the tiers say (예상), for a bill that has no fees yet."""
    won = progress.fee_at(post.fee_tiers, sum(item.actual_won for item in post.items.all()))
    return [FeeIn(won)] if won else []


def seats_of(post: Post) -> dict[int, Seat]:
    """Who is at the table, by user id, in the order of joining: those who sit there; from ORDERED on those who sat
    there then, for who goes later still ate. A guest who became part of an account is that account, which eats if
    either does."""
    seats = Seat.objects.filter(post=post).select_related("user").by_standing()
    here = Q(left_at=None)
    if post.ordered_at is not None:
        here |= Q(left_at__gte=post.ordered_at)
    table: dict[int, Seat] = {}
    for seat in seats.filter(here):
        user = seat.user.merged_into_id or seat.user_id
        if table.setdefault(user, seat).sits_out and not seat.sits_out:
            table[user] = seat
    return table


def preview(post: Post, unit: int | None = None, *, estimate: bool = False) -> Preview:
    """The split of the present bill; for one moment's truth hold the post's lock. `estimate`: with the delivery fee
    that is expected, if the bill has no fees and nothing was issued. Raises EMPTY_CART (nobody eats) or UNIT."""
    unit = post.unit or unit or UNIT
    if unit not in split.UNITS:
        raise OrderError("UNIT", field="unit")
    table = seats_of(post)
    items = tuple(post.items.select_related("owner").prefetch_related("sharers").order_by("pk"))
    merged = _merged(items)
    parts = {item.pk: _parts(item, merged) for item in items}
    fees = tuple(post.fees.order_by("pk"))
    if estimate and not fees and not post.share_v:
        fees = tuple(_fee(post, each) for each in suggested_fees(post))
    eating = {user for user, seat in table.items() if not seat.sits_out}
    sharing = eating | {post.host_id}
    discounts = tuple(
        off for off in post.discounts.order_by("pk") if off.user_id is None or off.user_id in sharing
    )
    if not eating or post.host_id not in table:
        raise OrderError("EMPTY_CART")
    found = split.split(
        people=[split.Person(user, seat.pk, user in eating) for user, seat in table.items()],
        host=post.host_id,
        dishes=[split.Dish(item.real_unit_won, item.real_qty, parts[item.pk]) for item in items],
        fees=[split.FeePart(fee.won, split.FeeRule(fee.rule)) for fee in fees],
        coupons=[split.Coupon(off.won, split.Scope(off.scope), off.user_id) for off in discounts],
        unit=unit,
    )
    agrees = post.receipt_won in (None, found.total)
    raw = found.items + found.fees - found.coupons
    return Preview(
        split=found,
        unit=unit,
        unit_fixed=post.unit is not None,
        receipt_won=post.receipt_won,
        gap=0 if agrees else (post.receipt_won or 0) - raw,
        items=items,
        fees=fees,
        discounts=discounts,
        seats={user: seat for user, seat in table.items() if user in sharing},
        parts=parts,
    )


def _merged(items: Iterable[Item]) -> dict[int, int]:
    """Guests among the sharers who became part of an account, and which."""
    users = {part.user_id for item in items for part in item.sharers.all()}
    pairs = User.objects.filter(pk__in=users).exclude(merged_into=None).values_list("pk", "merged_into")
    return {pk: into for pk, into in pairs if into is not None}


def _parts(item: Item, merged: dict[int, int]) -> dict[int, int]:
    parts: dict[int, int] = {}
    for part in sorted(item.sharers.all(), key=lambda each: each.pk):
        user = merged.get(part.user_id, part.user_id)
        parts[user] = min(parts.get(user, 0) + part.weight, bounds.WEIGHT_MAX)
    return parts
