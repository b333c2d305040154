"""What notifications say, and where they lead. The only place that makes text of their data."""

import re
from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders import ballots
from orders.models import Notification, Post

# Code to sentence. What stands in braces is in the args: {user} is an id and shown as a nickname, {won} with thousands,
# {fields} are names of the post's, {question} is that of a poll about `args["field"]` where nobody typed one.
CODES: Final[dict[str, str | Promise]] = {
    # the post and its people
    "changed": _("The post was changed: {fields}"),
    "closed": _("Everybody is in. Choose what you eat"),
    "locked": _("The cart is locked. Look at it and confirm"),
    "unlocked": _("The cart is open again"),
    "ordered": _("It is ordered"),
    "arrived": _("The food is here"),
    "done": _("All settled. See you next time"),
    "unsettled": _("The order is over, not all of it settled"),
    "canceled": _("The order was canceled"),
    "promoted": _("You got a seat from the waiting list"),
    "host_offered": _("{user} asks you to be the host"),
    "host": _("You are the host now"),
    "asks_leave": _("{user} asks to leave the order"),
    "may_leave": _("You may leave the order"),
    "stay": _("The host asks you to stay"),
    "removed": _("You are not in this order any more"),
    "below_min": _("Only {n} of at least {of} people are left"),
    "deadline_soon": _("{n} of at least {of} people are in, and the deadline is near"),
    "meeting_soon": _("You meet soon: {place}"),
    # what is expected of somebody
    "choose": _("Choose what you eat, or sit this one out"),
    "confirm": _("Look at the order and confirm it"),
    "ordered_yet": _("Have you ordered? Without an answer it is canceled"),
    "issue_shares": _("Tell everybody what they owe"),
    # polls
    "poll": _("{user} asks: {question}"),
    "poll_closed": _("The poll is over: {winner}"),
    "poll_tied": _("The poll is tied. Choose one: {question}"),
    # money; `won` is what it is about
    "shares": _("Your share is {won} won"),
    "shares_again": _("Your share is {won} won now"),
    "pay": _("{won} won are still to be paid"),
    "claimed": _("{user} says that they sent {won} won"),
    "confirmed": _("{won} won have arrived"),
    "rejected": _("{won} won have not arrived: {reason}"),
    "waived": _("{won} won are let off"),
    "refund_due": _("{user} gets {won} won back"),
    "refund_sent": _("{won} won are on their way back to you"),
    "refund_got": _("{user} got {won} won back"),
    "unpaid": _("{won} won are unpaid for 3 days. Until then you cannot join or post"),
    "refund_asked": _("The host proposes to cancel and give the money back"),
    "refund_agreed": _("The order is canceled, and the money goes back"),
    # reports
    "report_upheld": _("Thank you for your report. We have acted on it"),
    "report_dismissed": _("Thank you for your report. We found nothing against our rules"),
}

# Where it leads, below the room's page; the room itself for the others.
PLACES: Final[dict[str, str]] = {
    "closed": "order/#add",
    "choose": "order/#add",
    "locked": "order/#deeds",
    "confirm": "order/#deeds",
    "ordered_yet": "order/#deeds",
    "host_offered": "members/",
    "asks_leave": "members/",
    "below_min": "members/",
    "poll": "polls/",
    "poll_closed": "polls/",
    "poll_tied": "polls/",
    **dict.fromkeys(
        (
            "issue_shares", "shares", "shares_again", "pay", "claimed", "confirmed", "rejected", "waived",
            "refund_due", "refund_sent", "refund_got", "unpaid", "refund_asked",
        ),
        "pay/",
    ),
}  # fmt: skip
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


def people_in(found: list[Notification]) -> set[int]:
    """Whom they name."""
    return {pk for each in found if isinstance(pk := each.args.get("user"), int)}


def _field(name: str) -> str:
    found = Post._meta.get_field(name)
    return str(getattr(found, "verbose_name", name))


def sentence(notification: Notification, people: Mapping[int, str]) -> str:
    """In the active language; `people` are nicknames. A code of another release says no more than that something
    happened. In one pass: what people wrote is never taken for a pattern."""
    args = notification.args

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        value = args.get(name)
        if name == "user":
            return people.get(value, gettext("Somebody")) if isinstance(value, int) else gettext("Somebody")
        if name == "fields":
            return ", ".join(_field(each) for each in value or ())
        if name == "question":
            return ballots.question(args.get("field", ""), value or "")
        if isinstance(value, int):
            return f"{value:,}"
        return "" if value is None else str(value)

    text = str(CODES.get(notification.code) or _("Something happened in your order"))
    return _PLACEHOLDER.sub(fill, text)
