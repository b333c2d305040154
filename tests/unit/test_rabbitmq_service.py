"""RabbitMQ as a child: without root's rights, gone with all it started, and back on its port."""

from pathlib import Path

import psutil
import pytest

from deploy.services import RabbitMQ
from deploy.services.tree import all_gone, descendants

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


def test_rabbitmq_serves_unprivileged_and_leaves_nothing_behind_when_it_is_killed(tmp_path: Path) -> None:
    with RabbitMQ(tmp_path) as server:
        family = [server.process.pid, *descendants(server.process.pid)]
        names = {psutil.Process(pid).name() for pid in family}
        assert {"beam.smp", "epmd"} <= names, "the premise: Erlang and its port mapper run below it"
        assert all(psutil.Process(pid).uids().real != 0 for pid in family)
        server.kill()
        assert all_gone(family, within=5)
        port = server.port
        server.start()
        assert (server.port, server.process.is_ready()) == (port, True)
