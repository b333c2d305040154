"""What a worker knows of its parent."""

import os

import pytest

from chat.serving import parentage


def test_a_worker_can_tell_that_its_parent_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVE_PARENT_PID", raising=False)
    assert not parentage.orphaned()  # it never had one
    monkeypatch.setenv("SERVE_PARENT_PID", str(os.getppid()))
    assert not parentage.orphaned()
    monkeypatch.setenv("SERVE_PARENT_PID", str(os.getpid()))
    assert parentage.orphaned()


def test_a_worker_without_a_supervisor_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVE_READY_FD", raising=False)
    parentage.tell_ready()
