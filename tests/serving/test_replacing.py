"""SIGHUP replaces the workers one at a time and fails no request."""

import os
import signal
import sys
import threading

import pytest

from tests.serving.parent import LONG, Start, answer

linux = pytest.mark.skipif(sys.platform != "linux", reason="SO_REUSEPORT spreads on Linux only")


@pytest.mark.faults
def test_replacing_the_workers_fails_no_request(start: Start) -> None:
    parent = start(3)
    old = {parent.ready(number) for number in (1, 2, 3)}
    answered: list[int] = []
    failed: list[Exception] = []
    enough = threading.Event()

    def keep_asking() -> None:
        while not enough.is_set():
            try:
                answered.append(parent.ask())
            except (OSError, ValueError) as error:
                failed.append(error)

    threads = [threading.Thread(target=keep_asking) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        for turn in (1, 2, 3):
            parent.send(signal.SIGHUP)
            parent.until(r"^All 3 workers are replaced", turn)
    finally:
        enough.set()
        for thread in threads:
            thread.join(LONG)
    assert failed == []
    assert len(answered) > 200
    assert len(set(answered)) >= 6  # the first and the last three at least
    assert old.isdisjoint({parent.ask() for _ in range(50)})
    assert not parent.matches(r"starting it again|predecessor")


def test_workers_are_replaced_one_at_a_time(start: Start) -> None:
    parent = start(2)
    old = [parent.ready(1), parent.ready(2)]
    parent.send(signal.SIGHUP)
    parent.until(r"^All 2 workers are replaced")
    assert len(parent.matches(r"^begun")) == 4
    numbers = [match[1] for match in parent.matches(r"Worker (\d) .* is ready")]
    assert numbers[2:] == ["1", "2"]
    for pid in old:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.parametrize(
    ("plan", "ready_within"),
    [("missing", 20), ("exit", 20), pytest.param("never", 4, marks=pytest.mark.faults)],
)
def test_a_replacement_that_does_not_get_ready_leaves_the_old_worker(
    start: Start, plan: str, ready_within: float
) -> None:
    parent = start(2, ready_within)
    old = {parent.ready(1), parent.ready(2)}
    parent.plan_is(plan)
    parent.send(signal.SIGHUP)
    parent.until(r"Worker 1 stays: its replacement (could not|ended with exit code 3|was not ready)")
    parent.until(r"stops here: 0 of 2 workers are new")
    assert {parent.ask() for _ in range(20)} <= old
    parent.plan_is("")
    parent.send(signal.SIGHUP)
    parent.until(r"^All 2 workers are replaced")


def test_a_worker_that_dies_while_its_replacement_starts_is_replaced_once(start: Start) -> None:
    parent = start(1)
    old = parent.ready(1)
    parent.plan_is("never")
    parent.send(signal.SIGHUP)
    replacement = int(parent.until(r"^begun (\d+) never")[1])
    parent.plan_is("")
    os.kill(old, signal.SIGKILL)
    parent.until(r"SIGKILL after .* starting it again")
    with parent.connect() as waiting:
        os.kill(replacement, signal.SIGKILL)
        assert answer(waiting) == parent.ready(2)
    assert len(parent.matches(r"^begun")) == 3


def test_a_stop_while_a_replacement_starts_is_clean(start: Start) -> None:
    parent = start(2)
    parent.ready(2)
    parent.plan_is("never")
    parent.send(signal.SIGHUP)
    parent.until(r"^begun \d+ never")
    parent.send(signal.SIGTERM)
    assert parent.ended() == 0


@pytest.mark.faults
def test_a_stop_at_any_moment_of_a_replacement_is_clean(start: Start) -> None:
    parents = [start(2) for _ in range(16)]
    for number, parent in enumerate(parents):
        parent.ready(2)
        parent.send(signal.SIGHUP)
        threading.Timer(number * 0.03, parent.send, [signal.SIGTERM]).start()
    assert [parent.ended() for parent in parents] == [0] * 16
