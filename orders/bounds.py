"""Every size and number of orders, each with the code it is refused with. Integer won, code points, minutes."""

from datetime import timedelta
from typing import Final

SHOP_MAX: Final = 60  # FIELD_TOO_LONG, as all texts
PLACE_MAX: Final = 80
PLACE_NOTE_MAX: Final = 200
REASON_MAX: Final = 200
ITEM_NAME_MAX: Final = 60
ITEM_OPTIONS_MAX: Final = 200
ITEM_NOTE_MAX: Final = 200

PEOPLE_MIN: Final = 2  # PEOPLE
PEOPLE_MAX: Final = 50
AHEAD_MAX: Final = timedelta(days=7)  # MEETING_TOO_FAR
DEADLINE_BEFORE: Final = timedelta(minutes=40)  # the usual distance between deadline and meeting

WON_MAX: Final = 1_000_000  # of one price: WON
MIN_ORDER_MAX: Final = 1_000_000  # WON
FEE_MAX: Final = 50_000  # of delivery: FEE_TIERS
TIERS_MAX: Final = 5  # FEE_TIERS
QTY_MAX: Final = 99  # QTY
WEIGHT_MAX: Final = 9  # WEIGHT
ITEMS_MAX: Final = 300  # of one cart: CART_FULL
ITEMS_EACH_MAX: Final = 30  # of one person in one cart: TOO_MANY_ITEMS

TOTAL_MAX: Final = 100_000_000_000  # won of a receipt, a fee, a claim: WON
LABEL_MAX: Final = 30  # of a fee or discount
FEES_MAX: Final = 10  # of one order, and as many discounts and one of each person: TOO_MANY_FEES
DEPOSITOR_MAX: Final = 30
UNPAID_AFTER: Final = timedelta(days=3)  # without a claim: UNPAID
AGREE_TIME: Final = timedelta(hours=24)  # to agree that all goes back: REFUND_LAPSED
LEDGER_MAX: Final = 200  # words about money of one person in one order, answers besides: TOO_MANY_PAYMENTS

POSTS_MAX: Final = 5  # that one person hosts and that are not over: TOO_MANY_POSTS
WAITS_MAX: Final = 100  # people who wait for one post: WAIT_FULL
WAITS_EACH_MAX: Final = 20  # posts that one person waits for: TOO_MANY_WAITS
SEARCH_MAX: Final = 60  # what a search is cut to
PAGE_MAX: Final = 50  # posts of one page of the list

REPORT_TEXT_MAX: Final = 500  # FIELD_TOO_LONG
REPORTS_A_DAY: Final = 10  # by one person: TOO_MANY_REPORTS
REPORTS_TO_HIDE: Final = 3  # people with a full account whose open reports hide a post from lists
SNAPSHOT_AROUND: Final = 20  # entries before and after a reported message

QUESTION_MAX: Final = 80  # of a poll: FIELD_TOO_LONG
OPTION_MAX: Final = 60  # of a free one; others are as long as their field
OPTIONS_MIN: Final = 2  # OPTIONS
OPTIONS_MAX: Final = 10
POLLS_OPEN_MAX: Final = 5  # of one room: TOO_MANY_POLLS
POLLS_MAX: Final = 50  # of one room in all: TOO_MANY_POLLS

NOTIFICATIONS_KEPT: Final = 200  # of one person, the newest; the clock deletes the others
NOTIFICATIONS_FOR: Final = timedelta(days=60)  # and those that are older
