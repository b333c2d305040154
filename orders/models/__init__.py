"""Posts, the seats at their tables, who waits for one, the cart, and what people report."""

from orders.models.cart import Item, Sharer
from orders.models.choices import HELD, LISTED, OPEN, OVER, Category, State
from orders.models.listing import Cursor, PostQuerySet
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
    "Post",
    "PostQuerySet",
    "Report",
    "Seat",
    "Sharer",
    "State",
    "Wait",
]
