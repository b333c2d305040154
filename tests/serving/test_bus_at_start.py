"""A worker whose bus address is wrong, or whose bus is not there, says so in one sentence and shows no secret."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.services import Worker, free_port

ROOT = Path(__file__).resolve().parents[2]
SECRET = "Zq9secret"


def started(**more: str) -> subprocess.CompletedProcess[str]:
    """`manage.py serve` that is expected to end by itself."""
    command = [sys.executable, "manage.py", "serve", "--port", str(free_port())]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("value", ["rabbit://h", f"redis://:{SECRET}@", f"kafka://me:{SECRET}@h"])
def test_a_wrong_address_is_one_sentence(value: str) -> None:
    ended = started(BUS_URL=value)
    assert ended.returncode == 1
    assert ended.stderr.startswith("manage.py: BUS_URL")
    assert ended.stderr.count("\n") == 1
    assert SECRET not in ended.stderr + ended.stdout


@pytest.mark.parametrize("bus", ["redis://:{}@127.0.0.1:{}", "postgres://me:{}@127.0.0.1:{}/d", "amqp://me:{}@127.0.0.1:{}",
                                 "kafka://me:{}@127.0.0.1:{}/t?sasl=PLAIN"])  # fmt: skip
def test_a_bus_that_is_not_there_is_one_sentence_in_bounded_time(bus: str) -> None:
    began = time.monotonic()
    ended = started(BUS_URL=bus.format(SECRET, free_port()), BUS_START_WITHIN="1")
    assert ended.returncode == 1
    assert "The bus of BUS_URL did not answer within 1 s" in ended.stderr
    assert "CONFIG" not in ended.stderr, "it was the server that was not there"
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert SECRET not in ended.stderr + ended.stdout
    assert time.monotonic() - began < 40


def test_with_nothing_asked_it_serves_without_its_bus(tmp_path: Path) -> None:
    env = {**os.environ, "BUS_URL": f"redis://127.0.0.1:{free_port()}", "BUS_START_WITHIN": "0"}
    with Worker(free_port(), env, tmp_path / "worker.log") as worker:
        assert worker.alive


def test_a_worker_that_its_parent_restarts_does_not_ask(tmp_path: Path) -> None:
    env = {**os.environ, "BUS_URL": f"redis://127.0.0.1:{free_port()}", "SERVE_PARENT_PID": str(os.getpid())}
    with Worker(free_port(), env, tmp_path / "worker.log") as worker:
        assert worker.alive
