"""Where won can be sent in Korea: the banks, what an account number and a payment link may be, Toss's link. Pure.

Toss's scheme is undocumented and may do nothing, so copying always stands beside it. It takes the short names of the
old banks and the full ones of the three without branches, as the codes that Toss itself makes do.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from orders.errors import OrderError

NUMBER_MIN: Final = 10  # digits; each bank has several lengths, and numbers that customers choose
NUMBER_MAX: Final = 16
TYPED_MAX: Final = 40  # with dashes and spaces
LINK_MAX: Final = 100
SHOWN_DIGITS: Final = 4  # of a masked number

# The whole of a link that a host may give: exactly these two hosts, a plain path, nothing else at all.
_LINK: Final = re.compile(r"https://(?:toss\.me|qr\.kakaopay\.com)/[A-Za-z0-9_-]{1,60}", re.ASCII)
_NUMBER: Final = re.compile(rf"[0-9]{{{NUMBER_MIN},{NUMBER_MAX}}}", re.ASCII)


class Bank(NamedTuple):
    """`toss`: the name that Toss knows it by."""

    name: str | Promise
    toss: str


# By the code of the Korea Financial Telecommunications and Clearings Institute; the most used first.
BANKS: Final[Mapping[str, Bank]] = {
    "090": Bank(pgettext_lazy("bank", "KakaoBank"), "카카오뱅크"),
    "092": Bank(pgettext_lazy("bank", "Toss Bank"), "토스뱅크"),
    "004": Bank(pgettext_lazy("bank", "KB Kookmin"), "국민"),
    "088": Bank(pgettext_lazy("bank", "Shinhan"), "신한"),
    "020": Bank(pgettext_lazy("bank", "Woori"), "우리"),
    "081": Bank(pgettext_lazy("bank", "Hana"), "하나"),
    "011": Bank(pgettext_lazy("bank", "NH Nonghyup"), "농협"),
    "003": Bank(pgettext_lazy("bank", "IBK"), "기업"),
    "089": Bank(pgettext_lazy("bank", "Kbank"), "케이뱅크"),
    "045": Bank(pgettext_lazy("bank", "MG Saemaul"), "새마을"),
    "048": Bank(pgettext_lazy("bank", "Shinhyup"), "신협"),
    "071": Bank(pgettext_lazy("bank", "Korea Post"), "우체국"),
    "023": Bank(pgettext_lazy("bank", "SC First"), "SC제일"),
    "031": Bank(pgettext_lazy("bank", "iM Bank"), "iM뱅크"),
    "032": Bank(pgettext_lazy("bank", "Busan"), "부산"),
    "039": Bank(pgettext_lazy("bank", "Kyongnam"), "경남"),
    "034": Bank(pgettext_lazy("bank", "Gwangju"), "광주"),
    "037": Bank(pgettext_lazy("bank", "Jeonbuk"), "전북"),
    "035": Bank(pgettext_lazy("bank", "Jeju"), "제주"),
    "007": Bank(pgettext_lazy("bank", "Suhyup"), "수협"),
    "002": Bank(pgettext_lazy("bank", "KDB"), "산업"),
    "027": Bank(pgettext_lazy("bank", "Citibank"), "씨티"),
    "050": Bank(pgettext_lazy("bank", "Savings bank"), "저축은행"),
    "064": Bank(pgettext_lazy("bank", "Forestry Cooperative"), "산림"),
}


def bank(code: str) -> str:
    """Raises ACCOUNT_BANK for what is not in the table."""
    if code not in BANKS:
        raise OrderError("ACCOUNT_BANK", field="bank")
    return code


def number(typed: str) -> str:
    """The digits of "3333-01-2345678". Raises ACCOUNT_NUMBER."""
    digits = re.sub(r"[ -]", "", typed) if len(typed) <= TYPED_MAX else ""
    if not _NUMBER.fullmatch(digits):
        raise OrderError("ACCOUNT_NUMBER", field="number")
    return digits


def link(typed: str) -> str:
    """A host's own payment link, "" for none. Raises ACCOUNT_LINK for anything but a plain one at the two hosts."""
    tidy = typed.strip() if len(typed) <= LINK_MAX else "?"
    if tidy and not _LINK.fullmatch(tidy):
        raise OrderError("ACCOUNT_LINK", field="link")
    return tidy


def masked(digits: str) -> str:
    """All but the last four as dots."""
    return "•" * max(len(digits) - SHOWN_DIGITS, 0) + digits[-SHOWN_DIGITS:]


def toss_link(code: str, digits: str, won: int) -> str:
    """Opens Toss with everything filled in; of nothing but the bank table, digits and a sum."""
    if not _NUMBER.fullmatch(digits) or type(won) is not int or won <= 0:
        raise ValueError("digits and a sum above zero")
    named = quote(BANKS[code].toss, safe="")
    return f"supertoss://send?bank={named}&accountNo={digits}&amount={won}&origin=qr"
