"""The order sheet: the cart and its people at one moment, and as words for the shop."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders import progress
from orders.models import Item, Post, Seat


@dataclass(frozen=True, slots=True)
class Row:
    """A dish and who has how many parts in it, in the order they came."""

    item: Item
    parts: Mapping[int, int]  # user to weight

    @property
    def weights(self) -> int:
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class Sheet:
    """Viewer-neutral. People are user ids, in the order of joining."""

    post_id: int
    cart_v: int
    rows: tuple[Row, ...]
    members: tuple[int, ...]
    sitting_out: tuple[int, ...]
    unchosen: tuple[int, ...]  # neither a dish, nor a part, nor sitting out
    unconfirmed: tuple[int, ...]  # eat, are not the host, and have not confirmed this cart
    subtotal: int
    min_order: progress.Progress
    fee: int | None  # expected (예상); None while it is unknown
    next_fee: tuple[progress.Progress, int] | None
    free_delivery: progress.Progress | None

    @property
    def eaters(self) -> tuple[int, ...]:
        return tuple(user for user in self.members if user not in self.sitting_out)

    def of(self, user_id: int) -> tuple[Row, ...]:
        """What one person has a part in."""
        return tuple(row for row in self.rows if user_id in row.parts)

    def without(self, user_id: int) -> int:
        """The subtotal, should they leave: their dishes go, those that others share stay."""
        gone = sum(row.item.won for row in self.of(user_id) if len(row.parts) == 1)
        return self.subtotal - gone


def read(post: Post) -> Sheet:
    """Three queries. `post` is as the caller has it: for one moment's truth hold its room's lock."""
    rows = tuple(
        Row(item, {part.user_id: part.weight for part in sorted(item.sharers.all(), key=lambda p: p.pk)})
        for item in post.items.select_related("owner").prefetch_related("sharers").order_by("pk")
    )
    seats = list(Seat.objects.active().filter(post=post).by_standing())
    chosen = {user for row in rows for user in row.parts}
    subtotal = sum(row.item.won for row in rows)
    return Sheet(
        post_id=post.pk,
        cart_v=post.cart_v,
        rows=rows,
        members=tuple(seat.user_id for seat in seats),
        sitting_out=tuple(seat.user_id for seat in seats if seat.sits_out),
        unchosen=tuple(s.user_id for s in seats if not s.sits_out and s.user_id not in chosen),
        unconfirmed=tuple(
            s.user_id
            for s in seats
            if not s.sits_out and s.user_id != post.host_id and s.confirmed_cart_v != post.cart_v
        ),
        subtotal=subtotal,
        min_order=progress.min_order(post.min_order_won, subtotal),
        fee=progress.fee_at(post.fee_tiers, subtotal),
        next_fee=progress.next_fee(post.fee_tiers, subtotal),
        free_delivery=progress.free_delivery(post.fee_tiers, subtotal),
    )


def order_text(post: Post, found: Sheet) -> str:
    """The whole order, to read out to the shop or paste: equal dishes added up, in the active language. No names."""
    counts: dict[tuple[str, str, str, int], int] = {}
    for row in found.rows:
        item = row.item
        key = (item.name, item.options, item.note, item.unit_won)
        counts[key] = counts.get(key, 0) + item.qty
    lines = [post.shop]
    for (name, options, note, unit_won), qty in counts.items():
        extra = " / ".join(filter(None, (options, note)))
        lines.append(f"- {name} × {qty}" + (f" ({extra})" if extra else "") + f" {_won(unit_won * qty)}")
    lines.append(_("Total {won}").format(won=_won(found.subtotal)))
    return "\n".join(lines)


def _won(amount: int) -> str:
    return _("{won} won").format(won=f"{amount:,}")
