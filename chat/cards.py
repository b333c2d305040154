"""What apps above say about rooms of theirs: where the room's page is, and a word about how it stands.

A reader is registered from `AppConfig.ready` and asked for many rooms at once: one query for a whole list.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

from django.utils.functional import Promise


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


def of(room_ids: Collection[int]) -> dict[int, Card]:
    """Cards by room; plain rooms have none."""
    return {pk: card for reader in _readers for pk, card in reader(room_ids).items()}
