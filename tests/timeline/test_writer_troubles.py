"""What the writer does when the database, the announcement or a sender fails it."""

from typing import Any

import django.db
import psycopg
import pytest

from chat import store
from chat.realtime import writer as module
from chat.realtime.writer import INTERNAL, UNAVAILABLE, Trouble
from tests.timeline.desk import Away, Desk, Draft


async def test_a_lost_connection_sends_the_same_drafts_again(desk: Desk) -> None:
    def lose_twice(drafts: list[Draft], wait_ms: int) -> None:
        if len(desk.database.calls) <= 2:
            raise Away

    desk.database.on_call = lose_twice
    desk.send((1, "a"), (1, "b"))
    desk.writer.start()
    assert [w.outcome for w in (await desk.settled()).values()] == ["new", "new"]
    assert desk.database.calls == [(["a", "b"], 0)] * 3


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
