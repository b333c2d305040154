"""How an entry looks to one reader: what `_entry.html` renders. The only place in Python that makes text of data."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from django.utils.translation import gettext_lazy as _

from accounts.templatetags.people import hue_step
from chat import kinds
from chat.timeline import Row

UNKNOWN: Final = _("Something happened here that this version cannot show.")
SOMEBODY: Final = _("Somebody")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as shown. `text` is a system entry's sentence, `body` a person's words."""

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
        text=sentence(row.kind, data, people) if system else "",
    )


def lines(rows: Sequence[Row], people: Mapping[str, str], me: Collection[int]) -> list[Line]:
    return [line(row, people, me) for row in rows]


def sentence(kind_name: str, data: Mapping[str, Any], people: Mapping[str, str]) -> str:
    """A system entry's sentence in the active language."""
    kind = kinds.get(kind_name)
    text = str(kind.line(data)) if kind else ""
    if kind is None or not text:
        return str(UNKNOWN)
    for name, value in data.items():
        shown = people.get(str(value), str(SOMEBODY)) if name in kind.people else str(value)
        text = text.replace("{" + name + "}", shown)
    return text


def templates() -> dict[str, str]:
    """Every kind's sentences in the active language, for the page's script: "kind" or "kind:variant"."""
    found = {"": str(UNKNOWN), "somebody": str(SOMEBODY)}
    for kind in kinds.all_kinds():
        for variant, text in kind.lines.items():
            found[f"{kind.name}:{variant}" if variant else kind.name] = str(text)
    return found
