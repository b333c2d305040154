"""Posts, the seats at their tables, who waits for one, and the cart."""

from orders.models.cart import Item, Sharer
from orders.models.choices import HELD, LISTED, OPEN, OVER, Category, State
from orders.models.listing import Cursor, PostQuerySet
from orders.models.post import Post
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
    "Seat",
    "Sharer",
    "State",
    "Wait",
]
