"""Posts, the seats at their tables, who waits for one, the cart; what people report and are told of."""

from orders.models.cart import Item, Sharer
from orders.models.choices import HELD, LISTED, OPEN, OVER, Category, State
from orders.models.listing import Cursor, PostQuerySet
from orders.models.notification import Notification
from orders.models.pay_account import PayAccount
from orders.models.poll import Poll, Vote
from orders.models.post import Post
from orders.models.report import Report
from orders.models.seat import Seat, Wait

__all__ = [
    "HELD",
    "LISTED",
    "OPEN",
    "OVER",
    "Category",
    "Cursor",
    "Item",
    "Notification",
    "PayAccount",
    "Poll",
    "Post",
    "PostQuerySet",
    "Report",
    "Seat",
    "Sharer",
    "State",
    "Vote",
    "Wait",
]
