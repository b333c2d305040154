"""`manage.py clock` as a process."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from orders.models import Post, State
from tests.orders.table import fresh, make_table

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_processes_close_a_due_post_once_and_stop_on_sigterm() -> None:
    table = make_table()
    Post.objects.update(due_at=timezone.now(), deadline_at=timezone.now() - timedelta(seconds=1))
    url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + "/" + connection.settings_dict["NAME"]
    env = {**os.environ, "DATABASE_URL": url, "BUS_URL": "memory://"}
    command = [sys.executable, "manage.py", "clock"]
    clocks = [
        subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        for process in clocks:
            assert process.stderr is not None
            assert any("the clock is running" in line for line in process.stderr), "it ended at once"
        until = time.monotonic() + 30
        while fresh(table.post).state != State.CLOSED and time.monotonic() < until:
            time.sleep(0.1)
        assert fresh(table.post).state == State.CLOSED
        for process in clocks:
            process.send_signal(signal.SIGTERM)
        for process in clocks:
            _, log = process.communicate(timeout=15)
            assert process.returncode == 0, log
            assert "the clock has stopped" in log
    finally:
        for process in clocks:
            process.kill()
    assert fresh(table.post).post_v == 2
