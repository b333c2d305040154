"""The next step as words: what is expected of somebody, or what they wait for."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.steps import Step

_WORDS: Final[dict[str, str | Promise]] = {
    "answer_host": _("Would you be the host? Please answer"),
    "invite": _("{missing} more and it goes ahead. Send the link"),
    "wait_people": _("{missing} more and it goes ahead"),
    "choose": _("Choose what you eat"),
    "accept": _("Look at what the host added for you"),
    "close": _("Enough people are in. You can close now"),
    "wait_close": _("All set. Waiting for the closing"),
    "wait_lock": _("Waiting for the host to lock the order"),
    "wait_lock.others": _("{unchosen} still choosing"),
    "wait_choose": _("{unchosen} still choosing"),
    "sit_out_silent": _("{unchosen} have not chosen. Wait, or let them sit out"),
    "min_order": _("{missing} won more to the minimum order"),
    "lock": _("Everybody has chosen. Lock the order"),
    "confirm": _("Look at your dishes and confirm"),
    "wait_confirm": _("Waiting for {unconfirmed} to confirm"),
    "wait_order": _("Confirmed. The host orders soon"),
    "answer_leave": _("Somebody asks to leave. Please answer"),
    "order": _("Everybody has confirmed. Order, then tap Ordered"),
    "issue_shares": _("Ordered. Next: tell everybody what they owe"),
    "arrive": _("Tell when the food is here"),
    "wait_food": _("The food is on its way"),
    "settle": _("Look at what each paid"),
    "pay": _("Send {won} won"),
    "refund_got": _("Is the money back? Please say so"),
    "answer_claims": _("Look whether it is there: {claims}"),
    "refund": _("To be sent back: to {refunds}"),
    "issue_again": _("Something came differently. Tell everybody what they owe now"),
    "answer_refund": _("Cancel, and all money goes back? Please answer"),
    "wait_found": _("Sent. The host is checking whether it came"),
    "wait_refund": _("You get {won} won back"),
    "wait_paid": _("Not settled yet: {owed}"),
    "wait_shares": _("The host works out what each owes"),
    "revive": _("Ordered after all? You can bring it back"),
    "again": _("It is over. Post it again?"),
    "over": _("It is over."),
    "join": _("A seat is free"),
    "wait": _("Full. You can wait for a seat"),
    "in_line": _("You are waiting for a seat"),
    "full": _("Every seat is taken."),
    "closed": _("It has closed and takes no one in any more."),
}
# where on the order sheet a step is done
_PLACES: Final = {
    "choose": "add",
    "accept": "mine",
    "wait_choose": "table",
    "wait_lock": "table",
    "wait_confirm": "table",
    "sit_out_silent": "table",
}
_ON_SHEET: Final = {"close", "lock", "min_order", "confirm", "order", "arrive", "revive", "answer_refund"}


def words(step: Step) -> str:
    """The sentence, in the active language; won with thousands."""
    code = f"{step.code}.others" if step.code == "wait_lock" and step.args["unchosen"] else step.code
    return str(_WORDS[code]).format(**{name: f"{value:,}" for name, value in step.args.items()})


def place(step: Step) -> str:
    """The id on the order sheet where it is done or to be seen; empty where there is none."""
    return _PLACES.get(step.code) or ("deeds" if step.code in _ON_SHEET else "")
