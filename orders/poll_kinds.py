"""The entries of polls: `order.poll` opens one and counts as unread; `order.vote` is what happens to it then."""

import msgspec
from django.utils.translation import gettext_lazy as _

from chat.kinds import Kind, register


class OrderPoll(msgspec.Struct):
    """A poll was opened. `field`: meeting_at, place, shop, or "" for anything; `options` are texts, times RFC 3339."""

    poll: int
    op: str
    field: str
    question: str
    options: list[str]
    closes_at: str | None = None


class OrderVote(msgspec.Struct):
    """`op`: vote, retract, close, apply. `tally`: votes by option after it, those of present members only.

    `choice` is the voter's option; `winner` the place, and `option` the text, of what won. `result` of a closing: won,
    tied, none; of applying: won.
    """

    poll: int
    op: str
    field: str
    tally: list[int]
    choice: int | None = None
    winner: int | None = None
    option: str = ""
    result: str = ""


ORDER_POLL = register(
    Kind(
        "order.poll",
        OrderPoll,
        counts=True,
        variant=("field", "op"),
        about="poll",
        about_at="polls/#poll-",
        card=("poll", "poll"),
        lines={
            "": _("{sender} asks: {question}"),
            "meeting_at": _("{sender} opened a poll: when do we meet?"),
            "place": _("{sender} opened a poll: where do we meet?"),
            "shop": _("{sender} opened a poll: where do we order?"),
        },
    )
)
ORDER_VOTE = register(
    Kind(
        "order.vote",
        OrderVote,
        variant=("op", "result", "field"),
        about="poll",
        about_at="polls/#poll-",
        touches=("poll", "poll"),
        lines={
            "": _("Something changed about a poll"),
            "vote": _("{sender} voted"),
            "retract": _("{sender} took their vote back"),
            "close:won": _("The poll is over: {option}"),
            "close:won:meeting_at": _("The poll is over: {option:when}"),
            "close:tied": _("The poll is over, and tied. The host chooses"),
            "close:none": _("The poll is over. Nobody has voted"),
            "apply:won": _("Decided by the poll: {option}"),
            "apply:won:meeting_at": _("Decided by the poll: {option:when}"),
        },
    )
)
