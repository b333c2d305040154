"""The hub against a truth held in a list and a bus that does what Hypothesis tells it.

The database and the layer are stood in for here, so that thousands of interleavings can be tried in seconds;
tests/live/ runs the same promises on real ones.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.realtime import delivery as delivery_module
from chat.realtime import hub as hub_module
from chat.realtime.entry import LiveEntry
from chat.realtime.hub import Hub
from chat.realtime.outbox import AsgiOutbox, Outbox
from chat.realtime.room import Room, Subscription

ROOM, PUBLIC = 1, "r"
LEAVER = 77


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    """The hub's waits, a hundred times shorter."""
    waits = [(hub_module, "HOLD"), (hub_module, "SETTLE"), (delivery_module, "PACE")]
    before = [(module, name, getattr(module, name)) for module, name in waits]
    for module, name, seconds in before:
        setattr(module, name, seconds / 100)
    yield
    for module, name, seconds in before:
        setattr(module, name, seconds)


class Truth:
    """What has committed, in order, and the hub's view of it."""

    def __init__(self) -> None:
        self.entries: list[LiveEntry] = []

    def commit(self, ends: int | None = None) -> LiveEntry:
        seq = len(self.entries) + 1
        item = json.dumps({"seq": seq, "kind": "room.left", "data": {"reason": "left"}}).encode()
        self.entries.append(LiveEntry(seq, item, {}, ends))
        return self.entries[-1]

    async def heads(self, room_ids: list[int]) -> dict[int, int]:
        await asyncio.sleep(0)
        return {ROOM: len(self.entries)}

    async def entries_after(self, room_id: int, seq: int, limit: int) -> list[LiveEntry]:
        await asyncio.sleep(0)
        return self.entries[seq : seq + limit]


class Silence:
    """A layer between us and nobody: only its interface is needed here."""

    async def new_channel(self) -> str:
        return "silence"

    async def receive(self, channel: str) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def nothing(self, *args: Any) -> None:
        return None

    send = group_send = group_add = group_discard = flush = nothing


@dataclass
class Reader:
    """A connection's side: what was delivered, in order."""

    user_id: int
    start: int = 0
    got: list[int] = field(default_factory=list)
    end: str = ""

    def take(self, frame: str) -> None:
        value = json.loads(frame)
        if value["type"] == "entries":
            self.got += [item["seq"] for item in value["items"]]


class Play:
    """One example: a hub, its truth, its readers."""

    def __init__(self) -> None:
        self.truth = Truth()
        self.hub = Hub(self.truth, Silence, name="me", shards=8)
        self.readers: list[Reader] = []
        self.pumps: list[asyncio.Task[None]] = []

    async def subscribe(self, user_id: int, pauses: int) -> None:
        """As consumers/subscriptions.py does it: read, be overtaken by `pauses` turns of the loop, attach."""
        reader = Reader(user_id)
        outbox = AsgiOutbox(self._taker(reader), lambda: None)
        self.pumps.append(asyncio.create_task(outbox.run()))
        room = self.hub.open(ROOM, PUBLIC)
        while True:
            head = reader.start = len(self.truth.entries)
            for _ in range(pauses):
                await asyncio.sleep(0)
            await self.hub.catch_up(room, head)
            recent = self._attach(room, outbox, reader, head)
            if recent is not None:
                break
        reader.got = [e.seq for e in recent] + reader.got
        if any(e.ends == user_id for e in recent):
            reader.end = "left"
        self.hub.done(room)
        self.readers.append(reader)

    def _attach(self, room: Room, outbox: Outbox, reader: Reader, head: int) -> list[LiveEntry] | None:
        def ended(subscription: Subscription, reason: str) -> None:
            reader.end = reason

        subscription = Subscription(reader.user_id, room, outbox, outbox.reply, ended, lambda s: None)
        recent = self.hub.attach(subscription, head)
        return None if recent is None else list(recent)

    def _taker(self, reader: Reader) -> Any:
        async def take(frame: str) -> None:
            reader.take(frame)

        return take

    def event(self, entries: list[LiveEntry]) -> None:
        """What arrives from another worker."""
        self.hub._on_event({"o": "other", "e": [[ROOM, [list(e) for e in entries]]], "x": [], "p": []})

    async def settle(self) -> None:
        """Position checks until nothing is behind, as the hub does every two seconds."""
        for _ in range(50):
            await self.hub._check_positions()
            room = self.hub._rooms.get(ROOM)
            if room and room.repair:
                await asyncio.gather(room.repair, return_exceptions=True)
            if room is None or (room.feed.position or 0) >= len(self.truth.entries):
                break
        if room := self.hub._rooms.get(ROOM):
            self.hub.delivery.flush(room)
        for _ in range(10):
            await asyncio.sleep(0)

    async def close(self) -> None:
        for pump in self.pumps:
            pump.cancel()
        await self.hub.close()


step = st.one_of(
    st.tuples(st.just("local"), st.integers(1, 3)),
    st.tuples(st.just("commit"), st.integers(1, 4)),  # by another worker; its events may arrive, or not
    st.tuples(st.just("leave"), st.just(0)),
    st.tuples(st.just("event"), st.integers(0, 40)),
    st.tuples(st.just("position"), st.integers(0, 40)),
    st.tuples(st.just("again"), st.integers(0, 40)),
    st.tuples(st.just("subscribe"), st.integers(0, 5)),
    st.tuples(st.just("leaver"), st.integers(0, 5)),
    st.tuples(st.just("both, attached"), st.just(0)),
    st.tuples(st.just("turn"), st.integers(1, 5)),
    st.tuples(st.just("check"), st.just(0)),
)


async def _run(steps: list[tuple[str, int]]) -> Play:
    play, gone, tasks = Play(), False, []
    await play.hub.bus.start()
    for what, number in steps:
        entries = play.truth.entries
        match what:
            case "local":
                play.hub.committed(ROOM, [play.truth.commit() for _ in range(number)])
            case "commit":
                for _ in range(number):
                    play.truth.commit()
            case "leave" if not gone:
                gone = True
                play.truth.commit(ends=LEAVER)
            case "event" if entries:
                play.event([entries[number % len(entries)]])
            case "position" if entries:
                position = [ROOM, 1 + number % len(entries)]
                play.hub._on_event({"o": "other", "e": [], "x": [], "p": [position]})
            case "again" if entries:
                play.event(entries[number % len(entries) :][:3][::-1])
            case "subscribe":
                tasks.append(asyncio.create_task(play.subscribe(user_id=5, pauses=number)))
            case "leaver" if not gone:
                tasks.append(asyncio.create_task(play.subscribe(user_id=LEAVER, pauses=number)))
            case "both, attached" if not gone:
                await asyncio.gather(play.subscribe(LEAVER, 0), play.subscribe(5, 0))
            case "turn":
                for _ in range(number):
                    await asyncio.sleep(0)
            case "check":
                await play.hub._check_positions()
    await asyncio.gather(*tasks)
    await play.settle()
    await play.close()
    return play


@settings(max_examples=300, deadline=None)
@given(st.lists(step, max_size=40))
def test_every_reader_gets_everything_after_its_start_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    play = asyncio.run(_run(steps))
    head = len(play.truth.entries)
    ending = next((e.seq for e in play.truth.entries if e.ends == LEAVER), None)
    for reader in play.readers:
        cut = reader.user_id == LEAVER and ending is not None and ending > reader.start
        last = ending if cut and ending else head
        assert reader.got == list(range(reader.start + 1, last + 1))
        assert reader.end == ("left" if cut else "")


async def test_a_room_that_nobody_has_open_costs_nothing() -> None:
    play = Play()
    play.hub.committed(ROOM, [play.truth.commit()])
    play.event([play.truth.commit()])
    assert not play.hub._rooms
    await play.close()


async def test_a_position_on_the_bus_has_the_missing_entries_read_at_once() -> None:
    play = Play()
    await play.subscribe(user_id=5, pauses=0)
    for _ in range(3):
        play.truth.commit()
    play.hub._on_event({"o": "other", "e": [], "x": [], "p": [[ROOM, 3]]})
    room = play.hub._rooms[ROOM]
    assert room.repair
    await room.repair
    assert (room.feed.position, play.hub.hints, play.hub.repairs) == (3, 1, 0)
    await play.close()


async def test_too_far_behind_means_resync() -> None:
    play = Play()
    await play.subscribe(user_id=5, pauses=0)
    lost: list[Subscription] = []
    room = play.hub._rooms[ROOM]
    for subscription in room.subscriptions:
        subscription.lost = lost.append
    for _ in range(3_000):
        play.truth.commit()
    await play.settle()
    assert len(lost) == 1
    assert not room.subscriptions
    assert room.feed.position == 3_000
    await play.close()


async def test_rooms_share_the_groups_of_the_bus_and_leave_them_with_the_last() -> None:
    play = Play()
    rooms = [play.hub.open(number, str(number)) for number in (1, 1 + 8, 2)]
    assert play.hub.bus._wanted == {play.hub.bus.group_of(1), play.hub.bus.group_of(2)}
    for room in rooms:
        room.opening = 0
    play.hub._forget(rooms[0])
    assert play.hub.bus._wanted == {play.hub.bus.group_of(1), play.hub.bus.group_of(2)}
    play.hub._forget(rooms[1])
    assert play.hub.bus._wanted == {play.hub.bus.group_of(2)}
    await play.close()
