"""How an entry looks to one reader: what `_entry.html` renders. The only place in Python that makes text of data."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.templatetags.people import hue_step
from chat import kinds
from chat.timeline import Row

UNKNOWN: Final = _("Something happened here that this version cannot show.")
SOMEBODY: Final = _("Somebody")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as shown. `text` is a system entry's sentence, `about` the address of what it is about, below
    that of the room's page; `card` the name and id of what stands under it; `body` a person's words."""

    seq: int
    kind: str
    rev: int
    cid: str
    at: datetime
    system: bool
    mine: bool
    sender: int | None
    name: str
    body: str
    deleted: bool
    edited: bool
    text: str
    about: str
    card: tuple[str, int] | None = None
    card_html: str = ""  # made by the app whose entry it is

    @property
    def hue_step(self) -> int:
        """The avatar's colour, as one of twelve classes."""
        return hue_step(self.sender or 0)

    @property
    def initial(self) -> str:
        return self.name[:1]


def line(row: Row, people: Mapping[str, str], me: Collection[int]) -> Line:
    """A row for the person whose ids (merged guests included) are `me`."""
    data: dict[str, Any] = msgspec.json.decode(row.data)
    system = row.kind != "text"
    return Line(
        seq=row.seq,
        kind=row.kind,
        rev=row.rev,
        cid=row.cid,
        at=datetime.fromisoformat(row.at),
        system=system,
        mine=row.sender_id in me,
        sender=row.sender_id,
        name=people.get(str(row.sender_id), str(SOMEBODY)),
        body="" if system else data.get("body", ""),
        deleted="deleted" in data,
        edited=row.rev > 0 and "deleted" not in data,
        text=sentence(row.kind, data, people, row.sender_id) if system else "",
        about=_about(row.kind, data),
        card=_card(row.kind, data),
    )


def _about(kind_name: str, data: Mapping[str, Any]) -> str:
    kind = kinds.get(kind_name)
    thing = _plain(kinds.value_at(data, kind.about)) if kind and kind.about else ""
    return f"{kind.about_at}{thing}" if kind and thing else ""


def _card(kind_name: str, data: Mapping[str, Any]) -> tuple[str, int] | None:
    kind = kinds.get(kind_name)
    name, path = kind.card if kind else ("", "")
    thing = kinds.value_at(data, path) if name else None
    return (name, thing) if isinstance(thing, int) else None


def lines(rows: Sequence[Row], people: Mapping[str, str], me: Collection[int]) -> list[Line]:
    return [line(row, people, me) for row in rows]


_PLACEHOLDER: Final = re.compile(r"\{([\w.]+)(?::(\w+))?\}")


def sentence(
    kind_name: str, data: Mapping[str, Any], people: Mapping[str, str], sender: int | None = None
) -> str:
    """A system entry's sentence in the active language. In one pass: what people wrote is never taken for a pattern."""
    kind = kinds.get(kind_name)
    text = str(kind.line(data)) if kind else ""
    if kind is None or not text:
        return str(UNKNOWN)

    def fill(found: re.Match[str]) -> str:
        path, form = found.groups()
        if path == "sender":
            return _name(sender, people)
        value = kinds.value_at(data, path)
        if path in kind.people:
            return ", ".join(_name(v, people) for v in (value if isinstance(value, list) else [value]))
        return _FORMATS[form](value) if form in _FORMATS and value is not None else _plain(value)

    return _PLACEHOLDER.sub(fill, text)


def _name(user_id: Any, people: Mapping[str, str]) -> str:
    return people.get(str(user_id), str(SOMEBODY))


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _when(value: Any) -> str:
    """ "11/22 18:30" in the service's time zone."""
    return timezone.localtime(datetime.fromisoformat(value)).strftime("%m/%d %H:%M")


_FORMATS: Final[dict[str | None, Callable[[Any], str]]] = {"won": "{:,}".format, "when": _when}


def templates() -> dict[str, Any]:
    """Every kind's sentences in the active language, for the page's script: "kind" or "kind:variant"; under "kind?" the
    paths that choose the variant, those of people, that of what it is about and the cards it has and touches; under
    "counts" what is unread."""
    found: dict[str, Any] = {"": str(UNKNOWN), "somebody": str(SOMEBODY)}
    found |= {"counts": [kind.name for kind in kinds.all_kinds() if kind.counts]}
    for kind in kinds.all_kinds():
        if kind.variant or kind.people:
            found[f"{kind.name}?"] = {"variant": kind.variant, "people": kind.people}
            if kind.about:
                found[f"{kind.name}?"] |= {"about": kind.about, "at": kind.about_at}
            if kind.card[0]:
                found[f"{kind.name}?"]["card"] = kind.card
            if kind.touches[0]:
                found[f"{kind.name}?"]["touches"] = kind.touches
        for variant, text in kind.lines.items():
            found[f"{kind.name}:{variant}" if variant else kind.name] = str(text)
    return found
