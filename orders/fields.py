"""What the fields of a post and of a dish may be: pure checks, each refusing with its code and the field's name."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.nicknames import is_unseen
from orders import bounds
from orders.errors import OrderError
from orders.models import Category

_JOINERS = "\u200d\ufe0f"  # hold emoji together


def text(raw: str, field: str, limit: int, *, required: bool = False) -> str:
    """As it is stored: NFC, trimmed, single blanks. Raises FIELD_EMPTY, FIELD_TOO_LONG or FIELD_INVISIBLE."""
    typed = raw.strip()
    if len(typed) > 4 * limit:  # before any work that grows with the input
        raise OrderError("FIELD_TOO_LONG", field=field)
    tidy = " ".join(unicodedata.normalize("NFC", typed).split())
    shown = [char for char in tidy if char not in _JOINERS]
    if not shown:
        if required:
            raise OrderError("FIELD_EMPTY", field=field)
        return ""
    if any(map(is_unseen, shown)):
        raise OrderError("FIELD_INVISIBLE", field=field)
    if len(tidy) > limit:
        raise OrderError("FIELD_TOO_LONG", field=field)
    return tidy


def whole(value: Any, low: int, high: int, code: str, field: str) -> int:
    """An integer within bounds (no bool, no float); raises `code`."""
    if type(value) is not int or not low <= value <= high:
        raise OrderError(code, field=field)
    return value


def category(value: str) -> str:
    if value not in Category.values:
        raise OrderError("CATEGORY", field="category")
    return value


def people(min_people: int, capacity: int) -> None:
    """2 ≤ smallest ≤ largest ≤ 50."""
    low = whole(min_people, bounds.PEOPLE_MIN, bounds.PEOPLE_MAX, "PEOPLE", "min_people")
    whole(capacity, low, bounds.PEOPLE_MAX, "PEOPLE", "capacity")


def fee_tiers(tiers: Sequence[Sequence[int]]) -> list[list[int]]:
    """At most five pairs of a subtotal and a fee, the subtotals rising from 0."""
    refused = OrderError("FEE_TIERS", field="fee_tiers")
    if len(tiers) > bounds.TIERS_MAX or any(len(tier) != 2 for tier in tiers):
        raise refused
    for start, fee in tiers:
        whole(start, 0, bounds.WON_MAX, "FEE_TIERS", "fee_tiers")
        whole(fee, 0, bounds.FEE_MAX, "FEE_TIERS", "fee_tiers")
    starts = [start for start, _ in tiers]
    if starts and (starts[0] != 0 or starts != sorted(set(starts))):
        raise refused
    return [list(tier) for tier in tiers]


def meeting(meeting_at: datetime, now: datetime) -> None:
    """now < meeting ≤ now + 7 days."""
    if meeting_at <= now:
        raise OrderError("MEETING_PAST", field="meeting_at")
    if meeting_at > now + bounds.AHEAD_MAX:
        raise OrderError("MEETING_TOO_FAR", field="meeting_at")


def deadline(deadline_at: datetime, meeting_at: datetime, now: datetime) -> None:
    """now < deadline < meeting."""
    if not now < deadline_at < meeting_at:
        raise OrderError("DEADLINE", field="deadline_at")


def weight(value: int) -> int:
    return whole(value, 1, bounds.WEIGHT_MAX, "WEIGHT", "weight")
