"""Group commit's promises, with a database that fails on cue: each draft is answered once, and in its order."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import django.db
import psycopg
import pytest

from chat import store
from chat.realtime import writer as module
from chat.realtime.writer import BAD_DATA, BUSY, INTERNAL, UNAVAILABLE, Trouble, Writer


class Draft(NamedTuple):
    room_id: int
    cid: str


class Written(NamedTuple):
    outcome: str
    seq: int = 0


class Bad(Exception):
    pass


class Locked(Exception):
    pass


class Away(Exception):
    pass


TROUBLES = {Bad: Trouble.DATA, Locked: Trouble.LOCKED, Away: Trouble.CONNECTION}


async def until(condition: Callable[[], Any]) -> None:
    """Let the loop run until it is so; pytest's time limit ends what never is."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


@dataclass
class Database:
    """Keeps what it is given, in order. `locked` rooms are skipped or raise; `on_call` may do anything before."""

    kept: dict[int, list[str]] = field(default_factory=dict)
    locked: set[int] = field(default_factory=set)
    calls: list[tuple[list[str], int]] = field(default_factory=list)
    on_call: Callable[[list[Draft], int], Any] = lambda drafts, wait_ms: None

    async def append(self, drafts: list[Draft], wait_ms: int) -> list[Written]:
        self.calls.append(([d.cid for d in drafts], wait_ms))
        done = self.on_call(drafts, wait_ms)
        if asyncio.iscoroutine(done):
            await done
        await asyncio.sleep(0)
        if wait_ms and any(d.room_id in self.locked for d in drafts):
            raise Locked
        if any(d.cid.startswith("bad") and d.room_id not in self.locked for d in drafts):
            raise Bad
        return [self._keep(d) for d in drafts]

    def _keep(self, draft: Draft) -> Written:
        if draft.room_id in self.locked:
            return Written("busy")
        kept = self.kept.setdefault(draft.room_id, [])
        if draft.cid in kept:
            return Written("old", kept.index(draft.cid) + 1)
        kept.append(draft.cid)
        return Written("new", len(kept))


@dataclass
class Desk:
    """A writer and what its senders were told, by cid."""

    database: Database
    writer: Writer
    told: dict[str, list[Any]]
    announced: list[str]

    def send(self, *drafts: tuple[int, str]) -> None:
        for room, cid in drafts:
            answers = self.told.setdefault(cid, [])
            assert self.writer.submit(Draft(room, cid), answers.append)

    async def settled(self) -> dict[str, Any]:
        """The answers, once nothing is left; exactly one each."""
        async with asyncio.timeout(10):
            await until(lambda: not self.writer.pending and all(self.told.values()))
        assert self.writer.pending == 0
        assert {cid: len(answers) for cid, answers in self.told.items()} == dict.fromkeys(self.told, 1)
        return {cid: answers[0] for cid, answers in self.told.items()}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    database, announced = Database(), []

    def classify(error: BaseException) -> Trouble:
        return TROUBLES.get(type(error), Trouble.BUG)

    def committed(fresh: list[tuple[Draft, Written]]) -> None:
        announced.extend(draft.cid for draft, _ in fresh)

    return Desk(database, Writer(database.append, classify, committed), {}, announced)


async def test_what_is_sent_while_a_batch_is_written_is_the_next_batch(desk: Desk) -> None:
    desk.database.on_call = lambda drafts, wait: (
        desk.send((1, "c"), (2, "d")) if len(desk.told) == 2 else None
    )
    desk.send((1, "a"), (2, "b"))
    desk.writer.start()
    answers = await desk.settled()
    assert desk.database.calls == [(["a", "b"], 0), (["c", "d"], 0)]
    assert {cid: w.seq for cid, w in answers.items()} == {"a": 1, "b": 1, "c": 2, "d": 2}
    assert desk.announced == ["a", "b", "c", "d"]
    assert desk.writer.batches == 2


async def test_too_many_drafts_are_refused_and_not_queued(desk: Desk) -> None:
    writer = Writer(desk.database.append, lambda e: Trouble.BUG, lambda fresh: None, max_pending=2)
    assert [writer.submit(Draft(1, cid), lambda r: None) for cid in "abc"] == [True, True, False]
    writer.start()
    await writer.close()
    assert desk.database.kept == {1: ["a", "b"]}
    assert writer.submit(Draft(1, "d"), lambda r: None)


async def test_only_the_culprit_gets_an_error(desk: Desk) -> None:
    cids = [f"bad{k}" if k in {3, 4, 90} else f"ok{k}" for k in range(100)]
    desk.send(*[(k % 3, cid) for k, cid in enumerate(cids)])
    desk.writer.start()
    answers = await desk.settled()
    assert {cid for cid, w in answers.items() if w is BAD_DATA} == {"bad3", "bad4", "bad90"}
    assert [c for room in range(3) for c in desk.database.kept[room]] == [
        cid for room in range(3) for cid in cids[room::3] if not cid.startswith("bad")
    ]


async def test_a_lost_connection_sends_the_same_drafts_again(desk: Desk) -> None:
    def lose_twice(drafts: list[Draft], wait_ms: int) -> None:
        if len(desk.database.calls) <= 2:
            raise Away

    desk.database.on_call = lose_twice
    desk.send((1, "a"), (1, "b"))
    desk.writer.start()
    assert [w.outcome for w in (await desk.settled()).values()] == ["new", "new"]
    assert desk.database.calls == [(["a", "b"], 0)] * 3


async def test_a_locked_room_is_waited_for_apart_and_keeps_its_order(desk: Desk) -> None:
    desk.database.locked = {1}
    desk.send((1, "a"), (2, "x"), (1, "b"))
    desk.writer.start()
    await until(lambda: desk.told["x"])
    await until(lambda: desk.writer._parked)
    desk.send((1, "c"), (2, "y"))
    await until(lambda: desk.told["y"])
    assert not desk.told["a"]
    desk.database.locked = set()
    await desk.settled()
    assert desk.database.kept == {2: ["x", "y"], 1: ["a", "b", "c"]}


async def test_a_draft_waits_for_a_lock_so_long_and_no_longer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GIVE_UP_AFTER", 0.0)
    desk.database.locked = {1}
    desk.send((1, "a"), (2, "x"))
    desk.writer.start()
    answers = await desk.settled()
    assert answers["a"] is BUSY
    assert answers["x"].outcome == "new"


async def test_a_database_that_stays_away_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GIVE_UP_AFTER", 0.0)

    def away(drafts: list[Draft], wait_ms: int) -> None:
        raise Away

    desk.database.on_call = away
    desk.send((1, "a"))
    desk.writer.start()
    assert (await desk.settled())["a"] is UNAVAILABLE


async def test_any_other_error_fails_its_batch_only(desk: Desk) -> None:
    def once(drafts: list[Draft], wait_ms: int) -> None:
        if drafts[0].cid == "a":
            raise ZeroDivisionError

    desk.database.on_call = once
    desk.send((1, "a"))
    desk.writer.start()
    assert (await desk.settled())["a"] is INTERNAL
    desk.send((1, "b"))
    assert (await desk.settled())["b"].outcome == "new"


async def test_a_half_that_was_written_before_a_lock_struck_is_answered_once(desk: Desk) -> None:
    """Bisecting while waiting: the first half is decided, then the second half's room is locked again."""

    def relock(drafts: list[Draft], wait_ms: int) -> None:
        second_half = [d.cid for d in drafts] == ["c", "d"] and wait_ms == module.SECOND_WAIT_MS
        desk.database.locked = {1, 2} if wait_ms == 0 else {2} if second_half else set()

    desk.database.on_call = relock
    desk.send((1, "a"), (1, "bad"), (2, "c"), (2, "d"))
    desk.writer.start()
    answers = await desk.settled()
    assert answers["bad"] is BAD_DATA
    assert desk.database.kept == {1: ["a"], 2: ["c", "d"]}
    assert sorted(desk.announced) == ["a", "c", "d"]


async def test_bisecting_keeps_the_order_of_a_room_whose_lock_ends_between_the_halves(desk: Desk) -> None:
    def unlock(drafts: list[Draft], wait_ms: int) -> None:
        desk.database.locked = {1} if len(desk.database.calls) <= 2 else set()

    desk.database.on_call = unlock
    desk.send((1, "a"), (2, "x"), (1, "b"), (2, "bad"))
    desk.writer.start()
    answers = await desk.settled()
    assert answers["bad"] is BAD_DATA
    assert desk.database.kept == {2: ["x"], 1: ["a", "b"]}


async def test_a_draft_given_up_while_the_database_was_away_is_answered_once(desk: Desk) -> None:
    """In the slow lane: the connection breaks, the older draft is given up, then the room is still locked."""
    desk.database.locked = {1}
    slow: list[list[str]] = []

    def break_once(drafts: list[Draft], wait_ms: int) -> None:
        if wait_ms == module.SLOW_WAIT_MS:
            slow.append([d.cid for d in drafts])
            if len(slow) == 1:
                raise Away
            if len(slow) == 3:
                desk.database.locked = set()

    desk.database.on_call = break_once
    desk.send((1, "older"), (1, "b"))
    desk.writer._queue[0].since -= 100
    desk.writer.start()
    answers = await desk.settled()
    assert slow == [["older", "b"], ["b"], ["b"]]
    assert answers["older"] is UNAVAILABLE
    assert answers["b"].seq == 1


async def test_announcing_that_fails_stops_nobody(desk: Desk) -> None:
    def fail(fresh: Any) -> None:
        raise ConnectionError("the hub is broken")

    desk.writer._committed = fail
    desk.writer.start()
    desk.send((1, "a"))
    assert (await desk.settled())["a"].outcome == "new"
    desk.send((1, "b"))
    assert (await desk.settled())["b"].outcome == "new"


async def test_a_sender_that_cannot_be_told_stops_nobody(desk: Desk) -> None:
    def gone(result: Any) -> None:
        raise RuntimeError("the socket is gone")

    desk.writer.submit(Draft(1, "a"), gone)
    desk.send((1, "b"))
    desk.writer.start()
    assert (await desk.settled())["b"].seq == 2


async def test_closing_writes_what_is_queued(desk: Desk) -> None:
    desk.send((1, "a"), (1, "b"))
    desk.writer.start()
    await desk.writer.close()
    assert [answers[0].outcome for answers in desk.told.values()] == ["new", "new"]


async def test_closing_in_the_middle_of_a_batch_tells_everybody(desk: Desk) -> None:
    desk.database.locked = {3}
    desk.send((3, "locked"))
    desk.writer.start()
    await until(lambda: desk.writer._parked)
    forever = asyncio.Event()
    desk.database.on_call = lambda drafts, wait_ms: forever.wait()
    desk.send((1, "a"))
    await until(lambda: desk.database.calls[-1] == (["a"], 0))
    desk.send((1, "queued"))
    await desk.writer.close(within=0.01)
    assert desk.told == {cid: [UNAVAILABLE] for cid in ("locked", "a", "queued")}
    assert desk.writer.pending == 0


@pytest.mark.parametrize(
    ("sqlstate", "trouble"),
    [
        ("55P03", Trouble.LOCKED),
        ("57P01", Trouble.CONNECTION),  # the server is being shut down
        ("40P01", Trouble.CONNECTION),  # deadlock: the same drafts again
        ("53300", Trouble.CONNECTION),  # too many connections
        ("08006", Trouble.CONNECTION),
        (None, Trouble.CONNECTION),  # no server
        ("22P05", Trouble.DATA),  # \u0000
        ("23505", Trouble.DATA),
        ("54001", Trouble.DATA),  # JSON nested too deeply: psycopg calls it an OperationalError
    ],
)
def test_errors_of_postgresql_mean_what_they_are(sqlstate: str | None, trouble: Trouble) -> None:
    cause = psycopg.errors.lookup(sqlstate)() if sqlstate else psycopg.OperationalError()
    kind = next(k for k in type(cause).__mro__ if k.__module__ == "psycopg" and k.__name__.endswith("Error"))
    error = getattr(django.db, kind.__name__)()
    error.__cause__ = cause
    assert store.classify(error) is trouble
