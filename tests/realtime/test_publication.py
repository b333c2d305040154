"""What a bus cannot take whole goes in parts, and what cannot be parted as a position: nothing else is lost."""

from typing import Any

from channels.exceptions import MessageTooLarge
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from chat.realtime import publication
from chat.realtime.entry import LiveEntry


class SmallLayer:
    """A bus that takes `most` bytes at a time and remembers them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.sent: list[dict[str, Any]] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        assert group == "g"
        if len(msgpack.encode(message)) > self.most:
            raise MessageTooLarge
        self.sent.append(message)


entry = st.integers(0, 600).map(lambda size: b"x" * size)
rooms = st.lists(st.lists(entry, min_size=1, max_size=6), max_size=5)
hints = st.lists(st.integers(0, 600).map(lambda size: {"k": "typing", "r": 1, "pad": "x" * size}), max_size=6)


@given(rooms, hints, st.integers(200, 2_000))
async def test_everything_arrives_in_order_whole_or_as_a_position(
    items: list[list[bytes]], extras: list[dict[str, Any]], most: int
) -> None:
    layer = SmallLayer(most)
    entries = [
        publication.room_entries(n, [LiveEntry(seq, item, {}) for seq, item in enumerate(room, 1)])
        for n, room in enumerate(items)
    ]
    lost = await publication.send(layer, "g", publication.event("me", entries, extras))
    got: dict[int, list[int]] = {n: [] for n in range(len(items))}
    assert all((message["type"], message["o"]) == ("hub", "me") for message in layer.sent)
    opened = [publication.opened(message) for message in layer.sent]
    for message in opened:
        for room_id, several in message["e"]:
            got[room_id] += [each[0] for each in several]
            assert [each[1] for each in several] == [items[room_id][each[0] - 1] for each in several]
        for room_id, seq in message["p"]:
            assert len(items[room_id][seq - 1]) > most - 150, "only what is too large by itself"
            got[room_id].append(seq)
    assert got == {n: list(range(1, len(room) + 1)) for n, room in enumerate(items)}
    arrived = [extra for message in opened for extra in message["x"]]
    assert arrived == [extra for extra in extras if extra in arrived]
    assert lost == len(extras) - len(arrived)
    if most > 800:
        assert not lost


async def test_a_message_that_fits_arrives_as_it_was() -> None:
    layer = SmallLayer(10_000)
    message = publication.event(
        "me", [publication.room_entries(1, [LiveEntry(1, b"{}", {})])], [{"k": "who"}]
    )
    assert await publication.send(layer, "g", message) == 0
    [sent] = layer.sent
    assert sent.keys() == {"type", "o", "b"}
    assert {"type": "hub", **publication.opened(sent)} == message
