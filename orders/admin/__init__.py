"""Posts, seats, carts and reports for operators: history is looked at, and changed by the verbs, with a reason."""

from orders.admin import cart, money, pay_accounts, polls, posts, reports, seats

__all__ = ["cart", "money", "pay_accounts", "polls", "posts", "reports", "seats"]
