"""What changed in a post meanwhile, in words: the entries that a refusal for staleness carries."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from orders import times
from orders.models import Category, Post, State


class Change(NamedTuple):
    """`before` is "" where it is nobody's to read."""

    name: str
    before: str
    after: str


def told(changes: Iterable[Mapping[str, Any]], now: datetime) -> list[Change]:
    """One line per field or state, oldest first."""
    found = []
    for change in changes:
        data = change["data"]
        if change["kind"] == "order.state":
            found.append(Change(_("State"), _state(data["from"]), _state(data["to"])))
            continue
        for field, (old, new) in data.get("changed", {}).items():
            name = str(Post._meta.get_field(field).verbose_name)  # type: ignore[union-attr]  # a column, no reverse relation
            found.append(Change(name, _word(field, old, now), _word(field, new, now)))
    return found


def _state(value: str) -> str:
    return str(State(value).label) if value in State.values else ""


def _word(field: str, value: Any, now: datetime) -> str:
    if value is None:
        return _("changed")
    if field in ("meeting_at", "deadline_at"):
        return times.spoken(datetime.fromisoformat(value), now)
    if field == "category":
        return str(Category(value).label)
    if field == "min_order_won":
        return _("₩{won}").format(won=f"{value:,}")
    if field == "fee_tiers":
        return ", ".join(f"{start:,} → {fee:,}" for start, fee in value) or "–"
    return str(value)
