"""The end of the parent and its workers: by request, by a closed terminal, by force."""

import os
import signal
import socket
import sys
import threading
import time

import pytest

from tests.serving.parent import LONG, Start

linux = pytest.mark.skipif(sys.platform != "linux", reason="SO_REUSEPORT spreads on Linux only")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_clean(start: Start, number: int) -> None:
    parent = start(2)
    parent.ready(2)
    parent.send(number)
    assert parent.ended() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", parent.port), timeout=LONG)


def test_a_closed_terminal_stops_it(start: Start) -> None:
    ours, theirs = os.openpty()
    parent = start(2, terminal=theirs)
    os.close(theirs)
    parent.ready(2)
    parent.send(signal.SIGHUP)
    parent.until(r"^All 2 workers are replaced")
    os.close(ours)
    assert parent.ended() == 0


def test_a_stop_while_workers_start_is_clean(start: Start) -> None:
    parent = start(2, plan="never")
    parent.until(r"^begun", 2)
    parent.send(signal.SIGTERM)
    assert parent.ended() == 0


def test_a_stop_while_a_dead_worker_waits_for_its_restart_is_clean(start: Start) -> None:
    parent = start(1)
    first = parent.ready(1)
    parent.plan_is("exit")
    os.kill(first, signal.SIGKILL)
    parent.until(r"again in 0\.4 s")
    parent.send(signal.SIGTERM)
    assert parent.ended() == 0


@pytest.mark.faults
def test_a_stop_at_any_moment_is_clean(start: Start) -> None:
    parents = [start(2) for _ in range(16)]
    for number, parent in enumerate(parents):
        parent.until(r"^Starting")
        threading.Timer(number * 0.02, parent.send, [signal.SIGTERM]).start()
    assert [parent.ended() for parent in parents] == [0] * 16


@pytest.mark.faults
def test_a_second_signal_shortens_the_wait_and_a_killed_worker_is_told(start: Start) -> None:
    parent = start(1, 20, 60, plan="deaf")
    parent.ready(1)
    parent.send(signal.SIGTERM)
    begun = time.monotonic()
    parent.send(signal.SIGINT)  # two of the same kind sent together may arrive as one
    assert parent.ended() == 1
    assert time.monotonic() - begun < 10
    # The stub has no handler for SIGINT but Python's.
    assert parent.until(r"^Worker 1 \(process \d+\) (was ended by SIGINT|did not stop in time)")


@pytest.mark.faults
def test_a_worker_that_does_not_stop_is_killed_after_its_time(start: Start) -> None:
    parent = start(1, 20, -4.5, plan="deaf")  # 4.5 s less than the grace of 5
    parent.ready(1)
    parent.send(signal.SIGTERM)
    assert parent.ended() == 1
    assert parent.until(r"did not stop in time and was killed")


def test_workers_do_not_outlive_a_killed_parent(start: Start) -> None:
    parent = start(3)
    parent.ready(3)
    parent.send(signal.SIGKILL)
    assert parent.ended() == -signal.SIGKILL


def test_nor_do_those_that_were_starting(start: Start) -> None:
    parent = start(2, plan="never")
    parent.until(r"^begun", 2)
    parent.send(signal.SIGKILL)
    assert parent.ended() == -signal.SIGKILL
