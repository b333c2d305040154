"""What apps above say about rooms of theirs: where the room's page is, a word about how it stands, and what stands
under entries that have a card (`Kind.card`).

Readers are registered from `AppConfig.ready` and asked for many at once: one query for a whole list.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from django.http import HttpRequest
from django.utils.functional import Promise

from rooms.models import Room


class Card(NamedTuple):
    """`url`: the room's own page; `chip`: a word for the list; `tone`: its colour, as a class; `over`: it stands behind
    rooms that go on."""

    url: str
    chip: str | Promise = ""
    tone: str = ""
    over: bool = False


Reader = Callable[[Collection[int]], Mapping[int, Card]]
_readers: Final[list[Reader]] = []


def register(reader: Reader) -> Reader:
    """`reader` takes rooms' ids and returns the cards of those that are its own."""
    _readers.append(reader)
    return reader


class Chips(NamedTuple):
    """How an entry changes a room's chip: `path` is the field of its data that chooses, `words` each value's chip and
    tone."""

    path: str
    words: Mapping[str, tuple[str | Promise, str]]


_chips: Final[dict[str, Chips]] = {}


def chips_follow(kind: str, chips: Chips) -> None:
    """Entries of this kind change the chip, so an open list of rooms can change it too."""
    _chips[kind] = chips


def chips() -> dict[str, dict[str, Any]]:
    """In the active language, for the page's script."""
    return {
        kind: {
            "path": each.path,
            "words": {value: (str(chip), tone) for value, (chip, tone) in each.words.items()},
        }
        for kind, each in _chips.items()
    }


def of(room_ids: Collection[int]) -> dict[int, Card]:
    """Cards by room; plain rooms have none."""
    return {pk: card for reader in _readers for pk, card in reader(room_ids).items()}


# --- under entries -------------------------------------------------------------------------------------------------

Renderer = Callable[[HttpRequest, Room, Collection[int]], Mapping[int, str]]
_renderers: Final[dict[str, Renderer]] = {}


def renders(name: str) -> Callable[[Renderer], Renderer]:
    """Register who makes the cards of this name: given ids, the HTML of each as the reader of the page sees it now.

    Ids of other rooms and of nothing are left out.
    """

    def keep(renderer: Renderer) -> Renderer:
        _renderers[name] = renderer
        return renderer

    return keep


def under_entries(request: HttpRequest, room: Room, name: str, ids: Collection[int]) -> Mapping[int, str]:
    """The cards of one name, by id; none for a name nobody knows."""
    renderer = _renderers.get(name)
    return renderer(request, room, ids) if renderer and ids else {}
