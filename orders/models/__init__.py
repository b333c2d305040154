"""Posts, the seats at their tables, who waits for one, the cart, the money; what people report and are told of."""

from orders.models.bill import Discount, Fee, FeeRule, Scope
from orders.models.cart import Item, Sharer
from orders.models.choices import HELD, LISTED, OPEN, OVER, Category, State
from orders.models.listing import Cursor, PostQuerySet
from orders.models.notification import Notification
from orders.models.pay_account import PayAccount
from orders.models.payments import Depositor, Due, Payment
from orders.models.poll import Poll, Vote
from orders.models.post import Post
from orders.models.report import Report
from orders.models.seat import Seat, Wait
from orders.models.shares import Share, ShareVersion

__all__ = [
    "HELD",
    "LISTED",
    "OPEN",
    "OVER",
    "Category",
    "Cursor",
    "Depositor",
    "Discount",
    "Due",
    "Fee",
    "FeeRule",
    "Item",
    "Notification",
    "PayAccount",
    "Payment",
    "Poll",
    "Post",
    "PostQuerySet",
    "Report",
    "Scope",
    "Seat",
    "Share",
    "ShareVersion",
    "Sharer",
    "State",
    "Vote",
    "Wait",
]
