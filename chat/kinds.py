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
    """One kind. `lines` maps a variant to a translatable line with {placeholders}.

    A placeholder is the path of a value (`{user}`, `{item.name}`, `{changed.place.1}`), with a format behind a colon:
    `won` (12,000) or `when` (11/22 18:30, Seoul). Paths in `people` are ids, or lists of ids, and filled with
    nicknames; `{sender}` is the entry's own. `variant` lists the paths that choose the line: their values joined by
    colons, the longest beginning of it that has a line; an object there stands for its only key. chat/lines.py and
    static/js/lines.js both read it so.

    What an entry is about has an address below that of the room's page: `about_at` and then the id. A `card` stands
    under an entry's line and is made by the app that wrote it (chat/cards.py): its name and the path of its id.
    `touches` names the card that changes with an entry; an empty path is all of that name.
    """

    name: str
    struct: type[msgspec.Struct]
    version: int = 1
    counts: bool = False  # as unread
    shown: bool = True  # as a line of its own; changes to other entries are not
    people: tuple[str, ...] = ()  # paths of user ids in the data
    ends: str | None = None  # the field with the user whose reading ends with this entry (P8)
    variant: tuple[str, ...] = ()
    about: str = ""  # the path of the id of what an entry is about, which a page may link to
    about_at: str = ""
    card: tuple[str, str] = ("", "")
    touches: tuple[str, str] = ("", "")
    lines: Mapping[str, str | Promise] = field(default_factory=dict)

    def encode(self, data: msgspec.Struct) -> bytes:
        """The entry's data as JSON; TypeError for a struct of another kind."""
        if not isinstance(data, self.struct):
            raise TypeError(f"{self.name} takes {self.struct.__name__}, not {type(data).__name__}")
        return msgspec.json.encode(data)

    def line(self, data: Mapping[str, Any]) -> str | Promise:
        """The line for such data; empty if there is none."""
        chosen = [_choice(value_at(data, path)) for path in self.variant]
        for length in range(len(chosen), 0, -1):
            if found := self.lines.get(":".join(chosen[:length])):
                return found
        return self.lines.get("", "")


def _choice(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(next(iter(value))) if len(value) == 1 else ""
    return "" if value is None else str(value)


def value_at(data: Any, path: str) -> Any:
    """The value at a path such as `changed.place.1`; None where there is none."""
    for step in path.split("."):
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list) and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


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
    values = [value_at(data, path) for path in kind.people] if kind else []
    return [
        v for value in values for v in (value if isinstance(value, list) else [value]) if isinstance(v, int)
    ]
