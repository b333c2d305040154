"""The cart's rows and its entry, for verbs that hold the room's lock."""

from django.db.models import F, Sum

from accounts.models import User
from orders.errors import OrderError
from orders.kinds import CartItem, OrderCart, Part
from orders.locking import lock_post, seat_of, write
from orders.models import OPEN, OVER, Item, Post, Seat


def emptied(post: Post) -> OrderCart:
    """Every dish out; returns the entry to write."""
    post.items.all().delete()
    return OrderCart(cart_v=_count_on(post), op="clear", subtotal=0, scope="all")


def without(post: Post, user: User) -> OrderCart | None:
    """What somebody who goes had is out; dishes that others share go on as theirs. The entry to write, if any."""
    mine = Item.objects.filter(post=post, sharers__user=user)
    found = list(mine)
    for item in found:
        if not hand_on(item, user):
            item.delete()
    if not found:
        return None
    return OrderCart(cart_v=_count_on(post), op="clear", subtotal=subtotal(post), for_=user.pk, scope="own")


def subtotal(post: Post) -> int:
    """Won of all dishes, pending ones too: they are ordered whoever pays."""
    return post.items.aggregate(won=Sum(F("unit_won") * F("qty")))["won"] or 0


def told(item: Item) -> CartItem:
    """The dish as an entry holds it."""
    parts = item.sharers.order_by("pk").values_list("user", "weight")
    return CartItem(
        id=item.pk,
        owner=item.owner_id,
        name=item.name,
        options=item.options,
        unit_won=item.unit_won,
        qty=item.qty,
        note=item.note,
        shared=item.shared,
        pending=item.pending,
        sharers=[Part(user, weight) for user, weight in parts],
    )


def hand_on(item: Item, user: User) -> bool:
    """Take somebody's part out of a dish, which passes to the next sharer; False if nobody else has one."""
    others = item.sharers.exclude(user=user)
    heir = others.order_by("pk").first()
    if heir is None:
        return False
    item.sharers.filter(user=user).delete()
    if item.owner_id == user.pk:
        item.owner_id, item.pending = heir.user_id, False
        item.save(update_fields=["owner", "pending"])
    return True


def open_cart(post: Post, user: User) -> Post:
    """The locked post, for a member while its cart can change."""
    post = lock_post(post)
    seat_of(post, user)
    check_open(post)
    return post


def check_open(post: Post) -> None:
    if post.state not in OPEN:
        raise OrderError("READ_ONLY" if post.state in OVER else "CART_LOCKED")


def find(post: Post, pk: int) -> Item:
    found = post.items.filter(pk=pk).first()
    if found is None:
        raise OrderError("NO_ITEM")
    return found


def end_sitting_out(post: Post, user: User) -> bool:
    return bool(Seat.objects.active().filter(post=post, user=user, sits_out=True).update(sits_out=False))


def _count_on(post: Post) -> int:
    post.cart_v += 1
    Post.objects.filter(pk=post.pk).update(cart_v=post.cart_v)
    return post.cart_v


def written(
    post: Post,
    by: User,
    op: str,
    item: Item | None,
    *,
    before: CartItem | None = None,
    user: User | None = None,
) -> None:
    now = told(item) if item is not None else None
    shown = now or before  # what was taken out is named too
    entry = OrderCart(
        cart_v=_count_on(post),
        op=op,
        subtotal=subtotal(post),
        item=shown,
        before=before,
        for_=user.pk if user else None,
    )
    write(post, by, entry)
