"""Why a verb about orders refuses: a stable code, a sentence for the person, and what they need to go on."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from rooms.errors import RoomError

_REFUSALS: dict[str, tuple[int, object]] = {
    # what was typed; `field` says where
    "FIELD_EMPTY": (400, _("Fill this in.")),
    "FIELD_TOO_LONG": (400, _("This is too long.")),
    "FIELD_INVISIBLE": (400, _("There is a character that cannot be seen. Type it again without it.")),
    "CATEGORY": (400, _("Choose one of the categories.")),
    "PEOPLE": (400, _("Between 2 and 50 people, the smallest number no larger than the largest.")),
    "CAPACITY_TAKEN": (409, _("More people than that are in already.")),
    "WON": (400, _("Whole won, from 0 to 1,000,000.")),
    "FEE_TIERS": (400, _("Up to five delivery fees, each from a higher sum; the first from 0 won.")),
    "MEETING_PAST": (400, _("The meeting must lie ahead.")),
    "MEETING_TOO_FAR": (400, _("The meeting can be at most seven days ahead.")),
    "DEADLINE": (400, _("The deadline must lie ahead, and before the meeting.")),
    "QTY": (400, _("Between 1 and 99.")),
    "WEIGHT": (400, _("Between 1 and 9 parts.")),
    "OVERRIDE": (400, _("This cannot be overridden.")),
    # the post
    "NOT_FOUND": (404, _("There is no such post.")),
    "NOT_HOST": (403, _("Only the host can do this.")),
    "NOT_OPERATOR": (403, _("Only an operator can do this.")),
    "GUEST_HOST": (403, _("Guests cannot host. Make an account to do this.")),
    "TOO_MANY_POSTS": (409, _("You host several posts that are not over. Finish one first.")),
    "STALE": (409, _("This changed in the meantime. Look at it again.")),
    "WRONG_STATE": (409, _("The order has gone on; this is not possible any more.")),
    "READ_ONLY": (409, _("This order is over and cannot be changed.")),
    "TOO_FEW": (409, _("Too few people are in.")),
    "NO_SEAT": (409, _("Every seat is taken.")),
    "EDIT_LOCKED": (409, _("After locking, only the time and the note about the place can be changed.")),
    "CART_NOT_EMPTY": (409, _("There are dishes of the other shop. Empty the cart, or keep it?")),
    "UNCHOSEN": (409, _("Not everybody has chosen or sits this one out.")),
    "MIN_ORDER": (409, _("The minimum order is not reached.")),
    "EMPTY_CART": (409, _("The cart is empty.")),
    "UNCONFIRMED": (409, _("Not everybody has confirmed.")),
    "NOT_REVIVABLE": (409, _("This order cannot be brought back.")),
    # seats
    "NOT_MEMBER": (403, _("You are not in this order.")),
    "NO_SUCH_MEMBER": (404, _("This person is not in this order.")),
    "GUEST_LINK": (403, _("Guests come in by an invitation link.")),
    "CANNOT_JOIN": (403, _("You cannot join this one.")),
    "POST_FULL": (409, _("It is full. You can wait for a seat.")),
    "POST_CLOSED": (409, _("It has closed and takes no one in any more.")),
    "POST_OVER": (410, _("It is over.")),
    "NOT_FULL": (409, _("There is a free seat. Join instead.")),
    "WAIT_FULL": (409, _("Very many people wait already.")),
    "TOO_MANY_WAITS": (409, _("You wait for very many. Leave one first.")),
    "GUEST_WAIT": (403, _("Guests cannot wait for a seat. Make an account to do this.")),
    "HOST_STAYS": (409, _("You are the host: hand over first, or cancel.")),
    "ASK_TO_LEAVE": (409, _("The order is locked. Ask the host to let you go.")),
    "OWES": (409, _("You have a part in this order; you can go once it is settled.")),
    "KICK_TOO_LATE": (409, _("Nobody can be removed any more.")),
    "NO_OFFER": (409, _("Nobody offers you this any more.")),
    "NOT_ASKED": (409, _("This person does not ask to leave.")),
    "SEATED": (409, _("You are in already.")),
    # the cart
    "CART_LOCKED": (409, _("The cart is locked.")),
    "NO_ITEM": (404, _("This dish is not in the cart any more.")),
    "NOT_YOURS": (403, _("This dish is somebody else's.")),
    "NOT_SHARED": (409, _("This dish is not shared.")),
    "LAST_SHARER": (409, _("You are the only one. Remove the dish instead.")),
    "HAS_ITEMS": (409, _("There are dishes in the cart for this. Remove them first.")),
    "NOT_SILENT": (
        409,
        _("You can sit out only yourself, or as host, after the deadline, who has not chosen."),
    ),
    "CART_FULL": (409, _("The cart is full.")),
    "TOO_MANY_ITEMS": (409, _("You have very many dishes already.")),
    "SITS_OUT": (409, _("Whoever sits out has nothing to confirm.")),
    # the account that a host is paid back to
    "ACCOUNT_BANK": (400, _("Choose a bank of the list.")),
    "ACCOUNT_NUMBER": (400, _("An account number has 10 to 16 digits.")),
    "ACCOUNT_LINK": (400, _("Only a link at toss.me or qr.kakaopay.com can stand here.")),
    "ACCOUNT_KEY": (
        503,
        _("Accounts can neither be shown nor kept right now. Ask for the number in the talk."),
    ),
    "NO_BALANCE": (403, _("There is nothing for you to send.")),
    # polls
    "POLL_FIELD": (400, _("A poll is about the time, the place, the shop, or anything else.")),
    "OPTIONS": (400, _("Between 2 and 10 options, no two of them the same.")),
    "CLOSING": (400, _("The end of the poll must lie ahead, at most seven days.")),
    "POLL_OPEN": (409, _("There is an open poll about this already.")),
    "TOO_MANY_POLLS": (409, _("There are many polls here already. Close one first.")),
    "NO_POLL": (404, _("There is no such poll here.")),
    "NO_OPTION": (400, _("Choose one of the options.")),
    "OPTION_PAST": (409, _("This time has gone by. Choose another.")),
    "POLL_CLOSED": (409, _("This poll is over.")),
    "POLL_STILL_OPEN": (409, _("This poll goes on. Close it first.")),
    "POLL_EMPTY": (409, _("Nothing has won that can be applied.")),
    "NOT_TIED": (409, _("Choose one of those with the most votes.")),
    "NOT_OPENER": (403, _("Only the host or who opened it can close a poll.")),
    # money
    "UNIT": (400, _("Round to 1, 10 or 100 won.")),
    "FEE_RULE": (400, _("Choose how it is shared.")),
    "TOO_MANY_FEES": (400, _("These are too many fees or discounts.")),
    "RECEIPT_GAP": (409, _("The receipt says something else. Correct it, or book the difference.")),
    "GAP_TOO_LARGE": (409, _("The difference to the receipt is very large. Look at the sums again.")),
    "NO_SHARES": (409, _("The shares are not worked out yet.")),
    "NO_DUE": (404, _("There is nothing to pay between you two.")),
    "NOTHING_DUE": (409, _("Nothing is left to pay.")),
    "WAY": (400, _("Choose how the money went.")),
    "CLAIM_WON": (400, _("Whole won, at least 1.")),
    "NO_CLAIM": (404, _("There is no such payment.")),
    "CLAIM_ANSWERED": (409, _("This payment has been answered or replaced already.")),
    "NO_REFUND": (404, _("There is no such refund.")),
    "TOO_MANY_PAYMENTS": (409, _("Very much has been said about this payment. Ask an operator.")),
    "NO_PROPOSAL": (409, _("Nobody proposes to give everything back.")),
    "REFUND_LAPSED": (409, _("The proposal is older than a day. It can be made again.")),
    "UNPAID": (403, _("An older order of yours is not paid yet. Pay it, say so, and go on here.")),
    # reports
    "NOTHING_TO_REPORT": (404, _("There is nothing here to report.")),
    "REPORT_REASON": (400, _("Choose what it is about.")),
    "REPORT_SELF": (400, _("This is your own.")),
    "REVIEWED": (409, _("This report has been reviewed already.")),
    "TOO_MANY_REPORTS": (429, _("You have reported a lot today. Try again tomorrow.")),
}


class OrderError(RoomError):
    """A RoomError, so that the entrances of rooms answer it as they answer theirs.

    `field`: the form's field it is about, "" for none. `extra`: plain data for the answer: STALE has the present
    versions and `changes`, UNCHOSEN and UNCONFIRMED have `users`, MIN_ORDER has `missing`,
    RECEIPT_GAP `gap`, `total` and `receipt`, UNPAID `posts`.
    """

    refusals: ClassVar[Mapping[str, tuple[int, object]]] = _REFUSALS

    def __init__(self, code: str, *, field: str = "", retry: bool = False, **extra: Any) -> None:
        super().__init__(code, retry=retry)
        self.field = field
        self.extra = extra
