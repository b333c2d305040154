"""The workers and people of the live tests, and servers of others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.services import Daphne
from tests.live.conftest import cast, workers
from tests.live.servers import Workers, start_workers, stop_workers
from tests.serving.parent import LONG, Parent, Start
from tests.serving.stock import Uvicorn

__all__ = ["cast", "workers"]


@pytest.fixture(scope="module", params=[Daphne, Uvicorn])
def stock_workers(
    request: Any, tmp_path_factory: Any, django_db_setup: Any, django_db_blocker: Any
) -> Iterator[Workers]:
    """The same app on a server as it comes, without what our worker adds."""
    with django_db_blocker.unblock():
        running = start_workers(tmp_path_factory.mktemp("stock"), request.param)
    yield running
    stop_workers(running)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    parents: list[Parent] = []

    def start(workers: int, *options: float, **how: Any) -> Parent:
        parents.append(Parent(tmp_path / f"plan{len(parents)}", workers, *options, **how))
        return parents[-1]

    yield start
    for parent in parents:
        parent.process.kill()
        parent.process.wait(LONG)
        parent.until_all_gone()
