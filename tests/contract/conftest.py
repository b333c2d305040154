"""One suite for every channel layer: `bed` is each of them in turn, its server started once per session."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.contract.beds import Bed, KafkaGroupless, Memory, RedisPubSub
from tests.contract.server_beds import PostgresNotify, RabbitmqQueues
from tests.contract.traffic import Figures

BEDS = [
    pytest.param(Memory, id="memory"),
    pytest.param(RedisPubSub, id="redis"),
    pytest.param(KafkaGroupless, id="kafka", marks=pytest.mark.broker),
    pytest.param(PostgresNotify, id="postgres"),
    pytest.param(RabbitmqQueues, id="amqp", marks=pytest.mark.broker),
]
_figures: list[Figures] = []


@pytest.fixture(scope="session", params=BEDS)
def bed(request: Any, beds: Callable[[type[Bed]], Bed]) -> Bed:
    """Each layer, ready."""
    return beds(request.param)


@pytest.fixture
async def make(bed: Bed) -> AsyncIterator[Callable[..., Any]]:
    """make(**config) builds another instance of the layer, as another process would; all are flushed in the end."""
    made = []

    def build(**config: Any) -> Any:
        made.append(bed.layer(**config))
        return made[-1]

    yield build
    for layer in made:
        await layer.flush()


@pytest.fixture
def report() -> Callable[[Figures], None]:
    """Have figures printed when the session ends; docs/buses.md is made of them."""
    return _figures.append


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _figures:
        terminalreporter.section("what the buses did")
        terminalreporter.write_line(Figures.HEADER)
        for figures in _figures:
            terminalreporter.write_line(figures.row())
