"""The registry of entry kinds: what an entry's data is, whether it counts as unread, how it reads in each language.

Apps above chat register theirs from `AppConfig.ready`. Entries hold data, never text; a line is made when it is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `lines` maps "" or a value of the field `variant` to a translatable line with {placeholders}:
    fields named in `people` are filled with nicknames, others with their value."""

    name: str
    struct: type[msgspec.Struct]
    version: int = 1
    counts: bool = False  # as unread
    shown: bool = True  # as a line of its own; changes to other entries are not
    people: tuple[str, ...] = ()  # fields of `struct` that hold user ids
    ends: str | None = None  # the field with the user whose reading ends with this entry (P8)
    variant: str | None = None
    lines: Mapping[str, str | Promise] = field(default_factory=dict)

    def encode(self, data: msgspec.Struct) -> bytes:
        """The entry's data as JSON; TypeError for a struct of another kind."""
        if not isinstance(data, self.struct):
            raise TypeError(f"{self.name} takes {self.struct.__name__}, not {type(data).__name__}")
        return msgspec.json.encode(data)

    def line(self, data: Mapping[str, Any]) -> str | Promise:
        value = str(data.get(self.variant, "")) if self.variant else ""
        return self.lines.get(value) or self.lines.get("", "")


_kinds: Final[dict[str, Kind]] = {}


def register(kind: Kind) -> Kind:
    """Make a kind known; ValueError if the name is taken."""
    if kind.name in _kinds:
        raise ValueError(f"entry kind {kind.name} is registered twice")
    _kinds[kind.name] = kind
    return kind


def get(name: str) -> Kind | None:
    """The kind, or None for one written by a release (or an app) that is not here."""
    return _kinds.get(name)


def all_kinds() -> tuple[Kind, ...]:
    return tuple(_kinds.values())


def people_in(name: str, data: Mapping[str, Any]) -> list[int]:
    """The user ids that an entry's data mentions."""
    kind = _kinds.get(name)
    return [data[f] for f in kind.people if isinstance(data.get(f), int)] if kind else []
