"""The experiment, small, on the session's servers: each scene shows what it claims."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from deploy.services import Kafka, Valkey
from tests.contract.beds import Bed, KafkaGroupless, RedisPubSub

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


def test_it_shows_who_received_what(beds: Callable[[type[Bed]], Bed], tmp_path: Path) -> None:
    redis, kafka = beds(RedisPubSub).running, beds(KafkaGroupless).running
    assert isinstance(redis, Valkey)
    assert isinstance(kafka, Kafka)
    out = StringIO()
    call_command(
        "bus_experiment",
        redis=redis.url(),
        kafka=kafka.bootstrap,
        workers=2,
        messages=24,
        docs=tmp_path,
        stdout=out,
    )
    rows = _rows((tmp_path / "bus-experiment.md").read_text())
    assert rows["Redis, all subscribed"][:2] == ["24 24", "-"]
    assert rows["Redis, one late"][:2] == ["24 12", "12"], "lost, then read from the timeline"
    shared = list(map(int, rows["Kafka, one shared group"][0].split()))
    assert sum(shared) == 24, "each message reached one worker"
    assert max(shared) < 24, "and no worker had all"
    assert rows["Kafka, one shared group"][3] == "1"
    assert rows["Kafka, a group per worker"][:4] == ["24 24", "-", "6 of 6", "2"]
    assert rows["Kafka, no group (ours)"][:4] == ["24 24", "-", "6 of 6", "0"]
    assert rows["Kafka, no key"][0] == "24 24"
    assert rows["Kafka, no key"][2] != "6 of 6", "without a key the order is gone"
    ElementTree.parse(tmp_path / "img" / "bus-experiment.svg")  # noqa: S314 (our own; it is well-formed)
    assert "Kafka, one shared group" in out.getvalue()
    assert not User.objects.exists(), "the database is as it was"


def _rows(page: str) -> dict[str, list[str]]:
    cells = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in cells}


def test_numbers_out_of_bounds_are_refused() -> None:
    with pytest.raises(CommandError, match="from 2 to 16"):
        call_command("bus_experiment", workers=1, messages=24)
