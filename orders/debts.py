"""Who owes what in which order, as far as it holds people back from something else."""

from datetime import datetime

from accounts.models import User
from orders import bounds
from orders.errors import OrderError
from orders.models import Due, Post, State


def owes(post: Post, user: User) -> bool:
    """From ORDERED on: has a balance, either way; before shares are issued, a part in what was ordered."""
    if post.state not in (State.ORDERED, State.ARRIVED):
        return False
    if post.share_v:
        return Due.objects.open().filter(post=post, user=user).exists()
    return post.items.filter(sharers__user=user).exists()


def check_paid(user: User, now: datetime) -> None:
    """Nobody goes on to the next order who owes for one and has not said for three days that it is paid.

    Raises UNPAID; `extra["posts"]`: the public ids of what is unpaid."""
    posts = Due.objects.overdue(now).filter(user=user).values_list("post__room__public_id", flat=True)
    if found := list(posts):
        raise OrderError("UNPAID", posts=found)


def refund_stands(post: Post, now: datetime) -> bool:
    """It is proposed to cancel and give all back, and can still be agreed to."""
    return post.refund_proposed_at is not None and now < post.refund_proposed_at + bounds.AGREE_TIME
