"""P4 over Kafka, RabbitMQ and PostgreSQL: the faults of test_bus_faults.py, while messages are dropped, too.

Shorter than on Redis, because what comes after the first seconds is the hub's and the same for every bus: an outage
lasts until the self-ping (3 s) has found it, the layer was replaced at least once, and the server is back.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deploy.services import Kafka, Postgres, RabbitMQ
from tests.contract.beds import Bed, KafkaGroupless
from tests.contract.server_beds import PostgresNotify, RabbitmqQueues
from tests.live.servers import Cast, Workers, start_workers
from tests.live.trouble import converge, talk, talk_through
from tests.live.wsclient import WsClient

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

OUTAGE = 5.0  # seconds
BUSES = [
    pytest.param(KafkaGroupless, id="kafka", marks=pytest.mark.broker),
    pytest.param(RabbitmqQueues, id="amqp", marks=pytest.mark.broker),
    pytest.param(PostgresNotify, id="postgres"),
]


def _url(bed: Bed) -> str:
    match bed.running:
        case Kafka() as server:
            return f"kafka://{server.bootstrap}/p4?partitions=16"
        case Postgres() | RabbitMQ() as server:
            return server.url()
    raise AssertionError(bed.name)


@pytest.fixture(scope="module", params=BUSES)
def over(
    request: Any,
    beds: Callable[[type[Bed]], Bed],
    tmp_path_factory: Any,
    django_db_setup: Any,
    django_db_blocker: Any,
) -> Iterator[Workers]:
    """Two workers over one of the buses, whose events are dropped, repeated and shuffled where they arrive."""
    bed = beds(request.param)
    with django_db_blocker.unblock():
        running = start_workers(
            tmp_path_factory.mktemp(bed.name),
            bus=(bed.running, _url(bed)),
            DJANGO_SETTINGS_MODULE="tests.live.faulty_settings",
        )
    yield running
    for worker in (running.first, running.second):
        worker.stop()


async def test_a_bad_bus_changes_nothing(over: Workers, cast: Cast) -> None:
    room, dice = cast.room.public_id, random.Random(7)
    host = WsClient(over.first.port, cast.sessions["짱구"])
    member = WsClient(over.second.port, cast.sessions["맹구"])
    async with host, member:
        for client in (host, member):
            await client.join(room)
        await asyncio.gather(talk(host, room, "h", 60, dice), talk(member, room, "m", 60, dice))
        # Longer than any bus takes in one message but Redis's: it is read from the timeline.
        await host.say(room, "long", "가" * 4_000)
        await converge([host, member], cast, within=10)
    for worker in (over.first, over.second):
        assert worker.log.read_text().count("dropped an event") > 5, (
            "events came, and the bus was as bad as claimed"
        )


@pytest.mark.parametrize("fault", ["stopped", "frozen"])
async def test_an_outage_delays_by_seconds_and_loses_nothing(over: Workers, cast: Cast, fault: str) -> None:
    room = cast.room.public_id
    host = WsClient(over.first.port, cast.sessions["짱구"])
    member = WsClient(over.second.port, cast.sessions["맹구"])

    async def outage() -> None:
        await asyncio.to_thread(over.bus.kill if fault == "stopped" else over.bus.freeze)
        try:
            await asyncio.sleep(OUTAGE)  # how long it lasts
        finally:
            await asyncio.to_thread(over.bus.start if fault == "stopped" else over.bus.thaw)

    before = over.first.log.read_text().count("the bus is down")
    async with host, member:
        for client in (host, member):
            await client.join(room)
        await host.say(room, "before", "버스가 있을 때")
        seen = await talk_through(host, member, room, asyncio.create_task(outage()))
        await host.say(room, "after", "버스가 돌아온 뒤")
        await converge([host, member], cast, within=10)
        assert not host.errors() + member.errors()
    assert seen.acked == seen.sent, "sends keep working"
    assert max(seen.late) < 6, f"late by {max(seen.late):.1f} s"
    log = over.first.log.read_text()
    assert log.count("the bus is down") > before, "the outage was noticed"
    assert "Traceback" not in log
