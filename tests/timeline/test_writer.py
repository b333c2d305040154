"""Group commit's promises, with a database that fails on cue: each draft is answered once, and in its order."""

import asyncio

import pytest

from chat.realtime import writer as module
from chat.realtime.writer import BAD_DATA, BUSY, UNAVAILABLE, Trouble, Writer
from tests.timeline.desk import Desk, Draft, until


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
