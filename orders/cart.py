"""The verbs about the cart. Members add for themselves; others come into a shared dish by their own tap.

Verbs on one's own dishes carry no version. Each that changes something counts `cart_v` on and writes one `order.cart`.

Edits are debounced where they are typed: the page sends a dish 800 ms after the last tap on it, so a number counted up
from 1 to 5 is one verb and one entry. The server does not hold changes back (an entry stands when the verb returns,
P3); a client that does not debounce is held by the views' rate.
"""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from orders import bounds, fields
from orders.dishes import check_open, emptied, end_sitting_out, find, hand_on, open_cart, told, written
from orders.errors import OrderError
from orders.locking import check_host, lock_post, moment, write
from orders.models import Item, Post, Seat, Sharer


@transaction.atomic
def set_item(
    *,
    by: User,
    post: Post,
    name: str,
    unit_won: int,
    qty: int = 1,
    options: str = "",
    note: str = "",
    shared: bool = False,
    item: int | None = None,
    owner: User | None = None,
    request_key: UUID | None = None,
) -> Item:
    """Put a dish in, or change one's own (`item`). The host may add for somebody else (`owner`): it is pending until
    they accept it or confirm the locked cart, and falls to the host if they never do.

    Changing what a shared dish is or costs releases the others who share it: nobody owes for what they did not tap. A
    second call with the same `request_key` returns the first dish; a change that changes nothing writes nothing.
    Raises NOT_MEMBER, CART_LOCKED, READ_ONLY, FIELD_…, WON, QTY, NO_ITEM, NOT_YOURS, NOT_HOST, NO_SUCH_MEMBER,
    CART_FULL or TOO_MANY_ITEMS.
    """
    values = {
        "name": fields.text(name, "name", bounds.ITEM_NAME_MAX, required=True),
        "options": fields.text(options, "options", bounds.ITEM_OPTIONS_MAX),
        "note": fields.text(note, "note", bounds.ITEM_NOTE_MAX),
        "unit_won": fields.whole(unit_won, 0, bounds.WON_MAX, "WON", "unit_won"),
        "qty": fields.whole(qty, 1, bounds.QTY_MAX, "QTY", "qty"),
        "shared": bool(shared),
    }
    post = open_cart(post, by)
    if item is not None:
        return _change(by, post, find(post, item), values)
    if request_key and (made := Item.objects.filter(added_by=by, request_key=request_key).first()):
        return made
    return _add(by, post, _owner(by, post, owner), values, request_key)


def _add(by: User, post: Post, owner: User, values: dict[str, object], request_key: UUID | None) -> Item:
    if post.items.count() >= bounds.ITEMS_MAX:
        raise OrderError("CART_FULL")
    if post.items.filter(owner=owner).count() >= bounds.ITEMS_EACH_MAX:
        raise OrderError("TOO_MANY_ITEMS")
    pending = owner.pk != by.pk
    made = Item.objects.create(
        post=post, owner=owner, added_by=by, pending=pending, request_key=request_key, **values
    )
    Sharer.objects.create(item=made, user=owner)
    end_sitting_out(post, owner)
    written(post, by, "set", made, user=owner if pending else None)
    return made


def _change(by: User, post: Post, item: Item, values: dict[str, object]) -> Item:
    before = told(item)
    if item.owner_id != by.pk and not (item.pending and item.added_by_id == by.pk):
        raise OrderError("NOT_YOURS")
    if all(getattr(item, name) == value for name, value in values.items()):
        return item
    if any(getattr(item, name) != value for name, value in values.items() if name != "note"):
        item.sharers.exclude(user=item.owner_id).delete()
    for name, value in values.items():
        setattr(item, name, value)
    item.save()
    written(post, by, "set", item, before=before)
    return item


def _owner(by: User, post: Post, owner: User | None) -> User:
    if owner is None or owner.pk == by.pk:
        return by
    if post.host_id != by.pk:
        raise OrderError("NOT_HOST")
    if not Seat.objects.active().filter(post=post, user=owner).exists():
        raise OrderError("NO_SUCH_MEMBER")
    return owner


@transaction.atomic
def remove_item(*, by: User, post: Post, item: int) -> None:
    """Take one's own dish out, or refuse, or as host take back, a pending one. One that is gone changes nothing.

    Raises NOT_MEMBER, CART_LOCKED, READ_ONLY or NOT_YOURS.
    """
    post = open_cart(post, by)
    found = post.items.filter(pk=item).first()
    if found is None:
        return
    if found.owner_id != by.pk and not (found.pending and found.added_by_id == by.pk):
        raise OrderError("NOT_YOURS")
    before = told(found)
    found.delete()
    written(post, by, "remove", None, before=before)


@transaction.atomic
def join_item(*, user: User, post: Post, item: int, weight: int = 1) -> None:
    """나도 먹을래요: take `weight` parts (1–9) of a shared dish, or another number of them than before.

    Raises NOT_MEMBER, CART_LOCKED, READ_ONLY, NO_ITEM, NOT_SHARED or WEIGHT.
    """
    weight = fields.weight(weight)
    post = open_cart(post, user)
    found = find(post, item)
    if not found.shared:
        raise OrderError("NOT_SHARED")
    before = told(found)
    part, new = found.sharers.get_or_create(user=user, defaults={"weight": weight})
    if not new and part.weight == weight:
        return
    found.sharers.filter(pk=part.pk).update(weight=weight)
    end_sitting_out(post, user)
    written(post, user, "join", found, before=before)


@transaction.atomic
def quit_item(*, user: User, post: Post, item: int) -> None:
    """Have no part in a dish any more; if its owner goes, it belongs to the next who shares it. Without a part nothing
    changes. Raises NOT_MEMBER, CART_LOCKED, READ_ONLY, NO_ITEM or LAST_SHARER."""
    post = open_cart(post, user)
    found = find(post, item)
    before = told(found)
    if not found.sharers.filter(user=user).exists():
        return
    if not hand_on(found, user):
        raise OrderError("LAST_SHARER")
    written(post, user, "quit", found, before=before)


@transaction.atomic
def accept_item(*, user: User, post: Post, item: int) -> None:
    """Take what the host added for one. Having accepted changes nothing.

    Raises NOT_MEMBER, CART_LOCKED, READ_ONLY, NO_ITEM or NOT_YOURS.
    """
    post = open_cart(post, user)
    found = find(post, item)
    if found.owner_id != user.pk:
        raise OrderError("NOT_YOURS")
    if found.pending:
        before = told(found)
        found.pending = False
        found.save(update_fields=["pending"])
        written(post, user, "accept", found, before=before)


@transaction.atomic
def sit_out(*, by: User, post: Post, user: User | None = None) -> None:
    """이번엔 쉴게요: no food, no fee, the seat stays. The host may, after the deadline, sit out who has not chosen.

    Sitting out already changes nothing. Raises NOT_MEMBER, NO_SUCH_MEMBER, CART_LOCKED, READ_ONLY, HAS_ITEMS or
    NOT_SILENT.
    """
    post = open_cart(post, by)
    who = user or by
    seat = Seat.objects.active().filter(post=post, user=who).first()
    if seat is None:
        raise OrderError("NO_SUCH_MEMBER")
    if seat.sits_out:
        return
    if who.pk != by.pk and (post.host_id != by.pk or post.deadline_at > moment(None)):
        raise OrderError("NOT_SILENT")
    if Sharer.objects.filter(item__post=post, user=who).exists():
        raise OrderError("HAS_ITEMS")
    Seat.objects.filter(pk=seat.pk).update(sits_out=True)
    written(post, by, "sit_out", None, user=who)


@transaction.atomic
def sit_in(*, user: User, post: Post) -> None:
    """Eat after all. Not sitting out changes nothing. Raises NOT_MEMBER, CART_LOCKED or READ_ONLY."""
    post = open_cart(post, user)
    if end_sitting_out(post, user):
        written(post, user, "sit_in", None, user=user)


@transaction.atomic
def clear(*, by: User, post: Post) -> None:
    """The host empties the cart; who sits out goes on doing so. Raises NOT_HOST, CART_LOCKED or READ_ONLY."""
    post = lock_post(post)
    check_host(by, post)
    check_open(post)
    if post.items.exists():
        write(post, by, emptied(post))
