"""Confirming the locked cart."""

from django.db import transaction

from accounts.models import User
from orders import sheet
from orders.errors import OrderError
from orders.kinds import OrderConfirm
from orders.locking import check_cart_v, check_state, lock_post, seat_of, write
from orders.models import Post, State


@transaction.atomic
def confirm(*, user: User, post: Post, cart_v: int) -> None:
    """This is what I eat: accepts what the host added for me too. Confirming again changes nothing.

    Raises NOT_MEMBER, SITS_OUT, STALE, WRONG_STATE or READ_ONLY.
    """
    post = lock_post(post)
    check_state(post, State.LOCKED)
    seat = seat_of(post, user)
    if seat.sits_out:
        raise OrderError("SITS_OUT")
    check_cart_v(post, cart_v)
    if seat.confirmed_cart_v == cart_v:
        return
    post.items.filter(owner=user, pending=True).update(pending=False)
    seat.confirmed_cart_v = cart_v
    seat.save(update_fields=["confirmed_cart_v"])
    found = sheet.read(post)
    of = len(found.eaters)
    write(post, user, OrderConfirm(cart_v=cart_v, done=of - len(found.unconfirmed), of=of))
