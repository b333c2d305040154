"""The parent of the workers: connections spread, the dead are restarted, and who cannot start says why."""

import collections
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.serving.parent import Start, answer

linux = pytest.mark.skipif(sys.platform != "linux", reason="SO_REUSEPORT spreads on Linux only")


@linux
def test_connections_spread_evenly(start: Start) -> None:
    parent = start(4)
    parent.ready(4)
    answers = collections.Counter(parent.ask() for _ in range(400))
    assert len(answers) == 4
    # 100 each with a standard deviation of 8.7
    assert all(50 <= count <= 150 for count in answers.values()), answers


def test_a_connection_that_waited_for_a_worker_that_died_is_answered_by_the_next(start: Start) -> None:
    parent = start(1)
    first = parent.ready(1)
    os.kill(first, signal.SIGSTOP)
    with parent.connect() as waiting:
        os.kill(first, signal.SIGKILL)
        assert answer(waiting) == parent.ready(2) != first
    assert parent.until(r"Worker 1 .* SIGKILL after .* starting it again in 0\.1 s")


@pytest.mark.faults
def test_a_worker_that_keeps_dying_is_restarted_less_and_less_often(start: Start) -> None:
    parent = start(2)
    parent.ready(2)
    parent.plan_is("exit")
    first = parent.ask()
    os.kill(first, signal.SIGKILL)
    parent.until(r"exit code 3 .* before it was ready; starting it again in 0\.8 s")
    assert [match[1] for match in parent.matches(r"again in ([\d.]+) s")] == ["0.1", "0.2", "0.4", "0.8"]
    parent.plan_is("")
    parent.ready(3)


def test_a_worker_that_ends_by_itself_is_restarted_also_if_it_says_all_is_well(start: Start) -> None:
    parent = start(1)
    os.kill(parent.ready(1), signal.SIGTERM)
    parent.until(r"exit code 0")
    assert parent.ready(2) == parent.ask()


@linux
def test_waiting_costs_nothing(start: Start) -> None:
    parent = start(2)
    parent.ready(2)
    parent.plan_is("missing")
    parent.send(signal.SIGHUP)
    parent.until(r"stops here")

    def nanoseconds() -> int:
        return int(Path(f"/proc/{parent.process.pid}/schedstat").read_text().split()[0])

    before = nanoseconds()
    time.sleep(0.5)  # what is measured
    assert nanoseconds() - before < 50_000_000


# --- starting --------------------------------------------------------------------------------------------------------


def test_a_worker_that_cannot_be_started_is_one_sentence_and_exit_code_1(start: Start) -> None:
    parent = start(1, plan="missing")
    assert parent.ended() == 1
    assert parent.until(r"^No worker became ready: the first one could not be started \(.*nowhere.*\)\.$")


def test_a_worker_that_ends_at_once_is_one_sentence_and_exit_code_1(start: Start) -> None:
    parent = start(1, plan="exit")
    assert parent.ended() == 1
    assert parent.until(r"^No worker became ready: the first one ended with exit code 3 after \d\.\d s\.$")


@pytest.mark.parametrize("plan", ["never", "silent"])
def test_a_worker_that_is_never_ready_is_given_up(start: Start, plan: str) -> None:
    parent = start(1, 0.5, plan=plan)
    assert parent.ended() == 1
    assert parent.until(r"^No worker became ready: the first one was not ready in time and was killed\.$")


def test_a_busy_port_is_one_sentence(start: Start) -> None:
    parent = start(2)
    parent.ready(2)
    second = start(2, port=parent.port)
    assert second.ended() == 1
    assert second.lines == [
        f"Cannot listen on 127.0.0.1:{parent.port}: another server is listening there; "
        "stop it or choose another port."
    ]
